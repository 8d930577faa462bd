import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Hash, Plus } from "lucide-react";
import type { ReactNode } from "react";
import { useState } from "react";
import { useAccount, useApi, useMay } from "../../api/account.ts";
import type { Entry } from "../../api/entries.ts";
import { entriesQuery } from "../../api/entries.ts";
import { flowsQuery } from "../../api/flows.ts";
import type { AccountNumber } from "../../api/numbers.ts";
import { numbersQuery } from "../../api/numbers.ts";
import { Tag } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import type { EntryLook } from "../../ui/entry-form.tsx";
import { EntryWindow } from "../../ui/entry-window.tsx";
import { Figures, None, Time } from "../../ui/format.tsx";
import { List } from "../../ui/list.tsx";
import { Page } from "../../ui/page.tsx";
import { RemoveEntry } from "../../ui/remove-entry.tsx";
import { RowActions } from "../../ui/row-actions.tsx";
import { RowLink } from "../../ui/row-link.tsx";
import { SearchField } from "../../ui/search-field.tsx";
import { Empty } from "../../ui/states.tsx";
import type { Column } from "../../ui/table.tsx";
import styles from "./numbers-page.module.css";

const route = getRouteApi("/signed-in/a/$account/numbers");

/** The account's numbers, and what happens when one is called. */
export function NumbersPage() {
  const { q = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch } = useQuery(numbersQuery(useApi(), useAccount()));
  const nameOf = useFlowNames();
  const [edited, setEdited] = useState<Entry | "new" | null>(null);
  const [removed, setRemoved] = useState<Entry | null>(null);
  const may = useMay("admin");
  const search = (text: string): void => void navigate({ search: text === "" ? {} : { q: text }, replace: true });
  const actions = ({ number, entry }: AccountNumber) => (
    <RowActions name={number} onEdit={() => setEdited(entry)} onDelete={() => setRemoved(entry)} />
  );
  const add = may ? (
    <Button variant="primary" icon={Plus} onClick={() => setEdited("new")}>
      Add number
    </Button>
  ) : undefined;
  return (
    <Page
      title="Numbers"
      aside={data === undefined || data.length === 0 ? undefined : <Figures>{data.length}</Figures>}
      actions={add}
      toolbar={<SearchField label="Search numbers" value={q} onChange={search} />}
    >
      <List
        rows={data}
        error={error}
        retry={() => void refetch()}
        label="Numbers"
        keyOf={({ number }) => number}
        columns={[...columnsOf(nameOf), { id: "do", header: "Actions", width: "64px", align: "end", cell: actions }]}
        compact={(row) => <CompactNumber row={row} flow={nameOf(row.flow)} actions={actions(row)} />}
        search={q}
        textOf={({ number, name, flow, trunk, region }) => [number, name, nameOf(flow), flow, trunk, region].join(" ")}
        onClear={() => search("")}
        empty={
          <Empty icon={Hash} title="No number yet">
            A number leads calls into a flow. Add one that your carrier sends to this platform.
          </Empty>
        }
      />
      <EntryWindow look={useNumberLook()} noun="number" of={edited} onClose={() => setEdited(null)} />
      <RemoveEntry
        kind="exophones"
        entry={removed}
        noun="the number"
        consequence="Calls to it are refused from then on. Calls that are up go on."
        onClose={() => setRemoved(null)}
      />
    </Page>
  );
}

/** The form of a number, with the flows and trunks that there are. */
function useNumberLook(): EntryLook {
  const { data: flows = [] } = useQuery(flowsQuery(useApi(), useAccount()));
  const { data: trunks = [] } = useQuery(entriesQuery(useApi(), useAccount(), "trunks"));
  const published = flows.filter((flow) => flow.published !== null);
  const flowChoices = published.map(({ flow, published: state }) => [flow, state?.name || flow] as const);
  const fields = {
    number: { label: "Number", placeholder: "+918047100000" },
    name: { label: "Friendly name" },
    flow: {
      label: "Flow",
      hint: "It takes the calls.",
      choices: { "": "none: calls get 480", ...Object.fromEntries(flowChoices) },
    },
    region: { label: "Region", placeholder: "KA" },
    trunk: {
      label: "Trunk",
      hint: "It is used first when the number is shown to who is called.",
      choices: { "": "the first one", ...Object.fromEntries(trunks.map(({ name }) => [name, name])) },
    },
  };
  return { kind: "exophones", nameField: "number", sections: [{ title: "Number", fields }] };
}

/** The name of a flow by its id; its id if it has none. */
function useFlowNames(): (id: string | null) => string | null {
  const { data: flows } = useQuery(flowsQuery(useApi(), useAccount()));
  return (id) => flows?.find(({ flow }) => flow === id)?.published?.name ?? id;
}

function columnsOf(nameOf: (id: string | null) => string | null): readonly Column<AccountNumber>[] {
  return [
    { id: "number", header: "Number", width: "minmax(150px, 1fr)", cell: (row) => <NumberLink row={row} /> },
    { id: "name", header: "Name", width: "minmax(100px, 1fr)", cell: ({ name }) => name || <None /> },
    { id: "flow", header: "Flow", width: "minmax(120px, 1.4fr)", cell: ({ flow }) => nameOf(flow) ?? <NoFlow /> },
    { id: "trunk", header: "Trunk", width: "minmax(80px, 0.8fr)", cell: ({ trunk }) => trunk ?? <None>first</None> },
    { id: "region", header: "Region", width: "72px", cell: ({ region }) => region ?? <None>unknown</None> },
    { id: "changed", header: "Changed", width: "150px", align: "end", cell: (row) => <Time at={row.changedAt} /> },
  ];
}

/** Leads to the number's calls. */
function NumberLink({ row: { number } }: { readonly row: AccountNumber }) {
  const account = useAccount();
  return (
    <RowLink to="/a/$account/calls" params={{ account }} search={{ number }}>
      <Figures>{number}</Figures>
    </RowLink>
  );
}

interface CompactNumberProps {
  readonly row: AccountNumber;
  readonly flow: string | null;
  readonly actions: ReactNode;
}

function CompactNumber({ row, flow, actions }: CompactNumberProps) {
  return (
    <div className={styles["compact"]}>
      <span>
        <NumberLink row={row} />
        {row.region === null ? null : <Tag>{row.region}</Tag>}
        <span className={styles["actions"]}>{actions}</span>
      </span>
      <span>
        {row.name === "" ? null : `${row.name}, `}
        {flow ?? <NoFlow />}
      </span>
    </div>
  );
}

function NoFlow() {
  return <Tag tone="warn">no flow: calls get 480</Tag>;
}
