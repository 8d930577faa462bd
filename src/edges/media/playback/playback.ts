import { FRAME_SAMPLES, msToSamples } from "../sound/frame.ts";
import type { LoadPrompt } from "./prompt-cache.ts";
import type { PlayItem } from "../process/protocol.ts";
import { renderTone } from "../sound/tone.ts";

/** Longest single silence (10 min): it is held as samples. */
const MAX_SILENCE_MS = 600_000;

/** A list of items, played one frame at a time to any number of legs. */
export class Playback {
  /** The audio of this tick, for all its legs. */
  readonly frame = new Int16Array(FRAME_SAMPLES);
  readonly #items: (Int16Array | null)[];
  readonly #loop: boolean;
  #index = 0;
  #at = 0;
  #failure: string | null = null;

  constructor(items: readonly PlayItem[], loop: boolean, load: LoadPrompt) {
    this.#loop = loop;
    this.#items = items.map((item, i) => this.#prepare(item, i, load));
    if (items.length === 0) this.#failure = "nothing to play";
  }

  get failure(): string | null {
    return this.#failure;
  }

  /** Fills `frame`; false when the playback is over (ended or failed) and `frame` holds nothing. */
  next(): boolean {
    if (this.#failure !== null) return false;
    let filled = 0;
    while (filled < FRAME_SAMPLES) {
      const item = this.#current();
      if (item === undefined) break;
      // Still loading: silence until then.
      if (item === null) break;
      const count = Math.min(FRAME_SAMPLES - filled, item.length - this.#at);
      this.frame.set(item.subarray(this.#at, this.#at + count), filled);
      this.#at += count;
      filled += count;
    }
    this.frame.fill(0, filled);
    return filled > 0 || this.#current() !== undefined;
  }

  /** Drops the audio of missed ticks, so that the playback keeps its length. */
  skip(ticks: number): void {
    for (let i = 0; i < ticks; i++) this.next();
  }

  /** The item to play from; null while it loads, undefined after the last. */
  #current(): Int16Array | null | undefined {
    for (let turns = 0; turns <= this.#items.length; turns++) {
      const item = this.#items[this.#index];
      if (item === undefined || item === null || this.#at < item.length) return item;
      this.#at = 0;
      this.#index++;
      if (this.#loop && this.#index === this.#items.length) this.#index = 0;
    }
    this.#failure = "nothing to play";
    return undefined;
  }

  #prepare(item: PlayItem, index: number, load: LoadPrompt): Int16Array | null {
    if ("tone" in item) return renderTone(item.tone, item.country);
    if ("silenceMs" in item) return new Int16Array(msToSamples(Math.min(item.silenceMs, MAX_SILENCE_MS)));
    load(item.path).then(
      (samples) => {
        this.#items[index] = samples;
      },
      (error: unknown) => {
        this.#failure = error instanceof Error ? error.message : String(error);
      },
    );
    return null;
  }
}
