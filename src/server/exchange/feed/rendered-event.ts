import type { TraceEntry } from "../../../core/call/trace.ts";
import type { FeedRow } from "../../../edges/store/feed-table.ts";
import type { FeedEvent, FeedEventName } from "./feed-events.ts";
import { FEED_EVENTS, envelopeOf } from "./feed-events.ts";
import { eventOf } from "./trace-events.ts";

/** An event as readers get it. */
export interface RenderedEvent {
  readonly seq: number;
  /** The envelope as JSON. */
  readonly json: string;
}

/** Turns rows of one account's feed into events, one per row; an unreadable row becomes an event that says so. */
export function rendered(account: string, rows: readonly FeedRow[]): readonly RenderedEvent[] {
  // Entries of one step share their trace.
  const traces = new Map<string, readonly TraceEntry[]>();
  const traceOf = (text: string): readonly TraceEntry[] => {
    const known = traces.get(text) ?? parsed(text);
    traces.set(text, known);
    return known;
  };
  return rows.map((row) => {
    const { at, event } = read(account, row, traceOf);
    return { seq: row.seq, json: envelopeOf(account, row.seq, at, event) };
  });
}

interface TimedEvent {
  readonly at: number;
  readonly event: FeedEvent;
}

function read(account: string, row: FeedRow, traceOf: (text: string) => readonly TraceEntry[]): TimedEvent {
  if (row.kind === "missing") return missing(row.at, row.callSid, "Its call was erased, or it cannot be read.");
  if (row.kind === "own") {
    const { at, type: name, data } = row.event;
    const known = Object.hasOwn(FEED_EVENTS, name) && FEED_EVENTS[name as FeedEventName].data.safeParse(data).success;
    if (known) return { at, event: { name, data } as FeedEvent };
    return missing(at, null, `A ${name} of another version of Plugboard.`);
  }
  const { at, callSid } = row;
  const entry = traceOf(row.trace).find(({ seq }) => seq === row.entry);
  const event = entry === undefined ? null : eventOf(entry, { account, callSid });
  return event === null ? missing(at, callSid, "The trace of its call cannot be read.") : { at, event };
}

function missing(at: number, callSid: string | null, message: string): TimedEvent {
  return { at, event: { name: "event.missing", data: { call_sid: callSid, message } } };
}

function parsed(trace: string): readonly TraceEntry[] {
  try {
    return JSON.parse(trace) as readonly TraceEntry[];
  } catch {
    return []; // a damaged row: each of its events says that it can't be read
  }
}
