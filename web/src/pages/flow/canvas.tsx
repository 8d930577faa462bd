// oxlint-disable-next-line import/no-unassigned-import -- a style sheet
import "@xyflow/react/dist/style.css";
import type { Connection, Edge, Node, NodeChange } from "@xyflow/react";
import { Background, Controls, MarkerType, ReactFlow, useReactFlow } from "@xyflow/react";
import { Workflow } from "lucide-react";
import { useEffect, useMemo } from "react";
import { Empty } from "../../ui/states.tsx";
import { AppletNode, ENTRY, NEW_KEY } from "./applet-node.tsx";
import styles from "./canvas.module.css";
import { exitsOf, freeKey, keysField } from "./catalogue.ts";
import type { Editor, ExitRef } from "./editor.ts";
import { refusalOf, useEditor } from "./editor.ts";
import type { FlowDraft } from "./document.ts";
import type { PlacedApplet } from "./layout.ts";
import { NODE_WIDTH, placeApplets } from "./layout.ts";

const nodeTypes = { applet: AppletNode };
const FIT = { padding: 0.12, maxZoom: 1 };

/** The flow as a picture: applets in layers, lines from their exits. */
export function Canvas() {
  const editor = useEditor();
  const { flow, selected, line, isReadOnly } = editor;
  const applets = useMemo(() => placeApplets(flow), [flow]);
  const nodes = useMemo(() => applets.map((each) => nodeOf(each, selected)), [applets, selected]);
  const edges = useMemo(() => applets.flatMap((each) => edgesOf(each, line)), [applets, line]);
  if (applets.length === 0)
    return (
      <div className={styles["canvas"]}>
        <Empty icon={Workflow} title="Nothing happens yet">
          {isReadOnly ? "This flow has no applet." : "Add the first applet: calls start there."}
        </Empty>
      </div>
    );
  return (
    <div className={styles["canvas"]}>
      <ReactFlow
        aria-label="Flow"
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        onNodesChange={(changes) => selectChanged(editor, changes)}
        onEdgeClick={(_, edge) => editor.selectLine(exitOfEdge(edge))}
        onPaneClick={() => editor.select([])}
        onConnect={(connection) => connect(editor, connection)}
        isValidConnection={(connection) => mayConnect(editor, connection)}
        nodesDraggable={false}
        nodesConnectable={!isReadOnly}
        deleteKeyCode={null}
        fitView
        fitViewOptions={FIT}
        minZoom={0.15}
        maxZoom={1.5}
        proOptions={{ hideAttribution: true }}
      >
        <Background gap={20} className={styles["grid"] ?? ""} />
        <Controls showInteractive={false} fitViewOptions={FIT} />
        <Follow applets={applets} />
      </ReactFlow>
    </div>
  );
}

/** Keeps the whole flow in sight when its outline changes: a line can move every applet. */
function Follow({ applets }: { readonly applets: readonly PlacedApplet[] }) {
  const { fitView } = useReactFlow();
  const ids = applets.map(({ id }) => id).join(" ");
  const width = Math.max(...applets.map(({ x }) => x));
  const height = Math.max(...applets.map((each) => each.y + each.height));
  useEffect(() => void fitView(FIT), [fitView, ids, width, height]);
  return null;
}

function nodeOf({ id, x, y, height }: PlacedApplet, selected: readonly string[]): Node {
  const size = { width: NODE_WIDTH, height };
  return {
    id,
    type: "applet",
    position: { x, y },
    data: {},
    selected: selected.includes(id),
    ...size,
    measured: size,
    ariaRole: "button",
  };
}

function edgesOf({ id, exits }: PlacedApplet, line: ExitRef | null): Edge[] {
  return exits.flatMap(({ name, title, target, standIn, path }) => {
    const to = target ?? standIn?.target;
    if (to === undefined) return [];
    const isChosen = line?.applet === id && line.path.join(".") === path.join(".");
    return {
      id: `${id}:${name}`,
      source: id,
      sourceHandle: name,
      target: to,
      targetHandle: ENTRY,
      selected: isChosen,
      data: { path },
      ariaLabel: `${title} of ${id} leads to ${to}`,
      ...(target === null ? { className: styles["standIn"] ?? "" } : {}),
      markerEnd: { type: MarkerType.ArrowClosed, color: "context-stroke" },
    };
  });
}

function exitOfEdge({ source, data }: Edge): ExitRef | null {
  const path: unknown = data?.["path"];
  return Array.isArray(path) ? { applet: source, path: path.map(String) } : null;
}

function selectChanged(editor: Editor, changes: readonly NodeChange[]): void {
  const chosen = new Set(editor.selected);
  const selections = changes.filter((change) => change.type === "select");
  if (selections.length === 0) return;
  for (const { id, selected } of selections)
    if (selected) chosen.add(id);
    else chosen.delete(id);
  editor.select([...chosen]);
}

/** The exit that a line was drawn from. */
function exitOf(flow: FlowDraft, { source, sourceHandle }: Connection | Edge): ExitRef | null {
  const applet = flow.applets[source];
  if (applet === undefined) return null;
  if (sourceHandle !== NEW_KEY) {
    const exit = exitsOf(applet).find(({ name }) => name === sourceHandle);
    return exit === undefined ? null : { applet: source, path: exit.path };
  }
  const [field, key] = [keysField(applet.type), freeKey(applet)];
  return field === null || key === null ? null : { applet: source, path: [...field.path.split("."), key] };
}

function connect(editor: Editor, connection: Connection): void {
  const exit = exitOf(editor.flow, connection);
  if (exit !== null) editor.lead(exit, connection.target);
}

function mayConnect({ flow }: Editor, connection: Connection | Edge): boolean {
  const exit = exitOf(flow, connection);
  return exit !== null && connection.targetHandle === ENTRY && refusalOf(flow, exit, connection.target) === null;
}
