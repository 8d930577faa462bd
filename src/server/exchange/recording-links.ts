import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { OutboundRequest } from "../../edges/http-client/types.ts";

/** An account's policy for links. Null: unsigned, they open with an API key only; `days` null: they never expire. */
export type RecordingLinkPolicy = { readonly days: number | null } | null;

const KEY_BYTES = 32;
const DAY_S = 86_400;
/** The value of `expires` in a link that never expires. */
const NEVER = "never";
/** The parameter of REQ-27, anywhere in a query. */
const PARAMETER = /([?&]RecordingUrl=)([^&#]*)/g;
/** The field of API-6, in a multipart form or in JSON. */
const FIELD = /(name="RecordingUrl"\r\n\r\n|"RecordingUrl":")([^"\r\n]*)/g;

/**
 * Links to recordings that open without a key: `…/recordings/{id}.wav?expires=<unix seconds>&signature=<hex>`. The
 * signature covers the path's account and file and the expiry, with a key derived from the platform's secret.
 */
export class RecordingLinks {
  readonly #key: Buffer;
  readonly #publicUrl: string;

  /** `publicUrl`: scheme, host and path under which customers reach this platform, without a trailing slash. */
  constructor(secret: string, publicUrl: string) {
    this.#key = Buffer.from(hkdfSync("sha256", secret, "", "plugboard recording links", KEY_BYTES));
    this.#publicUrl = publicUrl;
  }

  /** The request with its `RecordingUrl` (in query or body) signed; other parameters and foreign links stay as they are. */
  sign(request: OutboundRequest, account: string, policy: RecordingLinkPolicy, nowMs: number): OutboundRequest {
    if (policy === null || !holdsLink(request)) return request;
    const expires = expiryOf(policy, nowMs);
    const url = request.url.replaceAll(PARAMETER, (whole, name: string, encoded: string) => {
      const link = this.#signed(decoded(encoded), account, expires);
      return link === null ? whole : name + encodeURIComponent(link);
    });
    if (request.body === undefined) return { ...request, url };
    const body = request.body.replaceAll(
      FIELD,
      (_whole, name: string, link: string) => name + (this.#signed(link, account, expires) ?? link),
    );
    return { ...request, url, body };
  }

  /** The link with its signature; null: it isn't ours, or is already signed. */
  #signed(link: string, account: string, expires: string): string | null {
    const prefix = `${this.#publicUrl}/api/accounts/${account}/recordings/`;
    if (!link.startsWith(prefix) || link.includes("?")) return null;
    return link + this.#query(account, link.slice(prefix.length), expires);
  }

  /** The link to a recording for API responses; signed unless the account's links are unsigned. */
  link(account: string, id: string, policy: RecordingLinkPolicy, nowMs: number): string {
    const file = `${id}.wav`;
    const query = policy === null ? "" : this.#query(account, file, expiryOf(policy, nowMs));
    return `${this.#publicUrl}/api/accounts/${account}/recordings/${file}${query}`;
  }

  /** Whether a link with this `expires` and `signature` may read this file now. */
  allows(account: string, file: string, expires: unknown, signature: unknown, nowMs: number): boolean {
    if (typeof expires !== "string" || typeof signature !== "string") return false;
    if (expires !== NEVER && !(/^\d{1,12}$/.test(expires) && Number(expires) * 1000 > nowMs)) return false;
    const wanted = Buffer.from(this.#signature(account, file, expires));
    const found = Buffer.from(signature);
    return wanted.length === found.length && timingSafeEqual(wanted, found);
  }

  #query(account: string, file: string, expires: string): string {
    return `?expires=${expires}&signature=${this.#signature(account, file, expires)}`;
  }

  #signature(account: string, file: string, expires: string): string {
    return createHmac("sha256", this.#key).update(`${account}\n${file}\n${expires}`).digest("hex");
  }
}

function expiryOf({ days }: NonNullable<RecordingLinkPolicy>, nowMs: number): string {
  return days === null ? NEVER : String(Math.floor(nowMs / 1000) + days * DAY_S);
}

/** A cheap check: most requests name no recording. */
function holdsLink({ url, body }: OutboundRequest): boolean {
  return url.includes("RecordingUrl=") || body?.includes("RecordingUrl") === true;
}

/** A decoded query component; a malformed one stays as it is, and is then not one of our links. */
function decoded(component: string): string {
  try {
    return decodeURIComponent(component.replaceAll("+", " "));
  } catch {
    return component;
  }
}
