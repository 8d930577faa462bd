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

/** What is stored with a clip, as JSON. */
export type CacheMetadata = Readonly<Record<string, string | number | null>>;

export interface CachedClip extends Clip {
  readonly metadata: CacheMetadata;
}

export interface AudioCacheOptions {
  /** Its own folder: anything else in it is removed. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<AudioCacheLimits>;
}

export interface AudioCacheLimits {
  readonly bytes: number;
  readonly clips: number;
  /** One account's share of both: its flood of new files does not push out the others' music. */
  readonly accountShare: number;
  /** A clip that has not been used for this long is removed. */
  readonly unusedMs: number;
}

const DAY_MS = 86_400_000;
/** 512 MB is nine hours of sound. */
const LIMITS: AudioCacheLimits = {
  bytes: 512 * 1024 * 1024,
  clips: 10_000,
  accountShare: 0.5,
  unusedMs: 30 * DAY_MS,
};
/** A clip that was handed out is kept at least this long, so that it can be opened; media does within milliseconds. */
const HANDED_OUT_MS = 60_000;
const BYTES_PER_SAMPLE = 2;

interface Entry {
  readonly key: string;
  /** The account in whose share it counts: the first that had it made; "": the platform itself. */
  readonly account: string;
  readonly bytes: number;
  metadata: CacheMetadata;
  usedAt: number;
}

/** What the cache holds for each account. */
interface Holding {
  bytes: number;
  clips: number;
}

/** The key of the account among a clip's metadata. */
const ACCOUNT = "account";

/** The name of a clip in a cache, from everything that determines it. */
export function cacheKey(...parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\0")).digest("hex");
}

/**
 * Clips on disk. When there are too many, or too many of one account, the least recently used are removed. A file is
 * complete from the moment it has its name, and a clip is replaced in one step: a reader sees the old or the new one.
 */
export class AudioCache {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #limits: AudioCacheLimits;
  /** In order of use, the least recent first. */
  readonly #entries = new Map<string, Entry>();
  /** Files that are being removed: nothing new gets their names before they are deleted. */
  readonly #removals = new Map<string, Promise<void>>();
  readonly #holdings = new Map<string, Holding>();
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

  /** The clip, which counts as used now; null if it is missing (the folder may have been emptied). */
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

  /** Stores `samples` (8 kHz mono) for this account, replacing any clip with this key. Rejects if the disk fails. */
  async put(key: string, samples: Int16Array, metadata: CacheMetadata = {}, account = ""): Promise<CachedClip> {
    const sound = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    await this.#removals.get(key);
    await this.#write(this.#wav(key), [wavHeader(1, sound.length), sound]);
    const owner = this.#entries.get(key)?.account ?? account;
    await this.#write(this.#notes(key), JSON.stringify({ ...metadata, [ACCOUNT]: owner }));
    const bytes = WAV_HEADER_BYTES + sound.length;
    const entry = { key, account: owner, bytes, metadata, usedAt: this.#clock.now() };
    this.#forget(key);
    this.#remember(entry);
    this.#makeRoom(owner);
    return this.#clip(entry);
  }

  /** Changes what is stored with a clip. */
  async annotate(key: string, metadata: CacheMetadata): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.metadata = metadata;
    await this.#write(this.#notes(key), JSON.stringify({ ...metadata, [ACCOUNT]: entry.account }));
  }

  /** Removes a clip. */
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
    const others = names.filter((name) => !known.has(name));
    await Promise.all(others.map((name) => rm(join(this.#folder, name), { force: true, recursive: true })));
    this.#makeRoom(null);
  }

  async #found(name: string): Promise<Entry | null> {
    const key = name.slice(0, -".wav".length);
    try {
      const { size, mtimeMs, atimeMs } = await stat(join(this.#folder, name));
      const { [ACCOUNT]: account = "", ...metadata } = JSON.parse(
        await readFile(this.#notes(key), "utf8"),
      ) as CacheMetadata;
      return { key, account: String(account), bytes: size, metadata, usedAt: Math.max(mtimeMs, atimeMs) };
    } catch (error) {
      this.#log.info({ err: error, name }, "cached audio of an earlier run can't be used and is removed");
      return null;
    }
  }

  #remember(entry: Entry): void {
    this.#entries.set(entry.key, entry);
    this.#bytes += entry.bytes;
    const { bytes, clips } = this.#holdings.get(entry.account) ?? { bytes: 0, clips: 0 };
    this.#holdings.set(entry.account, { bytes: bytes + entry.bytes, clips: clips + 1 });
  }

  #forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
    const { bytes = 0, clips = 0 } = this.#holdings.get(entry.account) ?? {};
    if (clips <= 1) this.#holdings.delete(entry.account);
    else this.#holdings.set(entry.account, { bytes: bytes - entry.bytes, clips: clips - 1 });
  }

  /** First that account's own clips beyond its share, then any. */
  #makeRoom(account: string | null): void {
    const now = this.#clock.now();
    const { bytes, clips, unusedMs } = this.#limits;
    for (const { key, usedAt, account: owner } of this.#entries.values()) {
      if (account === null || !this.#isBeyondShare(account) || now - usedAt < HANDED_OUT_MS) break;
      if (owner === account) this.drop(key);
    }
    for (const { key, usedAt } of this.#entries.values()) {
      const full = this.#bytes > bytes || this.#entries.size > clips;
      if (now - usedAt < HANDED_OUT_MS || (!full && now - usedAt <= unusedMs)) return;
      this.drop(key);
    }
  }

  /** Clips of no account are limited only by the total. */
  #isBeyondShare(account: string): boolean {
    const { bytes, clips, accountShare } = this.#limits;
    const holding = this.#holdings.get(account);
    if (account === "" || holding === undefined) return false;
    return holding.bytes > accountShare * bytes || holding.clips > accountShare * clips;
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
