import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { AudioLines } from "lucide-react";
import { keyOf, useAccount, useApi } from "../../api/account.ts";
import type { Models } from "../../api/client.ts";
import { usePageList } from "../../api/page-list.ts";
import { CallOutcome } from "../../ui/call-outcome.tsx";
import { CompactRow } from "../../ui/compact.tsx";
import { durationText, Figures, None, Time } from "../../ui/format.tsx";
import { List } from "../../ui/list.tsx";
import { Page } from "../../ui/page.tsx";
import { RowLink } from "../../ui/row-link.tsx";
import { SearchField } from "../../ui/search-field.tsx";
import { Empty } from "../../ui/states.tsx";
import type { Column } from "../../ui/table.tsx";
import type { RecordingFilters } from "./recording-filters.ts";
import { PlayerWindow } from "./player-window.tsx";
import { retentionQuery } from "./retention.ts";

type CallSummary = Models["CallSummary"];

const route = getRouteApi("/signed-in/a/$account/recordings");

/** Calls fetched at once; the most that the API gives. */
const PAGE_CALLS = 100;

/** Calls that were recorded, newest first, and how long recordings are kept. */
export function RecordingsPage() {
  const { q = "", call } = route.useSearch();
  const navigate = route.useNavigate();
  const list = useRecordedCalls();
  const use = (search: RecordingFilters): void => void navigate({ search, replace: true });
  const words = q === "" ? {} : { q };
  return (
    <Page
      title="Recordings"
      fill
      aside={<Retention />}
      toolbar={
        <SearchField label="Search recordings" value={q} onChange={(text) => use(text === "" ? {} : { q: text })} />
      }
    >
      <List
        {...list}
        fill
        label="Recorded calls"
        keyOf={({ call_sid }) => call_sid}
        columns={columnsOf(words)}
        compact={(row) => (
          <CompactRow>
            <CallLink row={row} filters={words} />
            <Time at={row.started_at} />
            <span>
              to <Figures>{row.to}</Figures>
            </span>
            <Talked row={row} />
          </CompactRow>
        )}
        search={q}
        textOf={({ call_sid, from, to, flow, started_at }) =>
          [call_sid, from, to, flow, new Date(started_at).toLocaleString()].join(" ")
        }
        onClear={() => use({})}
        empty={
          <Empty icon={AudioLines} title="No recording yet">
            A conversation is recorded if the answer of your URL says <code>&quot;record&quot;: true</code>, or by a
            command during the call. It can be played here as it ends.
          </Empty>
        }
      />
      <PlayerWindow callSid={call} onClose={() => use(words)} />
    </Page>
  );
}

function useRecordedCalls() {
  const api = useApi();
  return usePageList({
    queryKey: keyOf(useAccount(), "recordings", "calls"),
    page: async (before, signal) => {
      const query = { recorded: "true", limit: PAGE_CALLS, ...(before !== undefined && { before }) } as const;
      const { calls, next } = await api.calls.list(query, { signal });
      return { rows: calls, next };
    },
  });
}

function Retention() {
  const { data: days } = useQuery(retentionQuery(useAccount()));
  return days === undefined ? null : <span>kept for {days === 1 ? "one day" : `${days} days`}</span>;
}

function columnsOf(filters: RecordingFilters): readonly Column<CallSummary>[] {
  return [
    {
      id: "from",
      header: "From",
      width: "minmax(130px, 1fr)",
      cell: (row) => <CallLink row={row} filters={filters} />,
    },
    { id: "to", header: "To", width: "minmax(130px, 1fr)", cell: ({ to }) => <Figures>{to}</Figures> },
    { id: "outcome", header: "Outcome", width: "112px", cell: (call) => <CallOutcome call={call} /> },
    { id: "talked", header: "Talked", width: "76px", align: "end", cell: (row) => <Talked row={row} /> },
    { id: "started", header: "Started", width: "142px", align: "end", cell: (row) => <Time at={row.started_at} /> },
  ];
}

function CallLink({ row, filters }: { readonly row: CallSummary; readonly filters: RecordingFilters }) {
  const account = useAccount();
  return (
    <RowLink to="/a/$account/recordings" params={{ account }} search={{ ...filters, call: row.call_sid }} replace>
      <Figures>{row.from}</Figures>
    </RowLink>
  );
}

function Talked({ row: { cdr } }: { readonly row: CallSummary }) {
  return cdr === null ? <None>live</None> : <Figures>{durationText(cdr.conversation_s * 1000)}</Figures>;
}
