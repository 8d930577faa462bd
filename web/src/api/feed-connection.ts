/** An event of the account: the name without its prefix (`call.started`), and its data. */
export interface AccountFeedEvent {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** `live`: events arrive. `lost`: the connection is being made again. */
export type FeedState = "connecting" | "live" | "lost";

/** What a feed tells: an event, a change of its state, or that events may be missing and all must be fetched again. */
export type FeedNews =
  | { readonly kind: "event"; readonly event: AccountFeedEvent }
  | { readonly kind: "state"; readonly state: FeedState }
  | { readonly kind: "gap" };

/** ms until a feed that the platform has closed is opened again. */
const REOPEN_MS = 3000;
const PREFIX = "plugboard.";

/** One connection to an account's events. It comes back by itself, until it is closed. */
export class FeedConnection {
  readonly #url: string;
  readonly #tell: (news: FeedNews) => void;
  #source: EventSource;
  #reopening: ReturnType<typeof setTimeout> | null = null;
  #state: FeedState = "connecting";

  constructor(account: string, tell: (news: FeedNews) => void) {
    this.#url = `/api/accounts/${encodeURIComponent(account)}/events`;
    this.#tell = tell;
    this.#source = this.#open();
  }

  get state(): FeedState {
    return this.#state;
  }

  close(): void {
    this.#source.close();
    if (this.#reopening !== null) clearTimeout(this.#reopening);
  }

  #open(): EventSource {
    const source = new EventSource(this.#url);
    source.addEventListener("open", () => this.#become("live"));
    source.addEventListener("message", ({ data }) => this.#tell({ kind: "event", event: eventOf(String(data)) }));
    source.addEventListener("error", () => this.#failed(source));
    return source;
  }

  /** A browser comes back by itself with its cursor, unless the platform refused: the cursor may be too old. */
  #failed(source: EventSource): void {
    this.#become("lost");
    if (source.readyState !== EventSource.CLOSED || this.#reopening !== null) return;
    this.#reopening = setTimeout(() => {
      this.#reopening = null;
      this.#source = this.#open();
      this.#tell({ kind: "gap" });
    }, REOPEN_MS);
  }

  #become(state: FeedState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#tell({ kind: "state", state });
  }
}

function eventOf(json: string): AccountFeedEvent {
  const { type, data } = JSON.parse(json) as { readonly type: string; readonly data: AccountFeedEvent["data"] };
  return { name: type.startsWith(PREFIX) ? type.slice(PREFIX.length) : type, data };
}
