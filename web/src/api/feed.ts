/** An event of the account: the name without its prefix (`call.started`), and its data. */
export interface AccountFeedEvent {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** `live`: events arrive. `lost`: the connection is being made again. */
export type FeedState = "connecting" | "live" | "lost";

interface FeedListener {
  readonly onEvent: (event: AccountFeedEvent) => void;
  readonly onState: (state: FeedState) => void;
  /** Events may be missing: what is shown must be fetched again. */
  readonly onGap: () => void;
}

/** ms until a feed that the platform has closed is opened again. */
const REOPEN_MS = 3000;
const PREFIX = "plugboard.";

/** One connection to an account's events, however many listen. */
class AccountFeed {
  readonly #url: string;
  readonly #listeners = new Set<FeedListener>();
  #source: EventSource | null = null;
  #reopening: ReturnType<typeof setTimeout> | null = null;
  #state: FeedState = "connecting";

  constructor(account: string) {
    this.#url = `/api/accounts/${encodeURIComponent(account)}/events`;
  }

  listen(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    if (this.#source === null) this.#open();
    listener.onState(this.#state);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#close();
    };
  }

  #open(): void {
    const source = new EventSource(this.#url);
    this.#source = source;
    source.addEventListener("open", () => this.#become("live"));
    source.addEventListener("message", ({ data }) => this.#tell(String(data)));
    source.addEventListener("error", () => this.#failed(source));
  }

  /** A browser comes back by itself with its cursor, unless the platform refused: the cursor may be too old. */
  #failed(source: EventSource): void {
    this.#become("lost");
    if (source.readyState !== EventSource.CLOSED || this.#reopening !== null) return;
    this.#reopening = setTimeout(() => {
      this.#reopening = null;
      if (this.#listeners.size === 0) return;
      this.#open();
      for (const { onGap } of this.#listeners) onGap();
    }, REOPEN_MS);
  }

  #close(): void {
    this.#source?.close();
    this.#source = null;
    if (this.#reopening !== null) clearTimeout(this.#reopening);
    this.#reopening = null;
    this.#state = "connecting";
  }

  #become(state: FeedState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const { onState } of this.#listeners) onState(state);
  }

  #tell(json: string): void {
    const { type, data } = JSON.parse(json) as { readonly type: string; readonly data: AccountFeedEvent["data"] };
    const event = { name: type.startsWith(PREFIX) ? type.slice(PREFIX.length) : type, data };
    for (const { onEvent } of this.#listeners) onEvent(event);
  }
}

const feeds = new Map<string, AccountFeed>();

/** Listens to the account's events until the returned function is called. All listeners of a page share one connection. */
export function listenToFeed(account: string, listener: FeedListener): () => void {
  const feed = feeds.get(account) ?? new AccountFeed(account);
  feeds.set(account, feed);
  return feed.listen(listener);
}
