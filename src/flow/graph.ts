import { appletKind } from "../applets/registry.ts";
import type { AppletExit, AppletTimes } from "../call/applet.ts";
import type { Pace } from "../call/rehearsal.ts";
import type { AppletDocument, Flow } from "../call/setup.ts";

/** One applet of a flow with what its kind says about it. */
export interface FlowNode {
  readonly id: string;
  readonly document: AppletDocument;
  readonly exits: readonly AppletExit[];
  readonly times: AppletTimes;
}

/** One step of a walk: the exit by which an applet is left, and how the applet was gone through. */
export interface Stride {
  readonly applet: string;
  readonly exit: string;
  readonly pace: Pace;
}

/** A flow as applets and the ways between them. */
export type FlowGraph = ReadonlyMap<string, FlowNode>;

const NO_TIME: AppletTimes = { ringMs: 0, silenceMs: 0, because: "" };

export function graphOf(applets: Flow["applets"]): FlowGraph {
  return new Map(
    Object.entries(applets).map(([id, document]): [string, FlowNode] => {
      const kind = appletKind(document.type);
      const exits = kind?.exits(document) ?? [];
      return [id, { id, document, exits, times: kind?.times(document) ?? NO_TIME }];
    }),
  );
}

/** Whether a way may be walked. */
export type MayWalk = (applet: string, exit: string) => boolean;

/** The shortest walk from `start` to every applet that can be reached; the start's is empty. */
export function walksFrom(
  graph: FlowGraph,
  start: string,
  mayWalk: MayWalk = () => true,
): ReadonlyMap<string, readonly Stride[]> {
  const walks = new Map<string, readonly Stride[]>(graph.has(start) ? [[start, []]] : []);
  // The map grows while it is walked through: breadth first.
  for (const [id, walk] of walks) {
    for (const { name, target } of graph.get(id)?.exits ?? []) {
      if (target === null || !graph.has(target) || walks.has(target) || !mayWalk(id, name)) continue;
      walks.set(target, [...walk, { applet: id, exit: name, pace: "brisk" }]);
    }
  }
  return walks;
}

/**
 * Walks from `start` to one applet: the shortest, then the shortest that avoids one of its steps, for each of them. Enough
 * to go round a way that this or that call cannot take.
 */
export function* walksTo(
  graph: FlowGraph,
  start: string,
  goal: string,
  mayWalk: MayWalk,
): Generator<readonly Stride[], void, void> {
  const shortest = walksFrom(graph, start, mayWalk).get(goal);
  if (shortest === undefined) return;
  yield shortest;
  for (const avoided of shortest) {
    const others = walksFrom(graph, start, (applet, exit) => {
      return mayWalk(applet, exit) && !(applet === avoided.applet && exit === avoided.exit);
    });
    const walk = others.get(goal);
    if (walk !== undefined) yield walk;
  }
}

/**
 * APP-9: the circles in which a call could spin, since no exit on them waits for the caller or the network. Each is the
 * ids in order, the first not repeated; circles that share applets are reported by one of them.
 */
export function spinningCircles(graph: FlowGraph): readonly (readonly string[])[] {
  const circles: (readonly string[])[] = [];
  const done = new Set<string>();
  const visit = (id: string, trail: readonly string[]): void => {
    const at = trail.indexOf(id);
    if (at >= 0) {
      circles.push(trail.slice(at));
      return;
    }
    if (done.has(id)) return;
    const here = [...trail, id];
    for (const { target, waits } of graph.get(id)?.exits ?? []) if (!waits && target !== null) visit(target, here);
    done.add(id);
  };
  for (const id of graph.keys()) visit(id, []);
  return circles;
}

/** APP-9: one way round a circle of {@link spinningCircles}, from the applet `first` on. */
export function lapFrom(graph: FlowGraph, circle: readonly string[], first: string): readonly Stride[] {
  const at = Math.max(circle.indexOf(first), 0);
  const order = [...circle.slice(at), ...circle.slice(0, at)];
  return order.flatMap((applet, i) => {
    const next = order[(i + 1) % order.length];
    const way = graph.get(applet)?.exits.find(({ target, waits }) => target === next && !waits);
    return way === undefined ? [] : [{ applet, exit: way.name, pace: "brisk" as const }];
  });
}
