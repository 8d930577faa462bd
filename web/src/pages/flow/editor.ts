import { createContext, useContext, useMemo, useReducer, useState } from "react";
import { readFlow } from "../../../../src/core/flow/flow.ts";
import { say, sayFailure } from "../../ui/toast.tsx";
import { exitsOf, newApplet, withTarget } from "./catalogue.ts";
import type { AppletDraft, Copied, FlowDraft, Path } from "./document.ts";
import { freeId, withApplet, withChanged, withCopies, withId, withoutApplets } from "./document.ts";
import type { AppletFinding, Finding } from "./findings.ts";
import { historyOf, historyStep } from "./history.ts";

/** An exit of an applet: where it stands. */
export interface ExitRef {
  readonly applet: string;
  readonly path: Path;
}

/** What can be done to the flow on the screen. Every change is one step that can be undone. */
export interface Editor {
  readonly flow: FlowDraft;
  readonly isReadOnly: boolean;
  readonly findings: readonly (Finding | AppletFinding)[];
  readonly selected: readonly string[];
  /** The exit whose line was chosen; null: none. */
  readonly line: ExitRef | null;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly select: (ids: readonly string[]) => void;
  readonly selectLine: (exit: ExitRef | null) => void;
  /** `about`: changes about the same that follow each other are one step. */
  readonly change: (to: FlowDraft, about?: string) => void;
  readonly undo: () => void;
  readonly redo: () => void;
  /** Adds an applet, as the next one of an exit if one is given. */
  readonly add: (type: string, from?: ExitRef) => void;
  readonly edit: (id: string, change: (applet: AppletDraft) => AppletDraft, about?: string) => void;
  /** Leads an exit to an applet, or nowhere. Refused with a message if the call would go round for ever. */
  readonly lead: (exit: ExitRef, target: string | null) => void;
  readonly rename: (from: string, to: string) => void;
  readonly remove: (ids: readonly string[]) => void;
  readonly copy: (ids: readonly string[]) => void;
  readonly paste: () => void;
}

export const EditorContext = createContext<Editor | null>(null);

/** The editor around the component. */
export function useEditor(): Editor {
  const editor = useContext(EditorContext);
  if (editor === null) throw new Error("there is no editor around this component");
  return editor;
}

/** Applets that were copied, in whichever flow; they outlive the page. */
let clipboard: Copied = {};

type Base = Pick<Editor, "flow" | "isReadOnly" | "canUndo" | "canRedo" | "change" | "undo" | "redo">;

/** The editor of a document. `findings` are added by {@link EditorContext}'s provider. */
export function useFlowEditor(initial: FlowDraft, isReadOnly: boolean): Omit<Editor, "findings"> {
  const [{ present: flow, past, future }, dispatch] = useReducer(historyStep, initial, historyOf);
  const [selected, setSelected] = useState<readonly string[]>([]);
  const [line, selectLine] = useState<ExitRef | null>(null);
  return useMemo(() => {
    const base: Base = {
      flow,
      isReadOnly,
      canUndo: past.length > 0,
      canRedo: future.length > 0,
      change: (to, about) => {
        if (!isReadOnly) dispatch({ do: "change", to, ...(about === undefined ? {} : { about }) });
      },
      undo: () => dispatch({ do: "undo" }),
      redo: () => dispatch({ do: "redo" }),
    };
    const select = (ids: readonly string[]): void => {
      setSelected(ids);
      selectLine(null);
    };
    const existing = selected.filter((id) => Object.hasOwn(flow.applets, id));
    return { ...base, selected: existing, line, select, selectLine, ...edits(base, select), ...copying(base, select) };
  }, [flow, isReadOnly, past.length, future.length, selected, line]);
}

type Select = (ids: readonly string[]) => void;

function edits({ flow, change }: Base, select: Select): Pick<Editor, "add" | "edit" | "lead" | "rename" | "remove"> {
  return {
    add: (type, from) => {
      const id = freeId(flow, type);
      const added = withApplet(flow, id, newApplet(type));
      change(from === undefined ? added : led(added, from, id));
      select([id]);
    },
    edit: (id, edit, about) => change(withChanged(flow, id, edit), about),
    lead: (exit, target) => {
      const next = led(flow, exit, target);
      const reason = target === null ? null : loopIn(next, flow);
      // Arrow keys go through a list of targets: one step.
      if (reason === null) change(next, `${exit.applet} leads ${exit.path.join(".")}`);
      else sayFailure("This exit can't lead there", new Error(reason));
    },
    rename: (from, to) => {
      change(withId(flow, from, to, exitsOf));
      select([to]);
    },
    remove: (ids) => {
      if (ids.length === 0) return;
      change(withoutApplets(flow, ids, exitsOf));
      select([]);
    },
  };
}

function copying({ flow, change }: Base, select: Select): Pick<Editor, "copy" | "paste"> {
  return {
    copy: (ids) => {
      const applets = ids.flatMap((id) => (flow.applets[id] === undefined ? [] : [[id, flow.applets[id]] as const]));
      if (applets.length === 0) return;
      clipboard = Object.fromEntries(applets);
      say(applets.length === 1 ? `Copied “${ids[0] ?? ""}”` : `Copied ${applets.length} applets`);
    },
    paste: () => {
      if (Object.keys(clipboard).length === 0) return;
      const pasted = withCopies(flow, clipboard, exitsOf);
      change(pasted.flow);
      select(pasted.ids);
    },
  };
}

function led(flow: FlowDraft, { applet, path }: ExitRef, target: string | null): FlowDraft {
  return withChanged(flow, applet, (document) => withTarget(document, path, target));
}

/** APP-9: why an exit may not lead to an applet; null: it may. */
export function refusalOf(flow: FlowDraft, exit: ExitRef, target: string): string | null {
  return loopIn(led(flow, exit, target), flow);
}

function loopIn(next: FlowDraft, before: FlowDraft): string | null {
  const loops = (flow: FlowDraft): readonly string[] =>
    readFlow({ flow: "0", ...flow }).problems.flatMap(({ rule, message }) => (rule === "APP-9" ? [message] : []));
  const known = loops(before);
  const found = loops(next).find((each) => !known.includes(each));
  return found === undefined ? null : `The call ${found}.`;
}
