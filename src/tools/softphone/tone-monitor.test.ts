import { describe, expect, it } from "vitest";
import { g711 } from "../../edges/media/sound/g711.ts";
import { Sine } from "../../edges/media/sound/tone.ts";
import { ToneMonitor, heardMs } from "./tone-monitor.ts";

/** What `hz` sounds like after `codec`, in frames of 20 ms, from `fromMs` on. */
function listen(
  hearing: ToneMonitor,
  hz: readonly number[],
  ms: number,
  fromMs: number,
  codec: "PCMU" | "PCMA" = "PCMU",
): void {
  const { encode, decode } = g711(codec);
  const sine = new Sine(hz, 8000 / Math.max(1, hz.length));
  for (let at = 20; at <= ms; at += 20) {
    const frame = new Int16Array(160);
    sine.fill(frame);
    hearing.add(
      frame.map((sample) => decode[encode[sample & 0xffff] ?? 0] ?? 0),
      fromMs + at,
    );
  }
}

describe("hearing", () => {
  it.each(["PCMU", "PCMA"] as const)("knows a tone and when it was there, after %s", (codec) => {
    const hearing = new ToneMonitor();
    listen(hearing, [], 500, 1000, codec);
    listen(hearing, [700], 600, 1500, codec);
    listen(hearing, [1100], 400, 2100, codec);
    expect(hearing.heard).toEqual([
      { hz: 700, fromMs: 1500, toMs: 2100 },
      { hz: 1100, fromMs: 2100, toMs: 2500 },
    ]);
  });

  it("calls two tones at once a sound, not a tone", () => {
    const hearing = new ToneMonitor();
    listen(hearing, [700, 1100], 300, 0);
    expect(hearing.heard).toEqual([{ hz: null, fromMs: 0, toMs: 300 }]);
  });

  it("adds up a tone that was interrupted", () => {
    const hearing = new ToneMonitor();
    listen(hearing, [700], 300, 0);
    listen(hearing, [], 1000, 300);
    listen(hearing, [700], 200, 1300);
    expect(hearing.heard).toHaveLength(2);
    expect(heardMs(hearing.heard, 700)).toBe(500);
    expect(heardMs(hearing.heard, 1100)).toBe(0);
  });
});
