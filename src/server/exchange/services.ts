import type { AudioLibrary } from "../../edges/audio/library.ts";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Fetcher } from "../../edges/http-client/fetcher.ts";
import type { SipEndpointApi } from "../../edges/sip/endpoint.ts";
import type { JournalRow } from "../../edges/store/types.ts";
import type { CallTracing } from "./call-tracing.ts";
import type { RecordingLinks } from "./recording-links.ts";

/** What all calls of a process share. */
export interface Services {
  readonly clock: Clock;
  readonly log: Log;
  readonly sip: SipEndpointApi;
  readonly fetcher: Pick<Fetcher, "fetch" | "usage" | "blocked">;
  readonly audio: Pick<AudioLibrary, "prepare" | "check">;
  /** The addresses of a host name in a session description. */
  resolveHost(host: string): Promise<readonly string[]>;
  /** The address in our session descriptions. */
  readonly mediaAddress: string;
  readonly recordingsDir: string;
  /** Null: calls are not traced, and requests carry no `traceparent`. */
  readonly tracing: CallTracing | null;
  readonly links: RecordingLinks;
  append(rows: readonly JournalRow[], urgency: "now" | "soon"): Promise<void>;
}
