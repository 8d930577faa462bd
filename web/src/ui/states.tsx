import { TriangleAlert } from "lucide-react";
import type { ComponentType, ReactNode } from "react";
import { PlugboardError } from "../api/client.ts";
import { Button } from "./button.tsx";
import { classes } from "./classes.ts";
import styles from "./states.module.css";

interface EmptyProps {
  readonly icon: ComponentType<{ readonly size?: number }>;
  readonly title: string;
  /** What will be here, and what to do so that it is. */
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

/** Where nothing is yet, or nothing matches. */
export function Empty({ icon: Icon, title, children, action }: EmptyProps) {
  return (
    <div className={styles["state"]}>
      <span className={styles["icon"]}>
        <Icon size={18} />
      </span>
      <h2>{title}</h2>
      {children === undefined ? null : <div className={styles["text"]}>{children}</div>}
      {action}
    </div>
  );
}

interface FailureProps {
  readonly error: unknown;
  readonly title?: string;
  readonly retry?: () => void;
}

/** Where something could not be shown: the platform's own sentence, and a way on. */
export function Failure({ error, title = "This could not be loaded", retry }: FailureProps) {
  return (
    <div className={classes(styles["state"], styles["failure"])} role="alert">
      <span className={styles["icon"]}>
        <TriangleAlert size={18} />
      </span>
      <h2>{title}</h2>
      <p className={styles["text"]}>{sentenceOf(error)}</p>
      {retry === undefined ? null : <Button onClick={retry}>Try again</Button>}
    </div>
  );
}

/** An error as a person reads it: a whole sentence. */
export function sentenceOf(error: unknown): string {
  if (error instanceof PlugboardError) return `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`;
  if (error instanceof TypeError) return "The platform does not answer. Check that it is running and reachable.";
  return error instanceof Error ? error.message : String(error);
}

/** Rows of grey bars in the place of what is on its way. */
export function Loading({ rows = 6, label = "Loading" }: { readonly rows?: number; readonly label?: string }) {
  return (
    <div className={styles["loading"]} role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => (
        <span key={row} className={styles["bar"]} />
      ))}
    </div>
  );
}

/** A sentence that needs attention, inside a page or a form. */
export function Notice({ tone, children }: { readonly tone: "bad" | "warn" | "info"; readonly children: ReactNode }) {
  return (
    <div className={classes(styles["notice"], styles[tone])} role={tone === "bad" ? "alert" : undefined}>
      {children}
    </div>
  );
}
