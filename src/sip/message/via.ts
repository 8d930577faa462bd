import type { Params } from "./params.ts";

/** One hop of the Via header (RFC 3261 section 20.42, RFC 3581). Immutable. */
export interface Via {
  /** Upper case: UDP, TCP, TLS, WS, WSS, SCTP… */
  readonly transport: string;
  /** sent-by host as written, IPv6 without brackets. */
  readonly host: string;
  readonly port: number | null;
  readonly params: Params;
  /** Null when absent (RFC 2543). */
  readonly branch: string | null;
  readonly received: string | null;
  /** "asked" is the flag without a value. */
  readonly rport: number | "asked" | null;
}

export declare function parseVia(text: string): Via;
export declare function formatVia(via: Via): string;
export declare function makeVia(parts: {
  readonly transport: string;
  readonly host: string;
  readonly port?: number | null;
  readonly branch: string;
  readonly params?: Params;
}): Via;
