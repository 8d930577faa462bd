import type { Effect } from "../../../core/call/effects.ts";
import type { CallEvent } from "../../../core/call/events.ts";
import { CALLER, type LegId } from "../../../core/call/legs.ts";
import type { CallObserver } from "../simulated-network.ts";

/** The id of the other party among the sounds that the caller hears. */
const CONVERSATION = "conversation";
const EARLY_MEDIA = "early media";
/** A caller whom we are calling is not waiting for anything yet. */
const PLACING = "placing";

/**
 * Measures in a played call what verification claims: how long it rang in one applet, and how long the caller heard
 * nothing. A sound counts from the moment it is requested; a caller who enters a digit or leaves a message is not waiting.
 */
export class WaitMeter implements CallObserver {
  /** The total of all rounds of the applet that rang longest. */
  ringMs = 0;
  silenceMs = 0;
  readonly #ringing = new Map<number, number>();
  readonly #sounds = new Set<string>();
  #connectedLeg: LegId | null = null;
  #appletRingMs = 0;
  #silentSince = 0;
  #now = 0;

  event(event: CallEvent): void {
    if (event.kind === "call_arrived") this.#silentSince = event.at;
    this.#now = event.at;
    if (event.kind === "playback_ended" || event.kind === "recording_ready") this.#stop(event.id);
    if (event.kind === "leg_failed" || event.kind === "leg_answered" || event.kind === "leg_ended") {
      this.#stopRinging(event.leg);
    }
    if (event.kind === "leg_answered" && event.leg === CALLER) this.#stop(PLACING);
    if (event.kind === "leg_ended") this.#ended(event.leg);
    if (event.kind === "digit") {
      this.#endSilence();
      this.#silentSince = event.at;
    }
  }

  effect(effect: Effect): void {
    if (effect.kind === "play" && effect.legs.includes(CALLER)) this.#start(effect.id);
    if (effect.kind === "stop_playing" || effect.kind === "stop_recording") this.#stop(effect.id);
    // With one leg it is a message. With two it is a conversation, which counts anyway.
    if (effect.kind === "record" && effect.legs.length === 1) this.#start(effect.id);
    if (effect.kind === "forward_audio") this.#start(EARLY_MEDIA);
    if (effect.kind === "stop_forwarding") this.#stop(EARLY_MEDIA);
    if (effect.kind === "bridge") this.#connect(effect.b);
    if (effect.kind === "unbridge") this.#stop(CONVERSATION);
    if (effect.kind === "dial") this.#dialled(effect.leg);
    if (effect.kind === "cancel") this.#stopRinging(effect.leg);
    if (effect.kind === "end") this.#endSilence();
    if (effect.kind === "trace" && effect.entry.type === "applet.entered") this.#appletRingMs = 0;
  }

  #dialled(leg: LegId): void {
    if (leg === CALLER) this.#start(PLACING);
    else this.#ringing.set(leg, this.#now);
  }

  #ended(leg: LegId): void {
    if (leg === CALLER) this.#endSilence();
    if (leg === CALLER || leg === this.#connectedLeg) this.#stop(CONVERSATION);
  }

  #connect(leg: LegId): void {
    this.#connectedLeg = leg;
    this.#start(CONVERSATION);
    this.#sounds.delete(EARLY_MEDIA);
  }

  #start(id: string): void {
    this.#endSilence();
    this.#sounds.add(id);
  }

  #endSilence(): void {
    if (this.#sounds.size === 0) this.silenceMs = Math.max(this.silenceMs, this.#now - this.#silentSince);
  }

  #stop(id: string): void {
    if (this.#sounds.delete(id) && this.#sounds.size === 0) this.#silentSince = this.#now;
  }

  #stopRinging(leg: number): void {
    const since = this.#ringing.get(leg);
    this.#ringing.delete(leg);
    // The legs of a round ring together: the last one to end determines the time of the round.
    if (since === undefined || this.#ringing.size > 0) return;
    this.#appletRingMs += this.#now - since;
    this.ringMs = Math.max(this.ringMs, this.#appletRingMs);
  }
}
