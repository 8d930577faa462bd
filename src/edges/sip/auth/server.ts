import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../../base/clock.ts";
import type { Random } from "../../../base/random.ts";
import type { SipRequest } from "../message/message.ts";
import { SipParseError } from "../message/error.ts";
import { parseUri, sameUri } from "../message/uri.ts";
import {
  type AuthParams,
  type DigestHash,
  digestResponse,
  ha1,
  parseAuthParams,
  readAlgorithm,
  readable,
} from "./digest.ts";

/** How long a nonce is valid, ms: a phone that registers every minute is challenged every fifth time. */
const NONCE_LIFETIME_MS = 300_000;
/** Nonces whose count is remembered; only those used with a valid password, so the number grows with phones, not with packets. */
const MAX_COUNTED_NONCES = 100_000;
/** Octets of randomness in a nonce, and of its seal. */
const NONCE_OCTETS = 8;
const SEAL_HEX = 32;

/** H(username:realm:password) for that hash (see `ha1`), or null for an unknown user. */
export type SecretLookup = (username: string, hash: DigestHash) => string | null;

export type AuthVerdict =
  | { readonly kind: "accepted"; readonly username: string }
  /**
   * Answer 401 with these headers. Count and slow down `wrong` (password) and `unknown` (user); `missing` and `stale`
   * are normal: every phone starts that way.
   */
  | {
      readonly kind: "challenge";
      readonly why: "missing" | "stale" | "wrong" | "unknown";
      readonly headers: readonly (readonly [string, string])[];
    };

export interface DigestServerOptions {
  readonly realm: string;
  readonly clock: Clock;
  /** Must be of cryptographic quality: it seals the nonces. */
  readonly random: Random;
  readonly lookup: SecretLookup;
  /** Best first, one challenge each. Default: MD5 only, because some phones ignore a second challenge, or fail. */
  readonly hashes?: readonly DigestHash[];
  readonly nonceLifetimeMs?: number;
}

interface Counted {
  highestNc: number;
  readonly expiresAt: number;
}

/**
 * The digest server for phones (RFC 3261 section 22, RFC 7616, RFC 8760). A nonce is its own record: its time, sealed with a
 * key of this process, so strangers who only ask for challenges cost no memory. After a restart old nonces are only
 * stale: phones answer the new challenge by themselves.
 */
export class DigestServer {
  readonly #options: DigestServerOptions;
  readonly #key: string;
  readonly #counted = new Map<string, Counted>();

  constructor(options: DigestServerOptions) {
    this.#options = options;
    this.#key = options.random.hex(32);
  }

  /** Verifies the request's Authorization for our realm. Never call it for ACK or CANCEL. */
  check(request: SipRequest): AuthVerdict {
    const credentials = this.#ours(request);
    if (credentials === null) return this.#challenge("missing");
    const username = credentials.get("username") ?? "";
    const algorithm = readAlgorithm(credentials.get("algorithm") ?? "MD5");
    if (algorithm === null || !this.#hashes.includes(algorithm.hash)) return this.#challenge("missing");
    const secret = this.#options.lookup(readable(username), algorithm.hash);
    // The same work for an unknown user, so that timing reveals nothing.
    const key = secret ?? ha1(algorithm.hash, username, this.#options.realm, "");
    const right = this.#isRight(request, credentials, { ...algorithm, ha1: key });
    if (secret === null) return this.#challenge("unknown");
    if (!right) return this.#challenge("wrong");
    return this.#useNonce(credentials) ? { kind: "accepted", username: readable(username) } : this.#challenge("stale");
  }

  get #hashes(): readonly DigestHash[] {
    return this.#options.hashes ?? ["MD5"];
  }

  #ours(request: SipRequest): AuthParams["values"] | null {
    for (const line of request.headers.lines("authorization")) {
      const params = parseAuthParams(line);
      if (params?.scheme === "digest" && params.values.get("realm") === this.#options.realm) return params.values;
    }
    return null;
  }

  #isRight(
    request: SipRequest,
    credentials: AuthParams["values"],
    key: { readonly hash: DigestHash; readonly session: boolean; readonly ha1: string },
  ): boolean {
    const qop = credentials.get("qop")?.toLowerCase() ?? null;
    const uri = credentials.get("uri") ?? "";
    if ((qop !== null && qop !== "auth") || !isSameTarget(uri, request)) return false;
    const expected = digestResponse({
      ...key,
      nonce: credentials.get("nonce") ?? "",
      qop,
      nc: credentials.get("nc") ?? "",
      cnonce: credentials.get("cnonce") ?? "",
      method: request.method,
      uri,
      body: request.body,
    });
    return sameText(expected, (credentials.get("response") ?? "").toLowerCase());
  }

  /** False if the nonce is not ours or too old, or this count of it has been seen before (a replay). */
  #useNonce(credentials: AuthParams["values"]): boolean {
    const nonce = credentials.get("nonce") ?? "";
    const expiresAt = this.#expiry(nonce);
    if (expiresAt <= this.#options.clock.now()) return false;
    const text = credentials.has("qop") ? (credentials.get("nc") ?? "") : "1";
    const nc = /^[0-9a-f]{1,8}$/i.test(text) ? Number.parseInt(text, 16) : 0;
    const counted = this.#counted.get(nonce) ?? { highestNc: 0, expiresAt };
    if (nc <= counted.highestNc) return false;
    counted.highestNc = nc;
    if (!this.#counted.has(nonce)) this.#makeRoom();
    this.#counted.set(nonce, counted);
    return true;
  }

  /** Forgets expired nonces, oldest first, and the oldest of all if there is no room left. */
  #makeRoom(): void {
    const now = this.#options.clock.now();
    for (const [nonce, { expiresAt }] of this.#counted) {
      if (expiresAt > now && this.#counted.size < MAX_COUNTED_NONCES) return;
      this.#counted.delete(nonce);
    }
  }

  #challenge(why: "missing" | "stale" | "wrong" | "unknown"): AuthVerdict {
    const stale = why === "stale" ? ", stale=true" : "";
    const headers = this.#hashes.map((name) => {
      const value = `Digest realm="${this.#options.realm}", nonce="${this.#nonce()}", algorithm=${name}, qop="auth"${stale}`;
      return ["WWW-Authenticate", value] as const;
    });
    return { kind: "challenge", why, headers };
  }

  #nonce(): string {
    const body = `${this.#options.clock.now().toString(16)}.${this.#options.random.hex(NONCE_OCTETS)}`;
    return `${body}.${this.#seal(body)}`;
  }

  #seal(body: string): string {
    return createHmac("sha256", this.#key).update(body).digest("hex").slice(0, SEAL_HEX);
  }

  /** When the nonce expires, ms since the epoch; 0 if it is not ours. */
  #expiry(nonce: string): number {
    const dot = nonce.lastIndexOf(".");
    const body = nonce.slice(0, Math.max(dot, 0));
    if (!sameText(this.#seal(body), nonce.slice(dot + 1))) return 0;
    return Number.parseInt(body, 16) + (this.#options.nonceLifetimeMs ?? NONCE_LIFETIME_MS);
  }
}

/** Whether the credentials were made for this Request-URI: otherwise they could be carried over to another request. */
function isSameTarget(uri: string, request: SipRequest): boolean {
  if (uri === request.uriText) return true;
  try {
    return sameUri(parseUri(uri), request.uri);
  } catch (error) {
    if (error instanceof SipParseError) return false;
    throw error;
  }
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
