import { describe, expect, it } from "vitest";
import { testConfig } from "../../../../test/support/exchange-config.ts";
import { VirtualClock } from "../../../base/virtual-clock.ts";
import type { AttemptRow, JournalRow } from "../../../edges/store/types.ts";
import { sampleCall, sampleEnd } from "../../../edges/store/testing/calls.ts";
import type { AccountConfig } from "../account-config.ts";
import { CallLimits } from "./call-limits.ts";
import type { LegHold } from "./call-limits.ts";
import { defaultPolicy } from "./dial-policy.ts";
import type { ReachedLimit } from "./limit-rules.ts";

const NOON = Date.parse("2026-01-05T12:00:00+05:30");
const HOME = "+919900000011";
const BRITAIN = "+447400123456";
const MINUTE_MS = 60_000;

class Stage {
  readonly clock: VirtualClock;
  readonly limits: CallLimits;
  readonly config: AccountConfig;
  readonly usedUp: ReachedLimit[] = [];
  #calls = 0;

  constructor(limits: object = {}, prices: object = {}, startMs = NOON) {
    this.clock = new VirtualClock(startMs);
    this.limits = new CallLimits(this.clock);
    this.config = testConfig({ limits: defaultPolicy(limits, prices) });
  }

  /** The hold of a leg, or the rule that refuses it. */
  dial(e164: string, callSid = `call${(this.#calls += 1)}`): LegHold | string {
    const request = { config: this.config, callSid, destination: { kind: "number", e164 } as const };
    const taken = this.limits.takeLeg(request, (limit) => this.usedUp.push(limit));
    return taken.ok ? taken.value : taken.error.rule;
  }

  /** A leg that is answered at once. */
  talk(e164: string): LegHold {
    const hold = this.dial(e164);
    if (typeof hold === "string") throw new Error(hold);
    hold.answered();
    return hold;
  }

  place(apiKey: string | null, callSid: string, e164 = HOME): string | null {
    const destination = { kind: "number", e164 } as const;
    return this.limits.placeCall({ config: this.config, callSid, apiKey, destination })?.rule ?? null;
  }

  get today(): number {
    return this.limits.spent(this.config).today / 1000;
  }
}

describe("the budget of a day", () => {
  it("pays each minute before it begins, and refunds the minute of an unanswered leg", () => {
    const stage = new Stage();
    const ringing = stage.dial(HOME);
    expect(stage.today).toBe(1);
    if (typeof ringing !== "string") ringing.release();
    expect(stage.today).toBe(0);
    const hold = stage.talk(HOME);
    stage.clock.advance(2 * MINUTE_MS + 1);
    expect(stage.today).toBe(3);
    hold.release();
    hold.release();
    stage.clock.advance(10 * MINUTE_MS);
    expect(stage.today).toBe(3);
  });

  it("ends a conversation with the last minute it covers, and takes no new leg: it is never exceeded", () => {
    const stage = new Stage({ spend_per_day: 5 }, { home: 1 });
    const holds = [stage.talk(HOME), stage.talk(HOME)];
    stage.clock.advance(MINUTE_MS);
    expect(stage.today).toBe(4);
    expect(stage.usedUp).toEqual([]);
    stage.clock.advance(MINUTE_MS);
    expect(stage.today).toBe(5);
    expect(stage.usedUp.map(({ rule, limit, value }) => [rule, limit, value])).toEqual([["spend_per_day", 5, 6]]);
    expect(stage.dial(HOME)).toBe("spend_per_day");
    for (const hold of holds) hold.release();
    stage.clock.advance(60 * MINUTE_MS);
    expect(stage.today).toBe(5);
  });

  it("starts over at midnight in the account's zone, also for ongoing conversations", () => {
    const stage = new Stage({ spend_per_day: 3, night: { spend: null } }, {}, Date.parse("2026-01-05T23:58:30+05:30"));
    stage.talk(HOME);
    stage.clock.advance(89_000);
    expect([stage.today, stage.usedUp.length]).toEqual([2, 0]);
    stage.clock.advance(2 * MINUTE_MS);
    expect([stage.today, stage.usedUp.length]).toEqual([2, 0]);
  });

  it("is not given back when the clock is set back past midnight", () => {
    const stage = new Stage({ night: { spend: null } }, {}, Date.parse("2026-01-06T00:00:10+05:30"));
    stage.talk(HOME);
    stage.clock.setWallClock(-30_000);
    expect(stage.today).toBe(1);
  });

  it("ends a conversation that runs into a night whose budget doesn't cover it", () => {
    const limits = { spend_per_day: 100, night: { spend: 2 } };
    const stage = new Stage(limits, {}, Date.parse("2026-01-05T21:58:30+05:30"));
    stage.talk(HOME);
    stage.clock.advance(2 * MINUTE_MS);
    stage.clock.advance(MINUTE_MS);
    expect(stage.usedUp).toEqual([]);
    stage.clock.advance(MINUTE_MS);
    expect(stage.usedUp.map(({ rule }) => rule)).toEqual(["night_spend"]);
  });
});

describe("limits by destination", () => {
  it("count a country's concurrent attempts and conversations, and release those that ended", () => {
    const stage = new Stage({ abroad: { concurrent: 2 } });
    const [first] = [stage.dial(BRITAIN), stage.talk(BRITAIN)];
    expect(stage.dial(BRITAIN)).toBe("destination_concurrent");
    expect(stage.dial("+12025550123"), "another country").not.toBeTypeOf("string");
    if (typeof first !== "string") first?.release();
    expect(stage.dial(BRITAIN)).not.toBeTypeOf("string");
  });

  it("count the attempts of an hour, answered or not", () => {
    const stage = new Stage({ abroad: { per_hour: 2 } });
    for (let i = 0; i < 2; i += 1) {
      const hold = stage.dial(BRITAIN);
      if (typeof hold !== "string") hold.release();
      stage.clock.advance(29 * MINUTE_MS);
    }
    expect(stage.dial(BRITAIN)).toBe("destination_per_hour");
    stage.clock.advance(3 * MINUTE_MS);
    expect(stage.dial(BRITAIN)).not.toBeTypeOf("string");
  });

  it("of a prefix replace those of its country, also at home", () => {
    const stage = new Stage({
      destinations: [
        { prefix: "+44", concurrent: 20 },
        { prefix: "+9199", per_hour: 1 },
      ],
    });
    for (let i = 0; i < 20; i += 1) stage.talk(BRITAIN);
    expect(stage.dial(BRITAIN)).toBe("destination_concurrent");
    stage.talk(HOME);
    expect(stage.dial(HOME)).toBe("destination_per_hour");
    expect(stage.dial("+918047100001")).not.toBeTypeOf("string");
  });

  it("count a user by their phone number", () => {
    const stage = new Stage({ destinations: [{ prefix: "+919999999999", concurrent: 0 }] });
    const request = {
      config: stage.config,
      callSid: "c",
      destination: { kind: "sip", user: "anil", host: null } as const,
    };
    expect(stage.limits.takeLeg(request, () => undefined)).toMatchObject({ error: { rule: "destination_concurrent" } });
  });
});

describe("an API key", () => {
  it("places as many calls a minute as its limit allows; other keys are not affected", () => {
    const stage = new Stage();
    const placed = Array.from({ length: 61 }, (_, i) => {
      const reached = stage.place("k1", `c${i}`);
      stage.limits.callEnded(`c${i}`);
      return reached;
    });
    expect(placed.filter((one) => one === null)).toHaveLength(60);
    expect(placed.at(-1)).toBe("key_calls_per_minute");
    expect(stage.place("k2", "x")).toBeNull();
    stage.clock.advance(MINUTE_MS + 1000);
    expect(stage.place("k1", "y")).toBeNull();
  });

  it("has as many calls at once as its limit allows, and gets the place of one that ended", () => {
    const stage = new Stage({ key: { concurrent_calls: 1 } });
    expect(stage.place("k1", "a")).toBeNull();
    expect(stage.place("k1", "b")).toBe("key_concurrent_calls");
    stage.limits.callEnded("b");
    expect(stage.place("k1", "b"), "a call that never began has no place to give back").toBe("key_concurrent_calls");
    stage.limits.callEnded("a");
    expect(stage.place("k1", "b")).toBeNull();
  });

  it("does not place a call whose leg 1 would be refused", () => {
    expect(new Stage().place("k1", "a", "+881612345678")).toBe("closed_prefix");
    expect(new Stage().place(null, "a")).toBeNull();
  });
});

describe("what earlier processes have spent", () => {
  const attempt = (destination: string, answeredMs: number | null, endedMs: number): AttemptRow => ({
    ...(sampleEnd("s", 0).attempts[0] as AttemptRow),
    destination,
    answeredMs,
    endedMs,
  });
  const ended = (callSid: string, attempts: readonly AttemptRow[]): readonly JournalRow[] =>
    sampleCall(callSid, 1).map((row) => ({ ...row, account: "acct", end: { ...sampleEnd(callSid, 1), attempts } }));

  it("counts once, when the end of a call that another process dialled is written", () => {
    const stage = new Stage();
    stage.limits.spent(stage.config);
    stage.limits.written(
      ended("old", [attempt(HOME, 0, 61_000), attempt(BRITAIN, 500, 600), attempt(HOME, null, 9e6)]),
    );
    expect(stage.today).toBe(2 + 25);
    stage.dial(HOME, "own");
    stage.limits.written(ended("own", [attempt(HOME, 0, 61_000)]));
    expect(stage.today).toBe(2 + 25 + 1);
  });

  it("counts by destination, tonight's part only at night", async () => {
    const legs = { minutesToday: 3, minutesTonight: 2, lastHourMs: [1000, 50 * MINUTE_MS] };
    const reader = {
      legsSince: () =>
        Promise.resolve([
          { destination: BRITAIN, ...legs },
          { destination: "sip:anil", ...legs },
        ]),
    };
    const stage = new Stage({ abroad: { per_hour: 3 } });
    await stage.limits.restore(reader, [stage.config]);
    expect(stage.limits.spent(stage.config)).toMatchObject({ today: 78_000, tonight: 0 });
    stage.talk(BRITAIN);
    expect(stage.dial(BRITAIN)).toBe("destination_per_hour");
    const night = new Stage({}, {}, Date.parse("2026-01-05T23:00:00+05:30"));
    await night.limits.restore(reader, [night.config]);
    expect(night.limits.spent(night.config)).toMatchObject({ today: 78_000, tonight: 52_000 });
  });
});
