import type { StoredText } from "./format.ts";

/**
 * Types of the store. Payloads that only the layers above understand (events, trace, dialogs, requests) are JSON
 * text here: the store does not look into them. Times are epoch milliseconds unless the name says otherwise.
 */

/** One step of one call. `seq` counts from 1 without a gap; the pair (callSid, seq) is written once. */
export interface JournalRow {
  readonly callSid: string;
  readonly account: string;
  readonly seq: number;
  readonly at: number;
  /** When its call began: the same for all its rows, which are stored together by it. */
  readonly startedAt: number;
  /** The event that was stepped, as JSON. */
  readonly event: string;
  /** The trace entries of this step, as a JSON array; `[]` when there are none. */
  readonly trace: string;
  /** What the edge needs after a crash (leg dialogs, open recordings), as JSON; the newest one counts. Absent: unchanged. */
  readonly legSnapshots?: string | null;
  /** True if neither event nor leg snapshots can hold credentials, so that they need no sealing. Absent: both are sealed. */
  readonly inClear?: true;
  /** Trace entries of this step that belong to the account's feed, by their `seq`; same transaction as the step. */
  readonly feed?: readonly number[];
  /** Requests to deliver from now on; same transaction as the step. */
  readonly outbox?: readonly OutboxRow[];
  /** Only with the first step of a call. */
  readonly call?: CallRow;
  /** Only with the last step of a call. A call of one step may carry both. */
  readonly end?: EndRow;
}

/** What is known about a call when it starts. */
export interface CallRow {
  /** Key of `putSetup`; the setup must have been put before. */
  readonly setup: string;
  readonly flow: string;
  readonly from: string;
  readonly to: string;
  readonly direction: "incoming" | "outbound-dial";
  readonly customField: string | null;
  readonly startedAt: number;
  /** E.164 or `sip:…` of the second number, of a call by API that connects two; absent or null if there is none. */
  readonly dialTo?: string | null;
  /** `Idempotency-Key` of the request that placed it. If another call has it, nothing of the `append` is written. */
  readonly key?: { readonly key: string; readonly fingerprint: string };
}

/** What is known about a call when it is over. */
export interface EndRow {
  readonly endedAt: number;
  /** `status` of the call detail record; lists filter by it. */
  readonly status: string;
  /** The whole call detail record as JSON. */
  readonly cdr: string;
  readonly attempts: readonly AttemptRow[];
  readonly requests: readonly RequestRow[];
  readonly recordings: readonly RecordingRow[];
}

/** One attempt of one call. Milliseconds count from the arrival of the call. */
export interface AttemptRow {
  readonly leg: number;
  readonly applet: string;
  readonly destination: string;
  readonly callerId: string;
  /** The trunk it was last sent over; null if none was reached. */
  readonly trunk: string | null;
  readonly startedMs: number;
  readonly ringingMs: number | null;
  readonly answeredMs: number | null;
  readonly endedMs: number;
  readonly outcome: string;
  readonly causeCode: number;
  readonly cause: string;
}

/** One request to a customer's URL. `body` is JSON: query, headers, verdict, findings, whatever the reader shows. */
export interface RequestRow {
  /** Id of the fetch within the call. */
  readonly id: string;
  readonly atMs: number;
  readonly purpose: string;
  readonly url: string;
  readonly result: string;
  /** Null if there was no outcome. */
  readonly elapsedMs: number | null;
  readonly body: string;
}

/** One recording; `file` is its path relative to the recordings folder. */
export interface RecordingRow {
  /** Global id: the last part of the recording's URL. */
  readonly id: string;
  readonly file: string;
  readonly layout: "mono" | "dual";
  readonly durationMs: number;
  /** Why there is no playable file; null if there is one. */
  readonly failure: string | null;
}

/** One HTTP request to deliver. */
export interface OutboxRow {
  /** Global delivery id. A second row with the same id is ignored, so that a repeated step sends nothing twice. */
  readonly id: string;
  /** Rows of one call with the same order key are delivered one after the other. */
  readonly order: string;
  readonly purpose: string;
  /** The request as JSON (`src/edges/http-client/types.ts` `OutboundRequest`). Holds credentials: never logged. */
  readonly request: string;
}

/** A row that this node may deliver until its lease ends. `request` has the format `version` (`format.ts`). */
export interface ClaimedRow extends OutboxRow {
  readonly version: number;
  readonly callSid: string;
  readonly account: string;
  /** Deliveries tried before this one. */
  readonly tries: number;
  readonly createdAt: number;
}

/** The outcome of a claimed row. */
export type OutboxVerdict =
  | { readonly kind: "done"; readonly id: string }
  | { readonly kind: "retry"; readonly id: string; readonly inMs: number; readonly error: string }
  /** Not tried now, and not counted as tried. */
  | { readonly kind: "later"; readonly id: string; readonly inMs: number }
  /** No more retries: kept, listed by `listOutbox`, no longer blocks its successors. */
  | { readonly kind: "parked"; readonly id: string; readonly error: string };

/** A request that is still owed, or was given up, as people see it. */
export interface OutboxEntry extends ClaimedRow {
  /** Its place in the list. */
  readonly seq: number;
  /** When it is tried next, epoch ms; 0: now. */
  readonly dueAt: number;
  /** Null if it is waiting for its turn. */
  readonly parkedAt: number | null;
  /** Why the last try failed; null if none did. */
  readonly error: string | null;
}

/** Filters of `listOutbox`; absent means any. */
export interface OutboxFilter {
  readonly state?: "parked" | "waiting";
  /** Only entries older than this `seq`. */
  readonly before?: number;
  /** 1 to 100; default 50. */
  readonly limit?: number;
}

/** A call without an end, as a restarted process needs it. Its payloads are unchecked: read them through their schemas. */
export interface UnfinishedCall {
  readonly callSid: string;
  readonly account: string;
  /** Key of `getSetup`. */
  readonly setup: string;
  /** Epoch ms. */
  readonly startedAt: number;
  /** Every journalled step, in order. */
  readonly steps: readonly StoredStep[];
  /** The newest `legSnapshots`; null if there never was one. */
  readonly legSnapshots: StoredText | null;
}

/** One journalled step: its event as it was stored. */
export interface StoredStep extends StoredText {
  readonly seq: number;
}

/** A call as lists show it. `endedAt`, `status`, `cdr` are null while it is live. */
export interface CallSummary extends Omit<CallRow, "key"> {
  readonly callSid: string;
  readonly account: string;
  readonly node: string;
  readonly endedAt: number | null;
  readonly status: string | null;
  readonly cdr: string | null;
}

/** A call that has ended, with its attempts. */
export interface EndedCallRow extends CallSummary {
  readonly attempts: readonly AttemptRow[];
}

/** A whole call. `trace` is one JSON array text: every step's entries in order. */
export interface StoredCall {
  readonly call: CallSummary;
  readonly trace: string;
  readonly attempts: readonly AttemptRow[];
  readonly requests: readonly RequestRow[];
  readonly recordings: readonly RecordingRow[];
}

/** Filters of `listCalls`; absent means any. */
export interface CallFilter {
  /** 1 to 100; default 50. */
  readonly limit?: number;
  /** Only calls older than this one, the nearest first. Alone, or without `after`. */
  readonly before?: CallCursor;
  /** Only calls newer than this one, the nearest to it; the page is still in the list's order. */
  readonly after?: CallCursor;
  /** `live` means: has not ended. */
  readonly status?: string;
  /** Any of these; a call without an end has the status null. */
  readonly outcomes?: readonly ShownOutcome[];
  readonly from?: string;
  readonly to?: string;
  /** Any of these; an empty list matches nothing. */
  readonly sidsAnyOf?: readonly string[];
  readonly fromAnyOf?: readonly string[];
  readonly toAnyOf?: readonly string[];
  /** Either side. */
  readonly number?: string;
  readonly direction?: CallRow["direction"];
  /** `DialCallStatus` of the call detail record; only calls that have ended. */
  readonly dialCallStatus?: string;
  /** Only calls that have ended and were refused, or should have been connected but had no conversation. */
  readonly failed?: true;
  /** Only calls with a recording, whether it can be played or not. */
  readonly recorded?: true;
  /** Name of an exit that the call's flow has taken. */
  readonly exit?: string;
  /** Cause of an attempt that was not answered, such as `USER_BUSY`; only calls that have ended. */
  readonly cause?: string;
  /** A request that the call has sent; only calls that have ended. */
  readonly request?: RequestFilter;
  /** Total length of the call; only calls that have ended. */
  readonly minDurationMs?: number;
  readonly maxDurationMs?: number;
  readonly startedFrom?: number;
  readonly startedTo?: number;
  /** `asc`: oldest first. Default `desc`. */
  readonly sort?: "asc" | "desc";
}

/** What a filter may ask of one request; absent means any. */
export interface RequestFilter {
  readonly url?: string;
  /** It has had no usable answer. */
  readonly failed?: true;
  readonly minMs?: number;
}

/** What a filter may ask of status and direction together; an absent direction means any. */
export interface ShownOutcome {
  readonly status: string | null;
  readonly direction?: CallRow["direction"];
}

/** Some calls of a list, and whether there are more where the page was read towards: past it, or before it with `after`. */
export interface CallPage {
  readonly calls: readonly CallSummary[];
  readonly hasMore: boolean;
}

/** A place in a list of calls. */
export interface CallCursor {
  readonly startedAt: number;
  readonly callSid: string;
}

/** A recording with the call and account that it belongs to. */
export interface StoredRecording extends RecordingRow {
  readonly callSid: string;
  readonly account: string;
}
