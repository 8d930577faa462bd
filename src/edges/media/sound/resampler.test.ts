import { describe, expect, it } from "vitest";
import { levelDb, sine, toneOf } from "../../audio/testing/sounds.ts";
import { Resampler } from "./resampler.ts";

/** Converts in pieces of the given length, as a decoder would deliver them. */
function convert(input: Float32Array, rate: number, piece = 1000): Int16Array {
  const resampler = new Resampler(rate);
  const out: number[] = [];
  for (let at = 0; at < input.length; at += piece) out.push(...resampler.push(input.subarray(at, at + piece)));
  out.push(...resampler.end());
  return Int16Array.from(out, (sample) => Math.round(sample * 32_767));
}

/** Without the first and last 20 ms, where the filter sees the surrounding silence. */
function inside(samples: Int16Array): Int16Array {
  return samples.subarray(160, samples.length - 160);
}

const HALF_SCALE_DB = -6.02;

describe("bringing sound to 8 kHz", () => {
  it.each([8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000, 6000, 47_999])(
    "keeps length, pitch and level from %i Hz",
    (rate) => {
      const out = convert(sine(1000, rate, 0.5), rate);
      expect(out).toHaveLength(4000);
      expect(toneOf(out)).toBe(1000);
      expect(levelDb(inside(out))).toBeCloseTo(HALF_SCALE_DB, 1);
    },
  );

  it.each([300, 1000, 2000, 3000, 3400])("lets a telephone's band through: %i Hz", (hz) => {
    expect(levelDb(inside(convert(sine(hz, 48_000, 0.5), 48_000)))).toBeGreaterThan(HALF_SCALE_DB - 0.3);
  });

  it.each([4100, 4600, 5000, 7000, 12_000, 20_000])(
    "folds nothing back: %i Hz would be heard as another tone",
    (hz) => {
      expect(levelDb(inside(convert(sine(hz, 48_000, 0.5), 48_000)))).toBeLessThan(-55);
    },
  );

  it("makes no images when it converts a lower rate", () => {
    const out = inside(convert(sine(1000, 6000, 0.5), 6000));
    const clean = inside(convert(sine(1000, 8000, 0.5), 8000));
    const rest = out.map((sample, i) => sample - (clean[i] ?? 0));
    expect(levelDb(rest)).toBeLessThan(-50);
  });

  it("produces the same output for pieces of any length", () => {
    const input = sine(440, 44_100, 0.2);
    const whole = convert(input, 44_100, input.length);
    for (const piece of [1, 7, 333, 4096]) expect(convert(input, 44_100, piece)).toEqual(whole);
  });

  it("produces nothing from nothing", () => {
    expect(convert(new Float32Array(0), 44_100)).toHaveLength(0);
  });
});
