import type { LookupFunction } from "node:net";
import { buildConnector, Client, Pool } from "undici";
import { OutboundError } from "./failure.ts";
import type { SocketBudget } from "./socket-budget.ts";
import { isPrivateAddress } from "./ssrf-guard.ts";
import type { Resolve } from "./types.ts";

/** A connection that takes longer than the 5 s of a request is no use to anyone (REQ-6). */
const CONNECT_LIMIT_MS = 5_000;

export interface ConnectorOptions {
  readonly account: string;
  readonly resolve: Resolve;
  readonly allowPrivate: boolean;
  /** PEM of additional certificate authorities. */
  readonly ca: string | undefined;
  /** Open sockets are counted here, over all accounts. */
  readonly budget: SocketBudget;
  /** A connection to that origin is about to be opened. */
  readonly onConnect: (origin: string) => void;
  /** There was no place for a connection. */
  readonly onRefused: (detail: string) => void;
  /** A connection was closed, or could not be opened. */
  readonly onReleased: () => void;
}

/**
 * Opens the connections of one account. Each client holds one connection, so that the budget can ask it whether its
 * connection is idle.
 */
export function guardedPools(options: ConnectorOptions): (origin: string | URL, poolOptions: object) => Pool {
  const connect = guardedConnector(options);
  const { account, budget, onConnect, onRefused, onReleased } = options;
  const factory = (origin: URL, clientOptions: object): Client => {
    const client: Client = new Client(origin, {
      ...clientOptions,
      connect: (target, callback) => {
        onConnect(`${target.protocol}//${target.host}`);
        const isIdle = (): boolean => client.stats.running === 0 && client.stats.pending === 0;
        const place = budget.reserve(account, isIdle, onReleased);
        if (typeof place === "string") {
          onRefused(place);
          callback(new OutboundError("refused", place), null);
          return;
        }
        connect(target, (...result) => {
          if (result[0] === null) place.opened(result[1]);
          else place.release();
          callback(...result);
        });
      },
    });
    return client;
  };
  return (origin, poolOptions) => new Pool(origin, { ...poolOptions, factory });
}

/**
 * Connects only to checked addresses: the resolver's answer is checked and handed to the socket in one step, so that
 * the name cannot mean another address by the time of connecting (DNS rebinding). A name with any private address is
 * refused entirely. Addresses written in the URL never get here: the fetcher checks them.
 */
function guardedConnector(options: ConnectorOptions): buildConnector.connector {
  const { ca } = options;
  return buildConnector({
    allowH2: false,
    timeout: CONNECT_LIMIT_MS,
    lookup: guardedLookup(options),
    ...(ca !== undefined && { ca }),
  });
}

function guardedLookup({ resolve, allowPrivate, account }: ConnectorOptions): LookupFunction {
  return (hostname, options, reply) => {
    const answer = async (): Promise<void> => {
      const addresses = await resolve(hostname, account);
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

/** Error codes of resolvers that say more than that the name could not be resolved. */
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
