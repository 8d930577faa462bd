import type { NodeProps } from "@xyflow/react";
import { Handle, Position, useUpdateNodeInternals } from "@xyflow/react";
import { CircleAlert, CornerDownRight, Plus, TriangleAlert } from "lucide-react";
import { useEffect } from "react";
import { Tag } from "../../ui/badge.tsx";
import { classes } from "../../ui/classes.ts";
import styles from "./applet-node.module.css";
import type { BuilderExit } from "./catalogue.ts";
import { exitsOf, formOf, freeKey } from "./catalogue.ts";
import { useEditor } from "./editor.ts";
import type { AppletFinding } from "./findings.ts";
import { isAppletFinding, isAt } from "./findings.ts";

/** The handle that calls arrive at, and the one that makes a new exit. */
export const ENTRY = "in";
export const NEW_KEY = "+";

/** An applet on the canvas: its kind, its id, an exit a line, and what is wrong with it. */
export function AppletNode({ id, selected }: NodeProps) {
  const { flow, findings, isReadOnly } = useEditor();
  const applet = flow.applets[id];
  const exits = applet === undefined ? [] : exitsOf(applet);
  const names = exits.map(({ name }) => name).join(" ");
  const update = useUpdateNodeInternals();
  useEffect(() => update(id), [update, id, names]);
  if (applet === undefined) return null;
  const own = findings.filter(isAppletFinding).filter((each) => each.applet === id);
  const key = isReadOnly ? null : freeKey(applet);
  return (
    <div className={classes(styles["node"], selected && styles["selected"], toneOf(own))}>
      <Handle id={ENTRY} type="target" position={Position.Left} className={styles["entry"] ?? ""} />
      <header className={styles["head"]}>
        <strong>{formOf(applet.type)?.title ?? `Unknown: ${applet.type}`}</strong>
        <Marks findings={own} isStart={flow.start === id} />
        <code>{id}</code>
      </header>
      {exits.length === 0 && key === null ? null : (
        <ul className={styles["exits"]}>
          {exits.map((exit) => (
            <ExitLine key={exit.name} exit={exit} findings={own} />
          ))}
          {key === null ? null : (
            <li className={styles["new"]}>
              <Plus size={12} aria-hidden="true" /> {key}
              <Handle id={NEW_KEY} type="source" position={Position.Right} className={styles["exit"] ?? ""} />
            </li>
          )}
        </ul>
      )}
    </div>
  );
}

function toneOf(findings: readonly AppletFinding[]): string | undefined {
  if (findings.some(({ level }) => level === "error")) return styles["bad"];
  return findings.length === 0 ? undefined : styles["warn"];
}

function Marks({ findings, isStart }: { readonly findings: readonly AppletFinding[]; readonly isStart: boolean }) {
  const errors = findings.filter(({ level }) => level === "error").length;
  const warnings = findings.length - errors;
  return (
    <span className={styles["marks"]}>
      {isStart ? <Tag tone="info">start</Tag> : null}
      {errors === 0 ? null : (
        <Tag tone="bad">
          <CircleAlert size={11} aria-hidden="true" />
          {errors}
          <span className="visually-hidden">{errors === 1 ? "mistake" : "mistakes"}</span>
        </Tag>
      )}
      {warnings === 0 ? null : (
        <Tag tone="warn">
          <TriangleAlert size={11} aria-hidden="true" />
          {warnings}
          <span className="visually-hidden">{warnings === 1 ? "warning" : "warnings"}</span>
        </Tag>
      )}
    </span>
  );
}

function ExitLine({ exit, findings }: { readonly exit: BuilderExit; readonly findings: readonly AppletFinding[] }) {
  const { name, title, target, standIn, path } = exit;
  const isWrong = findings.some((finding) => isAt(finding, path.join(".")));
  return (
    <li className={classes(target === null && styles["open"], isWrong && styles["wrong"])} data-exit={name}>
      <span title={title}>{title}</span>
      {standIn === null ? null : (
        <span className={styles["standIn"]} title={`Not set: goes on at “${standIn.title}”`}>
          <CornerDownRight size={12} aria-hidden="true" />
          <span className="visually-hidden">goes on at {standIn.title}</span>
        </span>
      )}
      <Handle id={name} type="source" position={Position.Right} className={styles["exit"] ?? ""} />
    </li>
  );
}
