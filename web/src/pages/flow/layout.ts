import { graphlib, layout } from "@dagrejs/dagre";
import type { FlowDraft } from "./document.ts";
import type { BuilderExit } from "./catalogue.ts";
import { exitsOf, keysField } from "./catalogue.ts";

/** px; as in the style sheet of the nodes. */
export const NODE_WIDTH = 248;
const HEAD_HEIGHT = 58;
const EXIT_HEIGHT = 28;
const NODE_PADDING = 8;
const BETWEEN_LAYERS = 88;
const BETWEEN_NODES = 32;

/** Where an applet is drawn, and what it shows. */
export interface PlacedApplet {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly height: number;
  readonly exits: readonly BuilderExit[];
}

/** Places the applets in layers from left to right, so that calls go to the right. */
export function placeApplets(flow: FlowDraft): readonly PlacedApplet[] {
  const graph = new graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", ranksep: BETWEEN_LAYERS, nodesep: BETWEEN_NODES });
  graph.setDefaultEdgeLabel(() => ({}));
  const applets = Object.entries(flow.applets).map(([id, applet]) => {
    const exits = exitsOf(applet);
    const rows = exits.length + (keysField(applet.type) === null ? 0 : 1);
    return { id, exits, height: HEAD_HEIGHT + rows * EXIT_HEIGHT + (rows === 0 ? 0 : NODE_PADDING) };
  });
  for (const { id, height } of startFirst(applets, flow.start)) graph.setNode(id, { width: NODE_WIDTH, height });
  for (const { id, exits } of applets)
    for (const { name, target } of exits)
      if (target !== null && graph.hasNode(target) && target !== id) graph.setEdge(id, target, {}, name);
  layout(graph);
  return applets.map((applet) => {
    const { x, y } = graph.node(applet.id);
    return { ...applet, x: x - NODE_WIDTH / 2, y: y - applet.height / 2 };
  });
}

/** Loops are opened where the walk began: the applet that calls start with stays at the left. */
function startFirst<T extends { readonly id: string }>(applets: readonly T[], start: string): readonly T[] {
  return [...applets].sort((a, b) => Number(b.id === start) - Number(a.id === start));
}
