import { err, ok, type Result } from "../../base/result.ts";
import { GenerationalCache } from "./generational-cache.ts";

/** Query parameters in the order they are sent; a name may occur twice. */
export type Query = readonly (readonly [string, string])[];

/** A configured URL, split (REQ-2). `url` holds no credentials; `authorization` is the `Basic …` made of them. */
export interface ConfiguredUrl {
  readonly url: string;
  readonly authorization: string | null;
}

/** Longest URL we accept in a flow or an answer: common HTTP servers accept request lines of up to 8 KiB. */
export const MAX_URL_CHARACTERS = 2048;

/** `application/x-www-form-urlencoded` (REQ-1): space `+`, `:` `%3A`, `"` `%22`, brackets `%5B %5D`, upper-case hex. */
export function encodeQuery(query: Query): string {
  let out = "";
  for (const [name, value] of query) {
    if (out !== "") out += "&";
    out += `${encodeComponent(name)}=${encodeComponent(value)}`;
  }
  return out;
}

/** The characters that the form encoding does not escape (URL standard, section 5.2). */
const PLAIN = /^[A-Za-z0-9*._-]*$/;

function encodeComponent(text: string): string {
  if (PLAIN.test(text)) return text;
  // A lone surrogate has no UTF-8 form: encodeURIComponent would throw where the standard sends U+FFFD.
  return encodeURIComponent(text.toWellFormed())
    .replaceAll("%20", "+")
    .replace(/[!'()~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * Whether `text` is an absolute http(s) URL of at most {@link MAX_URL_CHARACTERS}. What it points to is not checked. A
 * third slash, which browsers forgive, is refused: it would hide where the host and the credentials are.
 */
export function isHttpUrl(text: string): boolean {
  return text.length <= MAX_URL_CHARACTERS && /^https?:\/\/[^/?#\\]/i.test(text) && URL.canParse(text);
}

/**
 * Configured URLs kept: splitting one costs as much as the rest of the request, and a flow requests the same few in every call. A few kB in
 * practice, at most 8 MB.
 */
const splits = new GenerationalCache<Result<ConfiguredUrl, string>>(500);

/** REQ-2: takes `user:pass@` out of a configured URL. The error is a sentence that never repeats the URL. */
export function splitConfiguredUrl(text: string): Result<ConfiguredUrl, string> {
  const known = splits.get(text);
  if (known !== undefined) return known;
  const split = splitUrl(text);
  // A text that is too long for a URL is not worth keeping.
  if (text.length <= MAX_URL_CHARACTERS) splits.set(text, split);
  return split;
}

function splitUrl(text: string): Result<ConfiguredUrl, string> {
  const trimmed = text.trim();
  if (trimmed.length > MAX_URL_CHARACTERS) return err(`The URL is longer than ${MAX_URL_CHARACTERS} characters.`);
  if (!isHttpUrl(trimmed)) return err("The URL is not an absolute http or https URL.");
  // What a request line cannot hold (spaces, characters beyond ASCII) is encoded as browsers do.
  const encoded = /^[\x21-\x7e]*$/.test(trimmed) ? trimmed : new URL(trimmed).href;
  const userinfo = userinfoSpan(encoded);
  if (userinfo === null) return ok({ url: encoded, authorization: null });
  const [start, at] = userinfo;
  const url = encoded.slice(0, start) + encoded.slice(at + 1);
  return ok({ url, authorization: basicAuthorization(encoded.slice(start, at)) });
}

/** The position of `user:pass`: its start, and the `@` after it. The last `@` of the authority counts. */
function userinfoSpan(url: string): readonly [number, number] | null {
  const start = url.indexOf("//") + 2;
  const length = url.slice(start).search(/[/?#\\]|$/);
  const at = url.lastIndexOf("@", start + length);
  return at < start ? null : [start, at];
}

/** RFC 7617. A name alone has an empty password; an empty userinfo before the `@` is no credential. */
function basicAuthorization(userinfo: string): string | null {
  if (userinfo === "" || userinfo === ":") return null;
  const pair = userinfo.includes(":") ? userinfo : `${userinfo}:`;
  return `Basic ${btoa(percentDecode(pair))}`;
}

/** The bytes of `%41`, one character each; a `%` that does not begin an escape is kept. */
function percentDecode(text: string): string {
  return text.replace(/%[0-9a-f]{2}/gi, (escape) => String.fromCharCode(Number.parseInt(escape.slice(1), 16)));
}

/** Appends parameters (REQ-2): the URL's own query is kept byte for byte, its fragment is dropped. */
export function appendQuery(url: string, query: Query): string {
  const base = url.replace(/#.*/s, "");
  const ours = encodeQuery(query);
  if (ours === "") return base;
  if (!base.includes("?")) return `${base}?${ours}`;
  return base.endsWith("?") || base.endsWith("&") ? base + ours : `${base}&${ours}`;
}

/** A text with `***@` for the credentials of every URL in it; JSON may write the slashes as `\\/`. */
export function maskCredentialsIn(text: string): string {
  return text.replace(/((?:\\?\/){2})[^/?#\s"'\\]*@/g, "$1***@");
}

/**
 * The URL as it may be shown, logged and traced: `user:pass@` becomes `***@` (REQ-2). In a text that is not an http(s)
 * URL the end of the credentials is unknown: everything before the last `@` is masked.
 */
export function maskCredentials(url: string): string {
  const at = url.lastIndexOf("@");
  if (at < 0) return url;
  if (!/^\s*https?:\/\//i.test(url) || !URL.canParse(url)) return `***${url.slice(at)}`;
  return url.replace(/\/\/[^/?#\\]*@/, "//***@");
}
