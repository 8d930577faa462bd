import { appletKind } from "../applets/registry.ts";
import type { AppletExit } from "../call/applet.ts";
import { MAX_APPLETS_PER_CALL } from "../call/limits.ts";
import type { Pace } from "../call/rehearsal.ts";
import type { Flow } from "../call/setup.ts";
import {
  type FlowGraph,
  type FlowNode,
  graphOf,
  type Reach,
  reachFrom,
  spinningCircles,
  type Stride,
  walksFrom,
} from "./graph.ts";
import type { FlowProblem } from "./words.ts";

/** Something a person should look at before publishing. Errors are refused by `parseFlow` already. */
export interface FlowWarning {
  readonly rule: string;
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** The longest a caller may have to wait for something, and how that comes about. */
export interface WorstCase {
  readonly ms: number;
  /** The way to the applet where it happens, and that applet. */
  readonly walk: readonly Stride[];
  readonly applet: string;
  /** The exit at the end of it; null: it lies at the beginning of the applet, or fills it. */
  readonly exit: string | null;
  /** How the applet is gone through until then. */
  readonly pace: Pace;
  /** One sentence. */
  readonly because: string;
}

/** What can be said of a flow without a call. */
export interface FlowProofs {
  readonly warnings: readonly FlowWarning[];
  /** Null: nothing is ever dialled. */
  readonly longestRinging: WorstCase | null;
  /** Nothing to hear and no key pressed. Null: the caller always hears something. */
  readonly longestSilence: WorstCase | null;
}

/** APP-9, as problems of the document: circles that wait for nobody. */
export function spinningProblems(applets: Flow["applets"]): FlowProblem[] {
  return spinningCircles(graphOf(applets)).map((circle) => {
    const found = [...circle, circle[0]].join(" → ");
    const allowed = "a circle with an applet in it that waits for the caller or the network (APP-9)";
    const message = `goes in circles without waiting for anybody: ${found}; allowed is ${allowed}`;
    return { rule: "APP-9", path: ["applets", circle[0] ?? ""], found, allowed, message };
  });
}

/** Proves what can be proved of a parsed flow: what is never reached, what leads nowhere, how long callers may wait. */
export function proveFlow(flow: Flow): FlowProofs {
  return proveGraph(graphOf(flow.applets), flow);
}

/** {@link proveFlow} of a graph that may lack ways of the flow: those that nobody shall walk. */
export function proveGraph(graph: FlowGraph, flow: Flow): FlowProofs {
  const reach = reachFrom(graph, flow.start);
  return {
    warnings: [...unreachable(graph, reach), ...badAnswers(graph, reach, flow), ...deadEnds(graph, reach)],
    longestRinging: longestRinging(graph, walksFrom(graph, flow.start)),
    longestSilence: longestSilence(graph, flow.start, reach),
  };
}

function unreachable(graph: FlowGraph, reach: Reach): FlowWarning[] {
  return [...graph.keys()]
    .filter((id) => !reach.applets.has(id))
    .map((id) => {
      return { rule: "EXIT-6", path: ["applets", id], message: `No exit leads to "${id}": it is never run.` };
    });
}

/** RES-5, RES-7 and others of section 2, for answers that stand in the flow. */
function badAnswers(graph: FlowGraph, reach: Reach, { validation }: Flow): FlowWarning[] {
  return [...graph.values()]
    .filter(({ id }) => reach.applets.has(id))
    .flatMap(({ id, document }) =>
      (appletKind(document.type)?.review?.(document, validation) ?? []).map(({ rule, path, message }) => {
        return { rule, path: ["applets", id, "parameters", ...pathOf(path)], message };
      }),
    );
}

/** `destination.numbers[2]` as it leads through a document. */
function pathOf(text: string): (string | number)[] {
  return (text.match(/[^.[\]]+/g) ?? []).map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function deadEnds(graph: FlowGraph, reach: Reach): FlowWarning[] {
  return [...graph.values()].flatMap(({ id, exits }) =>
    exits
      .filter(({ name, target, optional }) => target === null && !optional && reach.exits.get(id)?.has(name) === true)
      .map(({ label, path }) => {
        const message = `No applet is set for "${label}" of "${id}": the call is hung up there.`;
        return { rule: "EXIT-5", path: ["applets", id, ...path], message };
      }),
  );
}

function longestRinging(graph: FlowGraph, walks: ReadonlyMap<string, readonly Stride[]>): WorstCase | null {
  let worst: WorstCase | null = null;
  for (const [applet, walk] of walks) {
    const times = graph.get(applet)?.times;
    if (times === undefined || times.ringMs <= (worst?.ms ?? 0)) continue;
    worst = { ms: times.ringMs, walk, applet, exit: null, pace: "late", because: times.ringsBecause };
  }
  return worst;
}

/** How the caller came to an applet, and how long he had heard nothing by then. */
interface Arrival {
  readonly applet: string;
  readonly ms: number;
  /** Null: the call begins here. */
  readonly by: { readonly from: Arrival; readonly stride: Stride } | null;
}

/**
 * Silence adds up over applets that make no sound, and a walk may go round through such applets until the call has run as
 * many as it may (APP-9). So the worst arrival at each applet is taken forward, applet by applet of the call.
 */
function longestSilence(graph: FlowGraph, start: string, reach: Reach): WorstCase | null {
  let worst: WorstCase | null = null;
  let arrivals: ReadonlyMap<string, Arrival> = new Map([[start, { applet: start, ms: 0, by: null }]]);
  for (let run = 0; run < MAX_APPLETS_PER_CALL && arrivals.size > 0; run++) {
    const next = new Map<string, Arrival>();
    for (const arrival of arrivals.values()) {
      const whole = graph.get(arrival.applet);
      if (whole === undefined) continue;
      const taken = reach.exits.get(whole.id);
      const node = { ...whole, exits: whole.exits.filter(({ name }) => taken?.has(name) === true) };
      for (const found of silences(arrival, node)) if (found.ms > (worst?.ms ?? 0)) worst = told(arrival, node, found);
      for (const onward of onwards(arrival, node)) {
        if (onward.ms > (next.get(onward.applet)?.ms ?? -1)) next.set(onward.applet, onward);
      }
    }
    arrivals = next;
  }
  return worst;
}

interface Silence {
  readonly ms: number;
  /** Null: it lies at the beginning of the applet, or fills it. */
  readonly exit: string | null;
  readonly pace: Pace;
}

/** The silences that an applet can come to: before its first sound, and at each exit. */
function silences({ ms }: Arrival, { times, exits }: FlowNode): Silence[] {
  const atExits = exits.flatMap((exit) => {
    const longest = longestAt(exit, ms);
    return longest === null ? [] : [{ ...longest, exit: exit.name }];
  });
  return [{ ms: ms + times.silenceMs, exit: null, pace: "silent" }, ...atExits];
}

/** The longer of the two ways to an exit. */
function longestAt({ silence }: AppletExit, before: number): { readonly ms: number; readonly pace: Pace } | null {
  const { afterSound, throughout } = silence;
  const silent = throughout === null ? null : before + throughout;
  if (silent !== null && silent > (afterSound ?? -1)) return { ms: silent, pace: "silent" };
  return afterSound === null ? null : { ms: afterSound, pace: "late" };
}

function onwards(from: Arrival, { id, exits }: FlowNode): Arrival[] {
  return exits.flatMap((exit) => {
    const longest = longestAt(exit, from.ms);
    if (exit.target === null || longest === null) return [];
    const stride = { applet: id, exit: exit.name, pace: longest.pace };
    return [{ applet: exit.target, ms: longest.ms, by: { from, stride } }];
  });
}

function told(arrival: Arrival, { id, times }: FlowNode, { ms, exit, pace }: Silence): WorstCase {
  const because = exit === null ? times.silentBecause : `So long may it take to come to the exit "${exit}".`;
  return { ms, walk: walkOf(arrival), applet: id, exit, pace, because };
}

/** What lies before the last sound may as well go briskly. */
function walkOf(arrival: Arrival): readonly Stride[] {
  const walk: Stride[] = [];
  for (let { by } = arrival; by !== null; by = by.from.by) walk.unshift(by.stride);
  const heardLast = walk.findLastIndex(({ pace }) => pace !== "silent");
  return walk.map((stride, i) => (i < heardLast ? { ...stride, pace: "brisk" } : stride));
}
