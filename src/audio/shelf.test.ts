import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../base/log.ts";
import { VirtualClock } from "../base/virtual-clock.ts";
import { parseWav } from "../media/wav.ts";
import type { ShelfLimits } from "./shelf.ts";
import { Shelf } from "./shelf.ts";

const MINUTE_MS = 60_000;
/** 100 ms. */
const CLIP = new Int16Array(800).fill(7);
const CLIP_BYTES = 44 + 1600;

let folder: string;
let clock: VirtualClock;

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "plugboard-shelf-")), "shelf");
  clock = new VirtualClock(Date.now());
});
afterEach(() => rm(join(folder, ".."), { recursive: true, force: true }));

function open(limits: Partial<ShelfLimits> = {}): Promise<Shelf> {
  return Shelf.open({ folder, clock, log: silentLog, limits });
}

describe("a shelf of clips", () => {
  it("keeps what media can play, with its length and note", async () => {
    const shelf = await open();
    expect(await shelf.get("a")).toBeNull();
    const put = await shelf.put("a", CLIP, { etag: "x" });
    expect(put).toEqual({ path: join(folder, "a.wav"), durationMs: 100, note: { etag: "x" } });
    expect(await shelf.get("a")).toEqual(put);
    const wav = parseWav(await readFile(put.path));
    expect(wav).toMatchObject({ rate: 8000, channels: 1, length: 800 });
    expect(wav.sample(799)).toBe(7);
  });

  it("gives a later process what an earlier one kept, and removes what is no whole clip", async () => {
    await (await open()).put("a", CLIP, { etag: "x" });
    await writeFile(join(folder, "b.wav.1-1.part"), "half");
    await writeFile(join(folder, "c.wav"), "without a note");
    await mkdir(join(folder, "d"));
    const shelf = await open();
    expect(await shelf.get("a")).toEqual({ path: join(folder, "a.wav"), durationMs: 100, note: { etag: "x" } });
    expect((await readdir(folder)).sort()).toEqual(["a.json", "a.wav"]);
    expect(shelf.clips).toBe(1);
  });

  it("the least recently used goes when there are too many clips, but none that was handed out just now", async () => {
    const shelf = await open({ clips: 2 });
    await shelf.put("a", CLIP);
    await shelf.put("b", CLIP);
    clock.advance(2 * MINUTE_MS);
    await shelf.get("a");
    await shelf.put("c", CLIP);
    expect(await shelf.get("b")).toBeNull();
    await shelf.put("d", CLIP);
    // All three were used within the last minute: somebody may be about to open them.
    expect(shelf.clips).toBe(3);
    clock.advance(2 * MINUTE_MS);
    await shelf.put("e", CLIP);
    expect(shelf.clips).toBe(2);
    expect(await shelf.get("a")).toBeNull();
  });

  it("or when they are too large together, and when nobody asked for one in a long time", async () => {
    const shelf = await open({ bytes: 2 * CLIP_BYTES, unusedMs: 60 * MINUTE_MS });
    for (const key of ["a", "b", "c"]) {
      await shelf.put(key, CLIP);
      clock.advance(2 * MINUTE_MS);
    }
    expect(shelf.bytes).toBe(2 * CLIP_BYTES);
    clock.advance(61 * MINUTE_MS);
    await shelf.put("d", CLIP);
    expect(shelf.clips).toBe(1);
    expect(shelf.bytes).toBe(CLIP_BYTES);
    expect(await readdir(folder)).toEqual(expect.arrayContaining(["d.wav", "d.json"]));
  });

  it("replaces a clip in one step: whoever reads it has the old or the new one, whole", async () => {
    const shelf = await open();
    const { path } = await shelf.put("a", CLIP);
    const torn: number[] = [];
    const reader = (async () => {
      for (let i = 0; i < 200; i++) {
        const { length } = await readFile(path);
        if (length !== CLIP_BYTES && length !== 44 + 16_000) torn.push(length);
      }
    })();
    for (let i = 0; i < 40; i++) await shelf.put("a", i % 2 === 0 ? new Int16Array(8000) : CLIP);
    await reader;
    expect(torn).toEqual([]);
    expect(shelf.bytes).toBe(CLIP_BYTES);
  });

  it("a clip that is dropped and put again at once is there", async () => {
    const shelf = await open();
    for (let i = 0; i < 20; i++) {
      await shelf.put("a", CLIP);
      shelf.drop("a");
      const { path } = await shelf.put("a", CLIP);
      expect((await readFile(path)).length).toBe(CLIP_BYTES);
    }
  });

  it("has no clip any more whose file somebody removed", async () => {
    const shelf = await open();
    const { path } = await shelf.put("a", CLIP);
    await rm(path);
    expect(await shelf.get("a")).toBeNull();
    expect(shelf.bytes).toBe(0);
  });

  it("rejects when the disk does, and leaves nothing half written", async () => {
    const shelf = await open();
    await rm(folder, { recursive: true });
    await expect(shelf.put("a", CLIP)).rejects.toThrow("ENOENT");
    expect(shelf.clips).toBe(0);
  });
});
