import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { parseWav } from "../media/sound/wav.ts";
import type { AudioCacheLimits } from "./audio-cache.ts";
import { AudioCache } from "./audio-cache.ts";

const MINUTE_MS = 60_000;
/** 100 ms. */
const CLIP = new Int16Array(800).fill(7);
const CLIP_BYTES = 44 + 1600;

let folder: string;
let clock: VirtualClock;

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "plugboard-cache-")), "cache");
  clock = new VirtualClock(Date.now());
});
afterEach(() => rm(join(folder, ".."), { recursive: true, force: true }));

function open(limits: Partial<AudioCacheLimits> = {}): Promise<AudioCache> {
  return AudioCache.open({ folder, clock, log: silentLog, limits });
}

describe("a cache of clips", () => {
  it("keeps what media can play, with its length and metadata", async () => {
    const cache = await open();
    expect(await cache.get("a")).toBeNull();
    const put = await cache.put("a", CLIP, { etag: "x" });
    expect(put).toEqual({ path: join(folder, "a.wav"), durationMs: 100, metadata: { etag: "x" } });
    expect(await cache.get("a")).toEqual(put);
    const wav = parseWav(await readFile(put.path));
    expect(wav).toMatchObject({ rate: 8000, channels: 1, length: 800 });
    expect(wav.sample(799)).toBe(7);
  });

  it("gives a later process what an earlier one kept, and removes anything that is not a complete clip", async () => {
    await (await open()).put("a", CLIP, { etag: "x" });
    await writeFile(join(folder, "b.wav.1-1.part"), "half");
    await writeFile(join(folder, "c.wav"), "without metadata");
    await mkdir(join(folder, "d"));
    const cache = await open();
    expect(await cache.get("a")).toEqual({ path: join(folder, "a.wav"), durationMs: 100, metadata: { etag: "x" } });
    expect((await readdir(folder)).sort()).toEqual(["a.json", "a.wav"]);
    expect(cache.clips).toBe(1);
  });

  it("removes the least recently used clip when there are too many, but none that has just been handed out", async () => {
    const cache = await open({ clips: 2 });
    await cache.put("a", CLIP);
    await cache.put("b", CLIP);
    clock.advance(2 * MINUTE_MS);
    await cache.get("a");
    await cache.put("c", CLIP);
    expect(await cache.get("b")).toBeNull();
    await cache.put("d", CLIP);
    // All three were used within the last minute: they may be about to be opened.
    expect(cache.clips).toBe(3);
    clock.advance(2 * MINUTE_MS);
    await cache.put("e", CLIP);
    expect(cache.clips).toBe(2);
    expect(await cache.get("a")).toBeNull();
  });

  it("M9: one account's flood of clips pushes out its own, not the others', even across a restart", async () => {
    const limits = { clips: 6, accountShare: 0.5 };
    const cache = await open(limits);
    await cache.put("music", CLIP, {}, "other");
    for (let i = 0; i < 10; i++) {
      clock.advance(2 * MINUTE_MS);
      await cache.put(`flood${i}`, CLIP, {}, "hostile");
    }
    expect(cache.clips).toBe(4);
    expect(await cache.get("music")).not.toBeNull();
    expect(await cache.get("flood9")).not.toBeNull();
    // A file that another account has fetched again stays in the share of the first.
    await cache.put("flood9", CLIP, {}, "other");
    const later = await open(limits);
    for (const key of ["a", "b", "c"]) {
      clock.advance(2 * MINUTE_MS);
      await later.put(key, CLIP, {}, "hostile");
    }
    expect(await later.get("flood9")).toBeNull();
    expect(await later.get("music")).not.toBeNull();
  });

  it("removes clips when they take too much space together, and a clip that has not been used for a long time", async () => {
    const cache = await open({ bytes: 2 * CLIP_BYTES, unusedMs: 60 * MINUTE_MS });
    for (const key of ["a", "b", "c"]) {
      await cache.put(key, CLIP);
      clock.advance(2 * MINUTE_MS);
    }
    expect(cache.bytes).toBe(2 * CLIP_BYTES);
    clock.advance(61 * MINUTE_MS);
    await cache.put("d", CLIP);
    expect(cache.clips).toBe(1);
    expect(cache.bytes).toBe(CLIP_BYTES);
    expect(await readdir(folder)).toEqual(expect.arrayContaining(["d.wav", "d.json"]));
  });

  it("replaces a clip in one step: a reader gets the complete old or new one", async () => {
    const cache = await open();
    const { path } = await cache.put("a", CLIP);
    const partial: number[] = [];
    const reader = (async () => {
      for (let i = 0; i < 200; i++) {
        const { length } = await readFile(path);
        if (length !== CLIP_BYTES && length !== 44 + 16_000) partial.push(length);
      }
    })();
    for (let i = 0; i < 40; i++) await cache.put("a", i % 2 === 0 ? new Int16Array(8000) : CLIP);
    await reader;
    expect(partial).toEqual([]);
    expect(cache.bytes).toBe(CLIP_BYTES);
  });

  it("has a clip that is dropped and put again at once", async () => {
    const cache = await open();
    for (let i = 0; i < 20; i++) {
      await cache.put("a", CLIP);
      cache.drop("a");
      const { path } = await cache.put("a", CLIP);
      expect((await readFile(path)).length).toBe(CLIP_BYTES);
    }
  });

  it("no longer has a clip whose file was removed", async () => {
    const cache = await open();
    const { path } = await cache.put("a", CLIP);
    await rm(path);
    expect(await cache.get("a")).toBeNull();
    expect(cache.bytes).toBe(0);
  });

  it("rejects if the disk fails, and leaves nothing half-written", async () => {
    const cache = await open();
    await rm(folder, { recursive: true });
    await expect(cache.put("a", CLIP)).rejects.toThrow("ENOENT");
    expect(cache.clips).toBe(0);
  });
});
