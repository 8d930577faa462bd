import { describe, expect, it } from "vitest";
import { dominantTones, renderTone, signalPower, Sine, tonePower } from "./tone.ts";

function sine(hz: readonly number[], samples = 4000, peak = 8000): Int16Array {
  const out = new Int16Array(samples);
  new Sine(hz, peak).fill(out);
  return out;
}

describe("tonePower", () => {
  it("of a pure tone at its frequency is the power of the signal, elsewhere nothing", () => {
    const samples = sine([1000]);
    expect(tonePower(samples, 1000) / signalPower(samples)).toBeCloseTo(1, 2);
    expect(tonePower(samples, 1200) / signalPower(samples)).toBeLessThan(0.01);
  });

  it("of a full-scale tone is one half", () => {
    expect(tonePower(sine([1000], 8000, 32_767), 1000)).toBeCloseTo(0.5, 2);
  });
});

describe("dominantTones", () => {
  it("finds the frequencies, the strongest first", () => {
    const loud = sine([600], 8000, 9000);
    const soft = sine([1500], 8000, 5000);
    expect(dominantTones(loud.map((s, i) => s + (soft[i] ?? 0)))).toEqual([600, 1500]);
  });

  it("finds nothing in silence, nor without samples", () => {
    expect(dominantTones(new Int16Array(4000))).toEqual([]);
    expect(dominantTones(new Int16Array(0))).toEqual([]);
  });
});

it("a sine continues seamlessly from one frame to the next", () => {
  const whole = sine([437], 320);
  const generator = new Sine([437]);
  const parts = [new Int16Array(160), new Int16Array(160)];
  for (const part of parts) generator.fill(part);
  expect([...(parts[0] ?? []), ...(parts[1] ?? [])]).toEqual([...whole]);
});

describe("renderTone", () => {
  it.each([
    ["IN", 3000, [400]],
    ["GB", 3000, [400, 450]],
    ["US", 6000, [440, 480]],
    ["DE", 5000, [425]],
  ])("rings back as in %s: one period of %i ms", (country, ms, hz) => {
    const period = renderTone("ringback", country);
    expect(period.length).toBe(ms * 8);
    for (const f of hz) expect(tonePower(period.subarray(0, 3200), f)).toBeGreaterThan(0.001);
    expect(signalPower(period.subarray(-1000))).toBe(0);
  });

  it("uses the tones of India for a country without a table", () => {
    expect(renderTone("ringback", "ZZ")).toBe(renderTone("ringback"));
  });

  it("beeps for a quarter of a second at 1000 Hz", () => {
    const beep = renderTone("beep");
    expect(beep.length).toBe(2000);
    expect(dominantTones(beep)).toEqual([1000]);
  });

  it("busy has its cadence: 0.75 s on, 0.75 s off in India", () => {
    const busy = renderTone("busy", "IN");
    expect(busy.length).toBe(12_000);
    expect(signalPower(busy.subarray(6000))).toBe(0);
    expect(dominantTones(busy.subarray(0, 6000))).toEqual([400]);
  });
});
