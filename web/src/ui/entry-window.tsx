import { useState } from "react";
import type { Entry } from "../api/entries.ts";
import { Dialog } from "./dialog.tsx";
import type { EntryLook } from "./entry-form.tsx";
import { EntryForm } from "./entry-form.tsx";
import styles from "./entry-form.module.css";
import { say } from "./toast.tsx";

interface EntryWindowProps {
  readonly look: EntryLook;
  /** What one is called, such as `user`. */
  readonly noun: string;
  /** `new`: a new one; null: closed. */
  readonly of: Entry | "new" | null;
  readonly onClose: () => void;
}

/** The form of an entry in a window. */
export function EntryWindow({ look, noun, of, onClose }: EntryWindowProps) {
  // Stays while the window fades.
  const [last, setLast] = useState(of);
  if (of !== null && of !== last) setLast(of);
  const entry = last === "new" ? null : last;
  const saved = (name: string): void => {
    onClose();
    say(entry === null ? `${name} added` : `${name} saved`, "The next call uses it.");
  };
  return (
    <Dialog open={of !== null} onClose={onClose} title={entry === null ? `Add a ${noun}` : `Change ${entry.name}`}>
      <div className={styles["window"]}>
        <EntryForm look={look} entry={entry} onSaved={saved} onCancel={onClose} />
      </div>
    </Dialog>
  );
}
