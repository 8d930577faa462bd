import type { Destination } from "../contract/destination.ts";
import type { PreparedRequest } from "../contract/http.ts";
import type { LegId } from "./legs.ts";
import type { RequestPurpose } from "./purpose.ts";
import type { CallRecord } from "./record.ts";
import type { TraceEntry } from "./trace.ts";

export type { RequestPurpose } from "./purpose.ts";

/** Why a leg that rings is cancelled: another one answered, it rang long enough, or it is no longer needed. */
export type CancelReason = "completed_elsewhere" | "ring_limit" | "call_ended";

/** Something to hear. `text` goes through text-to-speech in `language` (BCP 47). */
export type Playable =
  | { readonly kind: "tone"; readonly tone: "ringback" | "beep" | "busy" }
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "text"; readonly text: string; readonly language: string }
  | { readonly kind: "file"; readonly file: string };

/** Something to play that is known before a call: it can be prepared, and no customer's server is asked for it. */
export type FixedPrompt = Extract<Playable, { kind: "text" | "file" }>;

/**
 * What the engine wants done, in order. Ids are unique within the call. The edge that performs an effect answers with
 * the event named here; an effect on a leg, playback or timer that is already gone is ignored without an error.
 */
export type Effect =
  /** → `fetched`, within `deadlineMs` in all (REQ-6). */
  | {
      readonly kind: "fetch";
      readonly id: string;
      readonly purpose: RequestPurpose;
      readonly request: PreparedRequest;
      readonly deadlineMs: number;
      /** Send the notifications of the same step first, if that takes at most `NOTIFICATION_LEAD_MS`. */
      readonly followsNotifications?: true;
    }
  /** HEAD, then GET where HEAD answers 405 or 501 (RES-27) → `audio_checked`. */
  | { readonly kind: "check_audio"; readonly id: string; readonly url: string; readonly deadlineMs: number }
  /** That fetch or check is no longer needed; no event follows. */
  | { readonly kind: "cancel_request"; readonly id: string }
  /** Answers the call (200). */
  | { readonly kind: "answer" }
  /** Rejects a call that was not answered, with a final SIP status. */
  | { readonly kind: "reject"; readonly sip: number }
  /**
   * Sends an INVITE → `leg_ringing`*, `leg_early_media`*, then `leg_answered` or `leg_failed`. `callerId` is E.164. In
   * a call by API the caller's leg is dialled too, before any other.
   */
  | { readonly kind: "dial"; readonly leg: LegId; readonly destination: Destination; readonly callerId: string }
  /** Cancels a dialled leg, whatever its state. No further event of that leg has to follow, but one may cross. */
  | { readonly kind: "cancel"; readonly leg: LegId; readonly reason: CancelReason }
  /** Ends a leg that is up → `leg_ended`. */
  | { readonly kind: "hang_up"; readonly leg: LegId }
  /** Plays `items` in order to these legs, instead of whatever played before → `playback_ended`, unless `loop` or stopped. */
  | {
      readonly kind: "play";
      readonly id: string;
      readonly legs: readonly LegId[];
      readonly items: readonly Playable[];
      readonly loop: boolean;
    }
  | { readonly kind: "stop_playing"; readonly id: string }
  /** Sends the audio of `from` to `to` (early media, DIAL-7), until `stop_forwarding`, `bridge`, or the end of either leg. */
  | { readonly kind: "forward_audio"; readonly from: LegId; readonly to: LegId }
  | { readonly kind: "stop_forwarding"; readonly from: LegId; readonly to: LegId }
  /** Both hear each other; playbacks on either leg end. */
  | { readonly kind: "bridge"; readonly a: LegId; readonly b: LegId }
  | { readonly kind: "unbridge"; readonly a: LegId; readonly b: LegId }
  /** Records `legs`; `dual`: the first left, the second right (DIAL-10) → `recording_ready` once closed. */
  | {
      readonly kind: "record";
      readonly id: string;
      readonly legs: readonly LegId[];
      readonly layout: "mono" | "dual";
      /** Closes after this long; null: no limit. */
      readonly maxMs: number | null;
      /** Closes after this much silence; null: never. */
      readonly silenceMs: number | null;
    }
  | { readonly kind: "stop_recording"; readonly id: string }
  /** While it is paused, silence is recorded. */
  | { readonly kind: "pause_recording"; readonly id: string; readonly paused: boolean }
  /** Sends digits to the far side of a leg that is up, as if they had been pressed here: 0-9 * # A-D. */
  | { readonly kind: "send_digits"; readonly leg: LegId; readonly digits: string }
  /** → `timer` at epoch ms `at`. Setting it again moves it. */
  | { readonly kind: "set_timer"; readonly id: string; readonly at: number }
  | { readonly kind: "clear_timer"; readonly id: string }
  /** Into the outbox: delivered at least once, in order within `order` (EVT-6); no event follows. */
  | {
      readonly kind: "notify";
      readonly id: string;
      readonly purpose: RequestPurpose;
      readonly order: string;
      readonly request: PreparedRequest;
    }
  | { readonly kind: "trace"; readonly entry: TraceEntry }
  /** Always the last effect of a call: no timer, ringing leg, playback or recording is left. */
  | { readonly kind: "end"; readonly record: CallRecord };

export type EffectKind = Effect["kind"];
