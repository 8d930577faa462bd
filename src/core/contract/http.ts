import type { Query } from "./query.ts";

/** What a POST sends. */
export interface RequestBody {
  readonly contentType: string;
  readonly text: string;
}

/**
 * One request as the engine asks for it: a plain value in which the parameters are still separate from the URL. Encoding them
 * is left to the edge that sends it (`toHttpRequest`), because the simulator and the tests read them as they are here.
 */
export interface PreparedRequest {
  readonly method: "GET" | "POST";
  /** As configured, without credentials; a query of its own is kept (REQ-2). */
  readonly baseUrl: string;
  /** Our parameters: appended to the URL, or sent as the body of a POST. */
  readonly query: Query;
  /** Present with POST only (API-6). */
  readonly body?: RequestBody;
  readonly headers: Readonly<Record<string, string>>;
  /** `Basic …` from `user:pass@` in the configured URL (REQ-2). Never logged, traced or shown. */
  readonly authorization: string | null;
}

/** One request as the platform sends it. `url` holds the whole query and never credentials: those are in `authorization`. */
export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** `Basic …` from `user:pass@` in the configured URL (REQ-2). Never logged, traced or shown. */
  readonly authorization: string | null;
  /** Only with POST: text, its type in `headers["content-type"]`. */
  readonly body?: string;
}

/** Why no complete answer came. `blocked`: the guard refused the address; `too_large`: more than 64 KiB (REQ-8). */
export type HttpFailureReason = "timeout" | "refused" | "dns" | "tls" | "reset" | "blocked" | "too_large" | "bad_url";

/** The outcome of one request. `contentType` is the header as received; `body` is text (UTF-8). */
export type HttpOutcome =
  | { readonly ok: true; readonly status: number; readonly contentType: string | null; readonly body: string }
  | { readonly ok: false; readonly reason: HttpFailureReason; readonly detail: string };
