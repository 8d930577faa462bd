import { queryOptions, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { keyOf, useAccount, useApi } from "../../api/account.ts";
import type { PlugboardApi } from "../../api/client.ts";
import { Badge } from "../../ui/badge.tsx";
import { CompactRow } from "../../ui/compact.tsx";
import { Figures, Mono } from "../../ui/format.tsx";
import { List } from "../../ui/list.tsx";
import { SearchField } from "../../ui/search-field.tsx";
import type { Column } from "../../ui/table.tsx";
import styles from "./limits-page.module.css";

const route = getRouteApi("/signed-in/a/$account/limits");

type ClosedPrefix = Awaited<ReturnType<PlugboardApi["account"]["closedPrefixes"]>>["prefixes"][number];

function prefixesQuery(api: PlugboardApi, account: string) {
  return queryOptions({
    queryKey: keyOf(account, "exposure", "prefixes"),
    queryFn: async ({ signal }) => (await api.account.closedPrefixes({}, { signal })).prefixes,
  });
}

const COLUMNS: readonly Column<ClosedPrefix>[] = [
  { id: "prefix", header: "Prefix", width: "72px", cell: ({ prefix }) => <Figures>{prefix}</Figures> },
  { id: "state", header: "State", width: "150px", cell: (row) => <State row={row} /> },
  { id: "name", header: "What it is", width: "minmax(130px, 1fr)", cell: ({ name }) => name },
  { id: "source", header: "Who says so", width: "minmax(130px, 2fr)", cell: ({ source }) => source },
];

/** Prefixes that nobody dials unless the account opens them. */
export function ClosedPrefixes() {
  const { q = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch } = useQuery(prefixesQuery(useApi(), useAccount()));
  const search = (text: string): void =>
    void navigate({ search: text === "" ? {} : { q: text }, replace: true, resetScroll: false });
  return (
    <section className={styles["prefixes"]} aria-labelledby="closed-prefixes">
      <header>
        <h2 id="closed-prefixes">Closed prefixes</h2>
        <SearchField label="Search prefixes" value={q} onChange={search} />
      </header>
      <p className={styles["text"]}>
        Expensive numbers that fraud pays with. Premium, shared-cost, personal and paging numbers are closed as well, in
        every country; a place is open to accounts in it. To dial one, add the shortest prefix you need to{" "}
        <Mono>limits.open_prefixes</Mono>: it still counts against every other limit.
      </p>
      <List
        rows={data}
        error={error}
        retry={() => void refetch()}
        label="Closed prefixes"
        keyOf={({ prefix }) => prefix}
        columns={COLUMNS}
        compact={(row) => (
          <CompactRow>
            <Figures>{row.prefix}</Figures>
            <State row={row} />
            <span>{row.name}</span>
            <span />
          </CompactRow>
        )}
        search={q}
        textOf={({ prefix, name, source, opened }) =>
          [prefix, name, source, opened.length > 0 ? "open" : "closed"].join(" ")
        }
        onClear={() => search("")}
        empty={<p>No prefix is closed.</p>}
      />
    </section>
  );
}

function State({ row: { prefix, opened } }: { readonly row: ClosedPrefix }) {
  if (opened.length === 0) return <Badge>Closed</Badge>;
  const isWhole = opened.some((open) => prefix.startsWith(open));
  return <Badge tone="warn">{isWhole ? "Open" : `Open: ${opened.join(", ")}`}</Badge>;
}
