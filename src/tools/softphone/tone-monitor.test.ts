import { describe, expect, it } from "vitest";
import { g711 } from "../../edges/media/sound/g711.ts";
import { Sine } from "../../edges/media/sound/tone.ts";
import { ToneMonitor, toneMs } from "./tone-monitor.ts";

/** Feeds the tones of `hz`, coded and decoded with `codec`, in frames of 20 ms from `fromMs` on. */
function feed(
  monitor: ToneMonitor,
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
    monitor.add(
      frame.map((sample) => decode[encode[sample & 0xffff] ?? 0] ?? 0),
      fromMs + at,
    );
  }
}

describe("ToneMonitor", () => {
  it.each(["PCMU", "PCMA"] as const)("finds a tone and its time, after %s", (codec) => {
    const monitor = new ToneMonitor();
    feed(monitor, [], 500, 1000, codec);
    feed(monitor, [700], 600, 1500, codec);
    feed(monitor, [1100], 400, 2100, codec);
    expect(monitor.tones).toEqual([
      { hz: 700, fromMs: 1500, toMs: 2100 },
      { hz: 1100, fromMs: 2100, toMs: 2500 },
    ]);
  });

  it("reports two tones at once as a sound, not as a tone", () => {
    const monitor = new ToneMonitor();
    feed(monitor, [700, 1100], 300, 0);
    expect(monitor.tones).toEqual([{ hz: null, fromMs: 0, toMs: 300 }]);
  });

  it("adds up a tone that was interrupted", () => {
    const monitor = new ToneMonitor();
    feed(monitor, [700], 300, 0);
    feed(monitor, [], 1000, 300);
    feed(monitor, [700], 200, 1300);
    expect(monitor.tones).toHaveLength(2);
    expect(toneMs(monitor.tones, 700)).toBe(500);
    expect(toneMs(monitor.tones, 1100)).toBe(0);
  });
});
