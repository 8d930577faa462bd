import type { Log } from "../base/log.ts";
import type { Fetched, FetchOptions, OutboundRequest, Resolve } from "./types.ts";

export interface FetcherOptions {
  /** For `User-Agent: plugboard/<version>` when the request has none (REQ-4). */
  readonly version: string;
  readonly log: Log;
  /** Default: the system's resolver. */
  readonly resolve?: Resolve;
}

/** Every HTTP request of the platform goes through one of these. */
export declare class Fetcher {
  constructor(options: FetcherOptions);
  /** Makes the exchange; never throws: failures are outcomes. */
  fetch(request: OutboundRequest, options: FetchOptions): Promise<Fetched>;
  /** RES-27: HEAD, then GET where HEAD answers 405 or 501; both share the deadline. The body is not kept. */
  checkAudio(url: string, options: FetchOptions): Promise<Fetched>;
  close(): Promise<void>;
}
