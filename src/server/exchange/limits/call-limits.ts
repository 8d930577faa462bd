import type { Clock, Timer } from "../../../base/clock.ts";
import type { Result } from "../../../base/result.ts";
import { err, ok } from "../../../base/result.ts";
import type { Destination } from "../../../core/contract/destination.ts";
import { findUser } from "../../../core/contract/numbers.ts";
import type { AttemptRow, JournalRow } from "../../../edges/store/types.ts";
import type { PastLegs, SpendReader } from "../../../edges/store/spend-reader.ts";
import type { AccountConfig } from "../account-config.ts";
import { AccountUse } from "./account-use.ts";
import { decideDial, decideMinute } from "./decide-dial.ts";
import type { DialedDestination, SpendSoFar } from "./decide-dial.ts";
import type { Mills } from "./dial-policy.ts";
import type { ReachedLimit } from "./limit-rules.ts";
import type { LocalDay } from "./local-day.ts";

/** A leg that is about to be dialled. */
export interface LegRequest {
  readonly config: AccountConfig;
  readonly callSid: string;
  readonly destination: Destination;
}

/** A call that is about to be placed by API. */
export interface PlacedCall {
  readonly config: AccountConfig;
  readonly callSid: string;
  /** Id of the API key that places it; null: none. */
  readonly apiKey: string | null;
  /** Where leg 1 goes. */
  readonly destination: Destination;
}

/** A dialled leg's share of the account's limits, held from dialling until `release`. */
export interface LegHold {
  /** From now on it costs. */
  answered(): void;
  release(): void;
}

const MINUTE_MS = 60_000;

/**
 * The limits on outbound calls, and how much of them is used. Every dialled leg first takes its place here. A conversation
 * is paid minute by minute, in advance: if the budget doesn't cover the next minute, the leg ends with the current one. So
 * a day never costs more than its budget. Per process, like every limit of the workspace; past costs are read from the
 * database at the start.
 */
export class CallLimits {
  readonly #clock: Clock;
  readonly #accounts = new Map<string, AccountUse>();
  /** Calls dialled by this process: their cost is counted while they last. */
  readonly #counted = new Set<string>();
  readonly #placed = new Map<string, { readonly config: AccountConfig; readonly apiKey: string }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Reserves a place for a leg, or returns the limit that forbids it. `onUsedUp`: the budget doesn't cover its next minute. */
  takeLeg(
    { config, callSid, destination }: LegRequest,
    onUsedUp: (limit: ReachedLimit) => void,
  ): Result<LegHold, ReachedLimit> {
    const use = this.#useOf(config);
    const [day, elapsed] = [use.day(this.#clock.now()), this.#clock.elapsed()];
    const dialUse = use.useOf(numberOf(config, destination), day, elapsed);
    const reached = decideDial(config.limits, dialUse);
    if (reached !== null) return err(reached);
    use.count(dialUse, elapsed);
    this.#counted.add(callSid);
    return ok(new HeldLeg(this.#clock, use, dialUse.destination, day, onUsedUp));
  }

  /**
   * Counts a call placed by an API key, or returns the limit that forbids it: one of the key's, or one that would refuse
   * leg 1. To be called after `Admission.take`, before the call begins; `callEnded` gives the key's place back.
   */
  placeCall({ config, callSid, apiKey, destination }: PlacedCall): ReachedLimit | null {
    const use = this.#useOf(config);
    const elapsed = this.#clock.elapsed();
    const dialUse = use.useOf(numberOf(config, destination), use.day(this.#clock.now()), elapsed);
    const reached = this.#decideKey(use, apiKey, elapsed) ?? decideDial(config.limits, dialUse);
    if (reached !== null || apiKey === null) return reached;
    const key = use.key(apiKey);
    key.lastMinute.add(elapsed);
    key.now += 1;
    this.#placed.set(callSid, { config, apiKey });
    return null;
  }

  /** The call is over, and its cost is in the database. */
  callEnded(callSid: string): void {
    this.#counted.delete(callSid);
    const placed = this.#placed.get(callSid);
    if (placed === undefined) return;
    this.#placed.delete(callSid);
    this.#useOf(placed.config).key(placed.apiKey).now -= 1;
  }

  /** Legs dialled by an earlier process count when the end of their call is written. */
  written(rows: readonly JournalRow[]): void {
    for (const { callSid, account, end } of rows) {
      const use = this.#accounts.get(account);
      if (end === undefined || use === undefined || this.#counted.delete(callSid)) continue;
      const day = use.day(this.#clock.now());
      for (const attempt of end.attempts) use.ledger.charge(day, costOf(use, attempt));
    }
  }

  /** Reads at the start, before the first call, what ended calls have cost so far. */
  async restore(reader: Pick<SpendReader, "legsSince">, accounts: Iterable<AccountConfig>): Promise<void> {
    for (const config of accounts) {
      const use = this.#useOf(config);
      const now = this.#clock.now();
      const day = use.day(now);
      const { dayStart, nightStart } = day;
      for (const legs of await reader.legsSince(config.account.sid, { now, dayStart, nightStart }))
        this.#restoreLegs(use, day, legs);
    }
  }

  /** What the account has spent, including running minutes, and its current day. */
  spent(config: AccountConfig): SpendSoFar & { readonly day: LocalDay } {
    const use = this.#useOf(config);
    const day = use.day(this.#clock.now());
    return { ...use.ledger.spent(day), day };
  }

  #restoreLegs(use: AccountUse, day: LocalDay, legs: PastLegs): void {
    const e164 = numberOfKey(use.config, legs.destination);
    const price = e164 === null ? 0 : use.priceOf(e164);
    use.ledger.add(day, { today: legs.minutesToday * price, tonight: day.isNight ? legs.minutesTonight * price : 0 });
    const elapsed = this.#clock.elapsed();
    const dialUse = use.useOf(e164, day, elapsed);
    for (const agoMs of legs.lastHourMs) use.count(dialUse, elapsed, agoMs);
  }

  /** The spending of every account that has dialled, now or in an earlier process. */
  get spentByAccount(): readonly (readonly [account: string, SpendSoFar])[] {
    const now = this.#clock.now();
    return [...this.#accounts].map(([sid, use]) => [sid, use.ledger.spent(use.day(now))]);
  }

  #decideKey(use: AccountUse, apiKey: string | null, elapsed: number): ReachedLimit | null {
    if (apiKey === null) return null;
    const { callsPerMinute, concurrentCalls } = use.config.limits.key;
    const { now, lastMinute } = use.key(apiKey);
    const made = lastMinute.within(elapsed);
    if (callsPerMinute !== null && made >= callsPerMinute)
      return {
        rule: "key_calls_per_minute",
        limit: callsPerMinute,
        value: made + 1,
        message: `this API key placed ${callsPerMinute} calls within a minute`,
        change: "a higher limits.key.calls_per_minute, or a minute since the first of them",
      };
    if (concurrentCalls === null || now < concurrentCalls) return null;
    return {
      rule: "key_concurrent_calls",
      limit: concurrentCalls,
      value: now + 1,
      message: `${concurrentCalls} calls of this API key are up`,
      change: "a higher limits.key.concurrent_calls, or the end of one of them",
    };
  }

  #useOf(config: AccountConfig): AccountUse {
    const { sid } = config.account;
    let use = this.#accounts.get(sid);
    if (use === undefined) this.#accounts.set(sid, (use = new AccountUse(config)));
    // The workspace may have changed since.
    use.config = config;
    return use;
  }
}

/** One leg: its place in its group, and its paid minute. */
class HeldLeg implements LegHold {
  readonly #clock: Clock;
  readonly #use: AccountUse;
  readonly #destination: DialedDestination | null;
  readonly #onUsedUp: (limit: ReachedLimit) => void;
  /** The day on which the first minute was charged. */
  readonly #dialedIn: LocalDay;
  #timer: Timer | null = null;
  #isAnswered = false;
  #isReleased = false;

  constructor(
    clock: Clock,
    use: AccountUse,
    destination: DialedDestination | null,
    day: LocalDay,
    onUsedUp: (limit: ReachedLimit) => void,
  ) {
    this.#clock = clock;
    this.#use = use;
    this.#destination = destination;
    this.#dialedIn = day;
    this.#onUsedUp = onUsedUp;
    use.ledger.charge(day, this.#perMinute);
    if (destination?.groupLimit != null) use.group(destination.group).now += 1;
  }

  answered(): void {
    if (this.#isAnswered || this.#isReleased) return;
    this.#isAnswered = true;
    this.#payLater();
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#timer?.cancel();
    if (this.#destination?.groupLimit != null) this.#use.group(this.#destination.group).now -= 1;
    if (!this.#isAnswered) this.#use.ledger.refund(this.#today(), this.#dialedIn, this.#perMinute);
  }

  get #perMinute(): Mills {
    return this.#destination?.perMinute ?? 0;
  }

  #today(): LocalDay {
    return this.#use.day(this.#clock.now());
  }

  #payLater(): void {
    if (this.#perMinute === 0) return;
    this.#timer = this.#clock.after(MINUTE_MS, () => this.#payMinute());
  }

  #payMinute(): void {
    const day = this.#today();
    const { config, ledger } = this.#use;
    const reached = decideMinute(config.limits, ledger.spent(day), day.isNight, this.#perMinute);
    if (reached !== null) return this.#onUsedUp(reached);
    ledger.charge(day, this.#perMinute);
    this.#payLater();
  }
}

/** The E.164 number that a destination is priced as; null: a SIP address. */
function numberOf({ account }: AccountConfig, destination: Destination): string | null {
  if (destination.kind === "number") return destination.e164;
  return findUser(account, destination)?.number ?? null;
}

/** The same for a destination as written in records. */
function numberOfKey(config: AccountConfig, destination: string): string | null {
  if (destination.startsWith("+")) return destination;
  const user = /^sip:([^@]+)$/.exec(destination)?.[1];
  return user === undefined ? null : numberOf(config, { kind: "sip", user, host: null });
}

function costOf(use: AccountUse, { destination, answeredMs, endedMs }: AttemptRow): Mills {
  const e164 = numberOfKey(use.config, destination);
  if (answeredMs === null || e164 === null) return 0;
  return Math.max(1, Math.ceil((endedMs - answeredMs) / MINUTE_MS)) * use.priceOf(e164);
}
