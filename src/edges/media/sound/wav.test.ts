import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dominantTones, Sine } from "./tone.ts";
import { PromptCache } from "../playback/prompt-cache.ts";
import { parseWav, repairWav, wavHeader } from "./wav.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plugboard-wav-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(...parts: Uint8Array[]): string {
  const path = join(folder, "a.wav");
  writeFileSync(path, Buffer.concat(parts));
  return path;
}

/** A file of another program: format tag, channels, rate, bits, and the audio as it is stored. */
function foreign(format: number, channels: number, rate: number, bits: number, data: Uint8Array): Buffer {
  const head = wavHeader(channels, data.length);
  head.writeUInt16LE(format, 20);
  head.writeUInt32LE(rate, 24);
  head.writeUInt16LE(bits, 34);
  return Buffer.concat([head, data]);
}

function pcm(samples: Int16Array): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}

describe("wavHeader", () => {
  it("states sizes, rate and layout where the RIFF format has them", () => {
    const head = wavHeader(2, 32_000);
    expect(head.toString("latin1", 0, 4) + head.toString("latin1", 8, 16)).toBe("RIFFWAVEfmt ");
    expect(head.readUInt32LE(4)).toBe(36 + 32_000);
    expect([20, 22, 32, 34].map((at) => head.readUInt16LE(at))).toEqual([1, 2, 4, 16]);
    expect([24, 28, 40].map((at) => head.readUInt32LE(at))).toEqual([8000, 32_000, 32_000]);
  });
});

describe("repairWav", () => {
  it("counts everything that reached the file", async () => {
    const path = file(wavHeader(2, 32_000), new Uint8Array(32_000));
    appendFileSync(path, new Uint8Array(16_002));
    expect(await repairWav(path)).toEqual({ durationMs: 1500 });
    expect(readFileSync(path).readUInt32LE(40)).toBe(48_000);
    expect(parseWav(readFileSync(path)).length).toBe(12_000);
  });

  it("leaves a closed recording as it is", async () => {
    const path = file(wavHeader(1, 1600), new Uint8Array(1600).fill(3));
    const before = readFileSync(path);
    expect(await repairWav(path)).toEqual({ durationMs: 100 });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("turns a file that was only just created into an empty recording", async () => {
    const path = file(new Uint8Array(0));
    expect(await repairWav(path)).toEqual({ durationMs: 0 });
    expect(parseWav(readFileSync(path)).length).toBe(0);
  });

  it("touches nothing that is not a recording of ours", async () => {
    const path = file(new Uint8Array(100).fill(65));
    await expect(repairWav(path)).rejects.toThrow("not a recording of ours");
    expect(readFileSync(path).every((byte) => byte === 65)).toBe(true);
    await expect(repairWav(join(folder, "none.wav"))).rejects.toThrow("ENOENT");
  });
});

describe("parseWav", () => {
  it("reads 8-bit, mu-law and A-law samples and takes the mean of two channels", () => {
    expect(parseWav(foreign(1, 1, 8000, 8, Uint8Array.of(0, 128, 255))).sample(0)).toBe(-32_768);
    expect(parseWav(foreign(7, 1, 8000, 8, Uint8Array.of(0x80))).sample(0)).toBe(32_124);
    expect(parseWav(foreign(6, 1, 8000, 8, Uint8Array.of(0xaa))).sample(0)).toBe(32_256);
    expect(parseWav(foreign(1, 2, 8000, 16, pcm(Int16Array.of(100, 300)))).sample(0)).toBe(200);
  });

  it("skips chunks it does not know, odd ones with their padding", () => {
    const plain = foreign(1, 1, 8000, 16, pcm(Int16Array.of(5, 6)));
    const list = Buffer.from("LIST\x03\0\0\0abc\0", "latin1");
    const wav = parseWav(Buffer.concat([plain.subarray(0, 36), list, plain.subarray(36)]));
    expect([wav.length, wav.sample(1)]).toEqual([2, 6]);
  });

  it("reads to the end of the file when the stated size is beyond it", () => {
    const wav = foreign(1, 1, 8000, 16, pcm(Int16Array.of(5, 6, 7)));
    wav.writeUInt32LE(0xffffffff, 40);
    expect(parseWav(wav).length).toBe(3);
  });

  it.each([
    ["not a WAV file", Buffer.from("ID3 something else entirely")],
    ["without audio", wavHeader(1, 0).subarray(0, 36)],
    ["without a format", Buffer.from("RIFF\x04\0\0\0WAVE", "latin1")],
    ["of MP3 with 16 bits", foreign(85, 1, 8000, 16, new Uint8Array(2))],
    ["has 9 channels", foreign(1, 9, 8000, 16, new Uint8Array(18))],
    ["has a rate of 200000 Hz", foreign(1, 1, 200_000, 16, new Uint8Array(2))],
  ])("says what is wrong: %s", (message, bytes) => {
    expect(() => parseWav(bytes)).toThrow(message);
  });
});

describe("PromptCache", () => {
  it.each([8000, 11_025, 16_000, 44_100, 48_000])("brings a file of %i Hz to 8 kHz", async (rate) => {
    const samples = Int16Array.from({ length: rate }, (_, i) => 9000 * Math.sin((2 * Math.PI * 700 * i) / rate));
    const audio = await new PromptCache().load(file(foreign(1, 1, rate, 16, pcm(samples))));
    expect(audio.length).toBe(8000);
    expect(dominantTones(audio)).toEqual([700]);
    expect(Math.max(...audio)).toBeGreaterThan(8700);
    expect(Math.max(...audio)).toBeLessThan(9300);
  });

  it("lets nothing above 4 kHz fold back into speech", async () => {
    const samples = Int16Array.from({ length: 48_000 }, (_, i) => 9000 * Math.sin((2 * Math.PI * 6000 * i) / 48_000));
    const audio = await new PromptCache().load(file(foreign(1, 1, 48_000, 16, pcm(samples))));
    expect(Math.max(...audio.subarray(100, 7900))).toBeLessThan(30);
  });

  it("returns the same samples again, and new ones when the file changed", async () => {
    const cache = new PromptCache();
    const tone = new Int16Array(800);
    new Sine([500]).fill(tone);
    const path = file(foreign(1, 1, 8000, 16, pcm(tone)));
    const first = await cache.load(path);
    expect(await cache.load(path)).toBe(first);
    writeFileSync(path, foreign(1, 1, 8000, 16, pcm(new Int16Array(400))));
    expect((await cache.load(path)).length).toBe(400);
  });

  it("rejects with a sentence when there is no such file, and tries again next time", async () => {
    const cache = new PromptCache();
    const path = join(folder, "a.wav");
    await expect(cache.load(path)).rejects.toThrow("no such file");
    file(foreign(1, 1, 8000, 16, new Uint8Array(16)));
    expect((await cache.load(path)).length).toBe(8);
  });
});
