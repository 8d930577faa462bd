import { readFile } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { SAMPLE_RATE } from "../sound/frame.ts";
import { PhoneSound } from "../sound/phone-sound.ts";
import { fileVersion, parseWav } from "../sound/wav.ts";

/** A prompt of several minutes in the largest format fits; protects the memory from anything larger. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** Audio kept in memory for the next call that plays it. */
const MAX_CACHE_BYTES = 64 * 1024 * 1024;
/** Samples converted in one go: about a millisecond. */
const SLICE_SAMPLES = 1000;

/** Loads a WAV file as 8 kHz mono; rejects with a sentence that users can read. */
export type LoadPrompt = (path: string) => Promise<Int16Array>;

interface Cached {
  readonly version: string;
  readonly samples: Promise<Int16Array>;
  bytes: number;
}

/** Prompts by path, the recently used ones in memory; a file that changed is read again. */
export class PromptCache {
  readonly #cached = new Map<string, Cached>();
  #bytes = 0;

  readonly load: LoadPrompt = async (path) => {
    const { bytes, version } = await fileVersion(path);
    if (bytes > MAX_FILE_BYTES) throw new Error(`audio file of ${bytes} bytes: at most ${MAX_FILE_BYTES}`);
    const cached = this.#cached.get(path);
    this.#drop(path);
    const entry = cached?.version === version ? cached : { version, samples: decodeFile(path), bytes: 0 };
    this.#cached.set(path, entry);
    this.#bytes += entry.bytes;
    try {
      const samples = await entry.samples;
      this.#account(path, entry, samples.byteLength);
      return samples;
    } catch (error) {
      if (this.#cached.get(path) === entry) this.#drop(path);
      throw error;
    }
  };

  #account(path: string, entry: Cached, bytes: number): void {
    if (this.#cached.get(path) !== entry) return;
    this.#bytes += bytes - entry.bytes;
    entry.bytes = bytes;
    // A map keeps the order of insertion: the first is the least recently used.
    for (const oldest of this.#cached.keys()) {
      if (this.#bytes <= MAX_CACHE_BYTES) break;
      this.#drop(oldest);
    }
  }

  #drop(path: string): void {
    this.#bytes -= this.#cached.get(path)?.bytes ?? 0;
    this.#cached.delete(path);
  }
}

async function decodeFile(path: string): Promise<Int16Array> {
  const wav = parseWav(await readFile(path));
  const stored = wav.asStored();
  if (stored !== null || wav.length === 0) return stored ?? new Int16Array(0);
  const sound = new PhoneSound();
  const sliceFrames = Math.ceil((SLICE_SAMPLES * wav.rate) / SAMPLE_RATE);
  for (const slice of wav.slices(sliceFrames)) {
    sound.add(slice, wav.rate);
    await nextTurn();
  }
  return sound.end();
}
