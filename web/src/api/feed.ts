import type { AccountFeedEvent, FeedNews, FeedState } from "./feed-connection.ts";
import { FeedConnection } from "./feed-connection.ts";
import type { FeedMessage, FeedOrder } from "./feed-worker.ts";

export type { AccountFeedEvent, FeedState } from "./feed-connection.ts";

interface FeedListener {
  readonly onEvent: (event: AccountFeedEvent) => void;
  readonly onState?: (state: FeedState) => void;
  /** Events may be missing: what is shown must be fetched again. */
  readonly onGap: () => void;
}

/** An account's feed as this window has it. */
interface OpenFeed {
  readonly listeners: Set<FeedListener>;
  readonly leave: () => void;
  state: FeedState;
}

const feeds = new Map<string, OpenFeed>();
let worker: SharedWorker | null = null;

/**
 * Listens to the account's events until the returned function is called. All windows of a browser share one connection to an
 * account; a browser without shared workers has one for each window.
 */
export function listenToFeed(account: string, listener: FeedListener): () => void {
  const feed = feeds.get(account) ?? open(account);
  feed.listeners.add(listener);
  listener.onState?.(feed.state);
  return () => {
    feed.listeners.delete(listener);
    if (feed.listeners.size > 0) return;
    feed.leave();
    feeds.delete(account);
  };
}

function open(account: string): OpenFeed {
  const feed = { listeners: new Set<FeedListener>(), leave: connect(account), state: "connecting" as FeedState };
  feeds.set(account, feed);
  return feed;
}

/** Returns what ends it. */
function connect(account: string): () => void {
  if (typeof SharedWorker === "undefined") {
    const connection = new FeedConnection(account, (news) => hear({ account, news }));
    return () => connection.close();
  }
  order({ listen: account });
  return () => order({ leave: account });
}

function order(what: FeedOrder): void {
  worker ??= startWorker();
  const { port } = worker;
  port.postMessage(what);
}

function startWorker(): SharedWorker {
  const started = new SharedWorker(new URL("./feed-worker.ts", import.meta.url), {
    type: "module",
    name: "plugboard-feed",
  });
  started.port.addEventListener("message", ({ data }: MessageEvent<FeedMessage>) => hear(data));
  started.port.start();
  // A window that is closed says nothing by itself; one that comes back from the browser's memory asks again.
  addEventListener("pagehide", () => feeds.forEach((_, account) => order({ leave: account })));
  addEventListener(
    "pageshow",
    ({ persisted }) => persisted && feeds.forEach((_, account) => order({ listen: account })),
  );
  return started;
}

function hear({ account, news }: { readonly account: string; readonly news: FeedNews }): void {
  const feed = feeds.get(account);
  if (feed === undefined) return;
  if (news.kind === "state") feed.state = news.state;
  for (const { onEvent, onState, onGap } of feed.listeners) {
    if (news.kind === "event") onEvent(news.event);
    else if (news.kind === "state") onState?.(news.state);
    else onGap();
  }
}
