import { appletKind } from "../applets/registry.ts";
import type { AppletExit } from "../call/applet.ts";
import { MAX_APPLETS_PER_CALL } from "../call/limits.ts";
import type { Timing } from "../call/example-script.ts";
import type { Flow, GroupSizes } from "../call/setup.ts";
import {
  type FlowGraph,
  type FlowNode,
  graphOf,
  type Reach,
  reachFrom,
  busyLoops,
  type PathStep,
  pathsFrom,
} from "./graph.ts";
import type { FlowProblem } from "./schema-errors.ts";

/** Something a person should look at before publishing. Errors are already refused by `parseFlow`. */
export interface FlowWarning {
  readonly rule: string;
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** The longest a caller may have to wait, and how that happens. */
export interface WorstCase {
  readonly ms: number;
  /** The path to the applet where it happens, and that applet. */
  readonly path: readonly PathStep[];
  readonly applet: string;
  /** The exit at its end; null: it is at the start of the applet, or lasts throughout. */
  readonly exit: string | null;
  /** How fast the applet is passed until then. */
  readonly timing: Timing;
  /** One sentence. */
  readonly because: string;
}

/** What verification finds without a call. */
export interface FlowVerification {
  readonly warnings: readonly FlowWarning[];
  /** Null: nothing is ever dialled. */
  readonly longestRinging: WorstCase | null;
  /** Neither sound nor a digit. Null: the caller always hears something. */
  readonly longestSilence: WorstCase | null;
}

/** APP-9, as problems of the document: loops that never wait. */
export function busyLoopProblems(applets: Flow["applets"]): FlowProblem[] {
  return busyLoops(graphOf(applets, null)).map((loop) => {
    const found = [...loop, loop[0]].join(" → ");
    const allowed = "a loop with an applet in it that waits for the caller or the network (APP-9)";
    const message = `goes round in a loop without waiting: ${found}; allowed is ${allowed}`;
    return { rule: "APP-9", path: ["applets", loop[0] ?? ""], found, allowed, message };
  });
}

/**
 * Verifies a parsed flow: what is never reached, what leads nowhere, how long callers may wait. `groups`: those of its account;
 * null: not known, so that a group may have as many members as a list may have numbers.
 */
export function verifyFlow(flow: Flow, groups: GroupSizes | null = null): FlowVerification {
  return verifyGraph(graphOf(flow.applets, groups), flow, groups);
}

/** {@link verifyFlow} for a graph without those exits of the flow that no path may take. */
export function verifyGraph(graph: FlowGraph, flow: Flow, groups: GroupSizes | null): FlowVerification {
  const reach = reachFrom(graph, flow.start);
  return {
    warnings: [...unreachable(graph, reach), ...badAnswers(graph, reach, flow, groups), ...deadEnds(graph, reach)],
    longestRinging: longestRinging(graph, pathsFrom(graph, flow.start)),
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

/** RES-5, RES-7 and others of section 2, for answers that are written into the flow. */
function badAnswers(graph: FlowGraph, reach: Reach, { validation }: Flow, groups: GroupSizes | null): FlowWarning[] {
  return [...graph.values()]
    .filter(({ id }) => reach.applets.has(id))
    .flatMap(({ id, document }) =>
      (appletKind(document.type)?.review?.(document, validation, groups) ?? []).map(({ rule, path, message }) => {
        return { rule, path: ["applets", id, ...pathToDocument(path)], message };
      }),
    );
}

/** `destination.numbers[2]` as a path in a document. */
function pathToDocument(text: string): (string | number)[] {
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

function longestRinging(graph: FlowGraph, paths: ReadonlyMap<string, readonly PathStep[]>): WorstCase | null {
  let worst: WorstCase | null = null;
  for (const [applet, path] of paths) {
    const times = graph.get(applet)?.times;
    if (times === undefined || times.ringMs <= (worst?.ms ?? 0)) continue;
    worst = { ms: times.ringMs, path, applet, exit: null, timing: "slow", because: times.ringsBecause };
  }
  return worst;
}

/** How the caller reached an applet, and how long they had heard nothing by then. */
interface Arrival {
  readonly applet: string;
  readonly ms: number;
  /** Null: the call starts here. */
  readonly by: { readonly from: Arrival; readonly step: PathStep } | null;
}

/**
 * Silence adds up over applets that make no sound, and a path may loop through such applets until the call has run as
 * many as it may (APP-9). So the worst arrival at each applet is carried forward, applet by applet of the call.
 */
function longestSilence(graph: FlowGraph, start: string, reach: Reach): WorstCase | null {
  let worst: WorstCase | null = null;
  let arrivals: ReadonlyMap<string, Arrival> = new Map([[start, { applet: start, ms: 0, by: null }]]);
  for (let run = 0; run < MAX_APPLETS_PER_CALL && arrivals.size > 0; run++) {
    const next = new Map<string, Arrival>();
    for (const arrival of arrivals.values()) {
      const complete = graph.get(arrival.applet);
      if (complete === undefined) continue;
      const taken = reach.exits.get(complete.id);
      const node = { ...complete, exits: complete.exits.filter(({ name }) => taken?.has(name) === true) };
      for (const found of silences(arrival, node))
        if (found.ms > (worst?.ms ?? 0)) worst = worstCaseOf(arrival, node, found);
      for (const onward of nextArrivals(arrival, node)) {
        if (onward.ms > (next.get(onward.applet)?.ms ?? -1)) next.set(onward.applet, onward);
      }
    }
    arrivals = next;
  }
  return worst;
}

interface Silence {
  readonly ms: number;
  /** Null: it is at the start of the applet, or lasts throughout. */
  readonly exit: string | null;
  readonly timing: Timing;
}

/** The silences that are possible in an applet: before its first sound, and at each exit. */
function silences({ ms }: Arrival, { times, exits }: FlowNode): Silence[] {
  const atExits = exits.flatMap((exit) => {
    const longest = longestAt(exit, ms);
    return longest === null ? [] : [{ ...longest, exit: exit.name }];
  });
  return [{ ms: ms + times.silenceMs, exit: null, timing: "silent" }, ...atExits];
}

/** The longer of the two silences at an exit. */
function longestAt({ silence }: AppletExit, before: number): { readonly ms: number; readonly timing: Timing } | null {
  const { afterSound, throughout } = silence;
  const silent = throughout === null ? null : before + throughout;
  if (silent !== null && silent > (afterSound ?? -1)) return { ms: silent, timing: "silent" };
  return afterSound === null ? null : { ms: afterSound, timing: "slow" };
}

function nextArrivals(from: Arrival, { id, exits }: FlowNode): Arrival[] {
  return exits.flatMap((exit) => {
    const longest = longestAt(exit, from.ms);
    if (exit.target === null || longest === null) return [];
    const step = { applet: id, exit: exit.name, timing: longest.timing };
    return [{ applet: exit.target, ms: longest.ms, by: { from, step } }];
  });
}

function worstCaseOf(arrival: Arrival, { id, times }: FlowNode, { ms, exit, timing }: Silence): WorstCase {
  const because = exit === null ? times.silentBecause : `It may take this long to reach the exit "${exit}".`;
  return { ms, path: pathOf(arrival), applet: id, exit, timing, because };
}

/** What comes before the last sound can be passed fast. */
function pathOf(arrival: Arrival): readonly PathStep[] {
  const path: PathStep[] = [];
  for (let { by } = arrival; by !== null; by = by.from.by) path.unshift(by.step);
  const lastSound = path.findLastIndex(({ timing }) => timing !== "silent");
  return path.map((step, i) => (i < lastSound ? { ...step, timing: "fast" } : step));
}
