import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { RotateCw } from "lucide-react";
import { keyOf, useAccount, useApi, useMay } from "../../api/account.ts";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Figures, Mono, None, Time } from "../../ui/format.tsx";
import { ADMINS_ONLY } from "../../ui/not-allowed.tsx";
import { Facts } from "../../ui/page.tsx";
import { Notice } from "../../ui/states.tsx";
import { say, sayFailure } from "../../ui/toast.tsx";
import type { Delivery } from "./delivery.ts";
import { purposeOf } from "./delivery.ts";
import styles from "./delivery-window.module.css";

interface DeliveryWindowProps {
  /** Undefined: none is looked at. */
  readonly id: string | undefined;
  readonly delivery: Delivery | undefined;
  readonly isLoaded: boolean;
  readonly onClose: () => void;
}

/** One delivery: what it is, why it is still here, and the way to send it again. */
export function DeliveryWindow({ id, delivery, isLoaded, onClose }: DeliveryWindowProps) {
  return (
    <Dialog
      open={id !== undefined && isLoaded}
      onClose={onClose}
      title={delivery === undefined ? "Not here" : purposeOf(delivery.purpose)}
    >
      {delivery === undefined ? (
        <p className={styles["text"]}>
          This delivery is not in the list: your server has taken it meanwhile, or a filter hides it.
        </p>
      ) : (
        <Content delivery={delivery} />
      )}
    </Dialog>
  );
}

function Content({ delivery }: { readonly delivery: Delivery }) {
  return (
    <div className={styles["content"]}>
      <Why delivery={delivery} />
      <Facts of={factsOf(delivery)} />
      {delivery.state === "parked" ? <Replay delivery={delivery} /> : null}
    </div>
  );
}

function Why({ delivery: { state, error, tries } }: { readonly delivery: Delivery }) {
  if (state === "parked")
    return (
      <Notice tone="bad">
        Given up after {times(tries)}. {error}
      </Notice>
    );
  if (tries === 0)
    return <Notice tone="info">Not tried yet: it is due, or waits for an earlier one of its call.</Notice>;
  return (
    <Notice tone="warn">
      {times(tries)} so far; it is tried again by itself. {error}
    </Notice>
  );
}

function times(tries: number): string {
  return tries === 1 ? "one try" : `${tries} tries`;
}

function factsOf(delivery: Delivery) {
  const { id, method, url, tries, created_at, due_at, parked_at, order } = delivery;
  return [
    ["Request", url === null ? <None key="r">unreadable</None> : <Mono key="r">{`${method} ${url}`}</Mono>],
    ["Call", <CallOf key="c" delivery={delivery} />],
    ["Tries", <Figures key="t">{tries}</Figures>],
    ["Since", <Time key="s" at={created_at} />],
    due_at === null
      ? (["Parked", <Time key="p" at={parked_at} />] as const)
      : (["Next try", <Time key="n" at={due_at} />] as const),
    ["Sent in order with", <Mono key="o">{order}</Mono>],
    ["Id", <IdOf key="i" id={id} />],
  ] as const;
}

function CallOf({ delivery: { call_sid } }: { readonly delivery: Delivery }) {
  const account = useAccount();
  return (
    <Link to="/a/$account/calls/$callSid" params={{ account, callSid: call_sid }}>
      <Mono>{call_sid}</Mono>
    </Link>
  );
}

function IdOf({ id }: { readonly id: string }) {
  return (
    <span className={styles["id"]}>
      <Mono>{id}</Mono>
      <CopyButton text={id} what="id of the delivery" />
    </span>
  );
}

/** Sends a parked delivery again; it goes out before those of its call that wait for it. */
function Replay({ delivery: { id } }: { readonly delivery: Delivery }) {
  const api = useApi();
  const account = useAccount();
  const client = useQueryClient();
  const may = useMay("admin");
  const replay = useMutation({
    mutationFn: () => api.outbox.replay({ id }),
    onSuccess: () => say("Sent again", "It goes out before later ones of its call."),
    onError: (error) => sayFailure("It was not sent again", error),
    onSettled: () => client.invalidateQueries({ queryKey: keyOf(account, "outbox") }),
  });
  return (
    <div className={styles["foot"]}>
      {may ? null : <span>{ADMINS_ONLY}.</span>}
      <Button variant="primary" icon={RotateCw} disabled={!may} busy={replay.isPending} onClick={() => replay.mutate()}>
        Send again
      </Button>
    </div>
  );
}
