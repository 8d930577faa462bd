import type { ReactNode } from "react";
import { useEffect, useRef } from "react";
import { classes } from "./classes.ts";
import styles from "./page.module.css";

interface PageProps {
  /** Also in the window's title. */
  readonly title: string;
  /** Shown instead of the title, such as a number in its own type. */
  readonly heading?: ReactNode;
  /** Beside the title: a count, a state. */
  readonly aside?: ReactNode;
  /** What can be done on the page; the main action last. */
  readonly actions?: ReactNode;
  /** Above the title: the way back. */
  readonly back?: ReactNode;
  /** Filters, below the title. */
  readonly toolbar?: ReactNode;
  /** The content scrolls by itself and fills the window: long tables, canvases. */
  readonly fill?: boolean;
  readonly children: ReactNode;
}

/** Whether a page was shown before: the first one leaves the focus where the browser puts it. */
let hasOpened = false;

/** The frame of a page's content. Its heading takes the focus when the page opens, so that readers begin there. */
export function Page({ title, heading, aside, actions, back, toolbar, fill = false, children }: PageProps) {
  const ref = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (hasOpened) ref.current?.focus({ preventScroll: true });
    hasOpened = true;
  }, []);
  return (
    <div className={classes(styles["page"], fill && styles["fill"])} data-fill={fill || undefined}>
      <title>{`${title} · Plugboard`}</title>
      <header className={styles["header"]}>
        {back === undefined ? null : <div className={styles["back"]}>{back}</div>}
        <div className={styles["titles"]}>
          <h1 ref={ref} tabIndex={-1} className={styles["title"]}>
            {heading ?? title}
          </h1>
          {aside === undefined ? null : <div className={styles["aside"]}>{aside}</div>}
        </div>
        {actions === undefined ? null : <div className={styles["actions"]}>{actions}</div>}
        {toolbar === undefined ? null : <div className={styles["toolbar"]}>{toolbar}</div>}
      </header>
      <div className={styles["content"]}>{children}</div>
    </div>
  );
}

interface PanelProps {
  readonly title?: string;
  readonly aside?: ReactNode;
  /** No space around the content: tables, lists of rows. */
  readonly flush?: boolean;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

/** A part of a page on a surface of its own. */
export function Panel({ title, aside, flush = false, className, children }: PanelProps) {
  return (
    <section className={classes(styles["panel"], className)} aria-label={title}>
      {title === undefined ? null : (
        <div className={styles["panelHead"]}>
          <h2>{title}</h2>
          {aside}
        </div>
      )}
      <div className={flush ? undefined : styles["panelBody"]}>{children}</div>
    </section>
  );
}

/** Names and values, one a line. */
export function Facts({ of }: { readonly of: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className={styles["facts"]}>
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
