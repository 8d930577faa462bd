import type { Random } from "../../../base/random.ts";
import type { Headers, SipRequest, SipResponse } from "../message/message.ts";
import { answerChallenge, type Challenge, parseAuthParams, parseChallenge } from "./digest.ts";

/** Octets of randomness in a cnonce. */
const CNONCE_OCTETS = 8;
/** A server that says twice in a row that a nonce it has just issued is too old will never accept. */
const MAX_STALE_IN_A_ROW = 2;

/** Who challenges: the far end (401) or a proxy in between (407). */
type Kind = "Authorization" | "Proxy-Authorization";

interface Known {
  readonly kind: Kind;
  readonly challenge: Challenge;
  /** Uses of the nonce so far. */
  nc: number;
  staleInARow: number;
}

/** The part of a request that digest authentication reads. */
export type AuthSubject = Pick<SipRequest, "method" | "uriText" | "headers" | "body">;

/**
 * The digest client of one dialog, registration or attempt (RFC 3261 section 22, RFC 7616, RFC 8760). Remembers the
 * challenges that were answered, so that later requests carry credentials at once. A retry is a new
 * request: CSeq + 1, new branch, the same From tag and Call-ID, no To tag unless in a dialog, and over the same flow. ACK to a
 * 2xx repeats the INVITE's credentials; ACK to others and CANCEL are never challenged.
 */
export class DigestClient {
  readonly #username: string;
  readonly #password: string;
  readonly #random: Random;
  /** Challenges that were answered, by kind and realm. */
  readonly #known = new Map<string, Known>();
  /** Requests whose credentials answer an earlier request's challenge, not their own. */
  readonly #sentAhead = new WeakSet<AuthSubject>();

  constructor(credentials: { readonly username: string; readonly password: string }, random: Random) {
    this.#username = credentials.username;
    this.#password = credentials.password;
    this.#random = random;
  }

  /**
   * The credentials for a request to a server whose challenges were answered before; empty if there were none. Add them
   * with {@link setCredentials}. Each call counts as a use of the nonce (nc).
   */
  authorize(request: AuthSubject): readonly (readonly [Kind, string])[] {
    this.#sentAhead.add(request);
    return [...this.#known.values()].map((known) => this.#credentials(known, request));
  }

  /**
   * All the credentials for retrying a request that got a 401 or 407, to replace those it carried. Null: do not retry –
   * the password is wrong (the same realm refuses credentials that answered its own challenge), or no challenge can be
   * answered. Credentials sent ahead ({@link authorize}) prove nothing about the password: a new nonce is answered once
   * more, stale or not. `request` is the one that was refused.
   */
  retry(request: AuthSubject, response: SipResponse): readonly (readonly [Kind, string])[] | null {
    const kind: Kind = response.status === 407 ? "Proxy-Authorization" : "Authorization";
    const challenges = topmostPerRealm(response, kind);
    if (challenges.length === 0) return null;
    for (const challenge of challenges) if (!this.#accept(kind, challenge, request)) return null;
    return [...this.#known.values()].map((known) => this.#credentials(known, request));
  }

  /** Remembers a challenge; false if answering it cannot help. */
  #accept(kind: Kind, challenge: Challenge, request: AuthSubject): boolean {
    const key = `${kind} ${challenge.realm}`;
    const sentNonce = nonceSent(request, kind, challenge.realm);
    const ahead = this.#sentAhead.has(request);
    const before = sentNonce === null || ahead ? 0 : (this.#known.get(key)?.staleInARow ?? 0);
    if (sentNonce === challenge.nonce || before >= MAX_STALE_IN_A_ROW) return false;
    if (sentNonce !== null && !ahead && !challenge.stale) return false;
    this.#known.set(key, { kind, challenge, nc: 0, staleInARow: sentNonce === null || ahead ? 0 : before + 1 });
    return true;
  }

  #credentials(known: Known, request: AuthSubject): readonly [Kind, string] {
    known.nc += 1;
    const value = answerChallenge({
      method: request.method,
      uri: request.uriText,
      username: this.#username,
      password: this.#password,
      challenge: known.challenge,
      nc: known.nc,
      cnonce: this.#random.hex(CNONCE_OCTETS),
      body: request.body,
    });
    return [known.kind, value];
  }
}

/** Sets the credentials of a message, replacing those it has. */
export function setCredentials(headers: Headers, credentials: readonly (readonly [string, string])[]): void {
  headers.remove("authorization");
  headers.remove("proxy-authorization");
  for (const [name, value] of credentials) headers.add(name, value);
}

/**
 * The challenge to answer for each realm: the server lists them best first, and the first that we support is used (RFC
 * 8760 section 2.4). Several realms mean several proxies, each of which wants its own credentials.
 */
function topmostPerRealm(response: SipResponse, kind: Kind): readonly Challenge[] {
  const header = kind === "Authorization" ? "www-authenticate" : "proxy-authenticate";
  const chosen = new Map<string, Challenge>();
  for (const line of response.headers.lines(header)) {
    const challenge = parseChallenge(line);
    if (challenge !== null && !chosen.has(challenge.realm)) chosen.set(challenge.realm, challenge);
  }
  return [...chosen.values()];
}

/** The nonce that the refused request already answered for that realm; null if it had no credentials for it. */
function nonceSent(request: AuthSubject, kind: Kind, realm: string): string | null {
  for (const line of request.headers.lines(kind)) {
    const values = parseAuthParams(line)?.values;
    if (values?.get("realm") === realm) return values.get("nonce") ?? "";
  }
  return null;
}
