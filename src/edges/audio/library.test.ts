import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { systemClock } from "../../base/system-clock.ts";
import type { Fetcher } from "../http-client/fetcher.ts";
import type { Downloaded } from "../http-client/types.ts";
import { AudioLibrary } from "./library.ts";
import { phoneWav, sine, wavFile } from "./testing/sounds.ts";

let folder: string;
let library: AudioLibrary;
let downloads = 0;
let answer: () => Promise<Downloaded>;

const file = (body: Buffer): Downloaded => ({
  ok: true,
  status: 200,
  contentType: "audio/wav",
  validators: { etag: null, lastModified: null },
  body,
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plugboard-library-"));
  downloads = 0;
  answer = () => Promise.resolve(file(phoneWav(1000, 1)));
  const fetcher: Pick<Fetcher, "download" | "head"> = {
    head: () => Promise.resolve({ ok: true, status: 200, contentType: "audio/wav", body: "" }),
    download: () => {
      downloads++;
      return answer();
    },
  };
  library = await AudioLibrary.open({
    cacheFolder: join(folder, "cache"),
    uploadsFolder: join(folder, "audio"),
    speechUrl: null,
    fetcher,
    clock: systemClock,
    log: silentLog,
  });
});
afterEach(async () => {
  await library.close();
  await rm(folder, { recursive: true, force: true });
});

const URL_SOURCE = { kind: "url", url: "https://cdn.example/a.wav", allowPrivate: false } as const;
const PATIENT_MS = 20_000;

describe("the library of audio", () => {
  it("turns every kind of source into a file that media plays", async () => {
    await mkdir(join(folder, "audio"));
    await writeFile(join(folder, "audio", "hello.wav"), phoneWav(900, 2));
    const made = await Promise.all([
      library.prepare(URL_SOURCE, PATIENT_MS, "acme"),
      library.prepare({ kind: "file", file: "hello.wav" }, PATIENT_MS, "acme"),
      library.prepare({ kind: "text", text: "Hello.", language: "en" }, PATIENT_MS, "acme"),
    ]);
    expect(made.map((one) => one.ok && one.value.durationMs)).toEqual([1000, 2000, expect.any(Number)]);
    expect(made.every((one) => one.ok && one.value.path.startsWith(join(folder, "cache")))).toBe(true);
  });

  it("a short announcement does not wait behind long music", async () => {
    const form = { code: 1, bits: 16, rate: 48_000, channels: 2 };
    await mkdir(join(folder, "audio"));
    await writeFile(join(folder, "audio", "music.wav"), wavFile(sine(440, 48_000, 60), form));
    const order: string[] = [];
    const music = library
      .prepare({ kind: "file", file: "music.wav" }, PATIENT_MS, "acme")
      .then(() => order.push("music"));
    const short = library.prepare(URL_SOURCE, PATIENT_MS, "acme").then(() => order.push("announcement"));
    await Promise.all([music, short]);
    expect(order).toEqual(["announcement", "music"]);
  });

  it("waits no longer than the call does, and has the file ready for the next call", async () => {
    let arrive: (got: Downloaded) => void = () => undefined;
    answer = () => new Promise((resolve) => (arrive = resolve));
    expect(await library.prepare(URL_SOURCE, 30, "acme")).toEqual({
      ok: false,
      error: "the audio is not ready after 0.03 s",
    });
    // A busy machine may need longer than the call waits before it even asks.
    await expect.poll(() => downloads, { timeout: PATIENT_MS }).toBe(1);
    arrive(file(phoneWav(1000, 1)));
    expect(await library.prepare(URL_SOURCE, PATIENT_MS, "acme")).toMatchObject({ ok: true });
    expect(downloads).toBe(1);
  });

  it("prepares sources that may be needed later, one after the other", async () => {
    await library.warm([URL_SOURCE, { kind: "text", text: "Hello.", language: "en" }]);
    expect(await library.prepare({ kind: "text", text: "Hello.", language: "en" }, 1000, "acme")).toMatchObject({
      ok: true,
    });
    expect(downloads).toBe(1);
  });

  it("RES-27: a file that was checked is there without another download", async () => {
    const options = {
      purpose: "audio" as const,
      account: "acme",
      deadlineMs: 5_000,
      allowPrivate: false,
      isUsable: () => true,
    };
    expect(await library.check(URL_SOURCE.url, options)).toMatchObject({ outcome: { ok: true, status: 200 } });
    expect(await library.prepare(URL_SOURCE, PATIENT_MS, "acme")).toMatchObject({ ok: true });
    expect(downloads).toBe(1);
  });
});
