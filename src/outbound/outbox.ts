import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Store } from "../store/store.ts";
import type { Fetcher } from "./fetcher.ts";

export interface OutboxOptions {
  readonly store: Pick<Store, "claimOutbox" | "settleOutbox" | "onOutbox">;
  readonly fetcher: Pick<Fetcher, "fetch">;
  readonly clock: Clock;
  readonly log: Log;
  /** The account's `private_destinations`, asked at each delivery. */
  readonly allowInward: (account: string) => boolean;
}

/** Delivers what the store's outbox owes: at least once, in order per (call, order key) (EVT-6). */
export declare class OutboxWorker {
  constructor(options: OutboxOptions);
  /** Begins to claim and deliver. */
  start(): void;
  /** Claims no more, waits for deliveries under way (at most their deadline). */
  stop(): Promise<void>;
}
