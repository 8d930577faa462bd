import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { useNavigationPages } from "./navigation.tsx";

interface ShortcutActions {
  readonly onCommand: () => void;
  readonly onHelp: () => void;
}

/** ms within which the letter must follow the G. */
const FOLLOWS_MS = 1200;

/** Keys that work on every page: Ctrl K, /, ?, and G with the letter of a page. Not while something is being typed. */
export function useShortcuts({ onCommand, onHelp }: ShortcutActions): void {
  const pages = useNavigationPages();
  const navigate = useNavigate();
  useEffect(() => {
    let wentAt = -Infinity;
    const press = (event: KeyboardEvent): void => {
      const key = event.key.toLowerCase();
      if ((event.ctrlKey || event.metaKey) && key === "k") return act(event, onCommand);
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return undefined;
      if (key === "/") return act(event, onCommand);
      if (key === "?") return act(event, onHelp);
      const page =
        event.timeStamp - wentAt < FOLLOWS_MS ? pages.find(({ letter }) => letter?.toLowerCase() === key) : undefined;
      wentAt = key === "g" ? event.timeStamp : -Infinity;
      return page === undefined ? undefined : act(event, () => void navigate({ to: page.to }));
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [pages, navigate, onCommand, onHelp]);
}

function act(event: KeyboardEvent, action: () => void): undefined {
  event.preventDefault();
  action();
}

/** Whether keys belong to a field or an open window. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest("input, textarea, select, [contenteditable], [role=dialog], [role=menu]") !== null
  );
}
