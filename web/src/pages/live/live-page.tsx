import { queryOptions, useQuery } from "@tanstack/react-query";
import { Activity, SearchX } from "lucide-react";
import { useState } from "react";
import { keyOf, useAccount, useApi, useMay } from "../../api/account.ts";
import type { Models, PlugboardApi } from "../../api/client.ts";
import { flowsQuery } from "../../api/flows.ts";
import { Badge, Tag } from "../../ui/badge.tsx";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { FormDialog } from "../../ui/dialog.tsx";
import { Elapsed } from "../../ui/elapsed.tsx";
import { TextField } from "../../ui/field.tsx";
import { Figures } from "../../ui/format.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { RowLink } from "../../ui/row-link.tsx";
import { Empty, Failure, Loading, Notice } from "../../ui/states.tsx";
import type { Column } from "../../ui/table.tsx";
import { Table } from "../../ui/table.tsx";
import { say } from "../../ui/toast.tsx";
import { liveStateOf } from "./live-state.ts";
import styles from "./live-page.module.css";

type LiveCall = Models["LiveCall"];

/** ms between two looks while calls are live: most changes come by events, a step within a flow does not. */
const RENEW_MS = 5000;

function liveQuery(api: PlugboardApi, account: string) {
  return queryOptions({
    queryKey: keyOf(account, "live"),
    queryFn: ({ signal }) => api.calls.live({}, { signal }),
    staleTime: 0,
    refetchInterval: ({ state: { data } }) => (data === undefined || data.total === 0 ? false : RENEW_MS),
  });
}

/** Every call that is going on now, with what it is doing. */
export function LivePage() {
  const { data, error, refetch } = useQuery(liveQuery(useApi(), useAccount()));
  const [search, setSearch] = useState("");
  return (
    <Page
      title="Live calls"
      aside={data === undefined || data.total === 0 ? undefined : <Figures>{data.total}</Figures>}
      toolbar={
        <TextField
          label="Search live calls"
          hideLabel
          type="search"
          placeholder="Number or state"
          value={search}
          onChange={({ target }) => setSearch(target.value)}
        />
      }
    >
      {data === undefined ? (
        error === null ? (
          <Loading />
        ) : (
          <Failure error={error} retry={() => void refetch()} />
        )
      ) : (
        <LiveList calls={data.calls} total={data.total} search={search} />
      )}
    </Page>
  );
}

interface LiveListProps {
  readonly calls: readonly LiveCall[];
  readonly total: number;
  readonly search: string;
}

function LiveList({ calls, total, search }: LiveListProps) {
  const account = useAccount();
  const [ending, setEnding] = useState<LiveCall | null>(null);
  const columns = useColumns(setEnding);
  const words = search.trim().toLowerCase();
  const shown = calls.filter((call) => wordsOf(call).includes(words));
  if (calls.length === 0)
    return (
      <Empty
        icon={Activity}
        title="No call is live"
        action={
          <ButtonLink to="/a/$account/calls" params={{ account }}>
            Show calls that ended
          </ButtonLink>
        }
      >
        A call appears here the moment it comes in or is placed.
      </Empty>
    );
  if (shown.length === 0)
    return (
      <Empty icon={SearchX} title="No live call matches">
        {calls.length === 1 ? "One call is live." : `${calls.length} calls are live.`} Search for a part of a number, or
        for “ringing”.
      </Empty>
    );
  return (
    <div className={styles["live"]}>
      {total > calls.length ? (
        <Notice tone="info">
          {total} calls are live; these are the newest {calls.length}.
        </Notice>
      ) : null}
      <Panel flush>
        <Table
          label="Live calls"
          rows={shown}
          keyOf={({ call_sid }) => call_sid}
          columns={columns}
          compact={(call) => <CompactCall call={call} onHangUp={setEnding} />}
        />
      </Panel>
      <HangUpDialog call={ending} onClose={() => setEnding(null)} />
    </div>
  );
}

/** What a search looks at. */
function wordsOf(call: LiveCall): string {
  return [call.from, call.to, ...call.with, liveStateOf(call).text].join(" ").toLowerCase();
}

function useColumns(onHangUp: (call: LiveCall) => void): readonly Column<LiveCall>[] {
  const { data: flows } = useQuery(flowsQuery(useApi(), useAccount()));
  const nameOf = (id: string): string => flows?.find(({ flow }) => flow === id)?.published?.name || id;
  return [
    { id: "state", header: "State", width: "minmax(170px, 1.5fr)", cell: (call) => <State call={call} /> },
    { id: "from", header: "From", width: "minmax(130px, 1fr)", cell: (call) => <CallLink call={call} /> },
    { id: "to", header: "To", width: "minmax(130px, 1fr)", cell: ({ to }) => <Figures>{to}</Figures> },
    { id: "flow", header: "Flow", width: "minmax(100px, 1fr)", cell: ({ flow }) => nameOf(flow) },
    { id: "elapsed", header: "For", width: "80px", align: "end", cell: (call) => <Length call={call} /> },
    {
      id: "act",
      header: "Control",
      width: "96px",
      align: "end",
      cell: (call) => <HangUp call={call} onHangUp={onHangUp} />,
    },
  ];
}

function State({ call }: { readonly call: LiveCall }) {
  const { text, tone } = liveStateOf(call);
  return (
    <span className={styles["state"]}>
      <Badge tone={tone} live>
        {text}
      </Badge>
      {call.recorded ? <Tag tone="bad">recorded</Tag> : null}
    </span>
  );
}

function CallLink({ call }: { readonly call: LiveCall }) {
  const account = useAccount();
  return (
    <RowLink to="/a/$account/calls/$callSid" params={{ account, callSid: call.call_sid }}>
      <Figures>{call.from}</Figures>
    </RowLink>
  );
}

function Length({ call }: { readonly call: LiveCall }) {
  return (
    <Figures>
      <Elapsed since={call.started_at} />
    </Figures>
  );
}

interface HangUpProps {
  readonly call: LiveCall;
  readonly onHangUp: (call: LiveCall) => void;
}

/** Only for those who may control calls. */
function HangUp({ call, onHangUp }: HangUpProps) {
  const may = useMay("call");
  if (!may || call.phase === "ending") return null;
  return (
    <Button
      size="s"
      className={styles["act"]}
      aria-label={`Hang up the call from ${call.from}`}
      onClick={() => onHangUp(call)}
    >
      Hang up
    </Button>
  );
}

function HangUpDialog({ call, onClose }: { readonly call: LiveCall | null; readonly onClose: () => void }) {
  const { calls } = useApi();
  const hangUp = async (): Promise<void> => {
    if (call === null) return;
    await calls.hangUp({ callSid: call.call_sid });
    say("The call is being hung up");
  };
  return (
    <FormDialog
      open={call !== null}
      onClose={onClose}
      title="Hang up the call"
      description={
        call === null
          ? undefined
          : `The call from ${call.from} to ${call.to} ends for everyone in it. It can't be taken back.`
      }
      verb="Hang up"
      danger
      onSubmit={hangUp}
    />
  );
}

function CompactCall({ call, onHangUp }: HangUpProps) {
  return (
    <div className={styles["compact"]}>
      <CallLink call={call} />
      <Length call={call} />
      <State call={call} />
      <HangUp call={call} onHangUp={onHangUp} />
    </div>
  );
}
