import { MAX_CALL_MS } from "../../../core/call/limits.ts";
import type { AccountConfig, Trunk } from "../account-config.ts";
import type { SpendSoFar } from "./decide-dial.ts";
import type { Mills } from "./dial-policy.ts";
import type { Dearest } from "./dearest.ts";
import { dearestOf } from "./dearest.ts";
import type { LocalDay } from "./local-day.ts";
import { moneyText } from "./money-text.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A call by API dials both its legs. */
const PAID_LEGS_PER_CALL = 2;

/** One line of the calculation, for people: `how` is the formula, `value` the result. */
export interface ExposureLine {
  readonly name: string;
  readonly how: string;
  /** Null: unlimited. */
  readonly value: number | null;
}

/** The most that an account could cost tonight. Amounts are in the currency's unit. */
export interface Exposure {
  readonly from: string;
  readonly to: string;
  readonly currency: string;
  /** Null: unlimited. */
  readonly most: number | null;
  /** The limit that decides `most`: lower it, and the account can cost less. */
  readonly binding: string;
  readonly arithmetic: readonly ExposureLine[];
}

interface Bound {
  readonly rule: string;
  readonly how: string;
  readonly amount: Mills;
}

/**
 * The most that outbound calls could cost in the current or next night: every line busy all night with the most expensive
 * open numbers, as far as limits and budgets allow. Pure; `spent` covers everything until `now`.
 */
export function exposureOf(config: AccountConfig, spent: SpendSoFar, day: LocalDay, now: number): Exposure {
  const { from, to } = windowOf(day, now);
  const { prices } = config.limits;
  const lines = linesOf(config);
  const traffic = trafficBound(config, lines, from, to);
  const bounds = [traffic.bound, ...budgetBounds(config, spent, day, from, to)];
  const [least = traffic.bound] = bounds.toSorted((a, b) => a.amount - b.amount);
  const unit = (amount: Mills): number | null => finite(amount / 1000);
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    currency: prices.currency,
    most: unit(least.amount),
    binding: least.rule,
    arithmetic: [
      { name: "lines", how: lines.how, value: lines.count },
      ...traffic.lines,
      ...bounds.map(({ rule, how, amount }) => ({ name: rule, how, value: unit(amount) })),
      {
        name: "most",
        how: `the least of ${bounds.map(({ rule }) => rule).join(", ")}: ${least.rule} decides`,
        value: unit(least.amount),
      },
    ],
  };
}

/** The rest of this night, or the next night; without a night, from now until midnight. */
function windowOf({ tonightFrom, tonightTo, dayStart }: LocalDay, now: number): { from: number; to: number } {
  if (tonightFrom === tonightTo) return { from: now, to: dayStart + DAY_MS };
  return { from: Math.max(now, tonightFrom), to: tonightTo };
}

interface Lines {
  readonly count: number;
  readonly rule: string;
  readonly how: string;
}

/** How many legs can cost money at once. */
function linesOf({ concurrentCalls, trunks }: AccountConfig): Lines {
  const byCalls = PAID_LEGS_PER_CALL * concurrentCalls;
  const channels = channelsOf(trunks);
  const calls = `concurrent_calls ${concurrentCalls} × ${PAID_LEGS_PER_CALL} legs = ${byCalls}`;
  if (channels === null || byCalls <= channels)
    return {
      count: byCalls,
      rule: "concurrent_calls",
      how: channels === null ? calls : `${calls}, below ${channels} channels`,
    };
  return { count: channels, rule: "channels", how: `channels of all trunks ${channels}, below ${calls}` };
}

function channelsOf(trunks: readonly Trunk[]): number | null {
  let sum = 0;
  for (const { channels } of trunks) {
    if (channels === null) return null;
    sum += channels;
  }
  return sum;
}

/** All lines busy all night: as many minutes abroad as the night's limit allows, the rest at home. */
function trafficBound(config: AccountConfig, lines: Lines, from: number, to: number): Traffic {
  const { home, abroad } = dearestOf(config);
  const all = allMinutes(config, lines, Math.ceil((to - from) / MINUTE_MS));
  const away = abroad === null ? NONE_ABROAD : abroadMinutes(config, lines.count, all);
  const isAbroadDearer = (abroad?.perMinute ?? 0) > (home?.perMinute ?? 0);
  const used = isAbroadDearer ? away.value : 0;
  const price = (one: Dearest | null): string =>
    one === null ? "nothing" : `${moneyText(one.perMinute, config.limits.prices.currency)} (${one.name})`;
  const rest = used === all.value ? 0 : all.value - used;
  const how = `${count(used)} minutes × ${price(abroad)} + ${count(rest)} minutes × ${price(home)}`;
  const amount = times(used, abroad) + times(rest, home);
  const rule = used === all.value || used === 0 ? all.rule : away.rule;
  return {
    bound: { rule, how, amount },
    lines: [
      { name: "minutes", how: all.how, value: finite(all.value) },
      { name: "minutes_abroad", how: away.how, value: finite(used) },
    ],
  };
}

interface Traffic {
  readonly bound: Bound;
  readonly lines: readonly ExposureLine[];
}

interface Minutes {
  /** Infinity: unlimited. */
  readonly value: number;
  readonly rule: string;
  readonly how: string;
  /** Minutes of the night. */
  readonly night: number;
}

const NONE_ABROAD: Minutes = { value: 0, rule: "dial_prefixes", how: "no other country may be dialled", night: 0 };

/** Every line all the time, plus one started minute for each attempt, however short. */
function allMinutes({ limits }: AccountConfig, lines: Lines, night: number): Minutes {
  const { attemptsPerMinute } = limits;
  const whole = lines.count * (night + 1);
  if (attemptsPerMinute === null) {
    const how = "without attempts_per_minute any number of minutes may be begun";
    return { value: Number.POSITIVE_INFINITY, rule: "attempts_per_minute", how, night };
  }
  const attempts = attemptsPerMinute * (night + 1);
  const how =
    `${lines.count} lines × (${night} minutes of the night + 1) = ${whole}, and a begun minute for each of ` +
    `attempts_per_minute ${attemptsPerMinute} × (${night} + 1) = ${attempts} attempts`;
  return { value: whole + attempts, rule: whole > attempts ? lines.rule : "attempts_per_minute", how, night };
}

function abroadMinutes({ limits }: AccountConfig, lines: number, all: Minutes): Minutes {
  const { abroadPerHour, fromMinute, toMinute } = limits.night;
  if (abroadPerHour === null || fromMinute === toMinute) return { ...all, how: "all of them" };
  const longest = Math.min(all.night, MAX_CALL_MS / MINUTE_MS) + 1;
  // The limit's hour is a rolling one.
  const hours = Math.ceil(all.night / 60) + 1;
  const attempts = lines + abroadPerHour * hours;
  const how =
    `${attempts} conversations (${lines} that are up, abroad_per_hour ${abroadPerHour} × ${hours} hours) ` +
    `× ${longest} minutes, and not more than all of them`;
  return { ...all, value: Math.min(attempts * longest, all.value), rule: "night_abroad_per_hour", how };
}

function times(minutes: number, price: Dearest | null): Mills {
  return price === null || minutes === 0 ? 0 : minutes * price.perMinute;
}

function count(minutes: number): string {
  return Number.isFinite(minutes) ? String(minutes) : "unlimited";
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function budgetBounds(
  { limits }: AccountConfig,
  { today, tonight }: SpendSoFar,
  { isNight, dayStart }: LocalDay,
  from: number,
  to: number,
): readonly Bound[] {
  const { spendPerDay, night, prices } = limits;
  const amount = (mills: Mills): string => moneyText(mills, prices.currency);
  const bounds: Bound[] = [];
  if (night.spend !== null && night.fromMinute !== night.toMinute) {
    const used = isNight ? tonight : 0;
    const how = `night.spend ${amount(night.spend)} − ${amount(used)} spent`;
    bounds.push({ rule: "night_spend", how, amount: Math.max(0, night.spend - used) });
  }
  if (spendPerDay === null) return bounds;
  const midnight = dayStart + DAY_MS;
  const left = from >= midnight ? 0 : Math.max(0, spendPerDay - today);
  const next = to > midnight ? spendPerDay : 0;
  const how = `spend_per_day ${amount(spendPerDay)}: ${amount(left)} left before midnight, ${amount(next)} after it`;
  return [...bounds, { rule: "spend_per_day", how, amount: left + next }];
}
