import { SearchX } from "lucide-react";
import type { ReactNode } from "react";
import { useEffect } from "react";
import { Button } from "./button.tsx";
import styles from "./list.module.css";
import { Panel } from "./page.tsx";
import { hasWords } from "./search-field.tsx";
import { Empty, Failure, Loading } from "./states.tsx";
import { Table } from "./table.tsx";

interface ListProps<Row> extends Omit<Parameters<typeof Table<Row>>[0], "rows" | "onEnd" | "footer"> {
  /** Undefined: on their way. */
  readonly rows: readonly Row[] | undefined;
  readonly error: Error | null;
  readonly retry: () => void;
  /** What was entered into the search, and what of a row it searches. */
  readonly search: string;
  readonly textOf: (row: Row) => string;
  /** Removes the search and all filters. */
  readonly onClear: () => void;
  /** Filters other than the search that are set. */
  readonly isFiltered?: boolean;
  /** Shown where there are no rows at all. */
  readonly empty: ReactNode;
  /** Fetches older rows; absent: these are all. */
  readonly more?: () => void;
  readonly hasMore?: boolean;
}

/** A searched list with all its states: on its way, failed, nothing there, nothing that matches, rows. */
export function List<Row>(props: ListProps<Row>) {
  const { rows, error, retry, search, textOf, onClear, isFiltered, empty, more, hasMore = false, ...table } = props;
  const found = search === "" ? rows : rows?.filter((row) => hasWords(textOf(row), search));
  const isSearchingOn = found?.length === 0 && hasMore;
  useEffect(() => {
    if (isSearchingOn) more?.();
  }, [isSearchingOn, more]);
  if (error !== null && rows === undefined) return <Failure error={error} retry={retry} />;
  if (found === undefined || rows === undefined || isSearchingOn) return <Loading />;
  if (rows.length === 0 && isFiltered !== true) return empty;
  if (found.length === 0) return <NoMatch label={table.label} onClear={onClear} />;
  const footer = <Footer shown={found.length} hasMore={hasMore} />;
  if (table.fill === true) return <Table {...table} rows={found} footer={footer} {...(more && { onEnd: more })} />;
  return (
    <Panel flush className={styles["panel"]}>
      <Table {...table} rows={found} />
    </Panel>
  );
}

function NoMatch({ label, onClear }: { readonly label: string; readonly onClear: () => void }) {
  return (
    <Empty icon={SearchX} title="Nothing matches" action={<Button onClick={onClear}>Show everything</Button>}>
      {label}: none has all of these words or fits the filter.
    </Empty>
  );
}

function Footer({ shown, hasMore }: { readonly shown: number; readonly hasMore: boolean }) {
  const all = shown === 1 ? "This is the only one." : `All ${shown.toLocaleString()} are shown.`;
  return <p className={styles["end"]}>{hasMore ? "Loading more …" : all}</p>;
}
