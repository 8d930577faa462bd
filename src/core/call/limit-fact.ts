/**
 * A limit of the account that was reached, as trace, records and the API show it. `rule` names it as `docs/limits.md` does;
 * `value` is what it would have come to, in the unit of `limit`.
 */
export interface LimitFact {
  readonly rule: string;
  readonly limit: number;
  readonly value: number;
  /** One sentence: what was reached. Holds no number of a person. */
  readonly message: string;
  /** What would change it: a key of the workspace file, or time. */
  readonly change: string;
}
