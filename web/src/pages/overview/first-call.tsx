import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useAccount, useApi } from "../../api/account.ts";
import { listenToFeed } from "../../api/feed.ts";
import { flowsQuery } from "../../api/flows.ts";
import { numbersQuery } from "../../api/numbers.ts";
import { Badge } from "../../ui/badge.tsx";
import { ButtonLink } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Figures, None } from "../../ui/format.tsx";
import { Panel } from "../../ui/page.tsx";
import styles from "./overview-page.module.css";

const DEMO = "npm run demo -- --running";

/** Before the first call: what to do so that there is one, and the way to its trace as soon as it comes in. */
export function FirstCall() {
  const callSid = useNextCall();
  return (
    <div className={styles["first"]}>
      <p className={styles["lead"]}>
        This account has had no call yet. Figures appear here with the first one: how many calls, how many were
        answered, how fast, and what failed.
      </p>
      <Panel title="1. A number that leads somewhere">
        <NumberAndFlow />
      </Panel>
      <Panel title="2. Call it">
        <p>
          From any phone whose trunk leads here. Without one, robots make the first call: run this in the folder of the
          platform.
        </p>
        <p className={styles["command"]}>
          <code>{DEMO}</code>
          <CopyButton text={DEMO} what="command" />
        </p>
      </Panel>
      <Panel title="3. See what happened">
        <div role="status" className={styles["command"]}>
          {callSid === null ? <Badge tone="neutral">Waiting for a call</Badge> : <TheCall callSid={callSid} />}
        </div>
      </Panel>
    </div>
  );
}

/** The sid of the newest call that has begun while this is open. */
function useNextCall(): string | null {
  const account = useAccount();
  const [callSid, setCallSid] = useState<string | null>(null);
  useEffect(
    () =>
      listenToFeed(account, {
        onEvent: ({ name, data }) => {
          if (name === "call.started") setCallSid(String(data["call_sid"]));
        },
        onState: () => undefined,
        onGap: () => undefined,
      }),
    [account],
  );
  return callSid;
}

function TheCall({ callSid }: { readonly callSid: string }) {
  const account = useAccount();
  return (
    <>
      <Badge tone="info" live>
        A call has come in
      </Badge>
      <ButtonLink variant="primary" to="/a/$account/calls/$callSid" params={{ account, callSid }}>
        Show the call
      </ButtonLink>
    </>
  );
}

/** The account's numbers with their flows, or what is missing. */
function NumberAndFlow() {
  const account = useAccount();
  const api = useApi();
  const { data: numbers } = useQuery(numbersQuery(api, account));
  const { data: flows } = useQuery(flowsQuery(api, account));
  if (numbers === undefined || flows === undefined) return <None>…</None>;
  const usable = numbers.filter(({ flow }) => flow !== null);
  if (usable.length === 0)
    return (
      <p>
        {numbers.length === 0 ? "There is no number yet." : "No number leads to a flow."} Write one into the workspace
        file, and apply it with <code>plugboard apply</code>; <code>plugboard init</code> writes a sample to begin with.
      </p>
    );
  return (
    <ul className={styles["numbers"]}>
      {usable.map(({ number, name, flow }) => (
        <li key={number}>
          <Figures>{number}</Figures> {name} leads to{" "}
          {flows.find((each) => each.flow === flow)?.published?.name ?? flow}
        </li>
      ))}
    </ul>
  );
}
