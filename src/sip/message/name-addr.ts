import type { Params } from "./params.ts";
import type { Uri } from "./uri.ts";

/** The value of From, To, Contact, Route, Record-Route, P-Asserted-Identity…: a name, a URI, parameters. Immutable. */
export declare class NameAddr {
  constructor(displayName: string | null, uri: string | Uri, params?: Params);
  /** Without quotes and escapes; null when there is none. */
  readonly displayName: string | null;
  readonly uriText: string;
  readonly params: Params;
  /** Parsed on first use; throws `SipParseError(400)` when the text is no URI. */
  get uri(): Uri;
  get tag(): string | null;
  withParam(name: string, value: string | null): NameAddr;
  /** Canonical form: `"Name" <uri>;params` – always with angle brackets. */
  toString(): string;
}

/** One name-addr or addr-spec with its parameters; throws `SipParseError(400)`. */
export declare function parseNameAddr(text: string): NameAddr;
/** A comma list of them (Route, Contact, P-Asserted-Identity…). */
export declare function parseNameAddrList(text: string): readonly NameAddr[];
