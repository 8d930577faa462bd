import { appletKind } from "../applets/registry.ts";
import type { AppletExit, AppletTimes } from "../call/applet.ts";
import type { AppletDocument, Flow } from "../call/setup.ts";

/** One applet of a flow with what its kind says about it. */
export interface FlowNode {
  readonly id: string;
  readonly document: AppletDocument;
  readonly exits: readonly AppletExit[];
  readonly times: AppletTimes;
}

/** One step of a walk: the exit by which an applet is left. */
export interface Stride {
  readonly applet: string;
  readonly exit: string;
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

/** The shortest walk from `start` to every applet that can be reached; the start's is empty. */
export function walksFrom(graph: FlowGraph, start: string): ReadonlyMap<string, readonly Stride[]> {
  const walks = new Map<string, readonly Stride[]>(graph.has(start) ? [[start, []]] : []);
  // The map grows while it is walked through: breadth first.
  for (const [id, walk] of walks) {
    for (const { name, target } of graph.get(id)?.exits ?? []) {
      if (target !== null && graph.has(target) && !walks.has(target)) {
        walks.set(target, [...walk, { applet: id, exit: name }]);
      }
    }
  }
  return walks;
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
