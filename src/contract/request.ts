import type { Random } from "../base/random.ts";
import type { Result } from "../base/result.ts";
import type { Account } from "./account.ts";
import type { Destination } from "./destination.ts";
import type { HttpRequest } from "./http.ts";
import type { CallType, Cause, DialStatus } from "./outcome.ts";
import type { Query } from "./query.ts";

/** One destination tried (REQ-29). `callerId` is E.164; `onCallDurationS` whole seconds of conversation. */
export interface LegFacts {
  readonly number: Destination;
  readonly onCallDurationS: number;
  readonly callerId: string;
  readonly cause: Cause;
}

/** What every request of a call says about it. `callFrom` and `callTo` are E.164, `sip:user`, or the raw text. */
export interface CallFacts {
  readonly callSid: string;
  readonly callFrom: string;
  readonly callTo: string;
  readonly direction: "incoming" | "outbound-dial";
  readonly createdMs: number;
  readonly nowMs: number;
}

/** Everything a request of section 1 may carry; null or an empty list: the parameter is absent (REQ-30). */
export interface RequestFacts extends CallFacts {
  readonly startMs: number;
  readonly flowId: string;
  readonly callType: CallType;
  /** The destination dialled last; null is sent empty (REQ-19). */
  readonly dialWhomNumber: Destination | null;
  readonly dialCallDurationS: number;
  readonly dialCallStatus: DialStatus | null;
  /** Without quotes; they are added here (REQ-25). */
  readonly digits: string | null;
  readonly customField: string | null;
  readonly recordingUrl: string | null;
  /** E.164. */
  readonly outgoingPhoneNumber: string | null;
  readonly legs: readonly LegFacts[];
  /** REF-3: the previous destination list, only on a re-fetch. */
  readonly numbers: readonly Destination[] | null;
}

/** One dial event about one attempt (EVT-1). */
export interface DialEventFacts extends CallFacts {
  readonly destination: Destination;
  readonly event: "Dial" | "Ringing" | "Answered" | "Terminal";
}

/** What a Greeting's URL is told (APP-1). */
export interface GreetingFacts {
  readonly callSid: string;
  readonly callFrom: string;
  readonly callTo: string;
  readonly dialWhomNumber: Destination | null;
  readonly customField: string | null;
}

export interface RequestParts {
  /** As configured: may hold `user:pass@` and a query of its own (REQ-2). */
  readonly configuredUrl: string;
  readonly query: Query;
  /** Of the platform, for `User-Agent` (REQ-4). */
  readonly version: string;
  /** REQ-3: `Exotel-Version: 1.0`, for the dynamic URLs of Connect and Gather only. */
  readonly versionHeader: boolean;
  readonly accept: string;
}

/** The parameters of section 1 (REQ-10 to REQ-29, then REF-3's `numbers`), for Connect, Gather, Passthru and Dial-Whom. */
export declare function connectQuery(account: Account, facts: RequestFacts): Query;

/** The parameters of a dial event (EVT-1, EVT-2, EVT-3, EVT-5). */
export declare function dialEventQuery(account: Account, facts: DialEventFacts): Query;

/** The parameters of a Greeting's URL (APP-1). */
export declare function greetingQuery(account: Account, facts: GreetingFacts): Query;

/** One GET, ready to send (REQ-1 to REQ-4). Header names are lower-case. The error is a sentence without the URL. */
export declare function buildRequest(parts: RequestParts): Result<HttpRequest, string>;

/** A new `CallSid` (REQ-10); the date in it is that of `timezone`. */
export declare function makeCallSid(random: Random, nowMs: number, timezone: string): string;
