import { z } from "zod";
import type { Result } from "../../../base/result.ts";
import { err, ok } from "../../../base/result.ts";
import { reportOf } from "../../../core/call/report.ts";
import type { AttemptReport } from "../../../core/call/report.ts";
import type { CallSetup, Flow } from "../../../core/call/setup.ts";
import type { TraceEntry } from "../../../core/call/trace.ts";
import type { Account } from "../../../core/contract/account.ts";
import { TWO_NUMBERS_FLOW } from "../../../core/call/two-numbers-flow.ts";
import { callersPhone, placedOf } from "./replay-placed.ts";
import { readAnswers } from "./replay-answers.ts";
import type { RecordedCaller } from "./replay-caller.ts";
import { callerOf, recordedCallerOf } from "./replay-caller.ts";
import { rebuildFlow } from "./replay-flow.ts";
import { phoneEnding } from "./replay-phones.ts";
import { replaySoundsOf } from "./replay-sounds.ts";
import { defaultAccount, SIMULATED_RECORDINGS_URL, SIMULATED_VERSION } from "../scenario/scenario.ts";
import type { PhoneBehaviour, Scenario } from "../scenario/scenario-types.ts";

/** A recorded call, ready to be played again with its own CallSid. */
export interface Replay {
  readonly scenario: Scenario;
  readonly callSid: string;
}

export interface ReplayOptions {
  /** Absent: the flow is rebuilt from the path of the call. */
  readonly flow?: Flow;
  /** Absent: an account that owns the number called and every number shown to a callee. */
  readonly account?: Account;
  /** What the trace does not show, for a replay through the flow and account of the call itself. */
  readonly recorded?: RecordedCaller;
}

type Entry<T extends TraceEntry["type"]> = Extract<TraceEntry, { type: T }>;

/** The minimum that a report must contain; the rest of a trace entry is as the platform wrote it. */
const reportSchema = z.object({
  trace: z
    .array(z.looseObject({ seq: z.number().int(), at_ms: z.number().min(0), type: z.string() }))
    .min(1, "is empty"),
});

/**
 * Turns the report of a call, live or simulated, back into a scenario in which URLs, phones and caller behave as they
 * did in the call. The error is one sentence.
 */
export function replayOf(report: unknown, name: string, options: ReplayOptions = {}): Result<Replay, string> {
  const read = reportSchema.safeParse(report);
  if (!read.success) {
    const issue = read.error.issues[0];
    return err(`${name} is not the report of a call: ${issue?.path.join(".") ?? "it"} ${issue?.message ?? "is wrong"}`);
  }
  const trace = read.data.trace as unknown as readonly TraceEntry[];
  const started = trace.find((entry) => entry.type === "call.started");
  if (started === undefined) return err(`${name} is not the report of a call: its trace has no call.started`);
  const flow = options.flow === undefined ? flowOf(trace, started.flow) : ok(options.flow);
  if (!flow.ok) return err(`${name}: the flow cannot be rebuilt from the trace (${flow.error}): give it with --flow`);
  const account = options.account === undefined ? accountOf(trace, started) : ok(options.account);
  if (!account.ok) return err(`${name}: the account cannot be rebuilt from the trace (${account.error})`);
  const setup = {
    account: account.value,
    flow: flow.value,
    recordingsUrl: SIMULATED_RECORDINGS_URL,
    version: SIMULATED_VERSION,
  };
  return ok({ scenario: scenarioOf(name, trace, started, setup, options.recorded), callSid: started.call_sid });
}

function flowOf(trace: readonly TraceEntry[], id: string): Result<Flow, string> {
  if (id === TWO_NUMBERS_FLOW.id && trace.some(({ type }) => type === "caller.dialed")) return ok(TWO_NUMBERS_FLOW);
  return rebuildFlow(trace, id);
}

function scenarioOf(
  name: string,
  trace: readonly TraceEntry[],
  started: Entry<"call.started">,
  setup: CallSetup,
  recorded: RecordedCaller | undefined,
): Scenario {
  return {
    name,
    setup,
    call: {
      from: started.from,
      to: started.to,
      direction: started.direction,
      customField: customFieldOf(trace),
      ...placedOf(trace),
    },
    startMs: Date.parse(started.started_at),
    urls: readAnswers(trace, recorded === undefined ? "as_used" : "as_sent"),
    phones: { ...phonesOf(trace), ...callersPhone(trace) },
    sounds: replaySoundsOf(trace),
    caller: recorded === undefined ? callerOf(trace) : recordedCallerOf(trace, recorded, setup.flow),
  };
}

function customFieldOf(trace: readonly TraceEntry[]): string | null {
  for (const entry of trace) {
    const field = entry.type === "request.sent" ? entry.query.find(([key]) => key === "CustomField") : undefined;
    if (field !== undefined) return field[1];
  }
  return null;
}

/** Settings that a trace shows: which numbers are the account's own, and which dial events it wants. */
function accountOf(trace: readonly TraceEntry[], started: Entry<"call.started">): Result<Account, string> {
  const shown = trace.flatMap((entry) => (entry.type === "attempt.started" ? [entry.caller_id] : []));
  const events = trace.flatMap((entry) => (entry.type === "dial_event" ? [entry.event.toLowerCase()] : []));
  const known = (["dial", "ringing", "answered", "terminal"] as const).filter((event) => events.includes(event));
  const exophones = [...new Set([started.to, ...shown])].filter((number) => number.startsWith("+"));
  const account = defaultAccount({
    sid: started.account,
    exophones,
    ...(known.length === 0 ? {} : { dial_events: known }),
    ...formatsOf(trace),
  });
  return account.ok ? account : err(account.error.map(({ message }) => message).join("; "));
}

/** How the account formats numbers and times, from the first request that shows it (REQ-14, REQ-32). */
function formatsOf(trace: readonly TraceEntry[]): { number_format?: "e164"; wire?: "observed" } {
  const sent = trace.find((entry) => entry.type === "request.sent" && entry.query.some(([key]) => key === "Created"));
  const parameters = new Map(sent?.type === "request.sent" ? sent.query : []);
  return {
    ...(parameters.get("CallFrom")?.startsWith("+91") ? { number_format: "e164" } : {}),
    ...(/^[A-Z][a-z]{2}, /.test(parameters.get("Created") ?? "") ? { wire: "observed" } : {}),
  };
}

// Phones

function phonesOf(trace: readonly TraceEntry[]): Record<string, PhoneBehaviour[]> {
  const phones: Record<string, PhoneBehaviour[]> = {};
  for (const entry of trace) {
    if (entry.type !== "attempt.started") continue;
    (phones[entry.destination] ??= []).push(phoneOf(trace, entry));
  }
  return phones;
}

function phoneOf(trace: readonly TraceEntry[], started: Entry<"attempt.started">): PhoneBehaviour {
  const since = (entry: TraceEntry | undefined): number | null => (entry ? entry.at_ms - started.at_ms : null);
  const ofLeg = <T extends TraceEntry["type"]>(type: T): Entry<T> | undefined =>
    trace.find((entry): entry is Entry<T> => entry.type === type && "leg" in entry && entry.leg === started.leg);
  const answered = ofLeg("attempt.answered");
  const ended = ofLeg("attempt.ended");
  const conversation = ofLeg("conversation.ended");
  const left =
    answered !== undefined && ended !== undefined && conversation === undefined && ended.outcome !== "canceled";
  return {
    ringAfterMs: since(ofLeg("attempt.ringing")),
    earlyMediaAfterMs: since(ofLeg("attempt.early_media")),
    ending: phoneEnding(since(answered), since(ended), ended),
    talkMs: conversation?.by === "callee" ? conversation.duration_ms : null,
    hangUpAfterMs: left ? ended.at_ms - answered.at_ms : null,
    cancelTakesMs: 0,
  };
}

/** The differences between a replay and the call it repeats, one sentence each. */
export function differences(recorded: unknown, replayed: readonly TraceEntry[]): string[] {
  const read = reportSchema.safeParse(recorded);
  if (!read.success) return [];
  const before = reportOf(read.data.trace as unknown as readonly TraceEntry[], { seed: null });
  const after = reportOf(replayed, { seed: null });
  const found: string[] = [];
  const compare = (what: string, was: string, is: string): void => {
    if (was !== is) found.push(`${what}: was ${was || "none"}, is ${is || "none"}`);
  };
  compare("applets", before.applets.join(" → "), after.applets.join(" → "));
  compare("attempts", before.attempts.map(showAttempt).join(", "), after.attempts.map(showAttempt).join(", "));
  compare("ended by", String(before.ended_by), String(after.ended_by));
  return found;
}

function showAttempt({ destination, outcome }: AttemptReport): string {
  return `${destination} ${outcome}`;
}
