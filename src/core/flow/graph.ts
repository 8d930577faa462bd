import { appletKind } from "../applets/registry.ts";
import { type AppletExit, type AppletTimes, DIALS_NOBODY } from "../call/applet.ts";
import type { Timing } from "../call/example-script.ts";
import type { AppletDocument, Flow, GroupSizes } from "../call/setup.ts";

/** One applet of a flow with what its kind says about it. */
export interface FlowNode {
  readonly id: string;
  readonly document: AppletDocument;
  readonly exits: readonly AppletExit[];
  readonly times: AppletTimes;
}

/** One step of a path: the exit by which an applet is left, and how fast the applet was passed. */
export interface PathStep {
  readonly applet: string;
  readonly exit: string;
  readonly timing: Timing;
}

/** A flow as applets and the exits between them. */
export type FlowGraph = ReadonlyMap<string, FlowNode>;

const NO_TIME: AppletTimes = { ...DIALS_NOBODY, silenceMs: 0, silentBecause: "" };

/** `groups` null: the account is not known. */
export function graphOf(applets: Flow["applets"], groups: GroupSizes | null): FlowGraph {
  return new Map(
    Object.entries(applets).map(([id, document]): [string, FlowNode] => {
      const kind = appletKind(document.type);
      const exits = kind?.exits(document) ?? [];
      return [id, { id, document, exits, times: kind?.times(document, groups) ?? NO_TIME }];
    }),
  );
}

/** Whether a path may use this exit. */
export type MayTake = (applet: string, exit: string) => boolean;

/** Where a path has arrived. `selected`: a case may have been selected for a Switch (APP-5). */
interface Place {
  readonly node: FlowNode;
  readonly selected: boolean;
  readonly path: readonly PathStep[];
}

/** The shortest paths from `start` to every applet that a call can reach, shortest first; that of the start is empty. */
function* placesFrom(graph: FlowGraph, start: string, mayTake: MayTake): Generator<Place, void, void> {
  const first = graph.get(start);
  const places = new Map<string, Place>();
  const add = (place: Place): void => {
    const key = `${place.node.id}\n${place.selected}`;
    if (!places.has(key)) places.set(key, place);
  };
  if (first !== undefined) add({ node: first, selected: false, path: [] });
  // The map grows while it is iterated: breadth first.
  for (const place of places.values()) {
    yield place;
    const { node, path } = place;
    for (const exit of node.exits) {
      const next = exit.target === null ? undefined : graph.get(exit.target);
      if (next === undefined || !isOpenTo(exit, place) || !mayTake(node.id, exit.name)) continue;
      const selected = exit.selection === "given" || (place.selected && exit.selection !== "dropped");
      add({ node: next, selected, path: [...path, { applet: node.id, exit: exit.name, timing: "fast" }] });
    }
  }
}

/** An exit that is never taken leads nowhere, and neither does a case that cannot have been selected. */
function isOpenTo(exit: AppletExit, { selected }: Pick<Place, "selected">): boolean {
  return isEverTaken(exit) && (selected || exit.selection !== "needed");
}

function isEverTaken({ silence }: AppletExit): boolean {
  return silence.afterSound !== null || silence.throughout !== null;
}

/** What calls can reach. */
export interface Reach {
  readonly applets: ReadonlySet<string>;
  /** Exits that can be taken, by applet. */
  readonly exits: ReadonlyMap<string, ReadonlySet<string>>;
}

export function reachFrom(graph: FlowGraph, start: string): Reach {
  const exits = new Map<string, Set<string>>();
  for (const place of placesFrom(graph, start, () => true)) {
    const { id } = place.node;
    const taken = exits.get(id) ?? new Set();
    exits.set(id, taken);
    for (const exit of place.node.exits) if (isOpenTo(exit, place)) taken.add(exit.name);
  }
  return { applets: new Set(exits.keys()), exits };
}

/** The shortest path from `start` to every applet that can be reached. */
export function pathsFrom(graph: FlowGraph, start: string): ReadonlyMap<string, readonly PathStep[]> {
  const paths = new Map<string, readonly PathStep[]>();
  for (const { node, path } of placesFrom(graph, start, () => true)) if (!paths.has(node.id)) paths.set(node.id, path);
  return paths;
}

/** The end of a path: an applet and its exit; null: the path ends when the applet is entered. */
export interface PathEnd {
  readonly applet: string;
  readonly exit: string | null;
}

/**
 * Paths from `start` to an applet, without the exit at their end: the shortest, then the shortest that avoids one of its
 * steps, for each step. That is enough to avoid an exit that some call cannot take.
 */
export function* pathsTo(
  graph: FlowGraph,
  start: string,
  end: PathEnd,
  mayTake: MayTake,
): Generator<readonly PathStep[], void, void> {
  const shortest = shortestTo(graph, start, end, mayTake);
  if (shortest === null) return;
  yield shortest;
  for (const avoided of shortest) {
    const others: MayTake = (applet, exit) => {
      return mayTake(applet, exit) && !(applet === avoided.applet && exit === avoided.exit);
    };
    const path = shortestTo(graph, start, end, others);
    if (path !== null) yield path;
  }
}

function shortestTo(graph: FlowGraph, start: string, end: PathEnd, mayTake: MayTake): readonly PathStep[] | null {
  for (const place of placesFrom(graph, start, mayTake)) {
    const { node, path } = place;
    if (node.id !== end.applet) continue;
    const exit = end.exit === null ? undefined : node.exits.find(({ name }) => name === end.exit);
    if (exit === undefined || isOpenTo(exit, place)) return path;
  }
  return null;
}

/**
 * APP-9: the loops that a call could run without waiting, since no exit on them waits for the caller or the network. Each is the
 * ids in order, the first not repeated; of loops that share applets one is reported.
 */
export function busyLoops(graph: FlowGraph): readonly (readonly string[])[] {
  const loops: (readonly string[])[] = [];
  const done = new Set<string>();
  const visit = (id: string, trail: readonly string[]): void => {
    const at = trail.indexOf(id);
    if (at >= 0) {
      loops.push(trail.slice(at));
      return;
    }
    if (done.has(id)) return;
    const here = [...trail, id];
    for (const { target } of immediateExits(graph, id)) if (target !== null) visit(target, here);
    done.add(id);
  };
  for (const id of graph.keys()) visit(id, []);
  return loops;
}

function immediateExits(graph: FlowGraph, id: string): readonly AppletExit[] {
  return graph.get(id)?.exits.filter((exit) => !exit.waits && isEverTaken(exit)) ?? [];
}

/** APP-9: once round a loop of {@link busyLoops}, starting at the applet `first`. */
export function loopFrom(graph: FlowGraph, loop: readonly string[], first: string): readonly PathStep[] {
  const at = Math.max(loop.indexOf(first), 0);
  const order = [...loop.slice(at), ...loop.slice(0, at)];
  return order.flatMap((applet, i) => {
    const next = order[(i + 1) % order.length];
    const exits = immediateExits(graph, applet).filter(({ target }) => target === next);
    // A case would have to be selected before.
    const exit = exits.find(({ selection }) => selection !== "needed") ?? exits[0];
    return exit === undefined ? [] : [{ applet, exit: exit.name, timing: "fast" as const }];
  });
}
