import type { OutboundPurpose } from "./purpose.ts";

/**
 * One request as we send it: a superset of `HttpRequest` in `contract/` (which is assignable to it). `url` holds the
 * whole query and never credentials: those are in `authorization`, which is never logged.
 */
export interface OutboundRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly authorization: string | null;
  /** Only with POST (status callbacks): text, its type in `headers["content-type"]`. */
  readonly body?: string;
}

/** Why there is no complete answer. `blocked`: the guard refused the address; `too_large`: more than 64 KiB (REQ-8). */
export type FailureReason = "timeout" | "refused" | "dns" | "tls" | "reset" | "blocked" | "too_large" | "bad_url";

/** The outcome of one request; the same shape as `HttpOutcome` in `contract/`. `detail` is one sentence without secrets. */
export type HttpClientOutcome =
  | { readonly ok: true; readonly status: number; readonly contentType: string | null; readonly body: string }
  | Failure;

export interface Failure {
  readonly ok: false;
  readonly reason: FailureReason;
  readonly detail: string;
}

/** An outcome and how long it took, in whole milliseconds. */
export interface Fetched {
  readonly outcome: HttpClientOutcome;
  readonly elapsedMs: number;
}

/** A file, or why there is none. */
export type Downloaded =
  | {
      readonly ok: true;
      readonly status: number;
      readonly contentType: string | null;
      readonly validators: Validators;
      readonly body: Buffer;
    }
  | Failure;

/** What a server recognises a version of its file by (RFC 9110 section 8.8); null if it sent none. */
export interface Validators {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/** One request that has ended, for measurements. */
export interface EndedRequest {
  readonly purpose: OutboundPurpose;
  /** Host and port as the URL has them; null: it has none. */
  readonly host: string | null;
  /** `2xx` to `5xx`, or why there is no answer. */
  readonly result: `${number}xx` | FailureReason;
  readonly elapsedMs: number;
}

/** How one request is to be treated. */
export interface FetchOptions {
  readonly purpose: OutboundPurpose;
  /** On whose behalf it is sent: each account has its share of connections and requests. "": the platform itself. */
  readonly account: string;
  /** Limit for the whole exchange: DNS, connect, TLS, headers, last byte (REQ-6). */
  readonly deadlineMs: number;
  /** The account's `private_destinations`: loopback and private addresses are allowed. */
  readonly allowPrivate: boolean;
  /** Cancels the request: the outcome is `reset`, at once. */
  readonly signal?: AbortSignal;
}

/** The same for a download, which may be watched while it arrives. */
export interface DownloadOptions extends FetchOptions {
  /** Called without a `beginning` when the headers have arrived, and again with the first bytes of the body. */
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** The part of a download that has arrived so far. */
export interface DownloadProgress {
  readonly status: number;
  readonly contentType: string | null;
  /** The first {@link BEGINNING_BYTES} of the file, or all of a shorter one; null if none has arrived yet. */
  readonly beginning: Buffer | null;
}

/** Enough of a file to tell its format, after the tags and chunks that usually come first. */
export const BEGINNING_BYTES = 4096;

/** One address of a host name. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** DNS as a parameter: all addresses of a name, or an error. `account`: on whose behalf. */
export type Resolve = (hostname: string, account: string) => Promise<readonly ResolvedAddress[]>;
