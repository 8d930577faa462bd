import type { SipRequest, SipResponse } from "./message.ts";

/** What a request that parses but is wrong is owed. Never send it for an ACK. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly headers?: readonly (readonly [string, string])[];
}

export interface ValidateOptions {
  /** Methods not in here get 501. Default: {@link KNOWN_METHODS}. */
  readonly methods?: ReadonlySet<string>;
  /** Option tags that Require may name; others get 420 with Unsupported. Default: {@link SUPPORTED_EXTENSIONS}. */
  readonly extensions?: ReadonlySet<string>;
}

export declare const KNOWN_METHODS: ReadonlySet<string>;
export declare const SUPPORTED_EXTENSIONS: ReadonlySet<string>;
/** Null: well-formed, and the typed accessors will not throw. */
export declare function validateRequest(request: SipRequest, options?: ValidateOptions): Refusal | null;
/** Null: usable. Otherwise why the response must be dropped. */
export declare function validateResponse(response: SipResponse): string | null;
