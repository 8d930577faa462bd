import type { Flow } from "../call/setup.ts";
import { type FlowGraph, type FlowNode, graphOf, spinningCircles, type Stride, walksFrom } from "./graph.ts";
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
    return { path: ["applets", circle[0] ?? ""], found, allowed, message };
  });
}

/** Proves what can be proved of a parsed flow: what is never reached, what leads nowhere, how long callers may wait. */
export function proveFlow(flow: Flow): FlowProofs {
  const graph = graphOf(flow.applets);
  const walks = walksFrom(graph, flow.start);
  return {
    warnings: [...unreachable(graph, walks), ...deadEnds(graph, walks)],
    longestRinging: longestRinging(graph, walks),
    longestSilence: longestSilence(graph, flow.start),
  };
}

type Walks = ReadonlyMap<string, readonly Stride[]>;

function unreachable(graph: FlowGraph, walks: Walks): FlowWarning[] {
  return [...graph.keys()]
    .filter((id) => !walks.has(id))
    .map((id) => {
      return { rule: "EXIT-6", path: ["applets", id], message: `No exit leads to "${id}": it is never run.` };
    });
}

function deadEnds(graph: FlowGraph, walks: Walks): FlowWarning[] {
  return [...graph.values()]
    .filter(({ id }) => walks.has(id))
    .flatMap(({ id, exits }) =>
      exits
        .filter(({ target, optional }) => target === null && !optional)
        .map(({ label, path }) => {
          const message = `No applet is set for "${label}" of "${id}": the call is hung up there.`;
          return { rule: "EXIT-5", path: ["applets", id, ...path], message };
        }),
    );
}

function longestRinging(graph: FlowGraph, walks: Walks): WorstCase | null {
  let worst: WorstCase | null = null;
  for (const [applet, walk] of walks) {
    const times = graph.get(applet)?.times;
    if (times === undefined || times.ringMs <= (worst?.ms ?? 0)) continue;
    worst = { ms: times.ringMs, walk, applet, exit: null, because: times.because };
  }
  return worst;
}

/** Walks tried in search of the longest silence: flows people draw need a few hundred. */
const MAX_WALKS = 20_000;

/**
 * Silence adds up over applets that make no sound. Every walk without a repeated applet is tried, from the start and from
 * every exit behind which the caller has just heard something.
 */
function longestSilence(graph: FlowGraph, start: string): WorstCase | null {
  let worst: WorstCase | null = null;
  let left = MAX_WALKS;
  const note = (found: WorstCase): void => {
    if (found.ms > (worst?.ms ?? 0)) worst = found;
  };
  const visit = (node: FlowNode, before: number, walk: readonly Stride[]): void => {
    left -= 1;
    if (left < 0) return;
    const here = { walk, applet: node.id };
    note({ ...here, ms: before + node.times.silenceMs, exit: null, because: node.times.because });
    for (const { name, target, silence } of node.exits) {
      const ms = (silence.through ? before : 0) + silence.ms;
      note({ ...here, ms, exit: name, because: `So long may it take to come to the exit "${name}".` });
      const next = target === null ? undefined : graph.get(target);
      const stride = { applet: node.id, exit: name };
      if (next !== undefined && !walk.some((each) => each.applet === target)) visit(next, ms, [...walk, stride]);
    }
  };
  const first = graph.get(start);
  if (first !== undefined) visit(first, 0, []);
  return worst;
}
