import type { Effect } from "../../../core/call/effects.ts";
import type { CallEvent } from "../../../core/call/events.ts";
import { CALLER, type LegId } from "../../../core/call/legs.ts";
import type { CallObserver } from "../simulated-network.ts";

/** The id of the person at the other end among the sounds that the caller hears. */
const CONVERSATION = "conversation";
const EARLY_MEDIA = "early media";

/**
 * Measures in a played call what the flow's verification claims: how long it rang in one applet, and how long the caller heard
 * nothing. A sound counts from the moment it is requested; a caller who enters a digit or leaves a message is not waiting.
 */
export class WaitMeter implements CallObserver {
  /** Of the applet that rang longest: the times of its rounds together. */
  ringMs = 0;
  silenceMs = 0;
  readonly #ringing = new Map<number, number>();
  readonly #heard = new Set<string>();
  #talksWith: LegId | null = null;
  #rungHere = 0;
  #quietSince = 0;
  #now = 0;

  event(event: CallEvent): void {
    if (event.kind === "call_arrived") this.#quietSince = event.at;
    this.#now = event.at;
    if (event.kind === "playback_ended" || event.kind === "recording_ready") this.#stop(event.id);
    if (event.kind === "leg_failed" || event.kind === "leg_answered" || event.kind === "leg_ended") {
      this.#rung(event.leg);
    }
    if (event.kind === "leg_ended") this.#ended(event.leg);
    if (event.kind === "digit") {
      this.#endQuiet();
      this.#quietSince = event.at;
    }
  }

  effect(effect: Effect): void {
    if (effect.kind === "play" && effect.legs.includes(CALLER)) this.#hear(effect.id);
    if (effect.kind === "stop_playing" || effect.kind === "stop_recording") this.#stop(effect.id);
    // With one leg: a message is left. With two it is a conversation anyway.
    if (effect.kind === "record" && effect.legs.length === 1) this.#hear(effect.id);
    if (effect.kind === "forward_audio") this.#hear(EARLY_MEDIA);
    if (effect.kind === "stop_forwarding") this.#stop(EARLY_MEDIA);
    if (effect.kind === "bridge") this.#talk(effect.b);
    if (effect.kind === "unbridge") this.#stop(CONVERSATION);
    if (effect.kind === "dial") this.#ringing.set(effect.leg, this.#now);
    if (effect.kind === "cancel") this.#rung(effect.leg);
    if (effect.kind === "end") this.#endQuiet();
    if (effect.kind === "trace" && effect.entry.type === "applet.entered") this.#rungHere = 0;
  }

  #ended(leg: LegId): void {
    if (leg === CALLER) this.#endQuiet();
    if (leg === CALLER || leg === this.#talksWith) this.#stop(CONVERSATION);
  }

  #talk(leg: LegId): void {
    this.#talksWith = leg;
    this.#hear(CONVERSATION);
    this.#heard.delete(EARLY_MEDIA);
  }

  #hear(id: string): void {
    this.#endQuiet();
    this.#heard.add(id);
  }

  #endQuiet(): void {
    if (this.#heard.size === 0) this.silenceMs = Math.max(this.silenceMs, this.#now - this.#quietSince);
  }

  #stop(id: string): void {
    if (this.#heard.delete(id) && this.#heard.size === 0) this.#quietSince = this.#now;
  }

  #rung(leg: number): void {
    const since = this.#ringing.get(leg);
    this.#ringing.delete(leg);
    // Legs of one round ring together: the time of the last to end is the round's.
    if (since === undefined || this.#ringing.size > 0) return;
    this.#rungHere += this.#now - since;
    this.ringMs = Math.max(this.ringMs, this.#rungHere);
  }
}
