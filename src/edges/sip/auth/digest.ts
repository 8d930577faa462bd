import { hash } from "node:crypto";
import { isToken, plainValue, splitCommaList, trimmed } from "../message/chars.ts";

/** The hash functions of RFC 7616 and 8760, by the name that `algorithm=` carries; each also exists as `-sess`. */
export type DigestHash = "MD5" | "SHA-256" | "SHA-512-256";

const NODE_HASH: Readonly<Record<DigestHash, string>> = {
  MD5: "md5",
  "SHA-256": "sha256",
  "SHA-512-256": "sha512-256",
};

/** Parameters of one challenge or credential: names in lower case, quoted values without their quotes but otherwise as written. */
export interface AuthParams {
  /** Lower case: digest, basic… */
  readonly scheme: string;
  readonly values: ReadonlyMap<string, string>;
}

/** A WWW-Authenticate or Proxy-Authenticate that we can answer. Quoted values keep the backslashes inside. */
export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | null;
  readonly hash: DigestHash;
  /** `-sess`: the session key is bound to nonce and cnonce. */
  readonly session: boolean;
  /** `algorithm=` as written, to be echoed; null if there was none (MD5). */
  readonly algorithm: string | null;
  /** The one to use; null: RFC 2069, without nc and cnonce. */
  readonly qop: "auth" | "auth-int" | null;
  /** The nonce was too old but the password right. */
  readonly stale: boolean;
}

/** `Digest realm="a", nonce=b` parsed; null if it is not a scheme with parameters. */
export function parseAuthParams(value: string): AuthParams | null {
  const space = value.search(/[ \t]/);
  const scheme = value.slice(0, Math.max(space, 0));
  if (!isToken(scheme)) return null;
  const values = new Map<string, string>();
  for (const part of splitCommaList(value.slice(space))) {
    const equals = part.indexOf("=");
    const name = trimmed(part, 0, Math.max(equals, 0)).toLowerCase();
    const text = trimmed(part, equals + 1);
    if (!isToken(name) || values.has(name)) return null;
    values.set(name, text.startsWith('"') ? text.slice(1, -1) : text);
  }
  return { scheme: scheme.toLowerCase(), values };
}

/** Null if it is of another scheme, or needs an algorithm or qop that is not supported here (RFC 8760 section 2.4). */
export function parseChallenge(value: string): Challenge | null {
  const params = parseAuthParams(value);
  if (params?.scheme !== "digest") return null;
  const { values } = params;
  const realm = values.get("realm");
  const nonce = values.get("nonce");
  const algorithm = readAlgorithm(values.get("algorithm") ?? "MD5");
  const qop = readQop(values.get("qop"));
  if (realm === undefined || nonce === undefined || algorithm === null || qop === undefined) return null;
  return {
    realm,
    nonce,
    opaque: values.get("opaque") ?? null,
    ...algorithm,
    algorithm: values.get("algorithm") ?? null,
    qop,
    stale: values.get("stale")?.toLowerCase() === "true",
  };
}

/** `SHA-256-sess` and the like, whatever the case. */
export function readAlgorithm(text: string): { readonly hash: DigestHash; readonly session: boolean } | null {
  const match = /^(MD5|SHA-256|SHA-512-256)(-SESS)?$/.exec(text.toUpperCase());
  const name = match?.[1];
  if (name !== "MD5" && name !== "SHA-256" && name !== "SHA-512-256") return null;
  return { hash: name, session: match?.[2] !== undefined };
}

/** `auth` if it is among them, else `auth-int`; undefined if there are only unknown ones. */
function readQop(text: string | undefined): "auth" | "auth-int" | null | undefined {
  if (text === undefined || text.trim() === "") return null;
  const offered = text.split(",").map((qop) => qop.trim().toLowerCase());
  if (offered.includes("auth")) return "auth";
  return offered.includes("auth-int") ? "auth-int" : undefined;
}

/** H(username:realm:password), all that a server needs to store for a password. Lower-case hex. */
export function ha1(hashName: DigestHash, username: string, realm: string, password: string): string {
  return digest(hashName, `${username}:${realm}:${password}`);
}

function digest(hashName: DigestHash, data: string | Buffer): string {
  return hash(NODE_HASH[hashName], data, "hex");
}

/** What the `response=` of a credential is computed from (RFC 7616 section 3.4.1). */
export interface ResponseInput {
  readonly hash: DigestHash;
  readonly session: boolean;
  /** See {@link ha1}. */
  readonly ha1: string;
  readonly nonce: string;
  readonly qop: "auth" | "auth-int" | null;
  /** Eight hex digits; not read without qop. */
  readonly nc: string;
  readonly cnonce: string;
  readonly method: string;
  readonly uri: string;
  readonly body: Buffer;
}

/** The 32 or 64 hex digits of `response=`. */
export function digestResponse(input: ResponseInput): string {
  const h = (text: string): string => digest(input.hash, text);
  const key = input.session ? h(`${input.ha1}:${input.nonce}:${input.cnonce}`) : input.ha1;
  const request = `${input.method}:${input.uri}`;
  const ha2 = h(input.qop === "auth-int" ? `${request}:${digest(input.hash, input.body)}` : request);
  if (input.qop === null) return h(`${key}:${input.nonce}:${ha2}`);
  return h(`${key}:${input.nonce}:${input.nc}:${input.cnonce}:${input.qop}:${ha2}`);
}

/** The parts of an Authorization or Proxy-Authorization. */
export interface AnswerParts {
  readonly method: string;
  /** The Request-URI as it will be in the request line. */
  readonly uri: string;
  readonly username: string;
  readonly password: string;
  readonly challenge: Challenge;
  /** How many times this nonce has been used, including this time. */
  readonly nc: number;
  readonly cnonce: string;
  readonly body: Buffer;
}

/** The value of the Authorization (for a 401) or Proxy-Authorization (for a 407) that answers a challenge. */
export function answerChallenge(parts: AnswerParts): string {
  const { challenge, method, uri, cnonce, body } = parts;
  const { realm, nonce, opaque, qop } = challenge;
  const username = parts.username.replace(/["\\]/g, "\\$&");
  const nc = parts.nc.toString(16).padStart(8, "0");
  const key = ha1(challenge.hash, username, realm, parts.password);
  const response = digestResponse({ ...challenge, ha1: key, nc, cnonce, method, uri, body });
  const fields = [`username="${username}"`, `realm="${realm}"`, `nonce="${nonce}"`, `uri="${uri}"`];
  fields.push(`response="${response}"`);
  if (challenge.algorithm !== null) fields.push(`algorithm=${challenge.algorithm}`);
  if (qop !== null || challenge.session) fields.push(`cnonce="${cnonce}"`);
  if (opaque !== null) fields.push(`opaque="${opaque}"`);
  if (qop !== null) fields.push(`qop=${qop}`, `nc=${nc}`);
  return `Digest ${fields.join(", ")}`;
}

/** A value as a person would read it, for logs and look-ups: quoted pairs undone. */
export function readable(value: string): string {
  return plainValue(`"${value}"`);
}
