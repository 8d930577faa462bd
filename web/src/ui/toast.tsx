import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import { Button } from "./button.tsx";
import { classes } from "./classes.ts";
import { sentenceOf } from "./states.tsx";
import styles from "./toast.module.css";

const manager = Toast.createToastManager();

/** ms for which a failure stays: long enough to read a sentence twice. */
const FAILURE_MS = 12_000;

/** Says for a moment that something was done. */
export function say(title: string, description?: string): void {
  manager.add({ title, ...(description === undefined ? {} : { description }) });
}

/** Says that something could not be done, and why. */
export function sayFailure(title: string, error: unknown): void {
  manager.add({ title, description: sentenceOf(error), type: "failure", priority: "high", timeout: FAILURE_MS });
}

/** Where those messages appear; once, around everything. */
export function Toasts() {
  return (
    <Toast.Provider toastManager={manager} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className={styles["viewport"]}>
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root
      key={toast.id}
      toast={toast}
      className={classes(styles["toast"], toast.type === "failure" && styles["failure"])}
    >
      <Toast.Content className={styles["content"]}>
        <Toast.Title className={styles["title"]} />
        <Toast.Description className={styles["description"]} />
        <Toast.Close render={<Button variant="quiet" size="s" icon={X} aria-label="Close" />} />
      </Toast.Content>
    </Toast.Root>
  ));
}
