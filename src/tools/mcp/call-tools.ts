import { z } from "zod";
import type { PlugboardApi } from "../../client/client.ts";
import type { CallReport } from "../../core/call/report.ts";
import type { TraceEntry } from "../../core/call/trace.ts";
import { summaryLines, timelineLine } from "../simulator/timeline.ts";
import { toolOf } from "./tool.ts";

/** Calls in one answer; more would be cut off. */
const MAX_CALLS = 50;
const DEFAULT_CALLS = 20;
/** Entries of a timeline in one answer. */
const MAX_ENTRIES = 150;

const callSid = z.string().min(1).max(100).describe("Id of the call, as list_calls gives it");
const urlAnswer = z
  .looseObject({
    status: z.int().optional().describe("HTTP status; by default 200"),
    json: z.unknown().optional().describe("Body, as JSON"),
    text: z.string().optional().describe("Body, as text"),
    error: z.enum(["timeout", "refused", "dns", "tls"]).optional().describe("No answer at all"),
    after_ms: z.int().optional().describe("How long the answer takes"),
  })
  .describe("One answer of a URL");

// The platform validates scenarios, with better messages than a schema here would give.
type Urls = Parameters<PlugboardApi["calls"]["whatIf"]>[0]["body"]["urls"];
type SimulatedScenario = Parameters<PlugboardApi["calls"]["simulate"]>[0]["body"]["scenario"];

/** What URLs answer in a simulated call. */
export const urlAnswers = z
  .record(z.string(), z.array(urlAnswer))
  .describe("For each URL, without its query, its answers in order; the last one repeats");

const listCalls = toolOf({
  name: "list_calls",
  title: "List calls",
  description:
    "Lists the account's calls, newest first: time, from, to, flow, and how they ended. " +
    "Use `failed` for calls that should have been connected but were not. Changes nothing. Needs the scope read.",
  input: z.strictObject({
    status: z.enum(["live", "completed", "failed", "busy", "no-answer"]).optional(),
    failed: z
      .boolean()
      .optional()
      .describe("Only calls that were refused, or that should have been connected but had no conversation"),
    exit: z
      .string()
      .max(100)
      .optional()
      .describe("Only calls that took this exit of an applet, such as nobody_answered"),
    number: z.string().max(100).optional().describe("Only calls with this number on either side, in full"),
    started_from: z
      .string()
      .max(40)
      .optional()
      .describe("A date, or an instant with its offset, such as 2026-01-05T10:00:00+05:30"),
    started_to: z.string().max(40).optional().describe("The same"),
    limit: z.int().min(1).max(MAX_CALLS).default(DEFAULT_CALLS),
    before: z.string().max(200).optional().describe("`next` of the previous answer, for older calls"),
  }),
  effect: "none",
  hasNoCallers: false,
  run: async (api, { failed, ...query }) => {
    const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
    const { calls, next } = await api.calls.list({ ...given, ...(failed === true ? { failed: "true" } : {}) });
    const lines = calls.map(({ cdr, ...call }) => ({
      ...call,
      dial_call_status: cdr?.dial_call_status ?? null,
      conversation_s: cdr?.conversation_s ?? null,
      duration_s: cdr?.duration_s ?? null,
    }));
    return { sentences: [`${calls.length} calls, newest first.`], data: { calls: lines, next } };
  },
});

const showCall = toolOf({
  name: "show_call",
  title: "Show what happened in a call",
  description:
    "Shows one call entry by entry: applets, requests to URLs and their answers, destinations dialled, and the reason for each decision " +
    "(with the rule of the contract). Works for live calls too. Changes nothing. Needs the scope read.",
  input: z.strictObject({
    call_sid: callSid,
    from_entry: z.int().min(1).default(1).describe(`The first entry to show; one answer has at most ${MAX_ENTRIES}`),
  }),
  effect: "none",
  hasNoCallers: false,
  run: async (api, { call_sid, from_entry }) => {
    const call = (await api.calls.get({ callSid: call_sid })) as unknown as CallReport;
    return timelineOf(call, from_entry);
  },
});

/** The part of a call's timeline from one entry on, and how the call ended. */
function timelineOf(call: CallReport, from: number) {
  const rest = call.trace.filter(({ seq }) => seq >= from);
  const shown = rest.slice(0, MAX_ENTRIES);
  const more = rest.length - shown.length;
  const last = shown.at(-1)?.seq ?? from;
  const sentences = more === 0 ? [] : [`${more} more entries: call show_call again with from_entry ${last + 1}.`];
  return { sentences, data: [...shown.map(entryLine), "", ...summaryLines(call)] };
}

function entryLine(entry: TraceEntry): string {
  return `#${entry.seq} ${timelineLine(entry)}`;
}

const explainCall = toolOf({
  name: "explain_call",
  title: "Explain why a call ended as it did",
  description:
    "Explains in one paragraph what decided a call, each sentence with the rules behind it and the entries of show_call that prove it. " +
    "Changes nothing. Needs the scope read.",
  input: z.strictObject({ call_sid: callSid }),
  effect: "none",
  hasNoCallers: false,
  run: async (api, { call_sid }) => {
    const { text, sentences } = await api.calls.why({ callSid: call_sid });
    return { sentences: [], data: { text, sentences } };
  },
});

const whatIf = toolOf({
  name: "what_if",
  title: "What if a URL had answered differently",
  description:
    "Replays a recorded call in virtual time with other answers of its URLs, and says what that would have changed. " +
    "Nobody is called, no URL is requested, and the recorded call stays as it is. Needs the scope read.",
  input: z.strictObject({
    call_sid: callSid,
    urls: urlAnswers,
    flow: z
      .string()
      .max(20)
      .optional()
      .describe(
        "published (the default), draft, the number of a version, or recorded: only the part that the call used",
      ),
  }),
  effect: "none",
  hasNoCallers: false,
  run: async (api, { call_sid, urls, flow }) => {
    const body = { urls: urls as Urls, ...(flow === undefined ? {} : { flow }) };
    const played = await api.calls.whatIf({ callSid: call_sid, body });
    const { changes, drift, unused_urls, flow: state } = played;
    const sentences = [
      `State of the flow that was played: ${state}.`,
      changes.length === 0
        ? "The other answers change neither the applets nor the attempts nor who ended the call."
        : "",
      drift.length === 0 ? "" : "`drift` lists how the replay differs from the call even with its own answers.",
    ].filter((each) => each !== "");
    const timeline = timelineOf(played.call as unknown as CallReport, 1).data;
    return { sentences, data: { changes, drift, unused_urls, timeline } };
  },
});

const simulateCall = toolOf({
  name: "simulate_call",
  title: "Simulate a call",
  description:
    "Plays one call through a flow in virtual time, with scripted URLs, phones and caller, exactly as the platform would. " +
    "Nobody is called and no URL is requested. Needs the scope read.",
  input: z.strictObject({
    scenario: z
      .looseObject({
        flow: z
          .unknown()
          .describe("The id of a flow, such as 11754 (published), 11754@draft or 11754@3; or a whole flow document"),
        call: z.looseObject({}).optional().describe('{ "from": "+919812345678", "to": "+918047100000" }'),
        start: z
          .string()
          .optional()
          .describe("An instant with its offset, such as 2026-01-05T10:00:00+05:30; opening hours depend on it"),
        urls: urlAnswers.optional(),
        phones: z
          .record(z.string(), z.array(z.looseObject({})))
          .optional()
          .describe(
            'By number, in the order dialled: { "answer_after_ms": 4000, "talk_ms": 60000 }, { "busy_after_ms": 1500 }, ' +
              '{ "reject_after_ms": 900 }, { "ring_after_ms": 300 } (rings indefinitely); a phone that is not listed cannot be reached',
          ),
        caller: z
          .looseObject({})
          .optional()
          .describe('{ "hang_up_after_ms": 90000, "presses": [{ "after_ms": 3000, "digits": "1" }] }'),
      })
      .describe("See docs/testing.md of Plugboard"),
    seed: z.int().min(0).optional(),
  }),
  effect: "none",
  hasNoCallers: true,
  run: async (api, { scenario, seed }) => {
    const { call } = await api.calls.simulate({
      body: { scenario: scenario as SimulatedScenario, ...(seed === undefined ? {} : { seed }) },
    });
    return timelineOf(call as unknown as CallReport, 1);
  },
});

export const CALL_TOOLS = [listCalls, showCall, explainCall, whatIf, simulateCall];
