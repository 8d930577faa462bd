import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Store } from "../../edges/store/store.ts";
import type { Configuration } from "../configuration/configuration.ts";
import type { Directory } from "../exchange/directory.ts";
import type { Feed } from "../exchange/feed/feed.ts";
import type { RecordingLinks } from "../exchange/recording-links.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { RetentionWorker } from "../retention/retention-worker.ts";
import type { Access } from "./access.ts";
import type { NumberRouting } from "./number-routing.ts";
import type { UrlChecker } from "./url-checker.ts";

/** What the routes work with. */
export interface ApiOptions {
  readonly exchange: Exchange;
  readonly store: Store;
  readonly configuration: Configuration;
  readonly directory: Pick<Directory, "account">;
  readonly access: Access;
  /** Addresses and subnets of reverse proxies (`X-Forwarded-For`); absent: none. */
  readonly trustedProxies?: readonly string[];
  readonly recordingsDir: string;
  readonly links: RecordingLinks;
  /** Scheme, host and path under which customers reach this platform, without a trailing slash. */
  readonly publicUrl: string;
  /** Absent: numbers can't be changed while the platform runs. */
  readonly numberRouting?: NumberRouting;
  /** Absent: this platform does not check URLs. */
  readonly checkUrl?: UrlChecker;
  readonly feed: Feed;
  /** Absent: nothing is deleted by age. */
  readonly retention?: Pick<RetentionWorker, "deleted">;
  /** How late the event loop is; absent: as measured from now on. */
  readonly eventLoop?: { readonly p99Ms: number };
  /** Where the dashboard was built; absent: where `npm run build` puts it. */
  readonly webFolder?: string;
  /** The operator's password. */
  readonly operatorToken: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Path parameters of every route below `/api/accounts/:account`. */
export interface AccountParams {
  account: string;
}
