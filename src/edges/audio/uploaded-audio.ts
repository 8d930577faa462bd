import { readFile, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { Clock } from "../../base/clock.ts";
import { FairQueue } from "../http-client/fair-queue.ts";
import type { Clip, AudioCache } from "./audio-cache.ts";
import { cacheKey } from "./audio-cache.ts";
import type { AudioProcessor } from "./audio-worker.ts";
import { decodeJob } from "./audio-worker.ts";

/** A plain file name, as in `say: {audio_file}` of a flow: no folders, nothing hidden. */
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
/** Ten minutes of stereo WAV at 44.1 kHz. */
const MAX_FILE_BYTES = 108 * 1024 * 1024;
/** Files that are read at once, each in memory, and files that wait: they are the operator's, not an account's. */
const FILES = { atOnce: 2, perAccount: 2, waiting: 256, waitingPerAccount: 256 };

/** The operator's own audio files, by name, from one folder. A file that changed counts as a new one. */
export class UploadedAudio {
  readonly #folder: string;
  readonly #processor: AudioProcessor;
  readonly #cache: AudioCache;
  readonly #queue: FairQueue;
  readonly #flights = new Map<string, Promise<Result<Clip, string>>>();

  constructor(folder: string, processor: AudioProcessor, cache: AudioCache, clock: Pick<Clock, "elapsed">) {
    this.#queue = new FairQueue(clock, FILES);
    this.#folder = folder;
    this.#processor = processor;
    this.#cache = cache;
  }

  /** The clip, or a sentence (without its full stop) that says why there is none. Never rejects. */
  async get(name: string): Promise<Result<Clip, string>> {
    const found = await this.#find(name);
    if (!found.ok) return err(`audio file ${name} ${found.error}`);
    const { path, key } = found.value;
    const held = await this.#cache.get(key);
    if (held !== null) return ok(held);
    const flight = this.#flights.get(key) ?? this.#begin(key, path);
    const made = await flight;
    return made.ok ? made : err(`audio file ${name} ${made.error}`);
  }

  /** Where the file really is, and which version of it. The errors of this and the following methods are predicates. */
  async #find(name: string): Promise<Result<{ readonly path: string; readonly key: string }, string>> {
    if (!PLAIN_NAME.test(name)) return err("is not a plain file name");
    try {
      const folder = await realpath(this.#folder);
      const path = await realpath(join(folder, name));
      if (!path.startsWith(folder + sep)) return err("leads out of the folder of audio files");
      const { size, mtimeMs } = await stat(path);
      if (size > MAX_FILE_BYTES) return err(`is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB`);
      return ok({ path, key: cacheKey("file", path, String(size), String(mtimeMs)) });
    } catch (error) {
      return err(isMissing(error) ? `is not in ${this.#folder}` : `cannot be read (${reasonOf(error)})`);
    }
  }

  #begin(key: string, path: string): Promise<Result<Clip, string>> {
    const flight = this.#queue
      .run({ account: "" }, () => this.#make(key, path))
      .then((made) => made ?? err("has to wait for too many other files"))
      .catch((error: unknown) => err(`cannot be read (${reasonOf(error)})`))
      .finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }

  async #make(key: string, path: string): Promise<Result<Clip, string>> {
    const made = await this.#processor.process(decodeJob(await readFile(path)), "");
    return made.ok ? ok(await this.#cache.put(key, made.value)) : made;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function reasonOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
