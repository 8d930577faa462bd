import type { Params } from "./params.ts";

/** A `sip:` or `sips:` URI (RFC 3261 section 19.1). Escapes are kept as they came. */
export interface SipUri {
  readonly kind: "sip";
  readonly scheme: "sip" | "sips";
  /** Everything before `@` or the password's `:`, user parameters such as `;npdi;rn=` included. Null: no user part. */
  readonly user: string | null;
  readonly password: string | null;
  /** Host name or address, IPv6 without its brackets; as written (compare without case). */
  readonly host: string;
  readonly port: number | null;
  readonly params: Params;
  /** What follows `?`, raw; null when there is none. */
  readonly headers: string | null;
}

/** A `tel:` URI (RFC 3966). */
export interface TelUri {
  readonly kind: "tel";
  /** As written, visual separators included. */
  readonly number: string;
  readonly params: Params;
}

/** A well-formed URI of another scheme. As a Request-URI it is owed a 416. */
export interface OtherUri {
  readonly kind: "other";
  readonly scheme: string;
  /** What follows the first colon. */
  readonly rest: string;
}

export type Uri = SipUri | TelUri | OtherUri;

/** Throws `SipParseError(400)` when the text is no URI. Does not accept surrounding white space or `<>`. */
export declare function parseUri(text: string): Uri;
export declare function formatUri(uri: Uri): string;
/** Makes a `sip:` URI; `user` must already be escaped (see {@link escapeUser}). */
export declare function sipUri(parts: {
  readonly host: string;
  readonly user?: string | null;
  readonly port?: number | null;
  readonly params?: Params;
  readonly scheme?: "sip" | "sips";
}): SipUri;
/** Percent-escapes what may not stand in the user part of a SIP URI. */
export declare function escapeUser(text: string): string;
/** Equality by RFC 3261 section 19.1.4 (sip, sips), RFC 3966 section 4 (tel), octets otherwise. */
export declare function sameUri(a: Uri, b: Uri): boolean;
