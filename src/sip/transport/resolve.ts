import type { SipProtocol } from "../dialog/api.ts";

/** An IP literal and a port to send to. */
export interface ResolvedAddress {
  readonly address: string;
  readonly port: number;
}

/**
 * RFC 3263 for a protocol that is already chosen: the addresses to try, best first, at least one. Rejects with an
 * `Error` when there is none.
 */
export type Resolver = (
  host: string,
  port: number | null,
  protocol: SipProtocol,
) => Promise<readonly ResolvedAddress[]>;
