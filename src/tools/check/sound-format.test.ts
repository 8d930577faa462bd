import { describe, expect, it } from "vitest";
import { formatOf } from "./sound-format.ts";

/** The head of a WAV file, with a chunk of three bytes (padded to four) in front of the format. */
function wav(tag: number, channels: number, rateHz: number, bits: number): Buffer {
  const format = Buffer.alloc(16);
  format.writeUInt16LE(tag, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(rateHz, 4);
  format.writeUInt16LE(bits, 14);
  return Buffer.concat([Buffer.from("RIFF....WAVELIST\u0003\0\0\0abc\0fmt \u0010\0\0\0", "latin1"), format]);
}

describe("the format of a sound file", () => {
  it.each([
    [wav(1, 1, 8000, 16), "WAV, 8 kHz, 16 bit, mono", true],
    [wav(1, 2, 8000, 16), "WAV, 8 kHz, 16 bit, stereo", false],
    [wav(1, 1, 44_100, 16), "WAV, 44.1 kHz, 16 bit, mono", false],
    [wav(1, 1, 8000, 8), "WAV, 8 kHz, 8 bit, mono", false],
    [wav(7, 1, 8000, 8), "WAV, 8 kHz, 8 bit µ-law, mono", false],
    [wav(49, 6, 8000, 8), "WAV, 8 kHz, 8 bit codec 49, 6 channels", false],
    [Buffer.from("OggS\0"), "Ogg", false],
    [Buffer.from([0xff, 0xfb, 0x90]), "MP3", false],
  ])("RES-27: only WAV, 8 kHz, 16 bit, mono is what a telephone carries (%#)", (file, name, wanted) => {
    expect(formatOf(file)).toEqual({ name, wanted });
  });

  it("a file that ends within its head is no reason to fail", () => {
    const whole = wav(1, 1, 8000, 16);
    for (let length = 0; length < whole.length; length++)
      expect(formatOf(whole.subarray(0, length)).wanted).toBe(false);
  });
});
