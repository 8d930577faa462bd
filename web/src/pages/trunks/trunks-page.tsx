import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Cable, Plus } from "lucide-react";
import { useAccount, useApi, useMay } from "../../api/account.ts";
import type { Entry } from "../../api/entries.ts";
import { entriesQuery } from "../../api/entries.ts";
import { numbersQuery } from "../../api/numbers.ts";
import { Tag } from "../../ui/badge.tsx";
import { ButtonLink } from "../../ui/button.tsx";
import { CompactRow } from "../../ui/compact.tsx";
import { shownValue } from "../../ui/entry-document.ts";
import { Figures, Mono, None, Time } from "../../ui/format.tsx";
import { List } from "../../ui/list.tsx";
import { Page } from "../../ui/page.tsx";
import { RowLink } from "../../ui/row-link.tsx";
import { SearchField } from "../../ui/search-field.tsx";
import { Empty } from "../../ui/states.tsx";
import type { Column } from "../../ui/table.tsx";

const route = getRouteApi("/signed-in/a/$account/trunks");

/** Where calls come from and go to. */
export function TrunksPage() {
  const { q = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch } = useQuery(entriesQuery(useApi(), useAccount(), "trunks"));
  const search = (text: string): void => void navigate({ search: text === "" ? {} : { q: text }, replace: true });
  return (
    <Page
      title="Trunks"
      actions={<AddTrunk />}
      toolbar={<SearchField label="Search trunks" value={q} onChange={search} />}
    >
      <List
        rows={data}
        error={error}
        retry={() => void refetch()}
        label="Trunks"
        keyOf={({ name }) => name}
        columns={useColumns()}
        compact={(row) => <CompactTrunk row={row} />}
        search={q}
        textOf={({ name, document }) => `${name} ${JSON.stringify(document)}`}
        onClear={() => search("")}
        empty={
          <Empty icon={Cable} title="No trunk yet" action={<AddTrunk />}>
            A trunk connects you with a carrier or a PBX by SIP: where calls out go, and who may send calls in.
          </Empty>
        }
      />
    </Page>
  );
}

function AddTrunk() {
  const account = useAccount();
  if (!useMay("admin")) return null;
  return (
    <ButtonLink variant="primary" icon={Plus} to="/a/$account/new-trunk" params={{ account }}>
      Add trunk
    </ButtonLink>
  );
}

function useColumns(): readonly Column<Entry>[] {
  const { data: numbers = [] } = useQuery(numbersQuery(useApi(), useAccount()));
  const usedBy = (name: string): number => numbers.filter(({ trunk }) => trunk === name).length;
  return [
    { id: "name", header: "Name", width: "minmax(90px, 1fr)", cell: (row) => <TrunkLink row={row} /> },
    { id: "address", header: "Address", width: "minmax(140px, 1.4fr)", cell: (row) => <Address row={row} /> },
    {
      id: "reaches",
      header: "Reaches",
      width: "minmax(90px, 1fr)",
      cell: ({ document }) => reachOf(document["reaches"]),
    },
    { id: "priority", header: "Priority", width: "60px", align: "end", cell: (row) => <Priority row={row} /> },
    { id: "channels", header: "Channels", width: "68px", align: "end", cell: (row) => <Channels row={row} /> },
    {
      id: "used",
      header: "Numbers",
      width: "64px",
      align: "end",
      cell: ({ name }) => <Figures>{usedBy(name)}</Figures>,
    },
    { id: "changed", header: "Changed", width: "142px", align: "end", cell: (row) => <Time at={row.changed_at} /> },
  ];
}

interface RowProps {
  readonly row: Entry;
}

function TrunkLink({ row: { name } }: RowProps) {
  const account = useAccount();
  return (
    <RowLink to="/a/$account/trunks/$trunk" params={{ account, trunk: name }}>
      {name}
    </RowLink>
  );
}

function Address({ row: { document } }: RowProps) {
  return <Mono>{shownValue(document["address"])}</Mono>;
}

function Priority({ row: { document } }: RowProps) {
  return <Figures>{shownValue(document["priority"]) || "1"}</Figures>;
}

function Channels({ row: { document } }: RowProps) {
  const channels = shownValue(document["channels"]);
  return channels === "" ? <None>no limit</None> : <Figures>{channels}</Figures>;
}

function reachOf(reaches: unknown): string {
  return Array.isArray(reaches) && reaches.length > 0 ? reaches.map(String).join(", ") : "everything";
}

function CompactTrunk({ row }: RowProps) {
  return (
    <CompactRow>
      <TrunkLink row={row} />
      <Tag>{shownValue(row.document["transport"]) || "udp"}</Tag>
      <Address row={row} />
      <Time at={row.changed_at} />
    </CompactRow>
  );
}
