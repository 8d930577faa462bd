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
  readonly path: readonly PathStep[];
  readonly applet: string;
  /** The exit at the end of it; null: it is at the beginning of the applet, or fills it. */
  readonly exit: string | null;
  /** How the applet is gone through until then. */
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

/** APP-9, as problems of the document: loops that wait for nobody. */
export function busyLoopProblems(applets: Flow["applets"]): FlowProblem[] {
  return busyLoops(graphOf(applets, null)).map((loop) => {
    const found = [...loop, loop[0]].join(" → ");
    const allowed = "a loop with an applet in it that waits for the caller or the network (APP-9)";
    const message = `goes in loops without waiting for anybody: ${found}; allowed is ${allowed}`;
    return { rule: "APP-9", path: ["applets", loop[0] ?? ""], found, allowed, message };
  });
}

/**
 * Verifies a parsed flow: what is never reached, what leads nowhere, how long callers may wait. `groups`: of its account;
 * null: it is not known, so that a group may hold as many people as a list can.
 */
export function verifyFlow(flow: Flow, groups: GroupSizes | null = null): FlowVerification {
  return verifyGraph(graphOf(flow.applets, groups), flow, groups);
}

/** {@link verifyFlow} of a graph that may lack exits of the flow: those that no path may take. */
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

/** RES-5, RES-7 and others of section 2, for answers that stand in the flow. */
function badAnswers(graph: FlowGraph, reach: Reach, { validation }: Flow, groups: GroupSizes | null): FlowWarning[] {
  return [...graph.values()]
    .filter(({ id }) => reach.applets.has(id))
    .flatMap(({ id, document }) =>
      (appletKind(document.type)?.review?.(document, validation, groups) ?? []).map(({ rule, path, message }) => {
        return { rule, path: ["applets", id, ...pathToDocument(path)], message };
      }),
    );
}

/** `destination.numbers[2]` as it leads through a document. */
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

function longestRinging(graph: FlowGraph, walks: ReadonlyMap<string, readonly PathStep[]>): WorstCase | null {
  let worst: WorstCase | null = null;
  for (const [applet, path] of walks) {
    const times = graph.get(applet)?.times;
    if (times === undefined || times.ringMs <= (worst?.ms ?? 0)) continue;
    worst = { ms: times.ringMs, path, applet, exit: null, timing: "slow", because: times.ringsBecause };
  }
  return worst;
}

/** How the caller came to an applet, and how long they had heard nothing by then. */
interface Arrival {
  readonly applet: string;
  readonly ms: number;
  /** Null: the call begins here. */
  readonly by: { readonly from: Arrival; readonly step: PathStep } | null;
}

/**
 * Silence adds up over applets that make no sound, and a path may go round through such applets until the call has run as
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
  /** Null: it is at the beginning of the applet, or fills it. */
  readonly exit: string | null;
  readonly timing: Timing;
}

/** The silences that an applet can come to: before its first sound, and at each exit. */
function silences({ ms }: Arrival, { times, exits }: FlowNode): Silence[] {
  const atExits = exits.flatMap((exit) => {
    const longest = longestAt(exit, ms);
    return longest === null ? [] : [{ ...longest, exit: exit.name }];
  });
  return [{ ms: ms + times.silenceMs, exit: null, timing: "silent" }, ...atExits];
}

/** The longer of the two ways to an exit. */
function longestAt({ silence }: AppletExit, before: number): { readonly ms: number; readonly timing: Timing } | null {
  const { afterSound, throughout } = silence;
  const silent = throughout === null ? null : before + throughout;
  if (silent !== null && silent > (afterSound ?? -1)) return { ms: silent, timing: "silent" };
  return afterSound === null ? null : { ms: afterSound, timing: "slow" };
}

function onwards(from: Arrival, { id, exits }: FlowNode): Arrival[] {
  return exits.flatMap((exit) => {
    const longest = longestAt(exit, from.ms);
    if (exit.target === null || longest === null) return [];
    const step = { applet: id, exit: exit.name, timing: longest.timing };
    return [{ applet: exit.target, ms: longest.ms, by: { from, step } }];
  });
}

function told(arrival: Arrival, { id, times }: FlowNode, { ms, exit, timing }: Silence): WorstCase {
  const because = exit === null ? times.silentBecause : `So long may it take to come to the exit "${exit}".`;
  return { ms, path: pathOf(arrival), applet: id, exit, timing, because };
}

/** What comes before the last sound may as well go fast. */
function pathOf(arrival: Arrival): readonly PathStep[] {
  const path: PathStep[] = [];
  for (let { by } = arrival; by !== null; by = by.from.by) path.unshift(by.step);
  const heardLast = path.findLastIndex(({ timing }) => timing !== "silent");
  return path.map((step, i) => (i < heardLast ? { ...step, timing: "fast" } : step));
}
