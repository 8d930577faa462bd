import { getRouteApi } from "@tanstack/react-router";
import { PhoneOff } from "lucide-react";
import { useMemo } from "react";
import { useQuery } from "@tanstack/react-query";
import { useAccount, useApi } from "../../api/account.ts";
import { flowsQuery } from "../../api/flows.ts";
import { ButtonLink } from "../../ui/button.tsx";
import { CallOutcome } from "../../ui/call-outcome.tsx";
import { Elapsed } from "../../ui/elapsed.tsx";
import { durationText, Figures, None, Time } from "../../ui/format.tsx";
import { Page } from "../../ui/page.tsx";
import { RowLink } from "../../ui/row-link.tsx";
import { Empty, Failure, Loading } from "../../ui/states.tsx";
import type { Column } from "../../ui/table.tsx";
import { Table } from "../../ui/table.tsx";
import type { CallFilters } from "./call-filters.ts";
import { activeFilters } from "./call-filters.ts";
import type { CallSummary } from "./call-list.ts";
import { useCallList } from "./call-list.ts";
import { CallToolbar } from "./call-toolbar.tsx";
import styles from "./calls-page.module.css";

const route = getRouteApi("/signed-in/a/$account/calls");

/** Every call of the account, newest first, as it happens. */
export function CallsPage() {
  const filters = route.useSearch();
  return (
    <Page title="Calls" fill toolbar={<CallToolbar filters={filters} />}>
      <CallTable filters={filters} />
    </Page>
  );
}

function CallTable({ filters }: { readonly filters: CallFilters }) {
  const list = useCallList(filters);
  const columns = useColumns();
  const { calls, error, refetch, more, hasNextPage } = list;
  if (error !== null && calls === undefined) return <Failure error={error} retry={() => void refetch()} />;
  if (calls === undefined) return <Loading rows={12} />;
  if (calls.length === 0) return <NoCalls isFiltered={activeFilters(filters).length > 0} />;
  return (
    <Table
      fill
      label="Calls"
      rows={calls}
      keyOf={({ call_sid }) => call_sid}
      columns={columns}
      compact={compactCall}
      onEnd={more}
      scrollKey={JSON.stringify(filters)}
      footer={
        <p className={styles["end"]}>
          {hasNextPage ? (
            "Loading more …"
          ) : (
            <>{calls.length === 1 ? "One call." : `${calls.length.toLocaleString()} calls, all that match.`}</>
          )}
        </p>
      }
    />
  );
}

function useColumns(): readonly Column<CallSummary>[] {
  const { data: flows } = useQuery(flowsQuery(useApi(), useAccount()));
  return useMemo(() => columnsOf((id) => flows?.find(({ flow }) => flow === id)?.published?.name || id), [flows]);
}

function columnsOf(nameOf: (flow: string) => string): readonly Column<CallSummary>[] {
  return [
    { id: "outcome", header: "Outcome", width: "112px", cell: (call) => <CallOutcome call={call} /> },
    { id: "from", header: "From", width: "minmax(130px, 1fr)", cell: (call) => <CallLink call={call} /> },
    { id: "to", header: "To", width: "minmax(130px, 1fr)", cell: ({ to }) => <Figures>{to}</Figures> },
    { id: "flow", header: "Flow", width: "minmax(110px, 1.2fr)", cell: ({ flow }) => nameOf(flow) },
    { id: "talked", header: "Talked", width: "76px", align: "end", cell: (call) => <Talked call={call} /> },
    { id: "length", header: "Length", width: "76px", align: "end", cell: (call) => <Length call={call} /> },
    { id: "started", header: "Started", width: "142px", align: "end", cell: (call) => <Time at={call.started_at} /> },
  ];
}

function compactCall(call: CallSummary) {
  return <CompactCall call={call} />;
}

function CallLink({ call }: { readonly call: CallSummary }) {
  const account = useAccount();
  return (
    <RowLink to="/a/$account/calls/$callSid" params={{ account, callSid: call.call_sid }}>
      <Figures>{call.from}</Figures>
    </RowLink>
  );
}

function Talked({ call: { cdr } }: { readonly call: CallSummary }) {
  if (cdr === null || cdr.conversation_s === 0) return <None>–</None>;
  return <Figures>{durationText(cdr.conversation_s * 1000)}</Figures>;
}

function Length({ call: { cdr, started_at } }: { readonly call: CallSummary }) {
  return <Figures>{cdr === null ? <Elapsed since={started_at} /> : durationText(cdr.duration_ms)}</Figures>;
}

function CompactCall({ call }: { readonly call: CallSummary }) {
  return (
    <div className={styles["compact"]}>
      <CallLink call={call} />
      <Time at={call.started_at} />
      <span className={styles["to"]}>
        to <Figures>{call.to}</Figures>
      </span>
      <CallOutcome call={call} />
    </div>
  );
}

function NoCalls({ isFiltered }: { readonly isFiltered: boolean }) {
  const account = useAccount();
  if (isFiltered)
    return (
      <Empty
        icon={PhoneOff}
        title="No call matches"
        action={
          <ButtonLink to="/a/$account/calls" params={{ account }}>
            Show all calls
          </ButtonLink>
        }
      >
        Calls that match will appear here as they happen.
      </Empty>
    );
  return (
    <Empty icon={PhoneOff} title="No call yet">
      Call one of your numbers, or let robots make the first call: <code>npm run demo -- --running</code>. It appears
      here at once.
    </Empty>
  );
}
