import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { fixture, levelDb, sine, toneOf, wavFile } from "../testing/sounds.ts";
import type { WavForm } from "../testing/sounds.ts";
import { PCMA, PCMU } from "../../media/sound/g711.ts";
import { parseWav } from "../../media/sound/wav-reader.ts";
import { decodeAudio } from "./decode.ts";
import { sourceFormat } from "./identify.ts";

const CONVERT = "convert it to WAV, 8 kHz, 16 bit, mono";
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

type WriteSample = (data: Buffer, at: number, sample: number) => unknown;

function samplesOf(bytes: number, write: WriteSample): Buffer {
  const samples = sine(1000, 8000, 1);
  const data = Buffer.alloc(samples.length * bytes);
  for (const [i, sample] of samples.entries()) write(data, i * bytes, sample);
  return data;
}

/** One second of 1 kHz, 8 kHz mono, as an AIFF (no compression) or AIFF-C file. */
function aiff(form: string, bits: number, compression: string, write: WriteSample): Buffer {
  const data = samplesOf(bits / 8, write);
  const common = Buffer.alloc(18);
  common.writeUInt16BE(1, 0);
  common.writeUInt32BE(8000, 2);
  common.writeUInt16BE(bits, 6);
  // 8000 as an 80-bit number: 1.953125 times 2 to the 12th.
  Buffer.from("400bfa00000000000000", "hex").copy(common, 8);
  const chunk = (name: string, body: Buffer): Buffer => {
    const head = Buffer.alloc(8);
    head.write(name, "latin1");
    head.writeUInt32BE(body.length, 4);
    return Buffer.concat([head, body, Buffer.alloc(body.length & 1)]);
  };
  const chunks = [
    chunk("COMM", Buffer.concat([common, Buffer.from(compression === "" ? "" : `${compression}\0\0`, "latin1")])),
    chunk("SSND", Buffer.concat([Buffer.alloc(8), data])),
  ];
  return chunk("FORM", Buffer.concat([Buffer.from(form), ...chunks]));
}

/** The same as an AU file. */
function au(encoding: number, bytes: number, write: WriteSample): Buffer {
  const data = samplesOf(bytes, write);
  const head = Buffer.alloc(24);
  head.write(".snd", "latin1");
  for (const [i, value] of [24, data.length, encoding, 8000, 1].entries()) head.writeUInt32BE(value, 4 + 4 * i);
  return Buffer.concat([head, data]);
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

  it("are read after unknown chunks, and with an extensible header", async () => {
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

  it("of a stream of unknown length are played to the end", async () => {
    for (const stated of [0, 0xffff_ffff, 0x7fff_ffff])
      expect(await decoded(wavFile(sine(1000, 44_100, 0.5), CD, stated))).toHaveLength(4000);
  });

  it("C11: that are shorter than their head says are played as far as they go", async () => {
    const file = wavFile(sine(1000, 44_100, 1), CD);
    const samples = await decoded(file.subarray(0, 100_000));
    expect(samples).toHaveLength(Math.floor(((99_956 / 4) * 8000) / 44_100));
    expect(toneOf(samples)).toBe(1000);
  });

  it("without audio, without a format, or with a broken one are reported", async () => {
    const file = wavFile(sine(1000, 44_100, 0.1), CD);
    expect(await verdict(file.subarray(0, 36))).toBe("is a WAV file without audio");
    expect(await verdict(file.subarray(0, 12))).toBe("is a WAV file without a format");
    expect(await verdict(wavFile(new Float32Array(0), CD))).toBe("holds no sound");
    expect(await verdict(Buffer.concat([file.subarray(0, 16), Buffer.from([2, 0, 0, 0, 1, 0])]))).toBe(
      "is a WAV file with a broken format",
    );
  });

  it("of codecs and formats that we do not play are named", async () => {
    expect(await verdict(wavFile(new Float32Array(9), { ...CD, code: 0x11, bits: 8 }))).toBe(
      `is a WAV file of IMA ADPCM with 8 bits: ${CONVERT}`,
    );
    expect(await verdict(wavFile(new Float32Array(9), { ...CD, code: 0x99 }))).toBe(
      `is a WAV file of format 153 with 16 bits: ${CONVERT}`,
    );
    expect(await verdict(wavFile(new Float32Array(9), { ...CD, channels: 9 }))).toBe(
      "has 9 channels: 1 to 8 can be played",
    );
    expect(await verdict(wavFile(new Float32Array(9), { ...CD, rate: 0 }))).toBe(
      "has a rate of 0 Hz: 4000 to 192000 can be played",
    );
  });

  it("are silent where a sample is not a number", async () => {
    const samples = sine(1000, 8000, 0.1).map((sample, i) => (i % 2 === 0 ? Number.NaN : sample));
    const output = await decoded(wavFile(samples, { code: 3, bits: 32, rate: 8000, channels: 1 }));
    expect(output.filter((_, i) => i % 2 === 0).every((sample) => sample === 0)).toBe(true);
  });

  it("longer than ten minutes are refused before they fill the memory", async () => {
    const silence = new Float32Array(8000 * 601);
    expect(await verdict(wavFile(silence, { code: 1, bits: 8, rate: 8000, channels: 1 }))).toBe(
      "is longer than 10 minutes",
    );
  });
});

describe("C11: formats in which prompts and PBX recordings are often stored", () => {
  /** All of these files say what they are within this many bytes. */
  const HEAD_BYTES = 64;

  /** As SoX decodes them: SHA-256 of the samples, little-endian. */
  it.each([
    ["GSM 6.10", "tone-1000-gsm.wav", "186646b665f44ad872ccfa3bfefa58270e7ead440c4f6c281115237f4c247b06"],
    ["IMA ADPCM", "tone-1000-ima.wav", "77b95a2fe0b8278cf8dc5107fcc09398e34beb1c8811823d3e673ac512d3acd2"],
    ["Microsoft ADPCM", "tone-1000-ms.wav", "aa2d9d69a8567d3386e267db9020c64c54b3ac1da854bb716dee37573c512b1c"],
  ])("C11: a WAV file of %s is decoded bit for bit as by other software", async (_, name, sha256) => {
    const samples = await decoded(await readFile(fixture(name)));
    expect(samples).toHaveLength(8000);
    expect(toneOf(samples)).toBe(1000);
    expect(createHash("sha256").update(Buffer.from(samples.buffer)).digest("hex")).toBe(sha256);
  });

  it.each([
    ["IMA ADPCM", "stereo-16k-ima.wav", "7379b249920eae84d308c1bf79366718fdabf456b6aa573e30a46d6f3f696ae4"],
    ["Microsoft ADPCM", "stereo-16k-ms.wav", "9b7f213eae8b1fa56929b127f6a48fb1e4e44b00479d5917fe5b1c764f951098"],
  ])("C11: stereo %s keeps its channels apart", async (_, name, sha256) => {
    const wav = parseWav(await readFile(fixture(name)));
    const slices = [...wav.slices()];
    const [left, right] = [0, 1].map((channel) => slices.flatMap((slice) => [...(slice[channel] ?? [])]));
    const interleaved = Int16Array.from(
      { length: 8000 },
      (_, i) => ((i % 2 === 0 ? left : right)?.[i >> 1] ?? 0) * 2 ** 15,
    );
    expect(wav.length).toBe(4000);
    expect(createHash("sha256").update(Buffer.from(interleaved.buffer)).digest("hex")).toBe(sha256);
  });

  it.each(["tone-1000-gsm.wav", "tone-1000-ima.wav", "tone-1000-ms.wav", "tone-1000.flac"])(
    "C11: %s that is cut off is played as far as it goes",
    async (name) => {
      const file = await readFile(fixture(name));
      const samples = await decoded(file.subarray(0, Math.floor(file.length * 0.6)));
      expect(samples.length).toBeGreaterThan(8000 * 0.45);
      expect(samples.length).toBeLessThan(8000 * 0.65);
      expect(toneOf(samples)).toBe(1000);
    },
  );

  it("C11: FLAC sounds as it was made, and has exactly its length", async () => {
    const samples = await decoded(await readFile(fixture("tone-1000.flac")));
    expect(samples).toHaveLength(8000);
    expect(toneOf(samples)).toBe(1000);
    expect(levelDb(samples.subarray(800, 7200))).toBeCloseTo(-6, 1);
  });

  it.each<[string, Buffer]>([
    ["AIFF, 16 bit", aiff("AIFF", 16, "", (data, at, sample) => data.writeInt16BE(Math.round(sample * 32_767), at))],
    [
      "AIFF, 24 bit",
      aiff("AIFF", 24, "", (data, at, sample) => data.writeIntBE(Math.round(sample * 8_388_607), at, 3)),
    ],
    [
      "AIFF-C, little-endian",
      aiff("AIFC", 16, "sowt", (data, at, sample) => data.writeInt16LE(Math.round(sample * 32_767), at)),
    ],
    ["AIFF-C, floating point", aiff("AIFC", 32, "fl32", (data, at, sample) => data.writeFloatBE(sample, at))],
    ["AU, 16 bit", au(3, 2, (data, at, sample) => data.writeInt16BE(Math.round(sample * 32_767), at))],
    ["AU, µ-law", au(1, 1, (data, at, sample) => (data[at] = PCMU.encode[Math.round(sample * 32_767) & 0xffff] ?? 0))],
    ["AU, floating point", au(6, 4, (data, at, sample) => data.writeFloatBE(sample, at))],
  ])("C11: %s sounds as it was made, even when it is cut off", async (_, file) => {
    const samples = await decoded(file);
    expect(samples).toHaveLength(8000);
    expect(toneOf(samples)).toBe(1000);
    expect(levelDb(samples.subarray(800, 7200))).toBeCloseTo(-6.02, 1);
    expect(toneOf(await decoded(file.subarray(0, file.length >> 1)))).toBe(1000);
  });

  it("C11: of other compressions are named, with the advice", async () => {
    expect(await verdict(aiff("AIFC", 16, "ima4", () => undefined))).toBe(`is an AIFF file of ima4: ${CONVERT}`);
    expect(await verdict(au(23, 1, () => undefined))).toBe(`is an AU file of encoding 23: ${CONVERT}`);
  });

  it("C11: damage never throws, hangs or lasts longer than the sound did", { timeout: 60_000 }, async () => {
    for (const name of ["tone-1000-gsm.wav", "tone-1000-ima.wav", "tone-1000-ms.wav", "tone-1000.flac"]) {
      const file = await readFile(fixture(name));
      const inHead = Array.from({ length: HEAD_BYTES }, (_, i) => 8 + i);
      const further = Array.from({ length: Math.ceil((file.length - 8) / 97) }, (_, i) => 8 + i * 97);
      for (const at of [...inHead, ...further]) {
        for (const octet of [0x00, 0xa5]) {
          const damaged = Buffer.from(file);
          damaged.fill(octet, at, at + 5);
          const result = await decodeAudio(damaged);
          expect(result.ok ? result.value.length : 0).toBeLessThan(8000 * 60);
        }
      }
    }
  });
});

describe("C12: the format of a file, from its beginning", () => {
  it.each([
    ["WAV, 8 kHz, 16 bit, mono", true, wavFile(sine(700, 8000, 0.1), { code: 1, bits: 16, rate: 8000, channels: 1 })],
    ["WAV, 44.1 kHz, 16 bit, stereo", false, wavFile(sine(700, 44_100, 0.1), CD)],
    ["WAV, 8 kHz, A-law, mono", false, wavFile(new Float32Array(9), { code: 6, bits: 8, rate: 8000, channels: 1 })],
    ["AU", false, au(3, 2, () => undefined)],
  ])("C12: %s", (name, best, file) => {
    expect(sourceFormat(file.subarray(0, 64), false)).toEqual({ name, best, problem: null });
  });

  it.each([
    ["tone-1000.mp3", "MP3"],
    ["tone-1000-opus.ogg", "Ogg"],
    ["tone-1000.flac", "FLAC"],
    ["tone-1000-gsm.wav", "WAV, 8 kHz, GSM 6.10, mono"],
  ])("C12: %s is %s", async (file, name) => {
    const beginning = (await readFile(fixture(file))).subarray(0, 4096);
    expect(sourceFormat(beginning, false)).toEqual({ name, best: false, problem: null });
  });

  it("C11: a file that cannot be decoded is recognised at once, with the reason", () => {
    expect(sourceFormat(Buffer.from("\0\0\0 ftypM4A ", "latin1"), false)?.problem).toBe(
      `is an MP4 (AAC) file: ${CONVERT}`,
    );
    expect(sourceFormat(Buffer.from("<!doctype html>"), true)?.problem).toBe("is a page of HTML, not audio");
  });

  it("C12: is not known until the head of a WAV file has arrived, or the tag of an MP3 has ended", () => {
    expect(sourceFormat(Buffer.from("RIFF\0\0\0\0WAVELIST", "latin1"), false)).toBeNull();
    expect(sourceFormat(Buffer.from("ID3\u0004\0\0\0\0\u0001\u0000", "latin1"), false)?.problem).toBeNull();
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

  it("an MP3 is found after ID3 tags and padding, whatever follows it", async () => {
    const plain = await readFile(fixture("tone-1000.mp3"));
    const tag = Buffer.concat([Buffer.from("ID3\u0004\0\0\0\0\u0001\u0000", "latin1"), Buffer.alloc(128, 0xff)]);
    const file = Buffer.concat([tag, tag, Buffer.alloc(2000), plain, Buffer.from("TAG"), Buffer.alloc(125, 32)]);
    expect(toneOf(await decoded(file))).toBe(1000);
  });

  it("a file that was cut off is played as far as it goes", async () => {
    for (const name of ["tone-1000.mp3", "tone-1000-vorbis.ogg", "tone-1000-opus.ogg"]) {
      const file = await readFile(fixture(name));
      const result = await decodeAudio(file.subarray(0, Math.floor(file.length * 0.6)));
      if (result.ok) expect(result.value.length).toBeLessThan(8000);
      else expect(result.error).toMatch(/^(?:holds no sound|is an Ogg file that is cut off)/);
    }
  });

  it("a file that unpacks to hours is refused after ten minutes of it", async () => {
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

describe("files that cannot be played", () => {
  it.each([
    ["", "is empty"],
    ["<!DOCTYPE html><html><body>Sign in</body></html>", "is a page of HTML, not audio"],
    ["\n <html lang=en>", "is a page of HTML, not audio"],
    ['<?xml version="1.0"?><Error/>', "is XML, not audio"],
    ['{"error":"gone"}', "is JSON, not audio"],
    ["Not found", "is text, not audio"],
    ["fLaC\0\0\0", "is a FLAC file that is cut off in its head"],
    [".snd\0\0\0", "is an AU file that is cut off in its head"],
    ["FORM\0\0\0\u0004AIFF", "is an AIFF file without a format"],
    ["\0\0\0 ftypM4A \0", `is an MP4 (AAC) file: ${CONVERT}`],
    ["#!AMR\n\0", `is an AMR file: ${CONVERT}`],
    ["OggS\0\0\0", "is an Ogg file that is cut off in its first page"],
    ["\0\u0001\u0002\0", `is of an unknown format: ${CONVERT}`],
  ])("%j %s", async (file, expected) => {
    expect(await verdict(Buffer.from(file, "latin1"))).toBe(expected);
  });

  it("are recognised by first bytes that are not letters", async () => {
    expect(await verdict(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]))).toContain("is compressed with gzip");
    expect(await verdict(Buffer.from([0xff, 0xf1, 0x50, 0x80, 0x02, 0x1f, 0xfc, 0]))).toContain("is an AAC file");
  });

  it("an Ogg file of another codec is named", async () => {
    const opus = await readFile(fixture("tone-1000-opus.ogg"));
    opus.write("Speex   ", 28, "latin1");
    expect(await verdict(opus)).toBe(`is an Ogg file of Speex: ${CONVERT}`);
    opus.write("whatever", 28, "latin1");
    expect(await verdict(opus)).toBe(`is an Ogg file of an unknown codec: ${CONVERT}`);
  });
});
