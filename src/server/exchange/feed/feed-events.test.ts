import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { TraceEntry } from "../../../core/call/trace.ts";
import { loadScenario, simulate } from "../../../index.ts";
import type { FeedEvent, FeedEventName } from "./feed-events.ts";
import { FEED_EVENTS, envelopeOf, envelopeSchema } from "./feed-events.ts";
import { eventOf, fedEntries } from "./trace-events.ts";

const SCENARIOS = ["test/scenarios", "examples/scenarios"].flatMap((folder) => {
  const path = join(import.meta.dirname, "../../../..", folder);
  return readdirSync(path)
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => join(path, name));
});
const CALL = { account: "acme", callSid: "c1" };

function eventsOf(trace: readonly TraceEntry[]): readonly FeedEvent[] {
  const fed = new Set(fedEntries(trace));
  return trace.flatMap((entry) => {
    const event = eventOf(entry, CALL);
    expect(event !== null, entry.type).toBe(fed.has(entry.seq));
    return event === null ? [] : [event];
  });
}

/** Expects that the event as a consumer reads it fits its schema, and has no field that the schema doesn't name. */
function expectFits(event: FeedEvent): void {
  const json = JSON.parse(envelopeOf("acme", 17, 1_767_600_000_000, event)) as unknown;
  expect(envelopeSchema(event.name).parse(json)).toEqual(json);
}

const refused: readonly TraceEntry[] = [
  { seq: 2, at_ms: 0, type: "decision", rule: "REFUSED", message: "Refused with 404 (unknown_number): so." },
];
const failed: readonly TraceEntry[] = [
  { seq: 5, at_ms: 10, type: "recording.closed", id: "r1", duration_ms: 0, failure: "the disk is full" },
];
/** Entries that no scenario here produces. */
const byApi: readonly TraceEntry[] = [
  {
    seq: 2,
    at_ms: 0,
    type: "caller.dialed",
    destination: "+919812345678",
    caller_id: "+918047100000",
    ring_limit_ms: 30_000,
    time_limit_ms: null,
  },
  { seq: 3, at_ms: 100, type: "caller.ringing" },
  {
    seq: 4,
    at_ms: 900,
    type: "caller.not_reached",
    outcome: "busy",
    cause_code: 17,
    cause: "USER_BUSY",
    sip: 486,
    rule: "DIAL-1",
    message: "so",
  },
  { seq: 5, at_ms: 900, type: "call.redirected", flow: "1", applet: "desk" },
  {
    seq: 6,
    at_ms: 900,
    type: "limit.reached",
    leg: null,
    rule: "spend",
    limit: 1,
    value: 2,
    message: "a",
    change: "b",
  },
];

describe("events of calls", () => {
  const traces = SCENARIOS.map((file) => simulate(loadScenario(file)).trace);

  it("fit their schemas in every scenario, and no entry has a field that the schema does not name", () => {
    for (const event of [...traces, refused, failed, byApi].flatMap(eventsOf)) expectFits(event);
  });

  it("are of every documented kind", () => {
    const seen = new Set([...traces, refused, failed, byApi].flatMap(eventsOf).map(({ name }) => name));
    const own: readonly FeedEventName[] = ["call.erased", "configuration.changed", "delivery.parked", "event.missing"];
    expect([...seen, ...own].toSorted()).toEqual(Object.keys(FEED_EVENTS).toSorted());
  });

  it("describe each call from beginning to end, each attempt and each request with its result", () => {
    for (const trace of traces) {
      const names = eventsOf(trace).map(({ name }) => name);
      expect([names[0], names.at(-1)]).toEqual(["call.started", "call.ended"]);
      expect(names.filter((name) => name === "attempt.ended").length).toBe(
        trace.filter(({ type }) => type === "attempt.started").length,
      );
    }
  });

  it("hold no URL credentials, query, header or answer", () => {
    const text = JSON.stringify(traces.flatMap(eventsOf));
    expect(text).not.toMatch(/"(?:query|headers|body|answer)":|https?:\/\/[^/"]*:[^/"]*@/);
  });
});
