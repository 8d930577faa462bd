import type { Account } from "../../core/contract/account.ts";
import { type Destination, destinationKey } from "../../core/contract/destination.ts";
import { readDestination } from "../../core/contract/numbers.ts";
import type { FinalResponse } from "../../edges/sip/endpoint.ts";
import { SipParseError } from "../../edges/sip/message/error.ts";
import { parseUri, type Uri } from "../../edges/sip/message/uri.ts";

/** Limit on INVITEs that redirections may add to one attempt: phones that forward to each other would never stop ringing. */
const MAX_REDIRECTS = 5;

/** The next target of a redirected attempt. */
export interface Redirection {
  readonly destination: Destination;
  /** Why the INVITE goes there, for the trace, such as `302 Moved Temporarily`. */
  readonly reason: string;
}

/**
 * Where 3xx responses send one attempt (RFC 3261 8.1.3.4): the Contacts that the account may dial, each once, in the order
 * of their q.
 */
export class Redirects {
  readonly #account: Account;
  readonly #tried: Set<string>;
  #waiting: readonly Redirection[] = [];
  #followed = 0;

  constructor(account: Account, first: Destination) {
    this.#account = account;
    this.#tried = new Set([destinationKey(first)]);
  }

  /** Adds the Contacts of a 3xx, ahead of those of an earlier one. */
  add({ status, reasonPhrase, contacts }: FinalResponse): void {
    const reason = `${status} ${reasonPhrase}`;
    const found = contacts
      .flatMap(({ uri }) => this.#destinationOf(uri))
      .map((destination) => ({ destination, reason }));
    this.#waiting = [...found, ...this.#waiting];
  }

  /** The next destination to try; null: none is left, or too many redirections were followed. */
  next(): Redirection | null {
    for (const redirection of this.#waiting) {
      this.#waiting = this.#waiting.slice(1);
      const key = destinationKey(redirection.destination);
      if (this.#tried.has(key)) continue;
      if (this.#followed >= MAX_REDIRECTS) return null;
      this.#tried.add(key);
      this.#followed += 1;
      return redirection;
    }
    return null;
  }

  /** A number, whatever its host, is dialled over one of our trunks; any other URI needs a host that the account allows. */
  #destinationOf(text: string): Destination[] {
    const uri = uriOf(text);
    if (uri === null || uri.kind === "other") return [];
    const user = uri.kind === "tel" ? uri.number : (uri.user?.split(";", 1)[0] ?? "");
    const isNumber = uri.kind === "tel" || /^\+?[\d().-]{5,20}$/.test(user);
    const { destination } = readDestination(isNumber ? user : `sip:${user}@${uri.host}`, this.#account);
    if (destination === null) return [];
    const port = uri.kind === "sip" ? uri.port : null;
    if (destination.kind === "number" || port === null) return [destination];
    return [{ ...destination, host: `${destination.host}:${port}` }];
  }
}

function uriOf(text: string): Uri | null {
  try {
    return parseUri(text);
  } catch (error) {
    if (error instanceof SipParseError) return null;
    throw error;
  }
}
