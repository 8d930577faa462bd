import type { Result } from "../base/result.ts";

/** Query parameters in the order they go out; a name may come twice. */
export type Query = readonly (readonly [string, string])[];

/** A configured URL taken apart (REQ-2). `url` holds no credentials; `authorization` is the `Basic …` made of them. */
export interface ConfiguredUrl {
  readonly url: string;
  readonly authorization: string | null;
}

/** `application/x-www-form-urlencoded` (REQ-1): space `+`, `:` `%3A`, `"` `%22`, brackets `%5B %5D`, upper-case hex. */
export declare function encodeQuery(query: Query): string;

/** REQ-2: takes `user:pass@` out of a configured URL. The error is a sentence that never repeats the URL. */
export declare function splitConfiguredUrl(text: string): Result<ConfiguredUrl, string>;

/** Appends parameters (REQ-2): the URL's own query is kept byte for byte, its fragment is dropped. */
export declare function appendQuery(url: string, query: Query): string;

/** The URL as it may be shown, logged and traced: `user:pass@` becomes `***@` (REQ-2). */
export declare function maskCredentials(url: string): string;
