import { queryOptions, useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { keyOf, useAccount, useApi } from "../../api/account.ts";
import type { Models, PlugboardApi } from "../../api/client.ts";
import { ButtonAnchor, ButtonLink } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { durationText, Figures, Time } from "../../ui/format.tsx";
import { Failure, Loading, Notice } from "../../ui/states.tsx";
import styles from "./player-window.module.css";

type Recording = Models["CallRecording"];

function recordedCallQuery(api: PlugboardApi, account: string, callSid: string | undefined) {
  return queryOptions({
    queryKey: keyOf(account, "call", callSid ?? ""),
    enabled: callSid !== undefined,
    queryFn: ({ signal }) => api.calls.get({ callSid: callSid ?? "" }, { signal }),
  });
}

/** The recordings of one call: each can be played from any place, and downloaded. */
export function PlayerWindow({
  callSid,
  onClose,
}: {
  readonly callSid: string | undefined;
  readonly onClose: () => void;
}) {
  const account = useAccount();
  const { data, error, refetch } = useQuery(recordedCallQuery(useApi(), account, callSid));
  return (
    <Dialog
      open={callSid !== undefined}
      onClose={onClose}
      title={data === undefined ? "Recordings" : `${data.from} to ${data.to}`}
      description={data === undefined ? undefined : <Time at={data.started_at} />}
    >
      <div className={styles["content"]}>
        {error !== null && data === undefined ? <Failure error={error} retry={() => void refetch()} /> : null}
        {data === undefined && error === null ? <Loading rows={2} /> : null}
        {data?.recordings.map((recording) => (
          <Player key={recording.id} recording={recording} />
        ))}
        {data?.recordings.length === 0 ? <p>Its recordings have been erased.</p> : null}
        {data === undefined ? null : (
          <footer className={styles["foot"]}>
            <ButtonLink to="/a/$account/calls/$callSid" params={{ account, callSid: data.call_sid }}>
              Show the call
            </ButtonLink>
          </footer>
        )}
      </div>
    </Dialog>
  );
}

const LAYOUTS: Readonly<Record<Recording["layout"], string>> = {
  mono: "Both in one channel",
  dual: "Caller left, callee right",
};

function Player({ recording: { id, layout, duration_ms, failure } }: { readonly recording: Recording }) {
  const account = useAccount();
  const address = `/api/accounts/${encodeURIComponent(account)}/recordings/${encodeURIComponent(id)}.wav`;
  const length = durationText(duration_ms);
  if (failure !== null) return <Notice tone="warn">{`${sentence(failure)} It was ${length} long.`}</Notice>;
  return (
    <section className={styles["recording"]} aria-label={`Recording of ${length}`}>
      <p>
        <Figures>{length}</Figures>, {LAYOUTS[layout].toLowerCase()}
      </p>
      {/* The browser asks for ranges: a jump fetches no more than it plays. */}
      <audio controls preload="metadata" src={address} aria-label={`Recording of ${length}`} />
      <ButtonAnchor href={address} download={`${id}.wav`} icon={Download}>
        Download
      </ButtonAnchor>
    </section>
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;
}
