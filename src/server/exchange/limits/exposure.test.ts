import { assert, constantFrom, integer, option, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { testConfig, testTrunk } from "../../../../test/support/exchange-config.ts";
import { VirtualClock } from "../../../base/virtual-clock.ts";
import { ACCOUNT } from "../../../../test/fixtures/contract.ts";
import type { AccountConfig } from "../account-config.ts";
import { CallLimits } from "./call-limits.ts";
import type { LegHold } from "./call-limits.ts";
import { defaultPolicy } from "./dial-policy.ts";
import { exposureOf } from "./exposure.ts";
import type { Exposure } from "./exposure.ts";
import { localDay } from "./local-day.ts";

const at = (text: string): number => Date.parse(`2026-01-${text}+05:30`);
const EVENING = at("05T20:00:00");
const MINUTE_MS = 60_000;

interface Parts {
  readonly limits?: object;
  readonly prices?: object;
  readonly concurrentCalls?: number;
  readonly channels?: number | null;
  readonly dialPrefixes?: readonly string[];
}

function configOf({ limits, prices, concurrentCalls = 10, channels = null, dialPrefixes = [] }: Parts): AccountConfig {
  return testConfig({
    account: { ...ACCOUNT, dialPrefixes },
    trunks: [testTrunk({ channels })],
    concurrentCalls,
    limits: defaultPolicy(limits, prices),
  });
}

function exposed(parts: Parts, now = EVENING, spent = { today: 0, tonight: 0 }): Exposure {
  const config = configOf(parts);
  return exposureOf(config, spent, localDay(now, config.account.timezone, config.limits.night), now);
}

function line({ arithmetic }: Exposure, name: string): { how: string; value: number } {
  const found = arithmetic.find((each) => each.name === name);
  return { how: found?.how ?? "", value: found?.value ?? Number.NaN };
}

describe("the most that an account could cost tonight", () => {
  it("is the night's budget by default, with the arithmetic", () => {
    const exposure = exposed({});
    expect(exposure).toMatchObject({ most: 6250, binding: "night_spend", currency: "INR" });
    expect([exposure.from, exposure.to]).toEqual(["2026-01-05T16:30:00.000Z", "2026-01-06T00:30:00.000Z"]);
    expect(line(exposure, "lines")).toEqual({ how: "concurrent_calls 10 × 2 legs = 20", value: 20 });
    expect(line(exposure, "minutes").value).toBe(20 * 481 + 1200 * 481);
    expect(line(exposure, "night_spend").how).toBe("night.spend 6,250 INR − 0 INR spent");
    expect(line(exposure, "most").how).toContain("night_spend decides");
  });

  it("is every line busy all night with the most expensive open number, if no budget is smaller", () => {
    const off = { spend_per_day: null, night: { abroad_per_hour: null }, attempts_per_minute: 1 };
    const exposure = exposed({ limits: off, channels: 5 });
    expect(exposure).toMatchObject({ most: 6 * 481 * 25, binding: "channels" });
    const opened = exposed({ limits: { ...off, open_prefixes: ["+881"] }, channels: 5 });
    expect(opened.most).toBe(6 * 481 * 300);
    expect(line(opened, "channels").how).toContain("300 INR (+881 (opened, price_table.costly))");
    const home = exposed({ limits: off, channels: 5, dialPrefixes: ["+91"] });
    expect(home.most).toBe(6 * 481);
    const priced = exposed({
      limits: off,
      channels: 5,
      dialPrefixes: ["+91"],
      prices: {
        prefixes: [
          { prefix: "+91", per_minute: 0.5 },
          { prefix: "+881", per_minute: 900 },
        ],
      },
    });
    expect(priced.most, "a closed prefix costs nothing, whatever its price is").toBe(6 * 481 * 0.5);
  });

  it("is as many conversations abroad as the night allows, and the rest at home", () => {
    const hundred = { channels: 100, concurrentCalls: 100 };
    const off = { spend_per_day: null, attempts_per_minute: 0 };
    const short = { ...off, night: { from: "22:00", to: "23:00", abroad_per_hour: 1 } };
    // 100 already up at 22:00 and 2 more, 61 minutes each, would exceed all minutes of all lines.
    expect(line(exposed({ limits: short, ...hundred }), "minutes_abroad").value).toBe(6100);
    const long = exposed({ limits: { ...off, night: { abroad_per_hour: 1 } }, ...hundred });
    expect(line(long, "minutes_abroad").value).toBe(109 * 241);
    expect(long).toMatchObject({ binding: "night_abroad_per_hour", most: 109 * 241 * 25 + (48_100 - 109 * 241) });
  });

  it("has no bound if neither attempts nor money are limited, and says so", () => {
    const exposure = exposed({
      limits: { spend_per_day: null, attempts_per_minute: null, night: { abroad_per_hour: null } },
    });
    expect(exposure).toMatchObject({ most: null, binding: "attempts_per_minute" });
    expect(JSON.stringify(exposure)).not.toContain("Infinity");
  });

  it("is the rest of a partly spent budget, and a new day's budget after midnight", () => {
    const limits = { spend_per_day: 100, night: { spend: 150 } };
    expect(exposed({ limits }, EVENING, { today: 30_000, tonight: 0 })).toMatchObject({
      most: 150,
      binding: "night_spend",
    });
    expect(
      exposed({ limits: { ...limits, night: { spend: null } } }, EVENING, { today: 30_000, tonight: 0 }).most,
    ).toBe(170);
    const late = exposed({ limits }, at("06T02:00:00"), { today: 20_000, tonight: 60_000 });
    expect(late).toMatchObject({ most: 80, binding: "spend_per_day" });
  });

  it("covers the rest of the day if there is no night", () => {
    const exposure = exposed({ limits: { night: { from: "00:00", to: "00:00" } } });
    expect([exposure.from, exposure.to]).toEqual([
      new Date(EVENING).toISOString(),
      new Date(at("06T00:00:00")).toISOString(),
    ]);
    expect(exposure.binding).toBe("spend_per_day");
  });

  it("is never exceeded, even by dialling everything the limits allow", () => {
    const numbers = ["+919900000011", "+447400123456", "+12025550123", "+881612345678", "+4915123456789"];
    const some = (max: number) => option(integer({ min: 0, max }), { nil: null });
    const policies = record({
      spend: some(3000),
      nightSpend: some(900),
      abroadPerHour: some(10),
      perHour: some(8),
      perMinute: some(3),
      lines: integer({ min: 1, max: 4 }),
      opened: constantFrom([], ["+881"]),
      talkMinutes: integer({ min: 1, max: 150 }),
      startsAt: constantFrom("05T22:30:00", "05T22:10:00", "06T00:05:00"),
    });
    assert(
      property(
        policies,
        ({ spend, nightSpend, abroadPerHour, perHour, perMinute, lines, opened, talkMinutes, startsAt }) => {
          const night = { from: "22:30", to: "00:40", spend: nightSpend, abroad_per_hour: abroadPerHour };
          const limits = {
            spend_per_day: spend,
            night,
            abroad: { per_hour: perHour },
            attempts_per_minute: perMinute,
            open_prefixes: opened,
          };
          const config = configOf({ limits, channels: lines, concurrentCalls: lines });
          const clock = new VirtualClock(at(startsAt));
          const calls = new CallLimits(clock);
          const attacker = new Attacker(calls, config, numbers, lines, talkMinutes);
          // Spending before the night does not count.
          while (!calls.spent(config).day.isNight) attacker.minute(clock);
          const { day, ...spent } = calls.spent(config);
          const { most } = exposureOf(config, spent, day, clock.now());
          let cost = 0;
          let before = calls.spent(config);
          // A minute that begins when the night ends counts for the day.
          for (let left = day.tonightTo - 1 - clock.now(); left > 0; left -= MINUTE_MS) {
            attacker.minute(clock, Math.min(left, MINUTE_MS));
            const after = calls.spent(config);
            cost += after.day.day === before.day.day ? after.today - before.today : after.today;
            before = after;
          }
          expect(cost / 1000).toBeLessThanOrEqual(most ?? Number.POSITIVE_INFINITY);
        },
      ),
      { numRuns: 30 },
    );
  });
});

/** Keeps every line busy with the most expensive number that the limits allow. */
class Attacker {
  readonly #calls: CallLimits;
  readonly #config: AccountConfig;
  readonly #numbers: readonly string[];
  readonly #lines: number;
  readonly #talkMinutes: number;
  readonly #holds = new Map<LegHold, number>();

  constructor(
    calls: CallLimits,
    config: AccountConfig,
    numbers: readonly string[],
    lines: number,
    talkMinutes: number,
  ) {
    this.#calls = calls;
    this.#config = config;
    this.#numbers = numbers.toReversed();
    this.#lines = lines;
    this.#talkMinutes = talkMinutes;
  }

  minute(clock: VirtualClock, ms = MINUTE_MS): void {
    for (const [hold, until] of this.#holds) if (clock.now() >= until) this.#end(hold);
    for (const e164 of this.#numbers) while (this.#holds.size < this.#lines && this.#dial(e164, clock));
    clock.advance(ms);
  }

  #dial(e164: string, clock: VirtualClock): boolean {
    const request = { config: this.#config, callSid: "c", destination: { kind: "number", e164 } as const };
    let ended = false;
    const taken = this.#calls.takeLeg(request, () => {
      ended = true;
      if (taken.ok) this.#end(taken.value);
    });
    if (!taken.ok || ended) return false;
    taken.value.answered();
    this.#holds.set(taken.value, clock.now() + this.#talkMinutes * MINUTE_MS);
    return true;
  }

  #end(hold: LegHold): void {
    this.#holds.delete(hold);
    hold.release();
  }
}
