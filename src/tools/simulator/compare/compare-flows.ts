import { seededRandom } from "../../../base/random.ts";
import type { Flow } from "../../../core/call/setup.ts";
import type { TraceEntry } from "../../../core/call/trace.ts";
import { plainAccount } from "../../../core/contract/account.ts";
import { step } from "../../../core/engine/engine.ts";
import { documentOf } from "../../../core/flow/example-call.ts";
import { drawScenario, makeScenarioPools } from "../random/random-scenario.ts";
import { shrink } from "../random/shrink.ts";
import type { Scenario } from "../scenario/scenario-types.ts";
import { scenarioDocument } from "../scenario/show-scenario.ts";
import { DEFAULT_SEED } from "../simulate.ts";
import { SimulatedNetwork } from "../simulated-network.ts";
import type { CallStep, Divergence } from "./call-steps.ts";
import { noticed, divergenceOf, stepsOf, pathOf } from "./call-steps.ts";
import type { People } from "./people.ts";
import { withNames } from "./people.ts";
import { changedHours, changedMoments } from "./changed-hours.ts";

/** Callers whose call has a different outcome. */
export interface OutcomeChange {
  /** Who they are, what happens to them now, and what happened before. */
  readonly message: string;
  /** How many of the calls played. */
  readonly calls: number;
  /** One of these calls in both versions; both were played. */
  readonly before: string;
  readonly after: string;
  /** What `simulate` takes, with the new version in it. */
  readonly scenario: Readonly<Record<string, unknown>>;
}

export interface FlowComparison {
  /** Calls played through both versions. */
  readonly calls: number;
  readonly changed: number;
  /** The most frequent first. */
  readonly outcomes: readonly OutcomeChange[];
}

export interface CompareOptions {
  /** Calls to play; more find rarer changes. */
  readonly calls?: number;
  readonly seed?: number;
  /** People whose numbers are shown with their names. */
  readonly people?: People;
  /** The account's time zone, for applets that name none. */
  readonly timezone?: string;
}

/** What is compared. */
interface Versions {
  readonly before: Flow;
  readonly after: Flow;
  readonly timezone: string;
}

/** A second of computing; changes that affect fewer than one call in a hundred may be missed. */
const CALLS = 1500;
/** More than anyone reads. */
const MAX_OUTCOMES = 20;
/** Any CallSid will do. */
const CALL_SID = "c0ffee00000000000000000000001a15";

interface Found {
  readonly divergence: Divergence;
  readonly scenario: Scenario;
  calls: number;
}

/**
 * Plays the same random calls through two versions of a flow, and says what changes for whom. Each change has an example, the smallest
 * call that shows it. The same versions and seed give the same comparison.
 */
export function compareFlows(before: Flow, after: Flow, options: CompareOptions = {}): FlowComparison {
  const { calls = CALLS, seed = DEFAULT_SEED, people = [], timezone = plainAccount().timezone } = options;
  const versions = { before, after, timezone };
  const pools = makeScenarioPools(together(before, after), seed);
  const random = seededRandom(seed);
  const moments = changedMoments(before, after, timezone);
  const found = new Map<string, Found>();
  let changed = 0;
  for (let run = 1; run <= calls; run++) {
    const scenario = inZone(timezone, startedAt(moments, run, drawScenario(pools, random, run)));
    const divergence = divergenceIn(scenario, versions);
    if (divergence === null) continue;
    changed += 1;
    const known = found.get(keyOf(divergence));
    if (known === undefined) found.set(keyOf(divergence), { divergence, scenario, calls: 1 });
    else known.calls += 1;
  }
  const sorted = [...found].toSorted(([, a], [, b]) => b.calls - a.calls).slice(0, MAX_OUTCOMES);
  const outcomes = sorted.map(([key, each]) => outcomeOf(key, each, versions));
  return {
    calls,
    changed,
    outcomes: merged(outcomes).map((each) => ({ ...each, message: withNames(each.message, people) })),
  };
}

/** Outcomes that read the same are one change, with the example of the most frequent. */
function merged(outcomes: readonly OutcomeChange[]): readonly OutcomeChange[] {
  return [...Map.groupBy(outcomes, ({ message }) => message).values()].flatMap((same) => {
    const [first] = same;
    return first === undefined ? [] : [{ ...first, calls: same.reduce((sum, each) => sum + each.calls, 0) }];
  });
}

/** One call in this many begins when the hours of a time condition have changed, which may be only a few in a week. */
const RUNS_PER_MOMENT = 4;

function startedAt(moments: readonly number[], run: number, scenario: Scenario): Scenario {
  const moment = run % RUNS_PER_MOMENT === 0 ? moments[(run / RUNS_PER_MOMENT) % moments.length] : undefined;
  return moment === undefined ? scenario : { ...scenario, startMs: moment };
}

function inZone(timezone: string, scenario: Scenario): Scenario {
  const { setup } = scenario;
  return { ...scenario, setup: { ...setup, account: { ...setup.account, timezone } } };
}

/** A flow that asks, rings and says everything that either does, from which calls are drawn. */
function together(before: Flow, after: Flow): Flow {
  const old = Object.entries(before.applets).map(([id, applet]) => [`before ${id}`, applet] as const);
  return { ...after, applets: { ...after.applets, ...Object.fromEntries(old) } };
}

function play(scenario: Scenario, flow: Flow): readonly TraceEntry[] {
  return new SimulatedNetwork({ ...scenario, setup: { ...scenario.setup, flow } }, step).run(CALL_SID).trace;
}

function divergenceIn(scenario: Scenario, { before, after }: Versions): Divergence | null {
  return divergenceOf(stepsOf(play(scenario, before)), stepsOf(play(scenario, after)));
}

/** Calls that diverge at the same place in the same way are one change. */
function keyOf({ after, applet, before, now }: Divergence): string {
  const [was, is] = [noticed(before), noticed(now)];
  return JSON.stringify([after?.key, applet, before[0]?.key, now[0]?.key, was?.key, is?.key]);
}

function outcomeOf(key: string, { divergence, scenario, calls }: Found, versions: Versions): OutcomeChange {
  const isSame = (candidate: Scenario): boolean => {
    const other = divergenceIn(candidate, versions);
    return other !== null && keyOf(other) === key;
  };
  const smallest = shrink(scenario, isSame);
  return {
    message: messageOf(divergence, versions),
    calls,
    before: pathOf(play(smallest, versions.before)),
    after: pathOf(play(smallest, versions.after)),
    scenario: scenarioDocument(smallest, documentOf(versions.after)),
  };
}

function messageOf(divergence: Divergence, versions: Versions): string {
  const [was, is] = [noticed(divergence.before), noticed(divergence.now)];
  const then = is?.words ?? "go no further";
  const instead = was === null ? "where nothing more happened" : `instead of those who ${was.words}`;
  return `${whoOf(divergence, versions)} now ${then} ${short(instead, was, is)}.`;
}

/** `reach voicemail "vm" instead of connect "sales"`: the verb appears once. */
function short(instead: string, was: CallStep | null, is: CallStep | null): string {
  if (was === null) return instead;
  const [verb, ...rest] = was.words.split(" ");
  if (is?.kind === was.kind && is.words.startsWith(`${verb ?? ""} `)) return `instead of ${rest.join(" ")}`;
  return `where they ${pastOf(was)}`;
}

const PAST: Readonly<Record<CallStep["kind"], readonly [string, string]>> = {
  applet: ["reach", "reached"],
  exit: ["", ""],
  ring: ["ring", "rang"],
  hear: ["hear", "heard"],
  ask: ["are", "were"],
  record: ["are", "were"],
  end: ["are", "were"],
};

function pastOf({ kind, words }: CallStep): string {
  const [now, then] = PAST[kind];
  if (words === "hang up themselves") return "hung up themselves";
  return words.startsWith(`${now} `) ? `${then}${words.slice(now.length)}` : words;
}

/** The callers concerned, in terms of the flow: when they call, or how they got there. */
function whoOf(divergence: Divergence, versions: Versions): string {
  const { applet } = divergence;
  const hours = applet === null ? null : hoursOf(applet, divergence, versions);
  if (hours !== null) return `${hours} (at "${applet ?? ""}"): callers`;
  const [was, is] = [divergence.before[0], divergence.now[0]];
  if (was?.kind === "exit" && is?.kind === "exit")
    return `Callers whose way out of "${was.applet}" is "${is.exit}" and was "${was.exit}"`;
  if (was?.kind === "exit" || is?.kind === "exit") return `Callers in "${applet ?? ""}"`;
  if (divergence.after === null) return applet === null ? "All callers" : `Callers in "${applet}"`;
  if (was?.kind === "applet" || is?.kind === "applet")
    return `Callers who leave "${divergence.after.applet}" by "${divergence.after.exit}"`;
  return `Callers in "${applet ?? ""}"`;
}

function hoursOf(id: string, { before: was, now: is }: Divergence, versions: Versions): string | null {
  const [old, current] = [versions.before.applets[id], versions.after.applets[id]];
  const [from, to] = [was[0], is[0]];
  if (old === undefined || current === undefined || from?.kind !== "exit" || to?.kind !== "exit") return null;
  return changedHours({ before: old, after: current, from: from.exit, to: to.exit, timezone: versions.timezone });
}
