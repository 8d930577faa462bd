import { queryOptions, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { keyOf, useAccount, useApi, useMay } from "../../api/account.ts";
import type { Models, PlugboardApi } from "../../api/client.ts";
import { Badge, Tag } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { CompactRow, Tags } from "../../ui/compact.tsx";
import { Mono, None, Time } from "../../ui/format.tsx";
import { List } from "../../ui/list.tsx";
import { NotAllowed } from "../../ui/not-allowed.tsx";
import { Page } from "../../ui/page.tsx";
import { SearchField } from "../../ui/search-field.tsx";
import { Segments } from "../../ui/segments.tsx";
import { Empty } from "../../ui/states.tsx";
import type { Column } from "../../ui/table.tsx";
import type { KeyFilters } from "./key-filters.ts";
import { NewKeyWindow, RevokeWindow } from "./key-windows.tsx";

type ApiKey = Models["ApiKey"];

const route = getRouteApi("/signed-in/a/$account/keys");

const VIEWS: readonly (readonly [label: string, show: KeyFilters["show"]])[] = [
  ["In use", undefined],
  ["Revoked", "revoked"],
  ["All", "all"],
];

function keysQuery(api: PlugboardApi, account: string) {
  return queryOptions({
    queryKey: keyOf(account, "keys"),
    queryFn: async ({ signal }) => (await api.keys.list({}, { signal })).keys,
  });
}

/** Keys with which programs use the account's API. */
export function KeysPage() {
  const may = useMay("admin");
  return may ? (
    <Keys />
  ) : (
    <Page title="API keys">
      <NotAllowed title="Keys are for administrators" />
    </Page>
  );
}

function Keys() {
  const { q = "", show } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch } = useQuery(keysQuery(useApi(), useAccount()));
  const [isAdding, setAdding] = useState(false);
  const [revoked, setRevoked] = useState<ApiKey | null>(null);
  const use = (search: KeyFilters): void => void navigate({ search, replace: true });
  const rows = data?.filter(({ revoked_at }) => show === "all" || (revoked_at === null) === (show === undefined));
  const add = (
    <Button variant="primary" icon={Plus} onClick={() => setAdding(true)}>
      Create key
    </Button>
  );
  return (
    <Page
      title="API keys"
      actions={add}
      toolbar={
        <>
          <Segments
            label="State"
            value={VIEWS.find(([, each]) => each === show)?.[0] ?? null}
            options={VIEWS.map(([label]) => label)}
            onChoose={(label) => {
              const chosen = VIEWS.find(([each]) => each === label)?.[1];
              use({ ...(q !== "" && { q }), ...(chosen && { show: chosen }) });
            }}
          />
          <SearchField
            label="Search keys"
            value={q}
            onChange={(text) => use({ ...(show && { show }), ...(text !== "" && { q: text }) })}
          />
        </>
      }
    >
      <List
        rows={rows}
        error={error}
        retry={() => void refetch()}
        label="Keys"
        keyOf={({ key }) => key}
        columns={columnsOf(setRevoked)}
        compact={(row) => <CompactKey row={row} onRevoke={setRevoked} />}
        search={q}
        textOf={({ key, name, scopes, created_by }) => [key, name, ...scopes, created_by].join(" ")}
        isFiltered={show !== undefined}
        onClear={() => use({ show: "all" })}
        empty={
          <Empty icon={KeyRound} title="No key yet">
            A program signs in with a key and its token. Create one for each program, so that it can be revoked alone.
          </Empty>
        }
      />
      <NewKeyWindow open={isAdding} onClose={() => setAdding(false)} />
      <RevokeWindow of={revoked} onClose={() => setRevoked(null)} />
    </Page>
  );
}

type OnRevoke = (key: ApiKey) => void;

function columnsOf(onRevoke: OnRevoke): readonly Column<ApiKey>[] {
  return [
    { id: "name", header: "Name", width: "minmax(100px, 1fr)", cell: ({ name }) => name || <None>no name</None> },
    { id: "key", header: "Key", width: "minmax(186px, 1fr)", cell: ({ key }) => <Mono>{key}</Mono> },
    { id: "scopes", header: "May", width: "minmax(216px, 1fr)", cell: (row) => <Scopes row={row} /> },
    { id: "used", header: "Last used", width: "142px", align: "end", cell: (row) => <Time at={row.last_used_at} /> },
    { id: "created", header: "Created", width: "142px", align: "end", cell: (row) => <Time at={row.created_at} /> },
    { id: "do", header: "State", width: "96px", align: "end", cell: (row) => <State row={row} onRevoke={onRevoke} /> },
  ];
}

function Scopes({ row: { scopes } }: { readonly row: ApiKey }) {
  return (
    <Tags>
      {scopes.map((scope) => (
        <Tag key={scope} tone={scope === "admin" ? "warn" : "neutral"}>
          {scope}
        </Tag>
      ))}
    </Tags>
  );
}

/** The button that revokes the key, or why there is none. */
function State({ row, onRevoke }: { readonly row: ApiKey; readonly onRevoke: OnRevoke }) {
  if (row.revoked_at !== null)
    return (
      <Badge title={`Revoked at ${new Date(row.revoked_at).toLocaleString()}`} tone="neutral">
        Revoked
      </Badge>
    );
  if (row.source === "file")
    return <Tag title="From the workspace file: remove it there, and serve the file again">from the file</Tag>;
  return (
    <Button variant="danger" size="s" aria-label={`Revoke ${row.name}`} onClick={() => onRevoke(row)}>
      Revoke
    </Button>
  );
}

function CompactKey({ row, onRevoke }: { readonly row: ApiKey; readonly onRevoke: OnRevoke }) {
  return (
    <CompactRow>
      <span>{row.name || <Mono>{row.key}</Mono>}</span>
      <State row={row} onRevoke={onRevoke} />
      <Scopes row={row} />
      <span title="Last used">
        <Time at={row.last_used_at} />
      </span>
    </CompactRow>
  );
}
