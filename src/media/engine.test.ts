import { describe, expect, it } from "vitest";
import { renderTone, dominantTones, signalPower } from "./tone.ts";
import { Studio } from "./testing/studio.ts";
import { parseWav } from "./wav.ts";

/** The last so many samples: what is heard now. */
function lately(samples: Int16Array, count = 4000): Int16Array {
  return samples.subarray(-count);
}

describe("a bridge", () => {
  it("carries what each phone says to the other, from mu-law to A-law and back", async () => {
    const studio = new Studio();
    const anil = studio.phone("c", 1, { codec: "PCMU" });
    const bela = studio.phone("c", 2, { codec: "PCMA" });
    studio.bridge("c", 1, 2);
    anil.tone(440);
    bela.tone(1000);
    await studio.run(1000);
    expect(dominantTones(lately(anil.heard()))).toEqual([1000]);
    expect(dominantTones(lately(bela.heard()))).toEqual([440]);
    expect(anil.report()).toMatchObject({ ssrcs: 1, sequenceJumps: 0, timestampJumps: 0, payloadTypes: [0] });
    expect(bela.report()).toMatchObject({ ssrcs: 1, sequenceJumps: 0, timestampJumps: 0, payloadTypes: [8] });
  });

  it("goes on with the same stream when the other leg is replaced by a playback and then by a third leg", async () => {
    const studio = new Studio();
    const anil = studio.phone("c", 1);
    const bela = studio.phone("c", 2, { codec: "PCMA" });
    const chitra = studio.phone("c", 3);
    bela.tone(600);
    chitra.tone(1500);
    studio.bridge("c", 1, 2);
    await studio.run(600);
    studio.bridge("c", 1, 2, false);
    studio.perform({ op: "play", call: "c", play: "p", legs: [1], items: [{ tone: "ringback" }], loop: true });
    await studio.run(600);
    studio.perform({ op: "stop_play", call: "c", play: "p" });
    studio.perform({ op: "close_leg", call: "c", leg: 2 });
    studio.bridge("c", 1, 3);
    await studio.run(600);
    expect(dominantTones(lately(anil.heard()))).toEqual([1500]);
    expect(anil.report()).toMatchObject({ ssrcs: 1, sequenceJumps: 0, timestampJumps: 0 });
    expect(anil.report().packets).toBeGreaterThanOrEqual(1800 / 20 - 3);
    expect(anil.report().maxGapMs).toBeLessThanOrEqual(21);
  });

  it("is silent, not still, while nobody is heard", async () => {
    const studio = new Studio();
    const anil = studio.phone("c", 1);
    studio.phone("c", 2);
    studio.bridge("c", 1, 2);
    studio.bridge("c", 1, 2, false);
    await studio.run(400);
    expect(anil.report().packets).toBeGreaterThan(15);
    expect(signalPower(anil.heard())).toBe(0);
  });

  it("mixes when a leg hears two others", async () => {
    const studio = new Studio();
    const [anil, bela, chitra] = [1, 2, 3].map((leg) => studio.phone("c", leg));
    bela?.tone(600);
    chitra?.tone(1500);
    studio.bridge("c", 1, 2);
    studio.bridge("c", 1, 3);
    await studio.run(800);
    expect(dominantTones(lately(anil?.heard() ?? new Int16Array()))).toEqual([600, 1500]);
  });
});

describe("a recording", () => {
  it("of two channels holds the first leg left and the second right, as long as it ran", async () => {
    const studio = new Studio();
    const anil = studio.phone("c", 1);
    const bela = studio.phone("c", 2, { codec: "PCMA" });
    anil.tone(440);
    bela.tone(1000);
    studio.bridge("c", 1, 2);
    await studio.run(500);
    const order = { op: "record", call: "c", recording: "r", legs: [1, 2], path: "r.wav" } as const;
    studio.perform({ ...order, layout: "dual", maxMs: null, silenceMs: null });
    await studio.run(2500);
    studio.perform({ op: "stop_record", call: "c", recording: "r" });
    await studio.run(100);
    const [closed] = studio.eventsOf("recording_closed");
    expect(closed).toMatchObject({ recording: "r", durationMs: 2500, reason: "stopped", failure: null });
    const bytes = Buffer.from(studio.disk.files.get("/recordings/r.wav") ?? []);
    expect(bytes.length).toBe(closed?.bytes);
    expect(dominantTones(channel(bytes, 0))).toEqual([440]);
    expect(dominantTones(channel(bytes, 1))).toEqual([1000]);
  });
});

function channel(bytes: Buffer, which: number): Int16Array {
  const samples = (bytes.length - 44) / 4;
  expect(parseWav(bytes).length).toBe(samples);
  return Int16Array.from({ length: samples }, (_, i) => bytes.readInt16LE(44 + 4 * i + 2 * which));
}

describe("a playback", () => {
  it("tells once when it is through, and takes as long as its items", async () => {
    const studio = new Studio();
    studio.prompts.set("/p.wav", new Int16Array(8000).fill(1000));
    const anil = studio.phone("c", 1);
    await studio.run(100);
    const items = [{ path: "/p.wav" }, { silenceMs: 500 }, { tone: "beep" as const }];
    studio.perform({ op: "play", call: "c", play: "p", legs: [1], items, loop: false });
    const lengthMs = 1000 + 500 + (renderTone("beep").length * 1000) / 8000;
    await studio.run(lengthMs - 100);
    expect(studio.eventsOf("played")).toEqual([]);
    await studio.run(200);
    expect(studio.eventsOf("played")).toEqual([{ event: "played", call: "c", play: "p", failure: null }]);
    const heard = anil.heard();
    const begin = heard.findIndex((s) => s !== 0);
    expect(heard.subarray(begin, begin + 8000).every((s) => Math.abs(s - 1000) < 50)).toBe(true);
    expect(heard.subarray(begin + 8000, begin + 12_000).every((s) => s === 0)).toBe(true);
  });
});
