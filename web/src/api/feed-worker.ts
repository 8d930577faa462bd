// Shared by all windows of the dashboard in a browser: one connection for each account, however many windows look at it. Without
// https a browser opens six connections to a platform, and six windows would have none left for anything else.
import type { FeedNews } from "./feed-connection.ts";
import { FeedConnection } from "./feed-connection.ts";

/** What a window asks for: the events of an account, or no more of them. */
export type FeedOrder = { readonly listen: string } | { readonly leave: string };

/** What a window gets. */
export interface FeedMessage {
  readonly account: string;
  readonly news: FeedNews;
}

interface SharedFeed {
  readonly connection: FeedConnection;
  readonly ports: Set<MessagePort>;
}

const feeds = new Map<string, SharedFeed>();

/** The global of a shared worker; the library of types for pages has none. */
const scope = globalThis as unknown as {
  addEventListener(type: "connect", listener: (event: MessageEvent) => void): void;
};

scope.addEventListener("connect", ({ ports: [port] }) => {
  port?.addEventListener("message", ({ data }: MessageEvent<FeedOrder>) => {
    if ("listen" in data) listen(data.listen, port);
    else leave(data.leave, port);
  });
  port?.start();
});

function listen(account: string, port: MessagePort): void {
  const feed = feeds.get(account) ?? open(account);
  feed.ports.add(port);
  send(port, account, { kind: "state", state: feed.connection.state });
}

function open(account: string): SharedFeed {
  const ports = new Set<MessagePort>();
  const connection = new FeedConnection(account, (news) => ports.forEach((port) => send(port, account, news)));
  const feed = { connection, ports };
  feeds.set(account, feed);
  return feed;
}

function leave(account: string, port: MessagePort): void {
  const feed = feeds.get(account);
  if (feed === undefined) return;
  feed.ports.delete(port);
  if (feed.ports.size > 0) return;
  feed.connection.close();
  feeds.delete(account);
}

function send(port: MessagePort, account: string, news: FeedNews): void {
  const message: FeedMessage = { account, news };
  port.postMessage(message);
}
