import type { AudioLibrary, AudioSource } from "../../edges/audio/library.ts";
import type { Effect, Playable } from "../../core/call/effects.ts";
import type { LegId } from "../../core/call/legs.ts";
import { REQUEST_DEADLINE_MS } from "../../core/call/limits.ts";
import type { MediaClient } from "../../edges/media/process/client.ts";
import type { PlayItem, Tone } from "../../edges/media/process/protocol.ts";

type PlayEffect = Extract<Effect, { kind: "play" }>;

/** ms. Listeners give up after a longer silence: REQ-6 holds for audio as well. */
const READY_WITHIN_MS = REQUEST_DEADLINE_MS;
/** ms. Hold music may take a whole download (30 s) and its decoding; our ringback plays until then (DIAL-7). */
const LOOP_READY_WITHIN_MS = 35_000;

export interface PlayerOptions {
  readonly callSid: string;
  readonly media: Pick<MediaClient, "play" | "stopPlaying">;
  readonly audio: Pick<AudioLibrary, "prepare">;
  /** The call's account: audio is prepared within its share. */
  readonly account: string;
  /** The country whose tones are used. */
  readonly country: string;
  /** The account's `private_destinations`. */
  readonly allowPrivate: boolean;
  /** Reports a playback that failed before it reached the media process. */
  onFailed(id: string, failure: string): void;
}

/** A playback whose audio is being prepared. */
interface PendingPlayback {
  readonly effect: PlayEffect;
  /** Its legs, without those that have since got something newer to play. */
  readonly legs: Set<LegId>;
  /** The playback of our ringback that stands in for it; null: the legs go on with what they play. */
  readonly standIn: string | null;
}

/**
 * The playbacks of one call. Tones start at once; audio and texts are prepared first. Meanwhile the legs go on with what they
 * play, or hear our ringback if a loop was requested (DIAL-7). Whatever ends a playback (a stop, a bridge, a newer playback,
 * the end of the call) also ends one that is not ready yet, so none starts late.
 */
export class Player {
  readonly #options: PlayerOptions;
  readonly #pending = new Map<string, PendingPlayback>();

  constructor(options: PlayerOptions) {
    this.#options = options;
  }

  play(effect: PlayEffect): void {
    this.#replace(effect.legs);
    const tones = effect.items.flatMap((item) => (item.kind === "tone" ? [this.#tone(item.tone)] : []));
    if (tones.length === effect.items.length) return this.#start(effect, effect.legs, tones);
    const pending = { effect, legs: new Set(effect.legs), standIn: effect.loop ? `${effect.id}-ringback` : null };
    this.#pending.set(effect.id, pending);
    if (pending.standIn !== null) this.#startStandIn(pending.standIn, effect.legs);
    const items = effect.items.map((item) => this.#ready(item, effect.loop));
    void Promise.all(items).then((made) => this.#onReady(pending, made));
  }

  /** Stops a playback; no `playback_ended` follows. */
  stop(id: string): void {
    const { callSid, media } = this.#options;
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (pending === undefined) media.stopPlaying(callSid, id);
    else if (pending.standIn !== null) media.stopPlaying(callSid, pending.standIn);
  }

  /** These legs are bridged: no earlier playback starts on them any more. */
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

  /** As in the media process, a playback that has lost all its legs to a newer one has failed. */
  #replace(legs: readonly LegId[]): void {
    const before = [...this.#pending.values()];
    this.leave(legs);
    for (const { effect } of before)
      if (!this.#pending.has(effect.id) && !effect.loop) this.#options.onFailed(effect.id, "replaced");
  }

  #onReady({ effect, legs, standIn }: PendingPlayback, made: readonly (PlayItem | string)[]): void {
    if (this.#pending.get(effect.id)?.effect !== effect) return;
    this.#pending.delete(effect.id);
    const failure = made.find((item) => typeof item === "string");
    if (failure !== undefined) {
      // First the engine plays something else in its place, so that there is no gap.
      this.#options.onFailed(effect.id, failure);
      if (standIn !== null) this.#options.media.stopPlaying(this.#options.callSid, standIn);
      return;
    }
    this.#start(
      effect,
      [...legs],
      made.filter((item) => typeof item !== "string"),
    );
  }

  #start({ id, loop }: PlayEffect, legs: readonly LegId[], items: readonly PlayItem[]): void {
    this.#options.media.play(this.#options.callSid, id, legs, items, loop);
  }

  #startStandIn(id: string, legs: readonly LegId[]): void {
    this.#options.media.play(this.#options.callSid, id, legs, [this.#tone("ringback")], true);
  }

  #tone(tone: Tone): PlayItem {
    return { tone, country: this.#options.country };
  }

  /** What media is to play, or a sentence saying why it is not available. */
  async #ready(item: Playable, loop: boolean): Promise<PlayItem | string> {
    const { audio, account, allowPrivate } = this.#options;
    if (item.kind === "tone") return this.#tone(item.tone);
    const source: AudioSource = item.kind === "url" ? { ...item, allowPrivate } : item;
    const made = await audio.prepare(source, loop ? LOOP_READY_WITHIN_MS : READY_WITHIN_MS, account);
    return made.ok ? { path: made.value.path } : made.error;
  }
}
