import type { AudioLibrary, AudioSource } from "../../edges/audio/library.ts";
import type { Effect, Playable } from "../../core/call/effects.ts";
import type { LegId } from "../../core/call/legs.ts";
import { REQUEST_DEADLINE_MS } from "../../core/call/limits.ts";
import type { MediaClient } from "../../edges/media/process/client.ts";
import type { PlayItem, Tone } from "../../edges/media/process/protocol.ts";

type PlayEffect = Extract<Effect, { kind: "play" }>;

/** Nobody listens to silence for longer: REQ-6 holds for audio as well. */
const READY_WITHIN_MS = REQUEST_DEADLINE_MS;

export interface PlayerOptions {
  readonly callSid: string;
  readonly media: Pick<MediaClient, "play" | "stopPlaying">;
  readonly audio: Pick<AudioLibrary, "prepare">;
  /** Tones sound as in this country. */
  readonly country: string;
  /** The account's `private_destinations`. */
  readonly allowPrivate: boolean;
  /** A playback failed before the media process got it. */
  onFailed(id: string, failure: string): void;
}

/** A playback whose audio is being made ready. */
interface Pending {
  readonly effect: PlayEffect;
  /** Loses those that meanwhile heard of something newer. */
  readonly legs: Set<LegId>;
}

/**
 * What one call plays. Tones start at once; audio and texts are made ready first, while the legs go on hearing what they
 * heard. Whatever would have ended a playback (a stop, a bridge, a newer playback, the end of the call) also ends one that
 * is not ready yet: it never starts late.
 */
export class Player {
  readonly #options: PlayerOptions;
  readonly #pending = new Map<string, Pending>();

  constructor(options: PlayerOptions) {
    this.#options = options;
  }

  play(effect: PlayEffect): void {
    this.#replace(effect.legs);
    const tones = effect.items.flatMap((item) => (item.kind === "tone" ? [this.#tone(item.tone)] : []));
    if (tones.length === effect.items.length) return this.#start(effect, effect.legs, tones);
    const pending: Pending = { effect, legs: new Set(effect.legs) };
    this.#pending.set(effect.id, pending);
    const items = effect.items.map((item) => this.#ready(item));
    void Promise.all(items).then((made) => this.#prepared(pending, made));
  }

  /** No `playback_ended` follows. */
  stop(id: string): void {
    if (!this.#pending.delete(id)) this.#options.media.stopPlaying(this.#options.callSid, id);
  }

  /** These legs are bridged: nothing that was asked for before starts on them any more. */
  leave(legs: readonly LegId[]): void {
    for (const [id, pending] of this.#pending) {
      for (const leg of legs) pending.legs.delete(leg);
      if (pending.legs.size === 0) this.#pending.delete(id);
    }
  }

  /** The call is over. */
  close(): void {
    this.#pending.clear();
  }

  /** As media does it: a playback that has lost all its legs to a newer one has failed. */
  #replace(legs: readonly LegId[]): void {
    const before = [...this.#pending.values()];
    this.leave(legs);
    for (const { effect } of before)
      if (!this.#pending.has(effect.id) && !effect.loop) this.#options.onFailed(effect.id, "replaced");
  }

  #prepared({ effect, legs }: Pending, made: readonly (PlayItem | string)[]): void {
    if (this.#pending.get(effect.id)?.effect !== effect) return;
    this.#pending.delete(effect.id);
    const failure = made.find((item) => typeof item === "string");
    if (failure !== undefined) return this.#options.onFailed(effect.id, failure);
    this.#start(
      effect,
      [...legs],
      made.filter((item) => typeof item !== "string"),
    );
  }

  #start({ id, loop }: PlayEffect, legs: readonly LegId[], items: readonly PlayItem[]): void {
    this.#options.media.play(this.#options.callSid, id, legs, items, loop);
  }

  #tone(tone: Tone): PlayItem {
    return { tone, country: this.#options.country };
  }

  /** What media plays; a sentence says why it cannot be had. */
  async #ready(item: Playable): Promise<PlayItem | string> {
    const { audio, allowPrivate } = this.#options;
    if (item.kind === "tone") return this.#tone(item.tone);
    const source: AudioSource = item.kind === "url" ? { ...item, allowPrivate } : item;
    const made = await audio.prepare(source, READY_WITHIN_MS);
    return made.ok ? { path: made.value.path } : made.error;
  }
}
