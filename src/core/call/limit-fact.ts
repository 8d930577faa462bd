/**
 * A limit of the account that was reached, as trace, records and the API show it. `rule` names it as `docs/limits.md` does;
 * `value` is the value that would have been reached, in the unit of `limit`.
 */
export interface LimitFact {
  readonly rule: string;
  readonly limit: number;
  readonly value: number;
  /** One sentence: what was reached. Never contains a person's number. */
  readonly message: string;
  /** What would change it: a key of the workspace file, or time. */
  readonly change: string;
}
