import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ArrowLeft, Download, PhoneOff } from "lucide-react";
import { useEffect, useState } from "react";
import { useAccount, useApi, useMay } from "../../api/account.ts";
import { PlugboardError } from "../../api/client.ts";
import { flowsQuery } from "../../api/flows.ts";
import { ButtonAnchor } from "../../ui/button.tsx";
import { CallOutcome } from "../../ui/call-outcome.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { durationText, Figures, Mono, None, Time } from "../../ui/format.tsx";
import { Facts, Page, Panel } from "../../ui/page.tsx";
import { Empty, Failure, Loading, Notice } from "../../ui/states.tsx";
import { AppletPath } from "./applet-path.tsx";
import { CallControl } from "./call-control.tsx";
import type { WholeCall } from "./call-queries.ts";
import { callQuery } from "./call-queries.ts";
import { CallTimeline } from "./call-timeline.tsx";
import styles from "./call-page.module.css";
import { Exchanges, exchangesOf } from "./exchanges.tsx";
import { Recordings } from "./recordings.tsx";
import { TraceList } from "./trace-list.tsx";
import { Why } from "./why.tsx";

const route = getRouteApi("/signed-in/a/$account/calls/$callSid");

/** One call: why it went as it did, then what happened. Also while it lasts. */
export function CallPage() {
  const { account, callSid } = route.useParams();
  const { data: call, error, refetch } = useQuery(callQuery(useApi(), account, callSid));
  const back = (
    <Link to="/a/$account/calls" params={{ account }} className={styles["back"]}>
      <ArrowLeft size={13} />
      Calls
    </Link>
  );
  if (call === undefined)
    return (
      <Page title="Call" back={back}>
        {error === null ? <Loading /> : <NoCall error={error} retry={() => void refetch()} />}
      </Page>
    );
  return <KnownCall key={callSid} call={call} back={back} />;
}

function NoCall({ error, retry }: { readonly error: Error; readonly retry: () => void }) {
  if (!(error instanceof PlugboardError) || error.status !== 404) return <Failure error={error} retry={retry} />;
  return (
    <Empty icon={PhoneOff} title="There is no such call">
      The account has no call with this sid. It may have been erased, or belong to another account.
    </Empty>
  );
}

function KnownCall({ call, back }: { readonly call: WholeCall; readonly back: React.ReactNode }) {
  const account = useAccount();
  const mayControl = useMay("call");
  const isLive = call.cdr === null;
  const now = useNow(call);
  const exchanges = exchangesOf(call.trace);
  const address = `/api/accounts/${encodeURIComponent(account)}/calls/${encodeURIComponent(call.call_sid)}`;
  return (
    <Page
      title={`${call.from} → ${call.to}`}
      heading={<Figures>{`${call.from} → ${call.to}`}</Figures>}
      aside={<CallOutcome call={call} />}
      back={back}
      actions={
        <>
          <ButtonAnchor
            icon={Download}
            href={address}
            download={`${call.call_sid}.json`}
            title="For plugboard simulate --replay"
          >
            Download
          </ButtonAnchor>
          {isLive && mayControl ? <CallControl callSid={call.call_sid} /> : null}
        </>
      }
    >
      {call.trace.length === 0 ? (
        <Notice tone="info">What happened in this call is no longer kept; its record is.</Notice>
      ) : (
        <Why callSid={call.call_sid} />
      )}
      <div className={styles["columns"]}>
        <div className={styles["main"]}>
          {call.trace.length === 0 ? null : (
            <>
              <Panel title="Timeline" flush aside={<Length call={call} now={now} />}>
                <CallTimeline call={call} now={now} />
              </Panel>
              {exchanges.length === 0 ? null : (
                <Panel title="Requests" flush>
                  <Exchanges exchanges={exchanges} />
                </Panel>
              )}
              <Panel title="Everything that happened" flush>
                <TraceList trace={call.trace} />
              </Panel>
            </>
          )}
        </div>
        <div className={styles["side"]}>
          <Panel title="Record">
            <CallFacts call={call} />
          </Panel>
          {call.recordings.length === 0 ? null : (
            <Panel title="Recording">
              <Recordings of={call.recordings} />
            </Panel>
          )}
          {call.applets.length === 0 ? null : (
            <Panel title="Through the flow">
              <AppletPath trace={call.trace} />
            </Panel>
          )}
        </div>
      </div>
    </Page>
  );
}

/** ms since the call arrived; goes on while it lives. */
function useNow({ started_at, cdr, duration_ms }: WholeCall): number {
  const [now, setNow] = useState(() => Date.now());
  const isLive = cdr === null;
  useEffect(() => {
    if (!isLive) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isLive]);
  return isLive ? Math.max(duration_ms, now - Date.parse(started_at)) : duration_ms;
}

function Length({ call, now }: { readonly call: WholeCall; readonly now: number }) {
  const length = call.cdr === null ? Math.floor(now / 1000) * 1000 : call.duration_ms;
  return (
    <span className={styles["length"]}>
      <Figures>{durationText(length)}</Figures>
    </span>
  );
}

function CallFacts({ call }: { readonly call: WholeCall }) {
  const { data: flows } = useQuery(flowsQuery(useApi(), useAccount()));
  const flow = flows?.find((each) => each.flow === call.flow)?.published?.name;
  const { cdr } = call;
  return (
    <Facts
      of={[
        ["Started", <Time key="started" at={call.started_at} />],
        ["Direction", call.direction === "incoming" ? "incoming" : "placed by API"],
        ["Flow", flow === undefined || flow === "" ? call.flow : `${flow} (${call.flow})`],
        [
          "Talked",
          cdr === null || cdr.conversation_s === 0 ? <None key="none" /> : durationText(cdr.conversation_s * 1000),
        ],
        ["Ended by", cdr?.ended_by ?? <None key="live">goes on</None>],
        ["Status", cdr?.status ?? "in progress"],
        [
          "Dialling",
          cdr === null ? (
            <None key="open">not over</None>
          ) : (
            (cdr.dial_call_status ?? <None key="nobody">nobody was dialled</None>)
          ),
        ],
        [
          "Sid",
          <span key="sid" className={styles["sid"]}>
            <Mono>{call.call_sid}</Mono>
            <CopyButton text={call.call_sid} what="call sid" />
          </span>,
        ],
      ]}
    />
  );
}
