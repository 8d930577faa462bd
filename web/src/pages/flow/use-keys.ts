import { useEffect } from "react";
import type { Editor } from "./editor.ts";
import { removeChosen } from "./flow-toolbar.tsx";

/** The keys of the builder. Those that mean something in a field of text are left to it. */
export function useKeys(editor: Editor, save: () => void): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      const action = actionOf(event, editor, save);
      if (action === null || (isTyping(event.target) && event.key.toLowerCase() !== "s")) return;
      event.preventDefault();
      action();
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  });
}

function actionOf(event: KeyboardEvent, editor: Editor, save: () => void): (() => void) | null {
  const { ctrlKey, metaKey, shiftKey, altKey } = event;
  const key = event.key.toLowerCase();
  if (altKey || isInWindow(event.target)) return null;
  if ((key === "delete" || key === "backspace") && isOnCanvas(event.target)) return () => removeChosen(editor);
  if (key === "escape") return () => editor.select([]);
  if (!ctrlKey && !metaKey) return null;
  if (key === "z") return shiftKey ? editor.redo : editor.undo;
  if (key === "y") return editor.redo;
  if (key === "s") return save;
  if (key === "v") return editor.paste;
  // A text that is marked on the page is what is meant.
  if (key === "c" && String(getSelection()) === "") return () => editor.copy(editor.selected);
  return null;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select") !== null;
}

/** On a button Delete means nothing. */
function isOnCanvas(target: EventTarget | null): boolean {
  return target === document.body || (target instanceof Element && target.closest(".react-flow") !== null);
}

/** A window above the page keeps the focus, and has keys of its own. */
function isInWindow(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("[role=dialog], [role=menu]") !== null;
}
