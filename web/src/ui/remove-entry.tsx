import type { ReactNode } from "react";
import type { Entry, EntryKind } from "../api/entries.ts";
import { useEntryWrites } from "../api/entries.ts";
import { FormDialog } from "./dialog.tsx";
import { say } from "./toast.tsx";

interface RemoveEntryProps {
  readonly kind: EntryKind;
  /** Null: none is asked about. */
  readonly entry: Entry | null;
  /** What it is called, such as `the trunk`. */
  readonly noun: string;
  /** What happens then. */
  readonly consequence: ReactNode;
  readonly onClose: () => void;
  readonly onRemoved?: () => void;
}

/** Asks before an entry of the configuration is removed; refused by the platform while something refers to it. */
export function RemoveEntry({ kind, entry, noun, consequence, onClose, onRemoved }: RemoveEntryProps) {
  const { remove } = useEntryWrites(kind);
  const submit = async (): Promise<void> => {
    if (entry === null) return;
    await remove(entry);
    say(`${entry.name} deleted`);
    onRemoved?.();
  };
  return (
    <FormDialog
      open={entry !== null}
      onClose={onClose}
      title={`Delete ${noun} ${entry?.name ?? ""}`}
      description={consequence}
      verb="Delete"
      danger
      onSubmit={submit}
    />
  );
}
