import { describe, expect, it } from "vitest";
import { g711, PCMA, PCMU, type G711 } from "./g711.ts";

const CODECS: readonly (readonly [string, G711])[] = [
  ["PCMU", PCMU],
  ["PCMA", PCMA],
];

/** Distance of a sample to the nearest value the codec knows. */
function nearest(codec: G711, sample: number): number {
  return Math.min(...Array.from(codec.decode, (value) => Math.abs(value - sample)));
}

function encode(codec: G711, sample: number): number {
  return codec.encode[sample & 0xffff] ?? -1;
}

describe.each(CODECS)("%s", (name, codec) => {
  it("encodes what it decoded to the same code (both zeros of µ-law become the positive one)", () => {
    for (let code = 0; code < 256; code++) {
      const expected = name === "PCMU" && code === 0x7f ? 0xff : code;
      expect(encode(codec, codec.decode[code] ?? 0)).toBe(expected);
    }
  });

  it("encodes every sample to a value within one step of the nearest", () => {
    for (let sample = -32768; sample <= 32767; sample += 37) {
      const error = Math.abs((codec.decode[encode(codec, sample)] ?? 0) - sample);
      const step = Math.max(16, Math.abs(sample) / 16);
      expect(error).toBeLessThanOrEqual(nearest(codec, sample) + step / 2);
    }
  });

  it("is monotonic: a louder sample never decodes quieter", () => {
    let last = -Infinity;
    for (let sample = -32768; sample <= 32767; sample++) {
      const value = codec.decode[encode(codec, sample)] ?? 0;
      if (value < last) expect.fail(`${sample} decodes to ${value} after ${last}`);
      last = value;
    }
  });
});

it("uses the codes of G.711 for silence and for full scale", () => {
  expect(PCMU.silence).toBe(0xff);
  expect(PCMA.silence).toBe(0xd5);
  expect(PCMU.decode[0x00]).toBe(-32124);
  expect(PCMU.decode[0x80]).toBe(32124);
  expect(PCMA.decode[0xaa]).toBe(32256);
  expect(PCMA.decode[0x2a]).toBe(-32256);
  expect(PCMA.decode[0xd5]).toBe(8);
});

it("finds the tables of a codec by its name", () => {
  expect(g711("PCMU")).toBe(PCMU);
  expect(g711("PCMA")).toBe(PCMA);
});
