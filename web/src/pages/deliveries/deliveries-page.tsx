import { getRouteApi } from "@tanstack/react-router";
import { Send } from "lucide-react";
import { keyOf, useAccount, useApi } from "../../api/account.ts";
import type { PlugboardApi } from "../../api/client.ts";
import { usePageList } from "../../api/page-list.ts";
import { Badge } from "../../ui/badge.tsx";
import { CompactRow } from "../../ui/compact.tsx";
import { Figures, None, Time } from "../../ui/format.tsx";
import { List } from "../../ui/list.tsx";
import { Page } from "../../ui/page.tsx";
import { RowLink } from "../../ui/row-link.tsx";
import { SearchField } from "../../ui/search-field.tsx";
import { Segments } from "../../ui/segments.tsx";
import { Empty } from "../../ui/states.tsx";
import type { Column } from "../../ui/table.tsx";
import type { Delivery } from "./delivery.ts";
import { purposeOf } from "./delivery.ts";
import { DeliveryWindow } from "./delivery-window.tsx";
import type { DeliveryFilters } from "./delivery-filters.ts";

const route = getRouteApi("/signed-in/a/$account/deliveries");

/** Deliveries fetched at once; the most that the API gives. */
const PAGE_DELIVERIES = 100;
/** ms between two looks: events tell when one is given up, not when one is tried or arrives. */
const RENEW_MS = 5000;

const VIEWS: readonly (readonly [label: string, state: DeliveryFilters["state"]])[] = [
  ["All", undefined],
  ["Waiting", "waiting"],
  ["Parked", "parked"],
];

/** Requests that the account's servers are owed: those on their way, and those that were given up. */
export function DeliveriesPage() {
  const { state, q = "", delivery } = route.useSearch();
  const navigate = route.useNavigate();
  const use = (search: DeliveryFilters): void => void navigate({ search, replace: true });
  const list = useDeliveries(state);
  const rest = { ...(state && { state }), ...(q !== "" && { q }) };
  return (
    <Page
      title="Deliveries"
      fill
      toolbar={
        <>
          <Segments
            label="State"
            value={VIEWS.find(([, each]) => each === state)?.[0] ?? null}
            options={VIEWS.map(([label]) => label)}
            onChoose={(label) => {
              const chosen = VIEWS.find(([each]) => each === label)?.[1];
              use({ ...(q !== "" && { q }), ...(chosen && { state: chosen }) });
            }}
          />
          <SearchField
            label="Search deliveries"
            value={q}
            onChange={(text) => use({ ...(state && { state }), ...(text !== "" && { q: text }) })}
          />
        </>
      }
    >
      <List
        {...list}
        fill
        label="Deliveries"
        keyOf={({ id }) => id}
        columns={columnsOf(rest)}
        compact={(row) => <CompactDelivery row={row} filters={rest} />}
        search={q}
        textOf={textOf}
        isFiltered={state !== undefined}
        onClear={() => use({})}
        empty={<NoDelivery />}
      />
      <DeliveryWindow
        id={delivery}
        delivery={list.rows?.find(({ id }) => id === delivery)}
        isLoaded={list.rows !== undefined}
        onClose={() => use(rest)}
      />
    </Page>
  );
}

function useDeliveries(state: DeliveryFilters["state"]) {
  const api = useApi();
  return usePageList({
    queryKey: keyOf(useAccount(), "outbox", "list", state),
    page: (before, signal) => pageOf(api, state, before, signal),
    renewEvery: RENEW_MS,
  });
}

async function pageOf(
  api: PlugboardApi,
  state: DeliveryFilters["state"],
  before: string | undefined,
  signal: AbortSignal,
) {
  const query = { limit: PAGE_DELIVERIES, ...(state && { state }), ...(before !== undefined && { before }) };
  const { deliveries, next } = await api.outbox.list(query, { signal });
  return { rows: deliveries, next };
}

function columnsOf(filters: DeliveryFilters): readonly Column<Delivery>[] {
  return [
    { id: "state", header: "State", width: "88px", cell: (row) => <State row={row} /> },
    { id: "what", header: "What", width: "minmax(110px, 0.8fr)", cell: (row) => <Link row={row} filters={filters} /> },
    { id: "url", header: "To", width: "minmax(140px, 1.6fr)", cell: ({ url }) => url ?? <None>unreadable</None> },
    {
      id: "why",
      header: "Why",
      width: "minmax(140px, 1.6fr)",
      cell: ({ error }) => error ?? <None>not tried yet</None>,
    },
    { id: "tries", header: "Tries", width: "48px", align: "end", cell: ({ tries }) => <Figures>{tries}</Figures> },
    { id: "next", header: "Next try", width: "142px", align: "end", cell: (row) => <NextTry row={row} /> },
    { id: "created", header: "Since", width: "142px", align: "end", cell: (row) => <Time at={row.created_at} /> },
  ];
}

function textOf({ id, call_sid, purpose, url, error, method }: Delivery): string {
  return [id, call_sid, purpose, purposeOf(purpose), url, error, method].join(" ");
}

interface RowProps {
  readonly row: Delivery;
  readonly filters: DeliveryFilters;
}

function Link({ row: { id, purpose }, filters }: RowProps) {
  const account = useAccount();
  return (
    <RowLink to="/a/$account/deliveries" params={{ account }} search={{ ...filters, delivery: id }} replace>
      {purposeOf(purpose)}
    </RowLink>
  );
}

function CompactDelivery({ row, filters }: RowProps) {
  return (
    <CompactRow>
      <Link row={row} filters={filters} />
      <State row={row} />
      <span>{row.error ?? row.url}</span>
      <NextTry row={row} />
    </CompactRow>
  );
}

function State({ row: { state, tries } }: { readonly row: Delivery }) {
  if (state === "parked") return <Badge tone="bad">Parked</Badge>;
  return <Badge tone={tries === 0 ? "info" : "warn"}>Waiting</Badge>;
}

function NextTry({ row }: { readonly row: Delivery }) {
  return row.due_at === null ? <None>given up</None> : <Time at={row.due_at} />;
}

function NoDelivery() {
  return (
    <Empty icon={Send} title="Nothing is owed to your servers">
      Dial events and status callbacks wait here until your server has taken them. One that fails for a day, or that
      your server refuses for good (410), is parked: you see why, and can send it again.
    </Empty>
  );
}
