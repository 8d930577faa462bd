import type { Finding } from "../contract/finding.ts";
import type { DialStatus } from "../contract/outcome.ts";
import type { LegId } from "./legs.ts";
import type { LimitFact } from "./limit-fact.ts";
import type { RequestPurpose } from "./purpose.ts";
import type { CallRecord } from "./record.ts";
import type { ResponseExcerpt } from "./response-excerpt.ts";

/** `result` of a request (fixed names). */
export type RequestResult = "usable" | "invalid" | "http_error" | "timeout" | "unreachable";

/**
 * What happened and why, as data. Keys are snake_case because API, screen, CLI and replay show this unchanged.
 * `rule` names the rule of the contract that decided.
 */
export type TraceBody =
  | {
      readonly type: "call.started";
      readonly call_sid: string;
      readonly account: string;
      readonly flow: string;
      readonly from: string;
      readonly to: string;
      readonly direction: "incoming" | "outbound-dial";
      readonly started_at: string;
    }
  /** A call by API: leg 1 is being dialled. */
  | {
      readonly type: "caller.dialed";
      readonly destination: string;
      readonly caller_id: string;
      readonly ring_limit_ms: number;
      /** Counted from its answer; null: the platform's own limit. */
      readonly time_limit_ms: number | null;
    }
  | { readonly type: "caller.ringing" }
  /** Leg 1 of a call by API will not be answered. */
  | {
      readonly type: "caller.not_reached";
      readonly outcome: DialStatus;
      readonly cause_code: number;
      readonly cause: string;
      readonly sip: number | null;
      readonly rule: string;
      readonly message: string;
    }
  | { readonly type: "call.answered" }
  /** By command: the caller goes on at `applet` of `flow`. */
  | { readonly type: "call.redirected"; readonly flow: string; readonly applet: string }
  | { readonly type: "applet.entered"; readonly applet: string; readonly kind: string }
  | {
      readonly type: "request.sent";
      readonly id: string;
      readonly applet: string;
      readonly purpose: RequestPurpose;
      readonly role: "primary" | "fallback" | null;
      /** 1 for the first fetch of this applet, 2 for its first re-fetch, … */
      readonly attempt: number;
      readonly method: "GET" | "HEAD" | "POST";
      /** Configured URL without credentials and without our parameters. */
      readonly url: string;
      readonly query: readonly (readonly [string, string])[];
      readonly headers: Readonly<Record<string, string>>;
    }
  | ({
      readonly type: "request.result";
      readonly id: string;
      readonly result: RequestResult;
      readonly http_status: number | null;
      readonly elapsed_ms: number;
      readonly rule: string | null;
      readonly message: string;
    } & ResponseExcerpt)
  /** One finding (RES-9). `id`: the request, the playback, or `flow` for an answer that is part of the flow. */
  | ({ readonly type: "answer.finding"; readonly id: string } & Finding)
  /** The effective answer: every default filled in. */
  | { readonly type: "answer.used"; readonly id: string; readonly answer: Readonly<Record<string, unknown>> }
  | {
      readonly type: "attempt.started";
      readonly leg: LegId;
      readonly applet: string;
      readonly destination: string;
      readonly caller_id: string;
      readonly ring_limit_ms: number;
      readonly round: number;
    }
  /** One INVITE of the attempt: where it is sent. `reason`: why it is not the first. */
  | {
      readonly type: "attempt.dialed";
      readonly leg: LegId;
      readonly trunk: string;
      /** Address and port. */
      readonly target: string;
      readonly uri: string;
      readonly call_id: string;
      readonly reason: string | null;
    }
  | { readonly type: "attempt.ringing"; readonly leg: LegId }
  | { readonly type: "attempt.early_media"; readonly leg: LegId }
  | { readonly type: "attempt.answered"; readonly leg: LegId }
  | {
      readonly type: "attempt.ended";
      readonly leg: LegId;
      readonly outcome: DialStatus;
      readonly cause_code: number;
      readonly cause: string;
      readonly sip: number | null;
      readonly rule: string | null;
      readonly message: string;
    }
  | { readonly type: "conversation.started"; readonly leg: LegId }
  | {
      readonly type: "conversation.ended";
      readonly leg: LegId;
      readonly by: "caller" | "callee" | "platform";
      readonly duration_ms: number;
      readonly rule: string | null;
    }
  | {
      readonly type: "playback.started";
      readonly id: string;
      readonly legs: readonly LegId[];
      readonly what: string;
      readonly rule: string | null;
    }
  | { readonly type: "playback.ended"; readonly id: string; readonly message: string }
  | { readonly type: "recording.started"; readonly id: string; readonly layout: "mono" | "dual" }
  | {
      readonly type: "recording.closed";
      readonly id: string;
      readonly duration_ms: number;
      readonly failure: string | null;
    }
  | {
      readonly type: "media.source";
      readonly leg: LegId;
      readonly change: "latched" | "moved" | "refused";
      /** Address and port. */
      readonly source: string;
    }
  | { readonly type: "digits"; readonly digits: string; readonly message: string }
  | {
      readonly type: "dial_event";
      readonly leg: LegId;
      readonly event: "Dial" | "Ringing" | "Answered" | "Terminal";
      readonly url: string;
      readonly query: readonly (readonly [string, string])[];
    }
  /** Any decision without an entry of its own: a fallback chosen, a destination skipped, a limit reached. */
  | { readonly type: "decision"; readonly rule: string; readonly message: string }
  /** A limit of the account refused a leg (`leg`), or the whole call (null). */
  | ({ readonly type: "limit.reached"; readonly leg: LegId | null } & LimitFact)
  | {
      readonly type: "exit.taken";
      readonly applet: string;
      readonly exit: string;
      readonly next: string | null;
      readonly rule: string;
    }
  | { readonly type: "caller.left"; readonly message: string }
  | { readonly type: "call.ended"; readonly cdr: CallRecord };

/** `seq` counts from 1 without a gap; `at_ms` is milliseconds since the call arrived. */
export type TraceEntry = { readonly seq: number; readonly at_ms: number } & TraceBody;
