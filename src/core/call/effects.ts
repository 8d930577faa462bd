import type { Destination } from "../contract/destination.ts";
import type { PreparedRequest } from "../contract/http.ts";
import type { LegId } from "./legs.ts";
import type { RequestPurpose } from "./purpose.ts";
import type { CallRecord } from "./record.ts";
import type { TraceEntry } from "./trace.ts";

export type { RequestPurpose } from "./purpose.ts";

/** Something to hear. `text` goes through text-to-speech in `language` (BCP 47). */
export type Playable =
  | { readonly kind: "tone"; readonly tone: "ringback" | "beep" | "busy" }
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "text"; readonly text: string; readonly language: string }
  | { readonly kind: "file"; readonly file: string };

/**
 * What the engine asks of the outside, in order. Ids are unique within the call. Whoever performs effects answers with
 * the events named here; an effect about a leg, playback or timer that is already gone is ignored without an error.
 */
export type Effect =
  /** → `fetched`, within `deadlineMs` in all (REQ-6). */
  | {
      readonly kind: "fetch";
      readonly id: string;
      readonly purpose: RequestPurpose;
      readonly request: PreparedRequest;
      readonly deadlineMs: number;
    }
  /** HEAD, then GET where HEAD answers 405 or 501 (RES-27) → `audio_checked`. */
  | { readonly kind: "check_audio"; readonly id: string; readonly url: string; readonly deadlineMs: number }
  /** Nobody waits for that fetch or check any more; no event follows. */
  | { readonly kind: "cancel_request"; readonly id: string }
  /** Answers the caller (200). */
  | { readonly kind: "answer" }
  /** Refuses a caller that was not answered, with a final SIP status. */
  | { readonly kind: "reject"; readonly sip: number }
  /** Sends an INVITE → `leg_ringing`*, `leg_early_media`*, then `leg_answered` or `leg_failed`. `callerId` is E.164. */
  | { readonly kind: "dial"; readonly leg: LegId; readonly destination: Destination; readonly callerId: string }
  /** Gives up a dialled leg, whatever its state. No further event of that leg is owed, but one may cross. */
  | { readonly kind: "cancel"; readonly leg: LegId }
  /** Ends a leg that is up → `leg_ended`. */
  | { readonly kind: "hang_up"; readonly leg: LegId }
  /** Replaces what these legs hear by `items` in order → `playback_ended`, unless `loop` or stopped before. */
  | {
      readonly kind: "play";
      readonly id: string;
      readonly legs: readonly LegId[];
      readonly items: readonly Playable[];
      readonly loop: boolean;
    }
  | { readonly kind: "stop_playing"; readonly id: string }
  /** `to` hears `from` (early media, DIAL-7); ends with `stop_forwarding`, `bridge`, or the end of either leg. */
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
      /** Close by itself after so much; null: no limit. */
      readonly maxMs: number | null;
      /** Close by itself after so much silence; null: never. */
      readonly silenceMs: number | null;
    }
  | { readonly kind: "stop_recording"; readonly id: string }
  /** → `timer` at epoch ms `at`. Arming an armed id moves it. */
  | { readonly kind: "set_timer"; readonly id: string; readonly at: number }
  | { readonly kind: "clear_timer"; readonly id: string }
  /** Into the outbox: delivered at least once, in order within `order` (EVT-6); never answers. */
  | {
      readonly kind: "notify";
      readonly id: string;
      readonly purpose: RequestPurpose;
      readonly order: string;
      readonly request: PreparedRequest;
    }
  | { readonly kind: "trace"; readonly entry: TraceEntry }
  /** Always the last effect of a call: nothing is left armed, ringing, playing or recording. */
  | { readonly kind: "end"; readonly record: CallRecord };

export type EffectKind = Effect["kind"];
