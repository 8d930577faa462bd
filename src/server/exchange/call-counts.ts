import type { Log } from "../../base/log.ts";
import type { CallRecord } from "../../core/call/record.ts";
import type { CallRow, EndRow, JournalRow } from "../../edges/store/types.ts";
import { CallTimings } from "./call-timings.ts";

/** How a call ended: the labels of one counter. */
export interface CallOutcome {
  readonly status: string;
  /** Empty: no Connect. */
  readonly dial_call_status: string;
  /** Cause of the last attempt, such as `USER_BUSY`; empty: no attempt. */
  readonly cause: string;
}

/** Writes a log line when a call begins and when it ends, and counts both. */
export class CallCounts {
  readonly #log: Log;
  #begun = 0;
  readonly timings = new CallTimings();
  readonly #ended = new Map<string, { readonly outcome: CallOutcome; count: number }>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Inbound calls accepted since the start. */
  get begun(): number {
    return this.#begun;
  }

  /** Calls ended since the start, by outcome. */
  get ended(): Iterable<{ readonly outcome: CallOutcome; readonly count: number }> {
    return this.#ended.values();
  }

  began(call: string, account: string, row: CallRow, trunk: string, source: string): void {
    this.#begun += 1;
    const { flow, from, to } = row;
    this.#log.info({ call, account, flow, trunk, source, pii: { from, to } }, "call began");
  }

  /** To be called once these rows are durable. A refused call has its own log line, and counts neither as begun nor as ended. */
  written(rows: readonly JournalRow[]): void {
    for (const { callSid, account, end } of rows) if (end !== undefined) this.#end(callSid, account, end);
  }

  #end(call: string, account: string, end: EndRow): void {
    const record = JSON.parse(end.cdr) as CallRecord;
    this.timings.ended(end);
    const last = end.attempts.at(-1);
    const outcome = {
      status: record.status,
      dial_call_status: record.dial_call_status ?? "",
      cause: last?.cause ?? "",
    };
    const key = Object.values(outcome).join(" ");
    const counted = this.#ended.get(key);
    if (counted === undefined) this.#ended.set(key, { outcome, count: 1 });
    else counted.count += 1;
    const { status, dial_call_status, call_type, ended_by, conversation_s, duration_s } = record;
    const cause = last === undefined ? null : `${last.causeCode} ${last.cause}`;
    const fields = { call, account, status, dial_call_status, call_type, cause, ended_by, conversation_s, duration_s };
    this.#log.info({ ...fields, attempts: end.attempts.length }, "call ended");
  }
}
