import { Dialog as BaseDialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { FormEvent, ReactNode } from "react";
import { useState } from "react";
import { Button } from "./button.tsx";
import styles from "./dialog.module.css";
import { Notice, sentenceOf } from "./states.tsx";

interface DialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** What will happen; one or two sentences. */
  readonly description?: ReactNode;
  readonly children?: ReactNode;
}

/** A window above the page. It takes the focus, and gives it back when it closes. */
export function Dialog({ open, onClose, title, description, children }: DialogProps) {
  return (
    <BaseDialog.Root open={open} onOpenChange={(isOpen) => !isOpen && onClose()}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className={styles["backdrop"]} />
        <BaseDialog.Popup className={styles["popup"]}>
          <header className={styles["head"]}>
            <BaseDialog.Title>{title}</BaseDialog.Title>
            <BaseDialog.Close render={<Button variant="quiet" size="s" icon={X} aria-label="Close" />} />
          </header>
          {description === undefined ? null : (
            <BaseDialog.Description className={styles["description"]}>{description}</BaseDialog.Description>
          )}
          {children}
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}

interface FormDialogProps extends DialogProps {
  /** On the button that does it: a verb. */
  readonly verb: string;
  readonly danger?: boolean;
  /** Does it, then the window closes, unless the answer is `stay`. When it rejects, the window stays and says why. */
  readonly onSubmit: (form: FormData) => Promise<unknown>;
}

/** A question with one answer: fields, and the button that does it. */
export function FormDialog({ verb, danger = false, onSubmit, children, ...dialog }: FormDialogProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const close = (): void => {
    setError(null);
    dialog.onClose();
  };
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      if ((await onSubmit(new FormData(event.currentTarget))) !== "stay") close();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog {...dialog} onClose={close}>
      <form className={styles["form"]} onSubmit={(event) => void submit(event)}>
        {children}
        {error === null ? null : <Notice tone="bad">{sentenceOf(error)}</Notice>}
        <footer className={styles["foot"]}>
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" variant={danger ? "danger" : "primary"} busy={busy}>
            {verb}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
