import { useLocation } from "@tanstack/react-router";
import { useEffect } from "react";
import type { TraceEntry } from "../../../../src/core/call/trace.ts";
import { timelineEntry } from "../../../../src/tools/simulator/timeline.ts";
import { momentText } from "../../ui/format.tsx";
import { Rules } from "../../ui/rule.tsx";
import styles from "./trace-list.module.css";

/** Everything that happened, as the command line and the simulator say it. */
export function TraceList({ trace }: { readonly trace: readonly TraceEntry[] }) {
  const { hash } = useLocation();
  useEffect(() => {
    if (hash.startsWith("entry-")) document.getElementById(hash)?.scrollIntoView({ block: "center" });
  }, [hash]);
  return (
    <ol className={styles["entries"]}>
      {trace.map((entry) => {
        const { what, rule } = timelineEntry(entry);
        const isChosen = hash === `entry-${entry.seq}`;
        return (
          <li key={entry.seq} id={`entry-${entry.seq}`} aria-current={isChosen ? "true" : undefined}>
            <span className={styles["moment"]}>{momentText(entry.at_ms)}</span>
            <span className={what.startsWith("  ") ? styles["detail"] : undefined}>
              {what.trim()}
              <Rules of={[rule]} />
            </span>
          </li>
        );
      })}
    </ol>
  );
}
