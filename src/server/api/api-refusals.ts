import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { MinuteLimit } from "../exchange/minute-limit.ts";

/** Why a request of the API was refused before it was looked at; the `reason` of counter and log. */
export type ApiRefusalReason =
  /** No credentials at all. */
  | "no_credentials"
  /** Key or token are wrong, or the key was revoked. */
  | "wrong_key"
  /** Too many wrong attempts from this address before. */
  | "too_many_failures"
  /** The key, role or account does not reach that far. */
  | "scope"
  /** A write with a session's cookie that does not come from a page of ours. */
  | "cross_site"
  /** Login, password or code are wrong. */
  | "wrong_sign_in"
  /** More passwords wait than can be checked soon. */
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

  /** Since the start, by reason. */
  get counts(): ReadonlyMap<ApiRefusalReason, number> {
    return this.#counts;
  }

  /** `fields` never hold a token or password. */
  note(reason: ApiRefusalReason, fields: object): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    const heldBack = this.#lines.take(reason, this.#clock.now());
    if (heldBack === null) return;
    this.#log.warn({ reason, ...fields, ...(heldBack > 0 ? { heldBack } : {}) }, "request to the API refused");
  }
}
