import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { infiniteQueryOptions, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo } from "react";
import { keyOf, useAccount, useApi } from "../../api/account.ts";
import type { Models, PlugboardApi } from "../../api/client.ts";
import type { AccountFeedEvent } from "../../api/feed.ts";
import { listenToFeed } from "../../api/feed.ts";
import type { CallFilters } from "./call-filters.ts";

export type CallSummary = Models["CallSummary"];
type CallPage = Models["CallList"];
type CallPages = InfiniteData<CallPage, string | undefined>;

/** Calls fetched at once; the most that the API gives. */
const PAGE_CALLS = 100;
/** ms between two looks at the newest calls while events come in. */
const RENEW_MS = 700;

function callListQuery(api: PlugboardApi, account: string, filters: CallFilters) {
  return infiniteQueryOptions({
    queryKey: keyOf(account, "calls", "list", filters),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => pageOf(api, filters, pageParam, signal),
    getNextPageParam: ({ next }) => next ?? undefined,
    // The feed keeps it fresh: fetching every page again would cost a request for each hundred calls.
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}

function pageOf(api: PlugboardApi, filters: CallFilters, before?: string, signal?: AbortSignal): Promise<CallPage> {
  const query = { ...filters, limit: PAGE_CALLS, ...(before === undefined ? {} : { before }) };
  return api.calls.list(query, signal === undefined ? {} : { signal });
}

/** The calls that match, as far as they were fetched, kept up to date by the event feed. */
export function useCallList(filters: CallFilters) {
  const account = useAccount();
  const api = useApi();
  const client = useQueryClient();
  const options = useMemo(() => callListQuery(api, account, filters), [api, account, filters]);
  const query = useInfiniteQuery(options);
  useEffect(() => {
    const follower = new ListFollower(client, options.queryKey, () => pageOf(api, filters), filters);
    follower.renewSoon();
    const stop = listenToFeed(account, {
      onEvent: (event) => follower.note(event),
      onGap: () => follower.renewSoon(),
    });
    return () => {
      stop();
      follower.stop();
    };
  }, [account, api, client, filters, options]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);
  const calls = useMemo(() => query.data?.pages.flatMap((page) => page.calls), [query.data]);
  return { ...query, calls, more };
}

/** Brings what events say into the list: an ended call at once, new calls by a look at the first page. */
class ListFollower {
  readonly #client: QueryClient;
  readonly #key: readonly unknown[];
  readonly #firstPage: () => Promise<CallPage>;
  readonly #liveOnly: boolean;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(client: QueryClient, key: readonly unknown[], firstPage: () => Promise<CallPage>, filters: CallFilters) {
    this.#client = client;
    this.#key = key;
    this.#firstPage = firstPage;
    this.#liveOnly = filters.status === "live";
  }

  note({ name, data }: AccountFeedEvent): void {
    if (name !== "call.started" && name !== "call.ended") return;
    if (name === "call.ended") this.#ended(String(data["call_sid"]), data["cdr"] as CallSummary["cdr"]);
    this.renewSoon();
  }

  renewSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.#renew();
    }, RENEW_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #ended(callSid: string, cdr: CallSummary["cdr"]): void {
    this.#update((pages) =>
      pages.map((page) => ({
        ...page,
        calls: page.calls.flatMap((call) => {
          if (call.call_sid !== callSid) return [call];
          return this.#liveOnly ? [] : [endedCall(call, cdr)];
        }),
      })),
    );
  }

  /** A failure is left to the next look: the list says what it knew, and the shell that the connection is lost. */
  async #renew(): Promise<void> {
    const newest = await this.#firstPage().catch(() => null);
    if (newest === null) return;
    const known = this.#client.getQueryData<CallPages>(this.#key);
    if (known === undefined) return;
    const shown = new Set(known.pages.flatMap(({ calls }) => calls.map(({ call_sid }) => call_sid)));
    const isGap = shown.size > 0 && newest.next !== null && !newest.calls.some(({ call_sid }) => shown.has(call_sid));
    if (isGap) {
      await this.#client.resetQueries({ queryKey: this.#key });
      return;
    }
    this.#update(([first, ...others]) => (first === undefined ? [newest] : [merged(first, newest, shown), ...others]));
  }

  #update(change: (pages: readonly CallPage[]) => readonly CallPage[]): void {
    this.#client.setQueryData<CallPages>(this.#key, (data) =>
      data === undefined ? undefined : { ...data, pages: [...change(data.pages)] },
    );
  }
}

function endedCall(call: CallSummary, cdr: CallSummary["cdr"]): CallSummary {
  if (cdr === null) return call;
  const endedAt = new Date(Date.parse(call.started_at) + cdr.duration_ms).toISOString();
  return { ...call, cdr, status: cdr.status, ended_at: endedAt };
}

/** The first page with what the newest one brings; rows that are shown elsewhere stay where they are. */
function merged(first: CallPage, newest: CallPage, shown: ReadonlySet<string>): CallPage {
  const byId = new Map(newest.calls.map((call) => [call.call_sid, call]));
  const kept = first.calls.map((call) => byId.get(call.call_sid) ?? call);
  const added = newest.calls.filter(({ call_sid }) => !shown.has(call_sid));
  if (first.calls.length === 0) return newest;
  return { next: first.next, calls: [...added, ...kept].toSorted(newestFirst) };
}

function newestFirst(a: CallSummary, b: CallSummary): number {
  if (a.started_at !== b.started_at) return a.started_at < b.started_at ? 1 : -1;
  return a.call_sid < b.call_sid ? 1 : -1;
}
