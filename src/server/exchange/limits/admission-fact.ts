import type { LimitFact } from "../../../core/call/limit-fact.ts";
import type { AccountConfig, Trunk } from "../account-config.ts";
import type { AdmissionRefusal } from "../admission.ts";
import { REFUSAL_MESSAGES } from "../admission.ts";

/** The limit that refused a call; undefined: the platform itself could not take it. */
export function admissionFact(
  reason: AdmissionRefusal,
  { concurrentCalls, callsPerSecond }: AccountConfig,
  trunk: Trunk,
): LimitFact | undefined {
  const message = REFUSAL_MESSAGES[reason];
  const fact = (rule: string, limit: number, change: string): LimitFact => ({
    rule,
    limit,
    value: limit + 1,
    message,
    change,
  });
  if (reason === "account_full")
    return fact("concurrent_calls", concurrentCalls, "a higher limits.concurrent_calls, or the end of a call");
  if (reason === "account_rate")
    return fact("calls_per_second", callsPerSecond, "a higher limits.calls_per_second, or waiting a second");
  if (reason === "trunk_full" && trunk.channels !== null)
    return fact("trunk_channels", trunk.channels, "more channels of the trunk, or the end of a call over it");
  return undefined;
}
