import { describe, expect, it } from "vitest";
import { decideDial } from "./decide-dial.ts";
import type { DialedDestination, DialUse } from "./decide-dial.ts";
import type { LimitRule } from "./limit-rules.ts";
import { LIMIT_RULES } from "./limit-rules.ts";
import { defaultPolicy } from "./dial-policy.ts";

const HOME: DialedDestination = {
  costly: null,
  isClosed: false,
  isAbroad: false,
  group: "IN",
  groupLimit: null,
  groupKey: "limits.abroad",
  groupNow: 0,
  groupLastHour: 0,
  perMinute: 1000,
};
const BRITAIN: DialedDestination = { ...HOME, isAbroad: true, group: "GB", groupLimit: defaultPolicy().abroad };
const SATELLITE = { prefix: "+881", kind: "global_network", name: "satellites", source: "itu" } as const;
const NOTHING: DialUse = {
  destination: HOME,
  attemptsLastMinute: 0,
  isNight: false,
  abroadLastHour: 0,
  spend: { today: 0, tonight: 0 },
};
const NIGHT = { ...NOTHING, isNight: true };

/** For each default limit, a use just below it and a use at it. */
const LINES: readonly [rule: LimitRule, below: DialUse, at: DialUse, limit: number, changedBy: string][] = [
  [
    "closed_prefix",
    { ...NOTHING, destination: { ...BRITAIN, costly: SATELLITE } },
    { ...NOTHING, destination: { ...BRITAIN, costly: SATELLITE, isClosed: true } },
    0,
    "limits.open_prefixes",
  ],
  [
    "destination_concurrent",
    { ...NOTHING, destination: { ...BRITAIN, groupNow: 9 } },
    { ...NOTHING, destination: { ...BRITAIN, groupNow: 10 } },
    10,
    "limits.abroad.concurrent",
  ],
  [
    "destination_per_hour",
    { ...NOTHING, destination: { ...BRITAIN, groupLastHour: 59 } },
    { ...NOTHING, destination: { ...BRITAIN, groupLastHour: 60 } },
    60,
    "limits.abroad.per_hour",
  ],
  [
    "attempts_per_minute",
    { ...NOTHING, attemptsLastMinute: 1199 },
    { ...NOTHING, attemptsLastMinute: 1200 },
    1200,
    "limits.attempts_per_minute",
  ],
  [
    "night_abroad_per_hour",
    { ...NIGHT, destination: BRITAIN, abroadLastHour: 19 },
    { ...NIGHT, destination: BRITAIN, abroadLastHour: 20 },
    20,
    "limits.night.abroad_per_hour",
  ],
  [
    "spend_per_day",
    { ...NOTHING, spend: { today: 24_999_000, tonight: 0 } },
    { ...NOTHING, spend: { today: 24_999_001, tonight: 0 } },
    25_000,
    "limits.spend_per_day",
  ],
  [
    "night_spend",
    { ...NIGHT, spend: { today: 6_249_000, tonight: 6_249_000 } },
    { ...NIGHT, spend: { today: 6_249_001, tonight: 6_249_001 } },
    6250,
    "limits.night.spend",
  ],
];

describe("the limits of an account that sets none", () => {
  it.each(LINES)(
    "%s: passes up to the documented limit; beyond it says what would change it",
    (rule, below, at, limit, changedBy) => {
      expect(decideDial(defaultPolicy(), below)).toBeNull();
      const reached = decideDial(defaultPolicy(), at);
      expect(reached).toMatchObject({ rule, limit });
      expect(reached?.value).toBeGreaterThan(limit);
      expect(reached?.change).toContain(changedBy);
      expect(reached?.message).not.toBe("");
    },
  );

  it("every rule except those of API keys has a line here", () => {
    const keyRules = LIMIT_RULES.filter((rule) => rule.startsWith("key_"));
    expect([...LINES.map(([rule]) => rule), ...keyRules].toSorted()).toEqual([...LIMIT_RULES].toSorted());
  });

  it("only attempts per minute limit calls to a SIP address", () => {
    const full = { ...NIGHT, destination: null, abroadLastHour: 1000, spend: { today: 1e12, tonight: 1e12 } };
    expect(decideDial(defaultPolicy(), full)).toBeNull();
    expect(decideDial(defaultPolicy(), { ...full, attemptsLastMinute: 1200 })?.rule).toBe("attempts_per_minute");
  });

  it("the night's limits don't apply by day", () => {
    const day = { ...NOTHING, destination: BRITAIN, abroadLastHour: 50, spend: { today: 0, tonight: 9e9 } };
    expect(decideDial(defaultPolicy(), day)).toBeNull();
  });
});

it("null switches off a single limit", () => {
  const off = { attempts_per_minute: null, spend_per_day: null, night: { abroad_per_hour: null } };
  const policy = defaultPolicy({ ...off, abroad: { concurrent: null, per_hour: null } });
  const most = { ...BRITAIN, groupLimit: policy.abroad, groupNow: 1e6, groupLastHour: 1e6 };
  const use = { attemptsLastMinute: 1e6, isNight: true, abroadLastHour: 1e6, spend: { today: 1e12, tonight: 1e12 } };
  expect(decideDial(policy, { destination: most, ...use })).toBeNull();
});
