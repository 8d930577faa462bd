import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { MinuteLimit } from "../exchange/minute-limit.ts";

/** Why an API request was refused before it was handled; the `reason` in counter and log. */
export type ApiRefusalReason =
  /** No credentials at all. */
  | "no_credentials"
  /** The key or token is wrong, or the key was revoked. */
  | "wrong_key"
  /** Too many earlier failures from this address. */
  | "too_many_failures"
  /** Outside the scope of the key, role or account. */
  | "scope"
  /** A write with a session cookie that does not come from one of our pages. */
  | "cross_site"
  /** The login, password or code is wrong. */
  | "wrong_sign_in"
  /** More passwords are waiting than can be checked soon. */
  | "passwords_busy";

/** A flood of refusals must not flood the log. */
const LINES_PER_REASON = 20;

/** Counts refused requests, and writes a limited number of log lines a minute. */
export class ApiRefusals {
  readonly #clock: Pick<Clock, "now">;
  readonly #log: Log;
  readonly #counts = new Map<ApiRefusalReason, number>();
  readonly #lines = new MinuteLimit(LINES_PER_REASON);

  constructor(clock: Pick<Clock, "now">, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Refusals since the start, by reason. */
  get counts(): ReadonlyMap<ApiRefusalReason, number> {
    return this.#counts;
  }

  /** `fields` must never hold a token or password. */
  note(reason: ApiRefusalReason, fields: object): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    const heldBack = this.#lines.take(reason, this.#clock.now());
    if (heldBack === null) return;
    this.#log.warn({ reason, ...fields, ...(heldBack > 0 ? { heldBack } : {}) }, "request to the API refused");
  }
}
