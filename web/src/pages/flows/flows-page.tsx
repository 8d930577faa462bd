import { useQuery } from "@tanstack/react-query";
import { Plus, Search, Workflow } from "lucide-react";
import { useState } from "react";
import { useAccount, useApi, useMay } from "../../api/account.ts";
import type { ListedFlow } from "../../api/flows.ts";
import { flowsQuery, flowTitle } from "../../api/flows.ts";
import { numbersQuery } from "../../api/numbers.ts";
import { Badge, Tag } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Figures, None, Time } from "../../ui/format.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { RowLink } from "../../ui/row-link.tsx";
import { Empty, Failure, Loading } from "../../ui/states.tsx";
import type { Column } from "../../ui/table.tsx";
import { Table } from "../../ui/table.tsx";
import styles from "./flows-page.module.css";
import { NewFlowDialog } from "./new-flow-dialog.tsx";

/** A flow, and the numbers that lead to it. */
interface FlowRow extends ListedFlow {
  readonly numbers: readonly string[];
}

/** Every flow of the account: what is published, what is being drafted, and the numbers that use it. */
export function FlowsPage() {
  const { data: flows, error, refetch } = useQuery(flowsQuery(useApi(), useAccount()));
  const mayDraft = useMayDraft();
  const [search, setSearch] = useState("");
  const [isNew, setNew] = useState(false);
  const create = (
    <Button
      variant="primary"
      icon={Plus}
      disabled={!mayDraft}
      title={mayDraft ? undefined : "Your role may not change flows."}
      onClick={() => setNew(true)}
    >
      New flow
    </Button>
  );
  return (
    <Page
      title="Flows"
      aside={flows === undefined || flows.length === 0 ? undefined : <Figures>{flows.length}</Figures>}
      actions={flows?.length === 0 ? undefined : create}
      toolbar={flows?.length === 0 ? undefined : <SearchBox value={search} onChange={setSearch} />}
    >
      {error !== null && flows === undefined ? <Failure error={error} retry={() => void refetch()} /> : null}
      {flows === undefined && error === null ? <Loading /> : null}
      {flows === undefined ? null : (
        <FlowList flows={flows} search={search} create={create} onClear={() => setSearch("")} />
      )}
      <NewFlowDialog open={isNew} onClose={() => setNew(false)} flows={flows ?? []} />
    </Page>
  );
}

function useMayDraft(): boolean {
  const [drafts, administers] = [useMay("draft"), useMay("admin")];
  return drafts || administers;
}

function SearchBox({ value, onChange }: { readonly value: string; readonly onChange: (value: string) => void }) {
  return (
    <div className={styles["search"]}>
      <Search size={14} aria-hidden="true" />
      <TextField
        label="Search flows"
        hideLabel
        type="search"
        placeholder="Name, id or number"
        value={value}
        onChange={({ target }) => onChange(target.value)}
      />
    </div>
  );
}

interface FlowListProps {
  readonly flows: readonly ListedFlow[];
  readonly search: string;
  readonly create: React.ReactNode;
  readonly onClear: () => void;
}

function FlowList({ flows, search, create, onClear }: FlowListProps) {
  const rows = useRows(flows);
  if (rows.length === 0)
    return (
      <Empty icon={Workflow} title="No flow yet" action={create}>
        A flow says what happens to a call: what the caller hears, which keys lead where, who is rung.
      </Empty>
    );
  const found = rows.filter((row) => matches(row, search));
  if (found.length === 0)
    return (
      <Empty icon={Search} title="No flow matches" action={<Button onClick={onClear}>Show all flows</Button>}>
        Names, ids and numbers are searched.
      </Empty>
    );
  return (
    <Panel flush>
      <Table
        label="Flows"
        rows={found}
        keyOf={({ flow }) => flow}
        columns={COLUMNS}
        compact={(row) => <CompactFlow row={row} />}
      />
    </Panel>
  );
}

function useRows(flows: readonly ListedFlow[]): readonly FlowRow[] {
  const { data: numbers = [] } = useQuery(numbersQuery(useApi(), useAccount()));
  return flows.map((each) => {
    return { ...each, numbers: numbers.filter(({ flow }) => flow === each.flow).map(({ number }) => number) };
  });
}

function matches(row: FlowRow, search: string): boolean {
  const wanted = search.trim().toLowerCase();
  return [row.flow, flowTitle(row), ...row.numbers].some((each) => each.toLowerCase().includes(wanted));
}

const COLUMNS: readonly Column<FlowRow>[] = [
  { id: "name", header: "Name", width: "minmax(140px, 1.4fr)", cell: (row) => <FlowLink row={row} /> },
  { id: "id", header: "Id", width: "minmax(72px, 0.5fr)", cell: ({ flow }) => <Figures>{flow}</Figures> },
  { id: "published", header: "Published", width: "minmax(110px, 0.8fr)", cell: (row) => <Published row={row} /> },
  { id: "draft", header: "Draft", width: "minmax(150px, 1fr)", cell: (row) => <Draft row={row} /> },
  { id: "numbers", header: "Numbers", width: "minmax(130px, 1fr)", cell: (row) => <Numbers row={row} /> },
  { id: "changed", header: "Changed", width: "150px", align: "end", cell: (row) => <Time at={changedAt(row)} /> },
];

function changedAt({ draft, published }: ListedFlow): string | null {
  return draft?.changed_at ?? published?.changed_at ?? null;
}

function FlowLink({ row }: { readonly row: FlowRow }) {
  const account = useAccount();
  return (
    <RowLink to="/a/$account/flows/$flow" params={{ account, flow: row.flow }}>
      {flowTitle(row)}
    </RowLink>
  );
}

function Published({ row: { published } }: { readonly row: FlowRow }) {
  if (published === null) return <None>never</None>;
  return <Badge tone="good">{published.version === null ? "published" : `version ${published.version}`}</Badge>;
}

function Draft({ row: { draft } }: { readonly row: FlowRow }) {
  return draft === null ? <None /> : <Tag tone="info">draft by {draft.changed_by}</Tag>;
}

function Numbers({ row: { numbers } }: { readonly row: FlowRow }) {
  return numbers.length === 0 ? <None /> : <Figures>{numbers.join(", ")}</Figures>;
}

function CompactFlow({ row }: { readonly row: FlowRow }) {
  return (
    <div className={styles["compact"]}>
      <span>
        <FlowLink row={row} />
        {row.draft === null ? null : <Tag tone="info">draft</Tag>}
      </span>
      <span>
        <Published row={row} />
        <Numbers row={row} />
      </span>
    </div>
  );
}
