/** One GET as the platform sends it. `url` holds the whole query and never credentials: those are in `authorization`. */
export interface HttpRequest {
  readonly method: "GET" | "HEAD";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** `Basic …` from `user:pass@` in the configured URL (REQ-2). Never logged, traced or shown. */
  readonly authorization: string | null;
}

/** Why no whole answer came. `blocked`: the guard refused the address; `too_large`: more than 64 KiB (REQ-8). */
export type HttpFailureReason = "timeout" | "refused" | "dns" | "tls" | "reset" | "blocked" | "too_large" | "bad_url";

/** What came of one request. `contentType` is the header as received; `body` is text (UTF-8). */
export type HttpOutcome =
  | { readonly ok: true; readonly status: number; readonly contentType: string | null; readonly body: string }
  | { readonly ok: false; readonly reason: HttpFailureReason; readonly detail: string };
