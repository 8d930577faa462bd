import type { ReactNode } from "react";
import styles from "./badge.module.css";
import { classes } from "./classes.ts";

/** What a colour means, the same everywhere; the words beside it say it, too. */
export type Tone = "neutral" | "good" | "bad" | "warn" | "info";

interface BadgeProps {
  readonly tone?: Tone;
  /** A mark that breathes: it is happening now. */
  readonly live?: boolean;
  readonly children: ReactNode;
  readonly title?: string;
}

/** A state in one or two words, with a mark in its colour. */
export function Badge({ tone = "neutral", live = false, children, title }: BadgeProps) {
  return (
    <span className={classes(styles["badge"], styles[tone])} title={title}>
      <span className={classes(styles["mark"], live && styles["live"])} aria-hidden="true" />
      {children}
    </span>
  );
}

/** The same without a mark: a kind or a label rather than a state. */
export function Tag({ tone = "neutral", children, title }: Omit<BadgeProps, "live">) {
  return (
    <span className={classes(styles["tag"], styles[tone])} title={title}>
      {children}
    </span>
  );
}
