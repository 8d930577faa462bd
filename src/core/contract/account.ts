/** REQ-33. `documented`: what the documents say; `observed`: what the production system actually sends. */
export type Wire = "documented" | "observed";

/** A person of the account: may be dialled by number or as `sip:<name>`; `email` goes into dial events (EVT-1). */
export interface User {
  readonly name: string;
  readonly number: string | null;
  readonly email: string | null;
}

/** A number of the account. `number` is E.164; `region` is the telecom circle (DIAL-6). */
export interface Exophone {
  readonly number: string;
  readonly region: string | null;
  readonly trunk: string | null;
  /** E.164 prefixes that its trunk reaches; absent or empty: all (DIAL-6). */
  readonly reaches?: readonly string[];
}

/** The part of an account that shapes requests and answers. A plain value: the same for a live call, a scenario and a test. */
export interface Account {
  readonly sid: string;
  readonly tenantId: string;
  /** ISO 3166 code: how ten-digit numbers in an answer are read (RES-24). */
  readonly country: string;
  /** IANA zone of every time we send (REQ-31). */
  readonly timezone: string;
  readonly numberFormat: "national" | "e164";
  /** REQ-33: what requests say where the documents and the production system differ; see `wire.ts`. */
  readonly wire: Wire;
  readonly dialEvents: readonly ("dial" | "ringing" | "answered" | "terminal")[];
  readonly language: string;
  /** Hosts allowed in `sip:user@host` destinations (RES-24). */
  readonly sipHosts: readonly string[];
  /** E.164 prefixes that may be dialled; empty: all. */
  readonly dialPrefixes: readonly string[];
  readonly exophones: readonly Exophone[];
  readonly users: readonly User[];
  readonly groups: Readonly<Record<string, readonly string[]>>;
}

/**
 * An account with the defaults of a workspace file, no restrictions and no users: for tools and tests that care only about `fields`.
 */
export function plainAccount(fields: Partial<Account> = {}): Account {
  return {
    sid: "acme",
    tenantId: "1409",
    country: "IN",
    timezone: "Asia/Kolkata",
    numberFormat: "national",
    wire: "documented",
    dialEvents: ["dial", "terminal"],
    language: "en",
    sipHosts: [],
    dialPrefixes: [],
    exophones: [],
    users: [],
    groups: {},
    ...fields,
  };
}
