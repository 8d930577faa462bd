import type { FlowDraft } from "./document.ts";

/** The document, and what undo and redo lead to. */
export interface History {
  readonly past: readonly FlowDraft[];
  readonly present: FlowDraft;
  readonly future: readonly FlowDraft[];
  /** What the last change was about: the next one about the same is one step with it. */
  readonly about: string | null;
}

export type HistoryAction =
  | { readonly do: "change"; readonly to: FlowDraft; readonly about?: string | null }
  | { readonly do: "undo" }
  | { readonly do: "redo" };

/** Steps that can be undone; a document has some 100 kB at most. */
const MAX_STEPS = 200;

export function historyOf(present: FlowDraft): History {
  return { past: [], present, future: [], about: null };
}

/** Letters typed into one field are one step. */
export function historyStep(history: History, action: HistoryAction): History {
  const { past, present, future } = history;
  switch (action.do) {
    case "change": {
      const { to, about = null } = action;
      if (to === present) return history;
      if (about !== null && about === history.about) return { ...history, present: to, future: [] };
      return { past: [...past, present].slice(-MAX_STEPS), present: to, future: [], about };
    }
    case "undo": {
      const last = past.at(-1);
      return last === undefined
        ? history
        : { past: past.slice(0, -1), present: last, future: [present, ...future], about: null };
    }
    case "redo":
    default: {
      const [next, ...rest] = future;
      return next === undefined ? history : { past: [...past, present], present: next, future: rest, about: null };
    }
  }
}
