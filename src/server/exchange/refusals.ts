import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import type { LimitFact } from "../../core/call/limit-fact.ts";
import type { CallRecord } from "../../core/call/record.ts";
import type { TraceBody, TraceEntry } from "../../core/call/trace.ts";
import { makeCallSid } from "../../core/contract/request.ts";
import type { JournalRow } from "../../edges/store/types.ts";
import type { AdmissionRefusal } from "./admission.ts";
import type { AccountConfig } from "./account-config.ts";
import type { LimitRule } from "./limits/limit-rules.ts";
import { fedEntries } from "./feed/trace-events.ts";
import { MinuteLimit } from "./minute-limit.ts";

/** Why something was refused: the `reason` of the counter, the log line and the record. */
export type RefusalReason =
  | AdmissionRefusal
  /** The called number is not an ExoPhone of the trunk's account. */
  | "unknown_number"
  /** The ExoPhone points at no flow. */
  | "no_flow"
  /** Nothing in the session description can be used (488). */
  | "media_not_acceptable"
  /** The stack refused the request: malformed, unusable body, unknown extension … */
  | "bad_request"
  | "unusable_body"
  /** The same request came twice, over two paths (RFC 3261, 8.2.2.2). */
  | "merged_request"
  | "too_many_hops"
  /** The call came back to its own ExoPhone too often (DIAL-13). */
  | "loop"
  /** No RTP port is free. */
  | "no_rtp_port"
  /** An outbound call: outside `dial_prefixes`, reached by no trunk, all trunk channels in use, or no way to reach a user. */
  | "dial_prefix"
  | "no_trunk"
  | "trunk_channels"
  | "unreachable_user"
  /** An outbound call: a limit of the account. */
  | LimitRule
  /** An HTTP request: more in a minute than the account or its key may send. */
  | "requests_per_minute";

/** A refused inbound call. */
export interface RefusedCall {
  readonly reason: RefusalReason;
  readonly status: number;
  /** One sentence: what was missing, and how to fix it. */
  readonly message: string;
  readonly source: string;
  readonly callId: string;
  /** The caller as others may see it: `anonymous` if the number was withheld. */
  readonly from: string;
  readonly to: string;
  /** The account that the call was for; null: unknown, so no record is written. */
  readonly config: AccountConfig | null;
  /** The ExoPhone's flow; null: none. */
  readonly flow: string | null;
  /** The limit of the account that refused it, if one did. */
  readonly limit?: LimitFact;
}

/** What records of refused calls need from the store. */
export interface RefusalOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  append(rows: readonly JournalRow[]): Promise<void>;
  /** False: the database can't write. Records of refused calls are then dropped, as their number is unlimited. */
  canAppend(): boolean;
  /** The stored setup that an account's records refer to; null: none is stored, so no record can be written. */
  setupOf(account: string): string | null;
}

/** A flood of refusals must not flood the log … */
const LINES_PER_REASON = 20;
/** … nor the database: rows a minute for each account. Refusals beyond that are only counted. */
const RECORDS_PER_ACCOUNT = 60;

/** Logs (a limited number a minute), counts by reason, and records everything that is refused. */
export class Refusals {
  readonly #options: RefusalOptions;
  readonly #counts = new Map<RefusalReason, number>();
  readonly #lines = new MinuteLimit(LINES_PER_REASON);
  readonly #records = new MinuteLimit(RECORDS_PER_ACCOUNT);
  /** One record for each INVITE: a caller that gets no answer in time repeats it. */
  readonly #recorded = new MinuteLimit(1);

  constructor(options: RefusalOptions) {
    this.#options = options;
  }

  /** Refusals since the start, by reason. */
  get counts(): ReadonlyMap<RefusalReason, number> {
    return this.#counts;
  }

  /** Counts, logs and records a refused inbound call. */
  refuse(call: RefusedCall): void {
    const now = this.#options.clock.now();
    const { reason, status, message, source, callId, from, to, config } = call;
    const account = config?.account.sid;
    const row = this.#rowToWrite(call, now);
    const ids = { callId, ...(row !== null && { call: row.callSid }), account };
    this.note(reason, `call refused: ${message}`, { status, source, ...ids, pii: { from, to } });
    if (row === null) return;
    this.#options
      .append([row])
      .catch((error: unknown) =>
        this.#options.log.error({ err: error, call: row.callSid, account }, "a refused call could not be recorded"),
      );
  }

  /** Null: no record of it is written. */
  #rowToWrite(call: RefusedCall, now: number): JournalRow | null {
    const { source, callId, config } = call;
    if (config === null || !this.#options.canAppend()) return null;
    if (this.#recorded.take(`${source} ${callId}`, now) === null) return null;
    return this.#records.take(config.account.sid, now) === null ? null : this.#recordOf(call, config, now);
  }

  /** Counts, and writes a line unless there were too many of this reason in this minute. */
  note(reason: RefusalReason, message: string, fields: object): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    const heldBack = this.#lines.take(reason, this.#options.clock.now());
    if (heldBack === null) return;
    this.#options.log.warn({ reason, ...fields, ...(heldBack > 0 ? { heldBack } : {}) }, message);
  }

  #recordOf(call: RefusedCall, config: AccountConfig, now: number): JournalRow | null {
    const setup = this.#options.setupOf(config.account.sid);
    if (setup === null) return null;
    const { sid: account, timezone } = config.account;
    const callSid = makeCallSid(this.#options.random, now, timezone);
    const { from, to } = call;
    const trace = traceOf(call, account, callSid, now);
    const direction = "incoming";
    return {
      callSid,
      account,
      seq: 1,
      at: now,
      startedAt: now,
      event: JSON.stringify({ kind: "call_arrived", at: now, callSid, from, to, direction, customField: null }),
      trace: JSON.stringify(trace),
      feed: fedEntries(trace),
      call: { setup, flow: call.flow ?? "", from, to, direction, customField: null, startedAt: now },
      end: {
        endedAt: now,
        status: REFUSED.status,
        cdr: JSON.stringify(REFUSED),
        attempts: [],
        requests: [],
        recordings: [],
      },
    };
  }
}

/** The record of a call in which nothing happened. */
const REFUSED: CallRecord = {
  status: "failed",
  ended_by: "platform",
  dial_call_status: null,
  call_type: "call-attempt",
  conversation_s: 0,
  duration_s: 0,
  duration_ms: 0,
};

function traceOf(call: RefusedCall, account: string, callSid: string, now: number): TraceEntry[] {
  const { from, to, flow, status, reason, message, limit } = call;
  const limits: TraceBody[] = limit === undefined ? [] : [{ type: "limit.reached", leg: null, ...limit }];
  const bodies: TraceBody[] = [
    {
      type: "call.started",
      call_sid: callSid,
      account,
      flow: flow ?? "",
      from,
      to,
      direction: "incoming",
      started_at: new Date(now).toISOString(),
    },
    ...limits,
    { type: "decision", rule: "REFUSED", message: `Refused with ${status} (${reason}): ${message}.` },
    { type: "call.ended", cdr: REFUSED },
  ];
  return bodies.map((body, index) => ({ seq: index + 1, at_ms: 0, ...body }));
}
