import type { LookupFunction } from "node:net";
import { buildConnector } from "undici";
import { OutboundError } from "./failure.ts";
import { isPrivateAddress } from "./ssrf-guard.ts";
import type { Resolve } from "./types.ts";

/** A connection that is not there after the 5 s of a request helps nobody (REQ-6). */
const CONNECT_LIMIT_MS = 5_000;

export interface ConnectorOptions {
  readonly resolve: Resolve;
  readonly allowPrivate: boolean;
  /** PEM of further certificate authorities. */
  readonly ca: string | undefined;
  /** Open sockets are counted here, over all connectors. */
  readonly sockets: SocketCount;
}

/** Open sockets, and how many there may be. */
export interface SocketCount {
  open: number;
  readonly limit: number;
}

/**
 * Connects to addresses that were looked at: the resolver's answer is judged and handed to the socket in one step, so
 * that the name cannot mean another address by the time of connecting (DNS rebinding). A name with any inward address
 * is refused as a whole. Addresses written in the URL never come through here: the fetcher judges them.
 */
export function guardedConnector(options: ConnectorOptions): buildConnector.connector {
  const { sockets, ca } = options;
  const connect = buildConnector({
    allowH2: false,
    timeout: CONNECT_LIMIT_MS,
    lookup: guardedLookup(options),
    ...(ca !== undefined && { ca }),
  });
  return (target, callback) => {
    if (sockets.open >= sockets.limit) {
      callback(new OutboundError("refused", `The platform already has ${sockets.limit} connections open.`), null);
      return;
    }
    sockets.open++;
    connect(target, (...result) => {
      const [error, socket] = result;
      if (error === null) socket.once("close", () => sockets.open--);
      else sockets.open--;
      callback(...result);
    });
  };
}

function guardedLookup({ resolve, allowPrivate }: ConnectorOptions): LookupFunction {
  return (hostname, options, reply) => {
    const answer = async (): Promise<void> => {
      const addresses = await resolve(hostname);
      const first = addresses[0];
      if (first === undefined) throw new OutboundError("dns", "The host name has no address.");
      if (!allowPrivate && addresses.some(({ address }) => isPrivateAddress(address)))
        throw new OutboundError("blocked", "The host name leads to an address inside the platform's own network.");
      if (options.all === true) reply(null, [...addresses]);
      else reply(null, first.address, first.family);
    };
    answer().catch((error: unknown) => reply(asDns(error), ""));
  };
}

/** Codes of the resolvers that say more than that it failed. */
const DNS_SENTENCE: Readonly<Record<string, string>> = {
  ENOTFOUND: "The host name does not exist.",
  ENODATA: "The host name has no address.",
  EBADNAME: "The host name is malformed.",
  ETIMEOUT: "The name server did not answer.",
  EAI_AGAIN: "The name server did not answer.",
};

function asDns(cause: unknown): Error {
  if (cause instanceof OutboundError) return cause;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return new OutboundError("dns", DNS_SENTENCE[code] ?? "The host name could not be resolved.", { cause });
}
