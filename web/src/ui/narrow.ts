import { useSyncExternalStore } from "react";

/** As in the style sheets: below this, a phone. */
const query = window.matchMedia("(max-width: 640px)");

/** Whether there is room for one column only. */
export function useNarrow(): boolean {
  return useSyncExternalStore(listen, () => query.matches);
}

function listen(listener: () => void): () => void {
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}
