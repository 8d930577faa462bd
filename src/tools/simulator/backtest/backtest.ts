import type { CallSetup, Flow } from "../../../core/call/setup.ts";
import type { TraceEntry } from "../../../core/call/trace.ts";
import { step } from "../../../core/engine/engine.ts";
import { pathOf } from "../compare/call-steps.ts";
import { profileOf } from "../random/flow-profile.ts";
import type { RecordedCaller } from "../replay/replay-caller.ts";
import { differences, replayOf } from "../replay/replay.ts";
import type { Scenario, UrlAnswer } from "../scenario/scenario-types.ts";
import { SimulatedNetwork } from "../simulated-network.ts";
import type { Aspect } from "./call-outcome.ts";
import { callOutcome, differingAspects, SAME_TIME_MS } from "./call-outcome.ts";
import { retimedCaller } from "./caller-timing.ts";
import { GapObserver } from "./gap-observer.ts";
import type { Played } from "./outcome-words.ts";
import { changeWords, endingWords } from "./outcome-words.ts";
import type { Unknown } from "./unknown.ts";
import { firstOverrun } from "./unknown.ts";

/** A call as stored in the database. */
export interface RecordedCall {
  readonly callSid: string;
  /** With the version of the flow that the call used. */
  readonly setup: CallSetup;
  readonly trace: readonly TraceEntry[];
  /** Null: only the trace shows the caller's digits. */
  readonly caller: RecordedCaller | null;
}

/** What would happen to a recorded call with the draft. */
export type BacktestVerdict =
  | { readonly kind: "same" }
  | {
      readonly kind: "changed";
      /** How the outcomes differ, the most important first. */
      readonly aspects: readonly Aspect[];
      /** Words after "callers who", and after "would". */
      readonly was: string;
      readonly would: string;
      /** What had to be assumed, as a sentence; null if nothing. */
      readonly assumed: string | null;
    }
  /** The draft needs something that the call does not show; `reason` follows "the draft". */
  | { readonly kind: "unknown"; readonly was: string; readonly reason: string }
  /** The call's own version does not reproduce what was recorded, so the call says nothing about the draft. */
  | { readonly kind: "not_reproducible"; readonly reason: string };

/** A verdict, with the call's path through both versions, and the draft's trace. */
export interface BacktestResult {
  readonly verdict: BacktestVerdict;
  readonly before: string;
  /** As far as known. */
  readonly after: string;
  readonly draftTrace: readonly TraceEntry[];
}

/** One call, played in virtual time. */
interface Run extends Played {
  /** Null: the recorded call shows everything that the run needed. */
  readonly unknown: Unknown | null;
}

/** Plays a recorded call through its own version, to see whether that reproduces it, and then through the draft. */
export function backtestCall(call: RecordedCall, draft: Flow): BacktestResult {
  const { setup, trace, caller: recorded } = call;
  const replay = replayOf({ trace }, "the call", {
    flow: setup.flow,
    account: setup.account,
    ...(recorded !== null && { recorded }),
  });
  if (!replay.ok) return notReproducible(trace, replay.error);
  const scenario = { ...replay.value.scenario, setup };
  const was: Played = { trace, outcome: callOutcome(trace) };
  const repeated = play(scenario, call.callSid, trace);
  const problem = repeated === null ? "replayed, it does not end" : repeatProblem(was, repeated);
  if (problem !== null) return notReproducible(trace, problem);
  const now = playDraft(scenario, draft, call);
  if (now === null) return unknownResult(was, { reason: "never lets the call end", atMs: 0 }, []);
  if (now.unknown !== null) return unknownResult(was, now.unknown, now.trace);
  return { verdict: verdictOf(was, now), before: pathOf(trace), after: pathOf(now.trace), draftTrace: now.trace };
}

/** The result for a call that can't be replayed. */
export function notReproducible(trace: readonly TraceEntry[], reason: string): BacktestResult {
  return { verdict: { kind: "not_reproducible", reason }, before: pathOf(trace), after: "", draftTrace: [] };
}

function unknownResult(was: Played, { reason }: Unknown, draftTrace: readonly TraceEntry[]): BacktestResult {
  const verdict = { kind: "unknown", was: endingWords(was.outcome), reason } as const;
  return { verdict, before: pathOf(was.trace), after: knownPath(draftTrace), draftTrace };
}

function knownPath(trace: readonly TraceEntry[]): string {
  return pathOf(trace).replace(/the call ends$/, "unknown");
}

/** Why the call can't be reproduced; null: it can. */
function repeatProblem(was: Played, repeated: Run): string | null {
  const [aspect] = differingAspects(was.outcome, repeated.outcome);
  if (aspect === undefined) return null;
  const controlled = was.trace.some(({ type }) => type === "call.redirected");
  if (controlled) return "the call was redirected while it was live";
  const [difference] = differences({ trace: was.trace }, repeated.trace);
  return `replayed, it differs in ${difference ?? ASPECT_NAMES[aspect]}`;
}

const ASPECT_NAMES: Readonly<Record<Aspect, string>> = {
  talked: "whom the caller talked to",
  path: "its way through the flow",
  rung: "whom it rang",
  recorded: "what was recorded",
  conversation: "how long the conversation was",
  wait: "how long the caller waited for an answer",
  record: "its record",
};

/** The caller's times depend on the steps before them and settle after a few runs; otherwise they would shift forever. */
const MAX_RUNS = 5;

/** Plays the draft until the caller's times settle; null: the call does not end. */
function playDraft(recorded: Scenario, draft: Flow, { callSid, trace }: RecordedCall): Run | null {
  const urls = { ...newSounds(draft), ...recorded.urls };
  let scenario: Scenario = { ...recorded, urls, setup: { ...recorded.setup, flow: draft } };
  for (let runs = 1; ; runs++) {
    const run = play(scenario, callSid, trace);
    if (run === null) return null;
    const caller = retimedCaller(recorded.caller, trace, run.trace);
    if (runs === MAX_RUNS || JSON.stringify(caller) === JSON.stringify(scenario.caller)) return run;
    scenario = { ...scenario, caller };
  }
}

/** Assumes that the sounds the draft names exist; `plugboard check` says whether they do. */
function newSounds(draft: Flow): Record<string, readonly UrlAnswer[]> {
  const sounds = [...profileOf(draft).urls].filter(([, use]) => use === "audio");
  return Object.fromEntries(sounds.map(([url]) => [url, [SOUND]]));
}

const SOUND: UrlAnswer = {
  kind: "answer",
  afterMs: 0,
  status: 200,
  headers: { "content-type": "audio/wav" },
  body: "",
};

/** One run in virtual time; its trace ends where the recorded call no longer shows what would happen. Null: it does not end. */
function play(scenario: Scenario, callSid: string, recorded: readonly TraceEntry[]): Run | null {
  const observer = new GapObserver();
  const { kind, trace } = new SimulatedNetwork(scenario, step, observer).run(callSid);
  const { gap } = observer;
  if (kind !== "ended" && gap === null) return null;
  const overrun = firstOverrun(recorded, trace);
  const unknown = gap !== null && (overrun === null || gap.atMs <= overrun.atMs) ? gap : overrun;
  if (unknown === null) return { trace, outcome: callOutcome(trace), unknown };
  const known = unknown === gap ? trace.slice(0, gap.entries) : trace.filter(({ at_ms }) => at_ms <= unknown.atMs);
  return { trace: known, outcome: callOutcome(known), unknown };
}

function verdictOf(was: Played, now: Run): BacktestVerdict {
  const aspects = differingAspects(was.outcome, now.outcome);
  const [first] = aspects;
  if (first === undefined) return { kind: "same" };
  return { kind: "changed", aspects, ...changeWords(was, now, first), assumed: assumption(was, now) };
}

/** Callers who were hung up might have left later; assume that they stay on. */
function assumption(was: Played, now: Run): string | null {
  const endMs = was.outcome.record?.duration_ms ?? 0;
  const hasLeft = now.trace.some(({ type }) => type === "caller.left") || was.outcome.record?.ended_by === "caller";
  if (hasLeft || (now.outcome.record?.duration_ms ?? 0) <= endMs + SAME_TIME_MS) return null;
  return `The call ended after ${Math.round(endMs / 1000)} s; this assumes that the caller stays on after that and does nothing.`;
}
