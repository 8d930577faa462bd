import type { Models } from "../../api/client.ts";
import styles from "./dialogs.module.css";

interface ChangeListProps {
  readonly changes: readonly Pick<Models["FlowDiff"]["changes"][number], "kind" | "message">[];
  readonly none: string;
}

/** Differences between two states of a flow, in terms of the flow. */
export function ChangeList({ changes, none }: ChangeListProps) {
  if (changes.length === 0) return <p className={styles["quiet"]}>{none}</p>;
  return (
    <ul className={styles["changes"]}>
      {changes.map(({ kind, message }) => (
        <li key={message} data-kind={kind}>
          {message}
        </li>
      ))}
    </ul>
  );
}
