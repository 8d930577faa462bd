import { describe, expect, it } from "vitest";
import { rms } from "../../media/sound/frame.ts";
import { speakWithFlite } from "./flite.ts";

function spoken(text: string): Int16Array {
  const result = speakWithFlite(text);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

/** Seconds that are louder than -40 dB. */
function loudSeconds(samples: Int16Array): number {
  let loud = 0;
  for (let at = 0; at + 160 <= samples.length; at += 160) if (rms(samples.subarray(at, at + 160)) > 330) loud++;
  return loud / 50;
}

describe("the built-in voice", () => {
  it("speaks English at the pace of speech, audibly and without clipping", () => {
    const samples = spoken("Welcome to Acme. For sales, press one.");
    expect(samples.length / 8000).toBeGreaterThan(2);
    expect(samples.length / 8000).toBeLessThan(6);
    expect(loudSeconds(samples)).toBeGreaterThan(1);
    expect(Math.max(...samples)).toBeLessThan(32_767);
  });

  it("speaks different texts differently, and the same text identically", () => {
    expect(spoken("yes")).toEqual(spoken("yes"));
    expect(spoken("yes")).not.toEqual(spoken("no"));
  });

  it("treats any text as text, whatever it looks like", () => {
    for (const text of ["-h", "-voice kal", "/etc/passwd", "a\0b", "<b>5 < 6</b>", '"quoted" & $(sh)'])
      expect(spoken(text).length).toBeGreaterThan(800);
  });

  it("refuses a text without words", () => {
    expect(speakWithFlite(" ... ")).toEqual({ ok: false, error: "cannot be spoken: it has no words" });
  });
});
