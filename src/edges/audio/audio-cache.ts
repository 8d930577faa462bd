import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { samplesToMs } from "../media/sound/frame.ts";
import { WAV_HEADER_BYTES, wavHeader } from "../media/sound/wav.ts";

/** A file that can be played: WAV, 8 kHz, mono, 16 bit. */
export interface Clip {
  readonly path: string;
  readonly durationMs: number;
}

/** What is remembered beside a clip, as JSON. */
export type CacheMetadata = Readonly<Record<string, string | number | null>>;

export interface CachedClip extends Clip {
  readonly metadata: CacheMetadata;
}

export interface AudioCacheOptions {
  /** Its own folder: what else lies there is removed. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<AudioCacheLimits>;
}

export interface AudioCacheLimits {
  readonly bytes: number;
  readonly clips: number;
  /** A clip that nobody asked for in so long goes. */
  readonly unusedMs: number;
}

const DAY_MS = 86_400_000;
/** 512 MB are nine hours of sound. */
const LIMITS: AudioCacheLimits = { bytes: 512 * 1024 * 1024, clips: 10_000, unusedMs: 30 * DAY_MS };
/** Whoever was handed a path has so long to open the file before it may go; media opens it within milliseconds. */
const HANDED_OUT_MS = 60_000;
const BYTES_PER_SAMPLE = 2;

interface Entry {
  readonly key: string;
  readonly bytes: number;
  metadata: CacheMetadata;
  usedAt: number;
}

/** The name of a clip on a cache, from whatever makes it what it is. */
export function cacheKey(...parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\0")).digest("hex");
}

/**
 * Clips on disk, the least recently used of which go when there are too many. A file is complete from the moment it has
 * its name, and a clip that is replaced is replaced in one step: whoever plays it hears the one or the other.
 */
export class AudioCache {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #limits: AudioCacheLimits;
  /** In order of use, the longest unused first. */
  readonly #entries = new Map<string, Entry>();
  /** Files that are being removed: nothing new takes their name before they are gone. */
  readonly #removals = new Map<string, Promise<void>>();
  #bytes = 0;
  #parts = 0;

  private constructor({ folder, clock, log, limits }: AudioCacheOptions) {
    this.#folder = folder;
    this.#clock = clock;
    this.#log = log;
    this.#limits = { ...LIMITS, ...limits };
  }

  /** Takes over what an earlier process left in the folder. */
  static async open(options: AudioCacheOptions): Promise<AudioCache> {
    await mkdir(options.folder, { recursive: true });
    const cache = new AudioCache(options);
    await cache.#takeOver();
    return cache;
  }

  get clips(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The clip, which counts as used now; null: there is none (any more: somebody may have emptied the folder). */
  async get(key: string): Promise<CachedClip | null> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.usedAt = this.#clock.now();
    if (await isThere(this.#wav(key))) return this.#clip(entry);
    if (this.#entries.get(key) === entry) this.#forget(key);
    return null;
  }

  /** Keeps `samples` (8 kHz mono) in place of what was there. Rejects when the disk does. */
  async put(key: string, samples: Int16Array, metadata: CacheMetadata = {}): Promise<CachedClip> {
    const sound = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    await this.#removals.get(key);
    await this.#write(this.#wav(key), [wavHeader(1, sound.length), sound]);
    await this.#write(this.#notes(key), JSON.stringify(metadata));
    const entry = { key, bytes: WAV_HEADER_BYTES + sound.length, metadata, usedAt: this.#clock.now() };
    this.#forget(key);
    this.#remember(entry);
    this.#makeRoom();
    return this.#clip(entry);
  }

  /** Changes what is remembered beside a clip. */
  async annotate(key: string, metadata: CacheMetadata): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.metadata = metadata;
    await this.#write(this.#notes(key), JSON.stringify(metadata));
  }

  /** Lets go of a clip. */
  drop(key: string): void {
    this.#forget(key);
    const removal = this.#remove(key).finally(() => this.#removals.delete(key));
    this.#removals.set(key, removal);
  }

  async #remove(key: string): Promise<void> {
    try {
      await Promise.all([this.#wav(key), this.#notes(key)].map((path) => rm(path, { force: true })));
    } catch (error) {
      this.#log.warn({ err: error, key }, "cached audio could not be removed");
    }
  }

  async #takeOver(): Promise<void> {
    const names = await readdir(this.#folder);
    const found = await Promise.all(names.filter((name) => name.endsWith(".wav")).map((name) => this.#found(name)));
    const entries = found.filter((entry) => entry !== null).sort((a, b) => a.usedAt - b.usedAt);
    for (const entry of entries) this.#remember(entry);
    const known = new Set(entries.flatMap(({ key }) => [`${key}.wav`, `${key}.json`]));
    const strangers = names.filter((name) => !known.has(name));
    await Promise.all(strangers.map((name) => rm(join(this.#folder, name), { force: true, recursive: true })));
    this.#makeRoom();
  }

  async #found(name: string): Promise<Entry | null> {
    const key = name.slice(0, -".wav".length);
    try {
      const { size, mtimeMs, atimeMs } = await stat(join(this.#folder, name));
      const metadata = JSON.parse(await readFile(this.#notes(key), "utf8")) as CacheMetadata;
      return { key, bytes: size, metadata, usedAt: Math.max(mtimeMs, atimeMs) };
    } catch (error) {
      this.#log.info({ err: error, name }, "cached audio of an earlier time can't be used, it is removed");
      return null;
    }
  }

  #remember(entry: Entry): void {
    this.#entries.set(entry.key, entry);
    this.#bytes += entry.bytes;
  }

  #forget(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }

  #makeRoom(): void {
    const now = this.#clock.now();
    const { bytes, clips, unusedMs } = this.#limits;
    for (const { key, usedAt } of this.#entries.values()) {
      const full = this.#bytes > bytes || this.#entries.size > clips;
      if (now - usedAt < HANDED_OUT_MS || (!full && now - usedAt <= unusedMs)) return;
      this.drop(key);
    }
  }

  #clip({ key, bytes, metadata }: Entry): CachedClip {
    const durationMs = samplesToMs((bytes - WAV_HEADER_BYTES) / BYTES_PER_SAMPLE);
    return { path: this.#wav(key), durationMs, metadata };
  }

  async #write(path: string, content: readonly Buffer[] | string): Promise<void> {
    const part = `${path}.${process.pid}-${++this.#parts}.part`;
    try {
      await writeFile(part, content);
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
  }

  #wav(key: string): string {
    return join(this.#folder, `${key}.wav`);
  }

  #notes(key: string): string {
    return join(this.#folder, `${key}.json`);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
