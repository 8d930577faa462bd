import { diffDocuments } from "../../../../src/core/flow/diff.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ChangeList } from "./change-list.tsx";
import styles from "./dialogs.module.css";
import type { FlowDraft } from "./document.ts";

/** A draft that someone else saved since this page was opened. */
export interface Conflict {
  /** Null: the draft is gone, because it was published or discarded; `document` is what is published now. */
  readonly etag: string | null;
  readonly document: FlowDraft;
  readonly by: string;
}

interface ConflictDialogProps {
  readonly conflict: Conflict;
  readonly base: FlowDraft;
  readonly mine: FlowDraft;
  readonly onTakeTheirs: () => void;
  readonly onKeepMine: () => void;
  readonly onClose: () => void;
}

/** Both sets of changes side by side; nothing is overwritten before a person has decided. */
export function ConflictDialog({ conflict, base, mine, onTakeTheirs, onKeepMine, onClose }: ConflictDialogProps) {
  const theirs = diffDocuments(base, conflict.document);
  return (
    <Dialog
      open
      onClose={onClose}
      title="Someone else saved first"
      description={`${conflict.by} changed this flow since you opened it. Nothing of yours has been saved yet.`}
    >
      <div className={styles["content"]}>
        <h3>Their changes</h3>
        <ChangeList changes={theirs} none="Only the order or the wording of the document." />
        <h3>Your changes</h3>
        <ChangeList changes={diffDocuments(base, mine)} none="None." />
        <footer className={styles["foot"]}>
          <Button onClick={onClose}>Decide later</Button>
          <Button variant="danger" onClick={onKeepMine}>
            Replace theirs with mine
          </Button>
          <Button onClick={onTakeTheirs}>Look at theirs</Button>
        </footer>
        <p className={styles["quiet"]}>If you look at theirs, Undo brings yours back.</p>
      </div>
    </Dialog>
  );
}
