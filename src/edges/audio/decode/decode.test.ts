import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { fixture, levelDb, sine, toneOf, wavFile } from "../testing/sounds.ts";
import type { WavForm } from "../testing/sounds.ts";
import { PCMA, PCMU } from "../../media/sound/g711.ts";
import { decodeAudio } from "./decode.ts";

const CD: WavForm = { code: 1, bits: 16, rate: 44_100, channels: 2 };

async function decoded(file: Buffer): Promise<Int16Array> {
  const result = await decodeAudio(file);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

async function verdict(file: Buffer | string): Promise<string> {
  const result = await decodeAudio(Buffer.from(file));
  return result.ok ? `${result.value.length} samples` : result.error;
}

describe("WAV files", () => {
  it.each<[string, WavForm]>([
    ["8 bit", { code: 1, bits: 8, rate: 8000, channels: 1 }],
    ["16 bit", { code: 1, bits: 16, rate: 8000, channels: 1 }],
    ["24 bit", { code: 1, bits: 24, rate: 48_000, channels: 2 }],
    ["32 bit", { code: 1, bits: 32, rate: 96_000, channels: 1 }],
    ["32 bit floating point", { code: 3, bits: 32, rate: 44_100, channels: 2 }],
    ["64 bit floating point", { code: 3, bits: 64, rate: 16_000, channels: 1 }],
    ["16 bit, six channels", { code: 1, bits: 16, rate: 22_050, channels: 6 }],
  ])("%s sound as they were made", async (_, form) => {
    const samples = await decoded(wavFile(sine(1000, form.rate, 1), form));
    expect(samples).toHaveLength(8000);
    expect(toneOf(samples)).toBe(1000);
    expect(levelDb(samples)).toBeCloseTo(-6.05, 1);
  });

  it("keep every sample of a telephone's own format", async () => {
    const file = wavFile(sine(700, 8000, 0.1), { code: 1, bits: 16, rate: 8000, channels: 1 });
    const samples = await decoded(file);
    expect(Buffer.from(samples.buffer)).toEqual(file.subarray(44));
  });

  it.each([
    ["µ-law", 7, PCMU],
    ["A-law", 6, PCMA],
  ])("of %s are decoded by its table", async (_, code, { encode, decode }) => {
    const codes = Buffer.from(Array.from(sine(1000, 8000, 0.1), (s) => encode[Math.round(s * 32_767) & 0xffff] ?? 0));
    const head = wavFile(new Float32Array(codes.length), { code, bits: 8, rate: 8000, channels: 1 }).subarray(0, 44);
    expect(await decoded(Buffer.concat([head, codes]))).toEqual(Int16Array.from(codes, (one) => decode[one] ?? 0));
  });

  it("find their audio behind chunks that nobody knows, and in an extensible head", async () => {
    const plain = wavFile(sine(1000, 44_100, 0.5), CD);
    const list = Buffer.from("LIST\u0005\0\0\0abcde\0", "latin1");
    const extensible = Buffer.concat([
      Buffer.from("fmt \u0028\0\0\0", "latin1"),
      plain.subarray(20, 36),
      Buffer.alloc(24),
    ]);
    extensible.writeUInt16LE(0xfffe, 8);
    extensible.writeUInt16LE(22, 24);
    extensible.writeUInt16LE(1, 32);
    const file = Buffer.concat([plain.subarray(0, 12), list, extensible, list, plain.subarray(36)]);
    expect(await decoded(file)).toEqual(await decoded(plain));
  });

  it("of a stream whose length was not known are played to the end", async () => {
    for (const stated of [0, 0xffff_ffff, 0x7fff_ffff])
      expect(await decoded(wavFile(sine(1000, 44_100, 0.5), CD, stated))).toHaveLength(4000);
  });

  it("that are cut off say so", async () => {
    const file = wavFile(sine(1000, 44_100, 1), CD);
    expect(await verdict(file.subarray(0, 100_000))).toBe(
      "is cut off: its head promises 176400 bytes of audio, 99956 are there",
    );
  });

  it("without audio, without a format, or of a broken one say so", async () => {
    const file = wavFile(sine(1000, 44_100, 0.1), CD);
    expect(await verdict(file.subarray(0, 36))).toBe("is a WAV file without audio");
    expect(await verdict(file.subarray(0, 12))).toBe("is a WAV file without a format");
    expect(await verdict(wavFile(new Float32Array(0), CD))).toBe("holds no sound");
    expect(await verdict(Buffer.concat([file.subarray(0, 16), Buffer.from([2, 0, 0, 0, 1, 0])]))).toBe(
      "is a WAV file with a broken format",
    );
  });

  it("of codecs and shapes that we do not play are named", async () => {
    expect(await verdict(wavFile(new Float32Array(9), { ...CD, code: 0x11, bits: 8 }))).toBe(
      "is a WAV file of IMA ADPCM with 8 bits: PCM, floating point, µ-law and A-law can be played",
    );
    expect(await verdict(wavFile(new Float32Array(9), { ...CD, code: 0x99 }))).toContain("of format 153 with 16 bits");
    expect(await verdict(wavFile(new Float32Array(9), { ...CD, channels: 9 }))).toBe(
      "has 9 channels: 1 to 8 can be played",
    );
    expect(await verdict(wavFile(new Float32Array(9), { ...CD, rate: 0 }))).toBe(
      "has a rate of 0 Hz: 4000 to 192000 can be played",
    );
  });

  it("with numbers that are none are silent there", async () => {
    const samples = sine(1000, 8000, 0.1).map((sample, i) => (i % 2 === 0 ? Number.NaN : sample));
    const heard = await decoded(wavFile(samples, { code: 3, bits: 32, rate: 8000, channels: 1 }));
    expect(heard.filter((_, i) => i % 2 === 0).every((sample) => sample === 0)).toBe(true);
  });

  it("longer than ten minutes are refused before they fill the memory", async () => {
    const silence = new Float32Array(8000 * 601);
    expect(await verdict(wavFile(silence, { code: 1, bits: 8, rate: 8000, channels: 1 }))).toBe(
      "is longer than 10 minutes",
    );
  });
});

describe("compressed files", () => {
  it.each([
    ["MP3", "tone-1000.mp3"],
    ["Vorbis", "tone-1000-vorbis.ogg"],
    ["Opus", "tone-1000-opus.ogg"],
  ])("of %s sound as they were made", async (_, name) => {
    const samples = await decoded(await readFile(fixture(name)));
    expect(samples.length).toBeGreaterThanOrEqual(8000);
    expect(samples.length).toBeLessThan(8000 * 1.1);
    expect(toneOf(samples)).toBe(1000);
    expect(levelDb(samples.subarray(800, 7200))).toBeCloseTo(-6, 0);
  });

  it("Opus and Vorbis have exactly the length that they state", async () => {
    for (const name of ["tone-1000-vorbis.ogg", "tone-1000-opus.ogg"])
      expect(await decoded(await readFile(fixture(name)))).toHaveLength(8000);
  });

  it("an MP3 is found behind ID3 tags and padding, whatever comes behind it", async () => {
    const plain = await readFile(fixture("tone-1000.mp3"));
    const tag = Buffer.concat([Buffer.from("ID3\u0004\0\0\0\0\u0001\u0000", "latin1"), Buffer.alloc(128, 0xff)]);
    const file = Buffer.concat([tag, tag, Buffer.alloc(2000), plain, Buffer.from("TAG"), Buffer.alloc(125, 32)]);
    expect(toneOf(await decoded(file))).toBe(1000);
  });

  it("what was cut off in the middle is played up to there", async () => {
    for (const name of ["tone-1000.mp3", "tone-1000-vorbis.ogg", "tone-1000-opus.ogg"]) {
      const file = await readFile(fixture(name));
      const result = await decodeAudio(file.subarray(0, Math.floor(file.length * 0.6)));
      if (result.ok) expect(result.value.length).toBeLessThan(8000);
      else expect(result.error).toMatch(/^(?:holds no sound|is an Ogg file that is cut off)/);
    }
  });

  it("a file that unfolds to hours is given up after ten minutes of it", async () => {
    const opus = await readFile(fixture("tone-1000-opus.ogg"));
    const secondPage = opus.indexOf("OggS", 1);
    const audio = opus.indexOf("OggS", secondPage + 1);
    // A page of 255 packets of one byte, each 60 ms of nothing: 15 s in half a kilobyte.
    const page = Buffer.concat([opus.subarray(audio, audio + 26), Buffer.alloc(1 + 255, 1), Buffer.alloc(255, 0x18)]);
    page[26] = 255;
    const bomb = Buffer.concat([opus.subarray(0, audio), ...Array.from({ length: 1000 }, () => page)]);
    bomb.writeBigInt64LE(48_000n * 15_300n, bomb.length - page.length + 6);
    expect(await verdict(bomb)).toBe("is longer than 10 minutes");
  });

  it("damage never throws, hangs or lasts longer than the sound did", { timeout: 60_000 }, async () => {
    for (const name of ["tone-1000.mp3", "tone-1000-vorbis.ogg", "tone-1000-opus.ogg"]) {
      const file = await readFile(fixture(name));
      for (let at = 20; at < file.length; at += 397) {
        const damaged = Buffer.from(file);
        damaged.fill(0xa5, at, at + 7);
        const result = await decodeAudio(damaged);
        expect(result.ok ? result.value.length : 0).toBeLessThan(8000 * 60);
      }
    }
  });
});

describe("what is no audio that we play", () => {
  it.each([
    ["", "is empty"],
    ["<!DOCTYPE html><html><body>Sign in</body></html>", "is a page of HTML, not audio"],
    ["\n <html lang=en>", "is a page of HTML, not audio"],
    ['<?xml version="1.0"?><Error/>', "is XML, not audio"],
    ['{"error":"gone"}', "is JSON, not audio"],
    ["Not found", "is text, not audio"],
    ["fLaC\0\0\0", "is a FLAC file: WAV, MP3 and Ogg can be played"],
    ["\0\0\0 ftypM4A \0", "is an MP4 (AAC) file: WAV, MP3 and Ogg can be played"],
    ["#!AMR\n\0", "is an AMR file: WAV, MP3 and Ogg can be played"],
    ["OggS\0\0\0", "is an Ogg file that is cut off in its first page"],
    ["\0\u0001\u0002\0", "is of an unknown format: WAV, MP3 and Ogg can be played"],
  ])("%j %s", async (file, expected) => {
    expect(await verdict(Buffer.from(file, "latin1"))).toBe(expected);
  });

  it("is told by its first bytes when these are no letters", async () => {
    expect(await verdict(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]))).toContain("is compressed with gzip");
    expect(await verdict(Buffer.from([0xff, 0xf1, 0x50, 0x80, 0x02, 0x1f, 0xfc, 0]))).toContain("is an AAC file");
  });

  it("an Ogg file of another codec is named", async () => {
    const opus = await readFile(fixture("tone-1000-opus.ogg"));
    opus.write("Speex   ", 28, "latin1");
    expect(await verdict(opus)).toBe("is an Ogg file of Speex: Vorbis and Opus can be played");
    opus.write("whatever", 28, "latin1");
    expect(await verdict(opus)).toBe("is an Ogg file of an unknown codec: Vorbis and Opus can be played");
  });
});
