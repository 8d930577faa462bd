import { useQuery } from "@tanstack/react-query";
import { Hash } from "lucide-react";
import { useAccount, useApi } from "../../api/account.ts";
import { flowsQuery } from "../../api/flows.ts";
import type { AccountNumber } from "../../api/numbers.ts";
import { numbersQuery } from "../../api/numbers.ts";
import { Tag } from "../../ui/badge.tsx";
import { Figures, None, Time } from "../../ui/format.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { RowLink } from "../../ui/row-link.tsx";
import { Empty, Failure, Loading } from "../../ui/states.tsx";
import type { Column } from "../../ui/table.tsx";
import { Table } from "../../ui/table.tsx";
import styles from "./numbers-page.module.css";

/** The account's numbers, and what happens when one is called. */
export function NumbersPage() {
  const numbers = useQuery(numbersQuery(useApi(), useAccount()));
  const count = numbers.data?.length;
  return (
    <Page title="Numbers" aside={count === undefined || count === 0 ? undefined : <Figures>{count}</Figures>}>
      <NumbersList {...numbers} />
    </Page>
  );
}

interface NumbersListProps {
  readonly data: readonly AccountNumber[] | undefined;
  readonly error: Error | null;
  readonly refetch: () => unknown;
}

function NumbersList({ data, error, refetch }: NumbersListProps) {
  const nameOf = useFlowNames();
  if (error !== null && data === undefined) return <Failure error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Loading />;
  if (data.length === 0)
    return (
      <Empty icon={Hash} title="No number yet">
        A number leads calls into a flow. Add one under <code>exophones</code> in the workspace file, and apply it.
      </Empty>
    );
  return (
    <Panel flush>
      <Table
        label="Numbers"
        rows={data}
        keyOf={({ number }) => number}
        columns={columnsOf(nameOf)}
        compact={(row) => <CompactNumber row={row} flow={nameOf(row.flow)} />}
      />
    </Panel>
  );
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
    { id: "region", header: "Circle", width: "72px", cell: ({ region }) => region ?? <None>unknown</None> },
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

function CompactNumber({ row, flow }: { readonly row: AccountNumber; readonly flow: string | null }) {
  return (
    <div className={styles["compact"]}>
      <span>
        <NumberLink row={row} />
        {row.region === null ? null : <Tag>{row.region}</Tag>}
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
