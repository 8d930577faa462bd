import type { QueryKey } from "@tanstack/react-query";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Subject } from "./account.ts";
import { keyOf } from "./account.ts";
import type { AccountFeedEvent, FeedState } from "./feed.ts";
import { listenToFeed } from "./feed.ts";

/** ms for which changes are collected: a busy account has hundreds of events a second, a person reads none of them. */
const COLLECT_MS = 400;
/** The same for figures over many calls, which cost the platform more. */
const COLLECT_FIGURES_MS = 5000;

/** Keeps every query about the account fresh from its event feed. Returns whether events arrive. Used once, by the shell. */
export function useFeedChanges(account: string): FeedState {
  const client = useQueryClient();
  const [state, setState] = useState<FeedState>("connecting");
  useEffect(() => {
    const renew = (queryKey: QueryKey): void => void client.invalidateQueries({ queryKey });
    const collector = new Collector(renew, COLLECT_MS);
    const figures = new Collector(renew, COLLECT_FIGURES_MS);
    const stop = listenToFeed(account, {
      onEvent: (event) => {
        changedBy(account, event).forEach((key) => collector.add(key));
        if (event.name === "call.ended") figures.add(keyOf(account, "overview"));
      },
      onState: setState,
      onGap: () => renew(["account", account]),
    });
    return () => {
      stop();
      collector.stop();
      figures.stop();
    };
  }, [account, client]);
  return state;
}

/** The queries that an event makes stale. The list of calls follows the events itself (`call-list.ts`). */
function changedBy(account: string, { name, data }: AccountFeedEvent): readonly QueryKey[] {
  const sid = data["call_sid"];
  const call = typeof sid === "string" ? [keyOf(account, "call", sid), keyOf(account, "live")] : [];
  if (name.startsWith("delivery.")) return [...call, keyOf(account, "outbox")];
  if (name === "configuration.changed")
    return configured(String(data["kind"])).map((subject) => keyOf(account, subject));
  if (name.startsWith("recording.")) return [...call, keyOf(account, "recordings")];
  return call;
}

/** What a change of this kind of resource makes stale. */
function configured(kind: string): readonly Subject[] {
  const lists: Readonly<Record<string, Subject>> = {
    trunk: "trunks",
    exophone: "exophones",
    user: "users",
    group: "groups",
    flow: "flows",
    account: "exposure",
  };
  const list = lists[kind];
  return ["audit", "history", ...(list === undefined ? [] : [list])];
}

/** Renews each key at most once in a time. */
class Collector {
  readonly #renew: (key: QueryKey) => void;
  readonly #everyMs: number;
  readonly #keys = new Map<string, QueryKey>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(renew: (key: QueryKey) => void, everyMs: number) {
    this.#renew = renew;
    this.#everyMs = everyMs;
  }

  add(key: QueryKey): void {
    this.#keys.set(JSON.stringify(key), key);
    this.#timer ??= setTimeout(() => this.#flush(), this.#everyMs);
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
