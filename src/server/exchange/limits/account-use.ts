import type { AccountConfig } from "../account-config.ts";
import type { DialUse, DialedDestination } from "./decide-dial.ts";
import type { DestinationLimit, Mills } from "./dial-policy.ts";
import { classOf, isClosed, prefixLimitOf, priceOf } from "./destination-class.ts";
import type { LocalDay } from "./local-day.ts";
import { localDay } from "./local-day.ts";
import { RollingCount } from "./rolling-count.ts";
import { SpendLedger } from "./spend-ledger.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Limit on counted keys, many times what an account has; beyond it the least recently used are dropped. */
const MAX_KEYS = 1000;

/** Use of one prefix of `limits.destinations`, or of one country; bounded by the number of rules and countries. */
class GroupUse {
  now = 0;
  readonly lastHour = new RollingCount(HOUR_MS);
}

/** Use of one API key. */
export class KeyUse {
  now = 0;
  readonly lastMinute = new RollingCount(MINUTE_MS);
}

/** How much of one account's limits is used. */
export class AccountUse {
  config: AccountConfig;
  readonly attemptsLastMinute = new RollingCount(MINUTE_MS);
  readonly abroadLastHour = new RollingCount(HOUR_MS);
  readonly ledger = new SpendLedger();
  readonly #groups = new Map<string, GroupUse>();
  readonly #keys = new Map<string, KeyUse>();

  constructor(config: AccountConfig) {
    this.config = config;
  }

  day(now: number): LocalDay {
    return localDay(now, this.config.account.timezone, this.config.limits.night);
  }

  /** The current use that an attempt to this number (null: a SIP address) would add to. */
  useOf(e164: string | null, day: LocalDay, elapsed: number): DialUse {
    return {
      destination: e164 === null ? null : this.#destination(e164, elapsed),
      attemptsLastMinute: this.attemptsLastMinute.within(elapsed),
      isNight: day.isNight,
      abroadLastHour: this.abroadLastHour.within(elapsed),
      spend: this.ledger.spent(day),
    };
  }

  /** Counts one more attempt; `agoMs`: how long ago, for attempts of an earlier process. */
  count({ destination }: Pick<DialUse, "destination">, elapsed: number, agoMs = 0): void {
    this.attemptsLastMinute.add(elapsed, agoMs);
    if (destination?.isAbroad === true) this.abroadLastHour.add(elapsed, agoMs);
    if (destination?.groupLimit != null) this.group(destination.group).lastHour.add(elapsed, agoMs);
  }

  group(name: string): GroupUse {
    let group = this.#groups.get(name);
    if (group === undefined) this.#groups.set(name, (group = new GroupUse()));
    return group;
  }

  key(id: string): KeyUse {
    const key = this.#keys.get(id) ?? new KeyUse();
    // The most recently used key comes last in the map.
    this.#keys.delete(id);
    this.#keys.set(id, key);
    if (this.#keys.size > MAX_KEYS) this.#forgetIdleKey();
    return key;
  }

  #forgetIdleKey(): void {
    for (const [id, { now }] of this.#keys)
      if (now === 0) {
        this.#keys.delete(id);
        return;
      }
  }

  #destination(e164: string, elapsed: number): DialedDestination {
    const kind = classOf(e164, this.config.account.country);
    const rule = prefixLimitOf(e164, this.config.limits);
    const group = rule?.prefix ?? kind.place;
    const groupLimit: DestinationLimit | null = rule ?? (kind.isAbroad ? this.config.limits.abroad : null);
    const use = this.#groups.get(group);
    return {
      costly: kind.costly,
      isClosed: isClosed(kind, e164, this.config.limits),
      isAbroad: kind.isAbroad,
      group,
      groupLimit,
      groupKey: rule === undefined ? "limits.abroad" : `limits.destinations["${rule.prefix}"]`,
      groupNow: use?.now ?? 0,
      groupLastHour: use?.lastHour.within(elapsed) ?? 0,
      perMinute: this.priceOf(e164),
    };
  }

  priceOf(e164: string): Mills {
    return priceOf(e164, classOf(e164, this.config.account.country), this.config.limits);
  }
}
