import type { Account } from "../contract/account.ts";

/**
 * Everything that is fixed when a call begins and does not change during it: a plain value, stored once per version, so
 * that the journal of a call names it instead of repeating it.
 */
export interface CallSetup {
  readonly account: Account;
  /** The flow document as parsed by `flow/`; the engine looks applets up by id. */
  readonly flow: Flow;
  /** Prefix of recording URLs, no trailing slash: `<prefix>/<recording id>.wav`. */
  readonly recordingsUrl: string;
  /** `User-Agent` version (REQ-4). */
  readonly version: string;
}

/** How many people each group of an account has, by its name. */
export type GroupSizes = Readonly<Record<string, number>>;

/** One parsed flow. Applets keep their document form (snake_case keys); `flow/` has checked that targets exist. */
export interface Flow {
  readonly id: string;
  readonly name: string;
  readonly start: string;
  readonly validation: "strict" | "lenient";
  readonly applets: Readonly<Record<string, AppletDocument>>;
}

/** The document of one applet: `type` names the folder under `applets/`; the rest is that applet's own schema. */
export interface AppletDocument {
  readonly type: string;
  readonly [key: string]: unknown;
}
