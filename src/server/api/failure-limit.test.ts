import { array, assert, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { FailureLimit, sourceOf } from "./failure-limit.ts";

const RATE = { failures: 10, forgottenAfterMs: 30_000 };

describe("the limit of failures", () => {
  it("allows only the burst and one more per interval, however attempts are spread", () => {
    assert(
      property(array(integer({ min: 0, max: 90_000 }), { maxLength: 300 }), (pauses) => {
        const clock = new VirtualClock(0);
        const limit = new FailureLimit(clock, RATE);
        let passed = 0;
        for (const pause of pauses) {
          clock.advance(pause);
          if (limit.waitMs("a") > 0) continue;
          limit.failed("a");
          passed += 1;
          expect(passed).toBeLessThanOrEqual(RATE.failures + clock.elapsed() / RATE.forgottenAfterMs);
        }
      }),
    );
  });

  it("says exactly how long to wait, and then allows the next attempt", () => {
    assert(
      property(integer({ min: 0, max: 29_999 }), (pause) => {
        const clock = new VirtualClock(0);
        const limit = new FailureLimit(clock, RATE);
        for (let i = 0; i < RATE.failures; i++) limit.failed("a");
        clock.advance(pause);
        const wait = limit.waitMs("a");
        expect(wait).toBe(RATE.forgottenAfterMs - pause);
        clock.advance(wait - 1);
        expect(limit.waitMs("a")).toBe(1);
        clock.advance(1);
        expect(limit.waitMs("a")).toBe(0);
      }),
    );
  });

  it("doesn't count failures against others, nor attempts that turn out not to be failures", () => {
    const limit = new FailureLimit(new VirtualClock(0), RATE);
    for (let i = 0; i < RATE.failures; i++) limit.failed("a");
    expect([limit.waitMs("a") > 0, limit.waitMs("b")]).toEqual([true, 0]);
    limit.forgive("a");
    expect(limit.waitMs("a")).toBe(0);
    limit.failed("a");
    expect(limit.waitMs("a")).toBeGreaterThan(0);
  });

  it("remembers a bounded number of keys under a flood, and forgets the one silent the longest", () => {
    const limit = new FailureLimit(new VirtualClock(0), RATE);
    for (let i = 0; i < RATE.failures; i++) limit.failed("a");
    for (let i = 0; i < 30_000; i++) {
      limit.failed(`flood ${i}`);
      if (i % 5000 === 0) limit.failed("a");
    }
    expect(limit.size).toBe(10_000);
    expect(limit.waitMs("a")).toBeGreaterThan(0);
    expect(limit.waitMs("flood 1")).toBe(0);
  });
});

describe("the source of a request", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0DB8:1:2:ffff::9", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
  ])("of %s is %s", (address, source) => expect(sourceOf(address)).toBe(source));
});
