import type { LimitFact } from "../../../core/call/limit-fact.ts";

/** Every limit on outbound calls, as named in traces, logs and metrics; `docs/limits.md` explains each. */
export const LIMIT_RULES = [
  "closed_prefix",
  "destination_concurrent",
  "destination_per_hour",
  "attempts_per_minute",
  "night_abroad_per_hour",
  "spend_per_day",
  "night_spend",
  "key_calls_per_minute",
  "key_concurrent_calls",
] as const;

export type LimitRule = (typeof LIMIT_RULES)[number];

/** A limit on outbound calls that was reached. */
export interface ReachedLimit extends LimitFact {
  readonly rule: LimitRule;
}
