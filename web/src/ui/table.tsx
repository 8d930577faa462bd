import { useVirtualizer } from "@tanstack/react-virtual";
import type { KeyboardEvent, ReactNode } from "react";
import { memo, useEffect, useRef } from "react";
import { classes } from "./classes.ts";
import { useNarrow } from "./narrow.ts";
import styles from "./table.module.css";

/** A column: how wide (as in `grid-template-columns`), and what it shows of a row. */
export interface Column<Row> {
  readonly id: string;
  /** Empty over buttons: readers hear "Actions". */
  readonly header: string;
  readonly width: string;
  readonly align?: "end";
  readonly cell: (row: Row) => ReactNode;
}

interface TableProps<Row> {
  /** What the rows are, for readers. */
  readonly label: string;
  /** The same array from one rendering to the next, unless they change; also `compact`. */
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** The row where there is room for one column: two lines at most. */
  readonly compact: (row: Row) => ReactNode;
  /** Height of such a row in px. */
  readonly compactHeight?: number;
  /** Fills the window, scrolls by itself, and only draws the rows in sight. */
  readonly fill?: boolean;
  /** Called when the end comes into sight. */
  readonly onEnd?: () => void;
  /** Under which the place is remembered, for whoever comes back. */
  readonly scrollKey?: string;
  /** Below the last row: how to get more, or that these are all. */
  readonly footer?: ReactNode;
}

/** Where each table was left, in px. */
const places = new Map<string, number>();

/** Rows drawn above and below those in sight. */
const OVERSCAN = 12;
/** px of a row; as `--row`. */
const ROW_PX = window.matchMedia("(pointer: coarse)").matches ? 52 : 40;
const COMPACT_PX = 64;
/** Rows before the end at which more are fetched. */
const NEAR_END = 60;

/**
 * A table. Its first cell should hold a link (`RowLink`) if the row leads somewhere: the whole row is then its target, and the
 * arrow keys go from row to row.
 */
export function Table<Row>({ fill = false, ...table }: TableProps<Row>) {
  return fill ? <LongTable {...table} /> : <ShortTable {...table} />;
}

function ShortTable<Row>(table: TableProps<Row>) {
  const narrow = useNarrow();
  const { rows, columns, compact, keyOf, footer } = table;
  return (
    <div className={styles["short"]} {...tableProps(table)} onKeyDown={moveFocus}>
      {narrow ? null : <Head {...table} />}
      <div role="rowgroup">
        {rows.map((row, index) => (
          <Line key={keyOf(row)} columns={columns} compact={compact} row={row} index={index} narrow={narrow} />
        ))}
      </div>
      {footer}
    </div>
  );
}

function LongTable<Row>(table: TableProps<Row>) {
  const narrow = useNarrow();
  const { rows, columns, compact, keyOf, onEnd, footer, compactHeight = COMPACT_PX, scrollKey = "" } = table;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (narrow ? compactHeight : ROW_PX),
    overscan: OVERSCAN,
    getItemKey: (index) => keyOfIndex(rows, keyOf, index),
    initialOffset: scrollKey === "" ? 0 : (places.get(scrollKey) ?? 0),
  });
  useEffect(() => virtual.measure(), [virtual, narrow]);
  const drawn = virtual.getVirtualItems();
  const isNearEnd = (drawn.at(-1)?.index ?? 0) >= rows.length - NEAR_END;
  useEffect(() => {
    if (isNearEnd) onEnd?.();
  }, [isNearEnd, onEnd, rows.length]);
  return (
    <div
      ref={scroller}
      className={styles["long"]}
      {...tableProps(table)}
      onKeyDown={moveFocus}
      onScroll={({ currentTarget }) => places.set(scrollKey, currentTarget.scrollTop)}
    >
      {narrow ? null : <Head {...table} />}
      <div role="rowgroup" className={styles["rows"]} style={{ height: virtual.getTotalSize() }}>
        {drawn.map(({ key, index, start, size }) => {
          const row = rows[index];
          if (row === undefined) return null;
          const place = { index, narrow, height: size, top: start };
          return <Line key={key} columns={columns} compact={compact} row={row} {...place} />;
        })}
      </div>
      {footer}
    </div>
  );
}

function tableProps<Row>({ label, rows }: TableProps<Row>) {
  return { role: "table", "aria-label": label, "aria-rowcount": rows.length + 1 };
}

function keyOfIndex<Row>(rows: readonly Row[], keyOf: (row: Row) => string, index: number): string | number {
  const row = rows[index];
  return row === undefined ? index : keyOf(row);
}

function Head<Row>({ columns }: Pick<TableProps<Row>, "columns">) {
  return (
    <div role="rowgroup" className={styles["head"]}>
      <div role="row" aria-rowindex={1} className={styles["line"]} style={{ gridTemplateColumns: templateOf(columns) }}>
        {columns.map(({ id, header, align }) => (
          <div key={id} role="columnheader" className={classes(styles["cell"], align && styles[align])}>
            {header === "" ? <span className="visually-hidden">Actions</span> : header}
          </div>
        ))}
      </div>
    </div>
  );
}

interface LineProps<Row> extends Pick<TableProps<Row>, "columns" | "compact"> {
  readonly row: Row;
  readonly index: number;
  readonly narrow: boolean;
  /** In px, where only the rows in sight are drawn. */
  readonly height?: number;
  readonly top?: number;
}

/** Drawn again only when its own row changes: scrolling moves the others. */
const Line = memo(LineOf) as typeof LineOf;

function LineOf<Row>({ columns, compact, row, index, narrow, height, top }: LineProps<Row>) {
  const style = top === undefined ? undefined : { height, transform: `translateY(${top}px)` };
  const position = { role: "row", "aria-rowindex": index + 2 };
  if (narrow)
    return (
      <div {...position} className={classes(styles["line"], styles["compact"])} style={style}>
        <div role="cell" className={styles["cell"]}>
          {compact(row)}
        </div>
      </div>
    );
  return (
    <div {...position} className={styles["line"]} style={{ ...style, gridTemplateColumns: templateOf(columns) }}>
      {columns.map(({ id, align, cell }) => (
        <div key={id} role="cell" className={classes(styles["cell"], align && styles[align])}>
          {cell(row)}
        </div>
      ))}
    </div>
  );
}

function templateOf<Row>(columns: readonly Column<Row>[]): string {
  return columns.map(({ width }) => width).join(" ");
}

/** The arrow keys, J and K go from link to link of the rows. */
function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  const from = (event.target as HTMLElement).closest<HTMLElement>("[role=row]");
  if (from === null || !(event.target instanceof HTMLAnchorElement)) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=row]")].sort(byIndex);
  const link = rows[rows.indexOf(from) + step]?.querySelector<HTMLElement>("a");
  if (link === null || link === undefined) return;
  event.preventDefault();
  link.focus();
}

function byIndex(a: HTMLElement, b: HTMLElement): number {
  return Number(a.getAttribute("aria-rowindex")) - Number(b.getAttribute("aria-rowindex"));
}
