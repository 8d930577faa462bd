import type { AudioFormat } from "../contract/audio.ts";
import type { HttpOutcome } from "../contract/http.ts";
import type { CallPlacement } from "../contract/placed-call.ts";
import type { CallCommand } from "./command.ts";
import type { LegId } from "./legs.ts";
import type { LimitFact } from "./limit-fact.ts";

/**
 * What the edges report to the engine. `at` is epoch ms, read once by the edge that saw it; within a call it never goes
 * backwards. Every event is a plain value: the journal stores it and a replay feeds it back.
 */
export type CallEvent =
  /**
   * First event of every call. `from` and `to` are E.164 (or `sip:user`, or otherwise the raw text); a caller who
   * withheld the number is `anonymous` (REQ-34). `to` is the ExoPhone.
   */
  | {
      readonly kind: "call_arrived";
      readonly at: number;
      readonly callSid: string;
      readonly from: string;
      readonly to: string;
      readonly direction: "incoming" | "outbound-dial";
      readonly customField: string | null;
      /** REQ-12: the number that a call started by API dials out to (`To`), E.164; absent if there is none. */
      readonly dialTo?: string;
      /** `TimeLimit` of a call started by API (API-1), from the answer of leg 1; absent: the platform's own limit. */
      readonly timeLimitMs?: number;
      /** Present in a call started by API: its first leg is to be dialled. `from` is that number, `to` the ExoPhone shown to it. */
      readonly placed?: CallPlacement;
    }
  /** The outcome of a `fetch` effect, by its id. */
  | {
      readonly kind: "fetched";
      readonly at: number;
      readonly id: string;
      readonly outcome: HttpOutcome;
      readonly elapsedMs: number;
    }
  /** The outcome of a `check_audio` effect. `format`: absent where only the media type was looked at (RES-27). */
  | {
      readonly kind: "audio_checked";
      readonly at: number;
      readonly id: string;
      readonly outcome: HttpOutcome;
      readonly elapsedMs: number;
      readonly format?: AudioFormat;
    }
  /**
   * An INVITE of a dialled leg is about to be sent: the first, or another one after a challenge or a redirection, or to
   * another address. `target` is the address and port it goes to; `reason` says why it is not the first.
   */
  | {
      readonly kind: "invite_sent";
      readonly at: number;
      readonly leg: LegId;
      readonly trunk: string;
      readonly target: string;
      readonly uri: string;
      readonly sipCallId: string;
      readonly reason: string | null;
    }
  | { readonly kind: "leg_ringing"; readonly at: number; readonly leg: LegId }
  /** Audio of a leg that is not answered has arrived (RFC 3960 section 3.2): it can be passed on. */
  | { readonly kind: "leg_early_media"; readonly at: number; readonly leg: LegId }
  | { readonly kind: "leg_answered"; readonly at: number; readonly leg: LegId }
  /**
   * A dialled leg that will never be answered. `sip`: final status, null for transport error or no route. `q850`: the
   * cause in a Reason header of the peer (RFC 3326); absent if it sent none. `limit`: the limit because of which it was never dialled.
   */
  | {
      readonly kind: "leg_failed";
      readonly at: number;
      readonly leg: LegId;
      readonly sip: number | null;
      readonly q850?: number;
      readonly detail: string;
      readonly limit?: LimitFact;
    }
  /** A leg that was up (or an incoming caller, at any time) left. Comes once per leg, also after our own `hang_up`. */
  | {
      readonly kind: "leg_ended";
      readonly at: number;
      readonly leg: LegId;
      readonly q850?: number;
      readonly detail: string;
    }
  /** Where a leg's audio comes from has been learnt or has changed, or audio from elsewhere was refused. */
  | {
      readonly kind: "media_source";
      readonly at: number;
      readonly leg: LegId;
      readonly change: "latched" | "moved" | "refused";
      /** Address and port. */
      readonly source: string;
    }
  /** A `play` effect ended by itself (never sent for loops, nor after `stop_playing`). */
  | { readonly kind: "playback_ended"; readonly at: number; readonly id: string; readonly failure: string | null }
  | { readonly kind: "digit"; readonly at: number; readonly leg: LegId; readonly digit: string }
  /** A timer set by `set_timer` is due. */
  | { readonly kind: "timer"; readonly at: number; readonly id: string }
  /** A recording is closed: a playable file of `durationMs`, or the reason why there is no file. */
  | {
      readonly kind: "recording_ready";
      readonly at: number;
      readonly id: string;
      readonly durationMs: number;
      readonly failure: string | null;
    }
  /** A command from a person, a program or the platform. */
  | ({ readonly kind: "command"; readonly at: number } & CallCommand);

/** The events an applet gets: of requests, dialled legs, playbacks, the caller's digits, timers, recordings. */
export type AppletEvent = Exclude<
  CallEvent,
  { readonly kind: "call_arrived" | "command" | "invite_sent" | "media_source" }
>;
