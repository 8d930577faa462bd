import type { QueryKey } from "@tanstack/react-query";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { keyOf } from "./account.ts";
import type { AccountFeedEvent, FeedState } from "./feed.ts";
import { listenToFeed } from "./feed.ts";

/** ms for which changes are collected: a busy account has hundreds of events a second, a person reads none of them. */
const COLLECT_MS = 400;

/** Keeps every query about the account fresh from its event feed. Returns whether events arrive. Used once, by the shell. */
export function useFeedChanges(account: string): FeedState {
  const client = useQueryClient();
  const [state, setState] = useState<FeedState>("connecting");
  useEffect(() => {
    const renew = (queryKey: QueryKey): void => void client.invalidateQueries({ queryKey });
    const collector = new Collector(renew);
    const stop = listenToFeed(account, {
      onEvent: (event) => changedBy(account, event).forEach((key) => collector.add(key)),
      onState: setState,
      onGap: () => renew(["account", account]),
    });
    return () => {
      stop();
      collector.stop();
    };
  }, [account, client]);
  return state;
}

/** The queries that an event makes stale. The list of calls follows the events itself (`call-list.ts`). */
function changedBy(account: string, { name, data }: AccountFeedEvent): readonly QueryKey[] {
  const sid = data["call_sid"];
  const call = typeof sid === "string" ? [keyOf(account, "call", sid)] : [];
  if (name.startsWith("delivery.")) return [...call, keyOf(account, "outbox")];
  if (name.startsWith("recording.")) return [...call, keyOf(account, "recordings")];
  if (name === "call.ended" || name === "call.started") return [...call, keyOf(account, "overview")];
  return call;
}

/** Renews each key at most once in {@link COLLECT_MS}. */
class Collector {
  readonly #renew: (key: QueryKey) => void;
  readonly #keys = new Map<string, QueryKey>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(renew: (key: QueryKey) => void) {
    this.#renew = renew;
  }

  add(key: QueryKey): void {
    this.#keys.set(JSON.stringify(key), key);
    this.#timer ??= setTimeout(() => this.#flush(), COLLECT_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #flush(): void {
    this.#timer = null;
    const keys = [...this.#keys.values()];
    this.#keys.clear();
    keys.forEach(this.#renew);
  }
}
