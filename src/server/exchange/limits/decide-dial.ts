import type { CostlyPrefix } from "./costly-prefixes.ts";
import type { DestinationLimit, DialPolicy, Mills } from "./dial-policy.ts";
import type { ReachedLimit } from "./limit-rules.ts";
import { moneyText } from "./money-text.ts";

/** The current use that one more attempt would add to; its counts don't include that attempt. */
export interface DialUse {
  /** Null: a SIP address, which costs nothing and is in no country. */
  readonly destination: DialedDestination | null;
  readonly attemptsLastMinute: number;
  readonly isNight: boolean;
  readonly abroadLastHour: number;
  readonly spend: SpendSoFar;
}

export interface DialedDestination {
  readonly costly: CostlyPrefix | null;
  readonly isClosed: boolean;
  readonly isAbroad: boolean;
  /** The prefix of `limits.destinations`, or the country. */
  readonly group: string;
  /** Null: no limit for this group. */
  readonly groupLimit: DestinationLimit | null;
  /** The key of the workspace file that sets it. */
  readonly groupKey: string;
  readonly groupNow: number;
  readonly groupLastHour: number;
  readonly perMinute: Mills;
}

/** What has been spent, including running minutes. `tonight` counts only at night. */
export interface SpendSoFar {
  readonly today: Mills;
  readonly tonight: Mills;
}

type Rule = (policy: DialPolicy, use: DialUse) => ReachedLimit | null;

/** In this order: first permanent limits, then those that pass with time, then money. */
const RULES: readonly Rule[] = [
  closedPrefix,
  destinationConcurrent,
  destinationPerHour,
  attemptsPerMinute,
  nightAbroad,
  (policy, use) => decideMinute(policy, use.spend, use.isNight, use.destination?.perMinute ?? 0),
];

/** Whether one more attempt may be made. Null: yes; otherwise the first limit that forbids it. Pure. */
export function decideDial(policy: DialPolicy, use: DialUse): ReachedLimit | null {
  for (const rule of RULES) {
    const reached = rule(policy, use);
    if (reached !== null) return reached;
  }
  return null;
}

/** Whether one more minute at this price may begin; called before an attempt, and for every minute of a conversation. Pure. */
export function decideMinute(
  { spendPerDay, night, prices }: DialPolicy,
  { today, tonight }: SpendSoFar,
  isNight: boolean,
  perMinute: Mills,
): ReachedLimit | null {
  if (perMinute === 0) return null;
  const amount = (mills: Mills): string => moneyText(mills, prices.currency);
  if (spendPerDay !== null && today + perMinute > spendPerDay)
    return {
      rule: "spend_per_day",
      limit: spendPerDay / 1000,
      value: (today + perMinute) / 1000,
      message: `the day's budget of ${amount(spendPerDay)} does not cover another minute at ${amount(perMinute)}`,
      change: "a higher limits.spend_per_day, right prices in price_table, or the next day",
    };
  if (isNight && night.spend !== null && tonight + perMinute > night.spend)
    return {
      rule: "night_spend",
      limit: night.spend / 1000,
      value: (tonight + perMinute) / 1000,
      message: `the night's budget of ${amount(night.spend)} does not cover another minute at ${amount(perMinute)}`,
      change: "a higher limits.night.spend, right prices in price_table, or the end of the night",
    };
  return null;
}

function closedPrefix(_: DialPolicy, { destination }: DialUse): ReachedLimit | null {
  if (destination === null || !destination.isClosed || destination.costly === null) return null;
  const { prefix, name } = destination.costly;
  return {
    rule: "closed_prefix",
    limit: 0,
    value: 1,
    message: `${prefix} (${name}) is expensive and closed`,
    change: `"${prefix}" in limits.open_prefixes`,
  };
}

function destinationConcurrent(_: DialPolicy, { destination }: DialUse): ReachedLimit | null {
  const limit = destination?.groupLimit?.concurrent ?? null;
  if (destination === null || limit === null || destination.groupNow < limit) return null;
  const { group, groupKey, groupNow } = destination;
  return {
    rule: "destination_concurrent",
    limit,
    value: groupNow + 1,
    message: `${limit} attempts and conversations with ${group} are under way`,
    change: `a higher ${groupKey}.concurrent, or the end of one of them`,
  };
}

function destinationPerHour(_: DialPolicy, { destination }: DialUse): ReachedLimit | null {
  const limit = destination?.groupLimit?.perHour ?? null;
  if (destination === null || limit === null || destination.groupLastHour < limit) return null;
  const { group, groupKey, groupLastHour } = destination;
  return {
    rule: "destination_per_hour",
    limit,
    value: groupLastHour + 1,
    message: `${limit} attempts to ${group} were made within an hour`,
    change: `a higher ${groupKey}.per_hour, or an hour since the first of them`,
  };
}

function attemptsPerMinute({ attemptsPerMinute: limit }: DialPolicy, use: DialUse): ReachedLimit | null {
  if (limit === null || use.attemptsLastMinute < limit) return null;
  return {
    rule: "attempts_per_minute",
    limit,
    value: use.attemptsLastMinute + 1,
    message: `${limit} attempts were made within a minute`,
    change: "a higher limits.attempts_per_minute, or a minute since the first of them",
  };
}

function nightAbroad({ night }: DialPolicy, use: DialUse): ReachedLimit | null {
  const limit = night.abroadPerHour;
  if (limit === null || !use.isNight || use.destination?.isAbroad !== true || use.abroadLastHour < limit) return null;
  return {
    rule: "night_abroad_per_hour",
    limit,
    value: use.abroadLastHour + 1,
    message: `${limit} attempts to other countries were made within an hour of the night`,
    change: "a higher limits.night.abroad_per_hour, or the end of the night",
  };
}
