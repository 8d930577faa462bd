import type { LinkProps } from "@tanstack/react-router";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, KeyboardEvent, Ref } from "react";
import { useState } from "react";
import { classes } from "./classes.ts";
import styles from "./columns.module.css";

/** What a part of a column means. `soft`: a range, such as between the median and 95 %. */
export type ColumnTone = "good" | "bad" | "neutral" | "accent" | "soft";

/** A part of a column, between two values; of no height: a mark. */
export interface ColumnPart {
  readonly from: number;
  readonly to: number;
  readonly tone: ColumnTone;
}

/** A column, and the page that it leads to. */
export interface ChartColumn extends Pick<LinkProps, "to" | "params" | "search"> {
  readonly id: string;
  /** Below it, such as `14:00`. */
  readonly name: string;
  /** Everything that it shows, in words. */
  readonly text: string;
  readonly parts: readonly ColumnPart[];
}

interface ColumnsProps {
  readonly label: string;
  readonly columns: readonly ChartColumn[];
  /** The value of the upper edge. */
  readonly top: number;
  readonly format: (value: number) => string;
  /** A line that the columns should stay below. */
  readonly limit?: { readonly value: number; readonly text: string };
}

/** Names below the chart, at most: as many as fit on a phone. */
const MOST_NAMES = 6;

/** Columns over time. One of them takes the focus, the arrow keys go to the others; each is a link. */
export function Columns({ label, columns, top, format, limit }: ColumnsProps) {
  const [chosen, setChosen] = useState(columns.length - 1);
  const every = Math.ceil(columns.length / MOST_NAMES);
  return (
    <div className={styles["chart"]}>
      <div className={styles["scale"]} aria-hidden="true">
        <span>{format(top)}</span>
        <span>{format(top / 2)}</span>
        <span>{format(0)}</span>
      </div>
      <ol className={styles["plot"]} aria-label={label} onKeyDown={moveFocus}>
        {columns.map((column, index) => (
          <li key={column.id} className={styles["place"]}>
            <Column
              column={column}
              top={top}
              tabIndex={index === Math.min(chosen, columns.length - 1) ? 0 : -1}
              onFocus={() => setChosen(index)}
            />
          </li>
        ))}
        {limit === undefined ? null : (
          <li className={styles["limit"]} style={{ bottom: `${(limit.value / top) * 100}%` }}>
            <span>{limit.text}</span>
          </li>
        )}
      </ol>
      <div className={styles["names"]} aria-hidden="true">
        {columns.map(({ id, name }, index) => (
          <span key={id}>{index % every === 0 ? name : null}</span>
        ))}
      </div>
    </div>
  );
}

type AnchorProps = AnchorHTMLAttributes<HTMLAnchorElement> & { readonly ref?: Ref<HTMLAnchorElement> };

const ColumnLink = createLink(({ children, ...rest }: AnchorProps) => (
  <a className={styles["column"]} {...rest}>
    {children}
  </a>
));

interface ColumnProps {
  readonly column: ChartColumn;
  readonly top: number;
  readonly tabIndex: number;
  readonly onFocus: () => void;
}

function Column({ column: { text, parts, to, params, search }, top, ...focus }: ColumnProps) {
  const percent = (value: number): string => `${Math.min(100, (value / top) * 100)}%`;
  return (
    <ColumnLink {...({ to, params, search } as LinkProps)} {...focus} aria-label={text} preload={false}>
      {parts.map((part) => (
        <span
          key={part.tone}
          className={classes(styles["part"], styles[part.tone])}
          style={{ bottom: percent(part.from), height: percent(part.to - part.from) }}
        />
      ))}
      <span className={styles["hint"]} aria-hidden="true">
        {text}
      </span>
    </ColumnLink>
  );
}

function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const links = [...event.currentTarget.querySelectorAll("a")];
  const at = links.indexOf(event.target as HTMLAnchorElement);
  const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: links.length - 1 }[event.key];
  if (at < 0 || next === undefined) return;
  event.preventDefault();
  links[next]?.focus();
}

/** What the tones of a chart mean. */
export function Legend({ of }: { readonly of: readonly (readonly [tone: ColumnTone, words: string])[] }) {
  return (
    <ul className={styles["legend"]}>
      {of.map(([tone, words]) => (
        <li key={tone}>
          <span className={classes(styles["swatch"], styles[tone])} />
          {words}
        </li>
      ))}
    </ul>
  );
}

/** The value of a chart's upper edge: a round figure whose half is round, too, above everything that is shown. */
export function topOf(values: readonly number[], least: number): number {
  const most = Math.max(least, ...values);
  const power = 10 ** Math.floor(Math.log10(most));
  const factor = [1, 2, 4, 6, 8, 10].find((each) => each * power >= most) ?? 10;
  return factor * power;
}
