import type { Log } from "../base/log.ts";

export interface EmbeddedOptions {
  /** Folder of the database cluster; made when absent. */
  readonly dataDir: string;
  readonly log: Log;
}

/** A running embedded server. */
export interface Embedded {
  /** For `Store.open`: over a unix socket, nothing listens on the network. */
  readonly url: string;
  readonly pid: number;
  /** It was already alive: left by a process of ours that was killed. */
  readonly adopted: boolean;
  /** Fast shutdown (checkpoint, no waiting for clients), killed after 10 s. */
  stop(): Promise<void>;
}

/** Starts (or adopts) the embedded PostgreSQL of a data folder. */
export declare function startEmbedded(options: EmbeddedOptions): Promise<Embedded>;
