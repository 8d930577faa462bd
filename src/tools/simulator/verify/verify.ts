import { unreachable } from "../../../base/never.ts";
import { seededRandom } from "../../../base/random.ts";
import { MAX_APPLETS_PER_CALL } from "../../../core/call/limits.ts";
import type { Flow, GroupSizes } from "../../../core/call/setup.ts";
import type { TraceEntry } from "../../../core/call/trace.ts";
import { step } from "../../../core/engine/engine.ts";
import {
  exampleCallAlong,
  hasExampleScript,
  documentOf,
  type ExampleCall,
  exampleOf,
} from "../../../core/flow/example-call.ts";
import { type FlowReading, readFlow } from "../../../core/flow/flow.ts";
import {
  type FlowGraph,
  graphOf,
  loopFrom,
  reachFrom,
  busyLoops,
  type PathStep,
  pathsTo,
} from "../../../core/flow/graph.ts";
import { verifyFlow, verifyGraph, type WorstCase } from "../../../core/flow/verify.ts";
import { drawScenario, makeScenarioPools } from "../random/random-scenario.ts";
import { WaitMeter } from "./wait-meter.ts";
import { type VerifyTarget, targetKey, placesOf, shows } from "./target.ts";
import { parseScenario, type ScenarioInput } from "../scenario/scenario.ts";
import type { Scenario } from "../scenario/scenario-types.ts";
import { scenarioDocument } from "../scenario/show-scenario.ts";
import { shrink } from "../random/shrink.ts";
import { DEFAULT_SEED } from "../simulate.ts";
import { SimulatedNetwork } from "../simulated-network.ts";

/** A call that shows what a finding says; it was played to make sure. */
export interface ExampleOfFinding {
  /** The exits that the call takes, in order. */
  readonly path: readonly { readonly applet: string; readonly exit: string }[];
  /** The same as text. */
  readonly story: string;
  /** What `simulate` takes; the flow is inside. */
  readonly scenario: ScenarioInput;
}

/** The example of a finding, or one sentence that says why there is none. */
type ExampleOrReason =
  | { readonly example: ExampleOfFinding; readonly noExample: null }
  | { readonly example: null; readonly noExample: string };

/** Something that is wrong with a flow. An error keeps it from being published; a warning deserves a look. */
export type FlowFinding = {
  readonly level: "error" | "warning";
  /** The rule of the contract; null: it concerns the form of the document. */
  readonly rule: string | null;
  /** Where in the document; empty: the whole document. */
  readonly path: readonly (string | number)[];
  /** One sentence, to be read after the path. */
  readonly message: string;
} & ExampleOrReason;

/** The worst case for a caller: never longer, and exactly this long in the example. */
export type VerifiedWorst = {
  readonly ms: number;
  readonly applet: string;
  /** Null: at the start of the applet, or throughout. */
  readonly exit: string | null;
  readonly because: string;
} & ExampleOrReason;

/** What verification finds in a flow document without a real call. */
export interface FlowReport {
  readonly findings: readonly FlowFinding[];
  /** The longest ringing in one applet. Null: it never rings, or the flow has errors. */
  readonly longestRinging: VerifiedWorst | null;
  /** The longest time without a sound and without a digit. Null: there is none, or the flow has errors. */
  readonly longestSilence: VerifiedWorst | null;
}

export interface VerifyOptions {
  /** How many members the groups of the flow's account have; null if not known. */
  readonly groups?: GroupSizes | null;
}

/**
 * Checks a flow document as publishing does, with a concrete call that shows each finding. Every call has been
 * played by the engine that handles live calls. Never throws.
 */
export function verify(document: unknown, { groups = null }: VerifyOptions = {}): FlowReport {
  const reading = readFlow(document);
  const { playable: flow, problems } = reading;
  if (flow === null) {
    const noExample = "No call can be played: the document does not say which applets there are or where to start.";
    const findings = problems.map(({ rule, path, message }) => ({ rule, path, message }));
    return {
      findings: findings.map((each) => ({ level: "error", ...each, example: null, noExample })),
      longestRinging: null,
      longestSilence: null,
    };
  }
  return new Verifier(flow, reading, document, groups).report();
}

/** {@link verify} for a flow that has already been read. */
export function verifyParsed(flow: Flow): FlowReport {
  return verify(documentOf(flow));
}

interface Played {
  readonly trace: readonly TraceEntry[];
  readonly waits: WaitMeter;
}

/** A finding before an example has been looked for. */
type FindingText = Pick<FlowFinding, "level" | "rule" | "path" | "message">;

/** Random calls tried for findings that no script shows: they take half a second and cover most exits of most flows. */
const RANDOM_CALLS = 2000;

/** A digit is entered one millisecond before the time for it runs out. */
const LAST_MOMENT_MS = 1;

/** Any CallSid will do. */
const CALL_SID = "c0ffee00000000000000000000001a15";

class Verifier {
  readonly #flow: Flow;
  readonly #groups: GroupSizes | null;
  readonly #reading: FlowReading;
  readonly #document: unknown;
  readonly #graph: FlowGraph;
  /** Applets that calls can reach. */
  readonly #reached: ReadonlySet<string>;
  readonly #scriptable = new Map<string, boolean>();
  readonly #shown = new Map<string, ExampleOfFinding | null>();

  constructor(flow: Flow, reading: FlowReading, document: unknown, groups: GroupSizes | null) {
    this.#groups = groups;
    this.#flow = flow;
    this.#reading = reading;
    this.#document = document;
    this.#graph = graphOf(flow.applets, groups);
    this.#reached = reachFrom(this.#graph, flow.start).applets;
  }

  report(): FlowReport {
    const errors = this.#reading.problems.map(({ rule, path, message }): FindingText => {
      return { level: "error", rule, path, message };
    });
    const texts = [...errors, ...this.#warnings()];
    this.#showAll(texts.flatMap(({ rule, path }) => this.#targetOf(rule, path) ?? []));
    const findings = texts.map((each) => ({ ...each, ...this.#exampleFor(each) }));
    if (errors.length > 0) return { findings, longestRinging: null, longestSilence: null };
    const { longestRinging, longestSilence } = verifyFlow(this.#flow, this.#groups);
    return {
      findings,
      longestRinging: longestRinging && this.#worst(longestRinging, "ringing"),
      longestSilence: longestSilence && this.#worst(longestSilence, "silence"),
    };
  }

  /** In a flow with gaps, nothing is known about what comes after them. */
  #warnings(): FindingText[] {
    const { unreadable, unknown } = this.#reading;
    const gaps = new Set([...unreadable, ...unknown]);
    const isUncertain = unreadable.length > 0 || gaps.has(this.#flow.start);
    return verifyFlow(this.#flow, this.#groups)
      .warnings.filter(({ path }) => path.length > 2 || !(isUncertain || gaps.has(String(path[1]))))
      .map((warning) => ({ level: "warning", ...warning }));
  }

  #targetOf(rule: string | null, path: FindingText["path"]): VerifyTarget | null {
    const [first, id, ...rest] = path;
    if (first === "start" && rule === "EXIT-6") return { kind: "enter", applet: this.#flow.start };
    if (first !== "applets" || typeof id !== "string") return null;
    if (this.#reading.unreadable.includes(id)) return { kind: "enter", applet: id };
    if (rule === "APP-9") return this.#loopFrom(id);
    if ((rest[0] === "parameters" || rest[0] === "dial_whom") && rule !== null)
      return { kind: "finding", applet: id, rule };
    const exit = this.#graph.get(id)?.exits.find((each) => each.path.join("\n") === rest.join("\n"));
    return exit === undefined ? null : { kind: "exit", applet: id, exit: exit.name };
  }

  #loopFrom(id: string): VerifyTarget | null {
    const applets = busyLoops(this.#graph).find(([first]) => first === id);
    return applets === undefined ? null : { kind: "loop", applets };
  }

  #exampleFor({ level, rule, path }: FindingText): ExampleOrReason {
    const target = this.#targetOf(rule, path);
    if (target === null) {
      const noExample =
        level === "error" ? "It concerns the document, not a call." : "No call gets there: that is the finding.";
      return { example: null, noExample };
    }
    const example = this.#shown.get(targetKey(target)) ?? null;
    if (example !== null) return { example, noExample: null };
    const isReached = placesOf(target).some((applet) => this.#reached.has(applet));
    const noExample = isReached
      ? "No call was found that shows it: neither a scripted nor a random one."
      : "No call gets there: no exit leads to it.";
    return { example: null, noExample };
  }

  /** Looks for a call for every target: first by script, then for the remaining ones among random calls. */
  #showAll(targets: readonly VerifyTarget[]): void {
    const left = new Map<string, VerifyTarget>();
    for (const target of targets) {
      const key = targetKey(target);
      if (this.#shown.has(key)) continue;
      const example = this.#scripted(target);
      this.#shown.set(key, example);
      const isReached = placesOf(target).some((applet) => this.#reached.has(applet));
      if (example === null && isReached) left.set(key, target);
    }
    if (left.size > 0) this.#showAtRandom(left);
  }

  #scripted(target: VerifyTarget): ExampleOfFinding | null {
    for (const path of this.#pathsFor(target)) {
      const call = exampleCallAlong(this.#flow, path, this.#groups);
      const played = call === null ? null : this.#play(call);
      if (call !== null && played !== null && shows(target, played.trace)) return this.#exampleOf(call, played.trace);
    }
    return null;
  }

  *#pathsFor(target: VerifyTarget): Generator<readonly PathStep[], void, void> {
    switch (target.kind) {
      case "exit": {
        const step = { applet: target.applet, exit: target.exit, timing: "fast" as const };
        for (const path of this.#pathsTo(target.applet, target.exit)) yield [...path, step];
        return;
      }
      case "enter":
      case "finding":
        yield* this.#pathsTo(target.applet, null);
        return;
      case "loop":
        for (const applet of target.applets) {
          const loop = loopFrom(this.#graph, target.applets, applet);
          const rounds = Array.from({ length: Math.ceil(MAX_APPLETS_PER_CALL / loop.length) }, () => loop).flat();
          for (const path of this.#pathsTo(applet, loop[0]?.exit ?? null)) yield [...path, ...rounds];
        }
        return;
      default:
        unreachable(target);
    }
  }

  #pathsTo(applet: string, exit: string | null): Iterable<readonly PathStep[]> {
    return pathsTo(this.#graph, this.#flow.start, { applet, exit }, (id, name) => this.#hasExampleScript(id, name));
  }

  #hasExampleScript(applet: string, exit: string): boolean {
    const key = `${applet}\n${exit}`;
    const known = this.#scriptable.get(key);
    if (known !== undefined) return known;
    const can = hasExampleScript(this.#flow, applet, exit);
    this.#scriptable.set(key, can);
    return can;
  }

  #showAtRandom(left: Map<string, VerifyTarget>): void {
    const pools = makeScenarioPools(this.#flow, DEFAULT_SEED);
    const random = seededRandom(DEFAULT_SEED);
    for (let run = 1; run <= RANDOM_CALLS && left.size > 0; run++) {
      const scenario = drawScenario(pools, random, run);
      const { trace } = playScenario(scenario) ?? { trace: [] };
      for (const [key, target] of left) {
        if (!shows(target, trace)) continue;
        left.delete(key);
        this.#shown.set(key, this.#smallest(target, scenario));
      }
    }
  }

  #smallest(target: VerifyTarget, found: Scenario): ExampleOfFinding | null {
    const smallest = shrink(found, (candidate) => shows(target, playScenario(candidate)?.trace ?? []));
    const call = scenarioDocument(smallest, documentOf(this.#flow));
    const played = this.#play(call);
    return played !== null && shows(target, played.trace) ? this.#exampleOf(call, played.trace) : null;
  }

  /** Reads a call as `simulate` does, and plays it. Null if it cannot be read, or never ends. */
  #play(call: ExampleCall): Played | null {
    // The flow has already been read, and does not have to be read again for every call.
    const read = parseScenario(JSON.stringify({ ...call, flow: ANY_FLOW }), "example", () => "");
    if (!read.ok) return null;
    return playScenario({ ...read.value, setup: { ...read.value.setup, flow: this.#flow } });
  }

  #exampleOf(call: ExampleCall, trace: readonly TraceEntry[]): ExampleOfFinding {
    const { flow: _flow, ...rest } = call;
    const refused = this.#reading.problems.length === 0 ? {} : { play_refused_flow: true };
    // The schema has just accepted it.
    const scenario = { flow: this.#document, ...refused, ...rest } as ScenarioInput;
    const path = trace.flatMap((entry) => {
      return entry.type === "exit.taken" ? [{ applet: entry.applet, exit: entry.exit }] : [];
    });
    return { path, story: this.#storyOf(trace), scenario };
  }

  /** `greet (then) → menu (digit 1) → the call is hung up`. */
  #storyOf(trace: readonly TraceEntry[]): string {
    const steps: string[] = [];
    for (const entry of trace) {
      if (entry.type === "applet.entered") steps.push(entry.applet);
      if (entry.type === "exit.taken") steps.push(`${steps.pop() ?? ""} (${this.#labelOf(entry.applet, entry.exit)})`);
    }
    const last = trace.findLast((entry) => entry.type === "call.ended");
    const end =
      last?.type === "call.ended" && last.cdr.ended_by === "caller" ? "the caller hangs up" : "the call is hung up";
    return [...shortened(steps), end].join(" → ");
  }

  #labelOf(applet: string, exit: string): string {
    return this.#graph.get(applet)?.exits.find(({ name }) => name === exit)?.label ?? exit;
  }

  #worst(worst: WorstCase, what: "ringing" | "silence"): VerifiedWorst {
    const { ms, applet, exit, because } = worst;
    for (const call of this.#callsOf(worst, what)) {
      const played = this.#play(call);
      if (played === null) continue;
      const shownMs = what === "ringing" ? played.waits.ringMs : played.waits.silenceMs;
      if (shownMs < ms - LAST_MOMENT_MS) continue;
      return { ms, applet, exit, because, example: this.#exampleOf(call, played.trace), noExample: null };
    }
    const noExample = "No call was found in which it is this long, but it is never longer.";
    return { ms, applet, exit, because, example: null, noExample };
  }

  /** The worst path may go where no script can; another may be just as long. */
  *#callsOf(worst: WorstCase, what: "ringing" | "silence"): Generator<ExampleCall, void, void> {
    const first = exampleOf(this.#flow, worst, what, this.#groups);
    if (first !== null) yield first;
    if (what === "ringing") {
      for (const path of this.#pathsTo(worst.applet, null)) {
        const call = exampleOf(this.#flow, { ...worst, path }, what, this.#groups);
        if (call !== null) yield call;
      }
      return;
    }
    const nodes = [...this.#graph].map(([id, node]) => {
      return [id, { ...node, exits: node.exits.filter(({ name }) => this.#hasExampleScript(id, name)) }] as const;
    });
    const { longestSilence } = verifyGraph(new Map(nodes), this.#flow, this.#groups);
    const call = longestSilence === null ? null : exampleOf(this.#flow, longestSilence, what, this.#groups);
    if (call !== null) yield call;
  }
}

const ANY_FLOW = { flow: "0", start: "bye", applets: { bye: { type: "hangup" } } };

function playScenario(scenario: Scenario): Played | null {
  const waits = new WaitMeter();
  const outcome = new SimulatedNetwork(scenario, step, waits).run(CALL_SID);
  return outcome.kind === "ended" ? { trace: outcome.trace, waits } : null;
}

/** Steps shown at the start and at the end of a story that is too long. */
const STEPS_SHOWN = 6;

function shortened(steps: readonly string[]): readonly string[] {
  const hidden = steps.length - 2 * STEPS_SHOWN;
  if (hidden <= 1) return steps;
  return [...steps.slice(0, STEPS_SHOWN), `… ${hidden} applets …`, ...steps.slice(-STEPS_SHOWN)];
}
