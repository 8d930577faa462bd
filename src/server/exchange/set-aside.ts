import type { CallRecord } from "../../core/call/record.ts";
import type { TraceBody, TraceEntry } from "../../core/call/trace.ts";
import type { JournalRow, UnfinishedCall } from "../../edges/store/types.ts";
import type { Store } from "../../edges/store/store.ts";
import { endRow } from "./cdr-rows.ts";
import { fedEntries } from "./feed/trace-events.ts";
import type { LegSnapshots } from "./live-leg.ts";
import { repairRecording } from "./recording-files.ts";
import type { Services } from "./services.ts";

export interface SetAsideOptions {
  readonly services: Services;
  readonly store: Pick<Store, "getCall">;
  readonly unfinished: UnfinishedCall;
  /** What the journal holds about its legs. */
  readonly legs: Required<LegSnapshots>;
  /** Why it can't be rebuilt, for its record. */
  readonly reason: string;
}

/**
 * Closes a call that can't be rebuilt: ends its legs as far as they are known, and writes a last row with a record that
 * says why. Its other rows stay as they are.
 */
export async function setAside(options: SetAsideOptions): Promise<void> {
  endLegs(options);
  const { services, unfinished } = options;
  await services.append([await lastRow(options)], "now");
  services.log.warn({ call: unfinished.callSid }, "a call that can't be rebuilt has its record");
}

function endLegs({ services: { sip, log }, unfinished, legs }: SetAsideOptions): void {
  const end = (leg: string, run: () => void): void => {
    try {
      run();
    } catch (error) {
      log.warn({ err: error, call: unfinished.callSid, leg }, "a leg of an earlier process can't be ended");
    }
  };
  for (const [leg, dialog] of Object.entries(legs.dialogs)) end(leg, () => sip.adopt(dialog).hangUp());
  for (const [leg, invite] of Object.entries(legs.ringing)) end(leg, () => sip.cancel(invite));
}

async function lastRow({ services, store, unfinished, reason }: SetAsideOptions): Promise<JournalRow> {
  const { callSid, account, startedAt: begun, steps } = unfinished;
  const { trace, startedAt } = await storedTrace(store, unfinished);
  const last = trace.at(-1);
  const atMs = last?.at_ms ?? 0;
  const at = (startedAt ?? services.clock.now()) + atMs;
  const added: TraceEntry[] = [];
  const add = (body: TraceBody): void =>
    void added.push({ seq: (last?.seq ?? 0) + added.length + 1, at_ms: atMs, ...body });
  const message = `After a restart the call could not be rebuilt: ${reason}. Its journal rows are kept.`;
  add({ type: "decision", rule: "RECOVER", message });
  for (const id of openRecordings(trace)) {
    const { durationMs, failure } = await repairRecording(services.recordingsDir, account, id);
    add({ type: "recording.closed", id, duration_ms: durationMs, failure });
  }
  const record = recordOf(atMs);
  add({ type: "call.ended", cdr: record });
  const event = JSON.stringify({ kind: "command", at, command: "recover" });
  const end = endRow(account, at - atMs, [...trace, ...added], record);
  // After the last row; its number is not the count of rows if one is missing.
  const seq = (steps.at(-1)?.seq ?? 0) + 1;
  return {
    callSid,
    account,
    seq,
    at,
    startedAt: begun,
    event,
    trace: JSON.stringify(added),
    feed: fedEntries(added),
    end,
  };
}

interface StoredTrace {
  readonly trace: readonly TraceEntry[];
  readonly startedAt: number | null;
}

/** The part of its trace that can still be read. */
async function storedTrace(store: Pick<Store, "getCall">, { account, callSid }: UnfinishedCall): Promise<StoredTrace> {
  try {
    const stored = await store.getCall(account, callSid);
    if (stored === null) return { trace: [], startedAt: null };
    return { trace: JSON.parse(stored.trace) as TraceEntry[], startedAt: stored.call.startedAt };
  } catch {
    return { trace: [], startedAt: null }; // as damaged as its events: the record gives the reason
  }
}

function openRecordings(trace: readonly TraceEntry[]): readonly string[] {
  const closed = new Set(trace.flatMap((entry) => (entry.type === "recording.closed" ? [entry.id] : [])));
  return trace.flatMap((entry) => (entry.type === "recording.started" && !closed.has(entry.id) ? [entry.id] : []));
}

function recordOf(durationMs: number): CallRecord {
  return {
    status: "failed",
    ended_by: "platform",
    dial_call_status: null,
    call_type: "call-attempt",
    conversation_s: 0,
    duration_s: Math.floor(durationMs / 1000),
    duration_ms: durationMs,
  };
}
