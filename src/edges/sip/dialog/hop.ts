import { parseUri, type Uri } from "../message/uri.ts";
import { literalAddress, type SipTargetAddress } from "../transport/resolve.ts";
import type { SipProtocol } from "./types.ts";

/** Where a URI of a dialog leads. */
export interface Hop {
  /** The URI that it was made from. */
  readonly text: string;
  /** Null if nothing can be sent to the URI. */
  readonly target: { readonly host: string; readonly port: number | null; readonly protocol: SipProtocol } | null;
  readonly literal: SipTargetAddress | null;
  /** The DNS look-up, once it was started; resolves to null if there is no address. */
  address: Promise<SipTargetAddress | null> | null;
}

/** `current`: the protocol in use, unless the URI names another. */
export function hopOf(text: string, current: SipProtocol): Hop {
  const uri: Uri = parseUri(text);
  if (uri.kind !== "sip" || uri.host.toLowerCase().endsWith(".invalid"))
    return { text, target: null, literal: null, address: null };
  const named = uri.params.get("transport")?.toLowerCase();
  const protocol = named === "tcp" || named === "udp" ? named : current;
  const host = uri.params.get("maddr") ?? uri.host;
  return { text, target: { host, port: uri.port, protocol }, literal: literalAddress(host, uri.port), address: null };
}
