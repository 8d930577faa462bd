import { array, assert, integer, property, tuple } from "fast-check";
import { expect, it } from "vitest";
import { RollingCount } from "./rolling-count.ts";

const MINUTE_MS = 60_000;

it("counts what happened within the window, accurate to a sixtieth of it", () => {
  assert(
    property(
      array(tuple(integer({ min: 0, max: 30_000 }), integer({ min: 0, max: 90_000 })), { maxLength: 60 }),
      (steps) => {
        const count = new RollingCount(MINUTE_MS);
        const times: number[] = [];
        let now = 5_000_000;
        for (const [later, ago] of steps) {
          now += later;
          count.add(now, ago);
          times.push(now - ago);
          const within = (windowMs: number): number => times.filter((at) => now - at < windowMs).length;
          expect(count.within(now)).toBeGreaterThanOrEqual(within(MINUTE_MS - MINUTE_MS / 60));
          expect(count.within(now)).toBeLessThanOrEqual(within(MINUTE_MS));
        }
      },
    ),
  );
});

it("says when the oldest counted item leaves the window", () => {
  const count = new RollingCount(MINUTE_MS);
  expect(count.roomInMs(1000)).toBe(0);
  count.add(1000);
  count.add(20_000);
  const wait = count.roomInMs(30_000);
  expect(wait).toBe(31_000);
  expect(count.within(30_000 + wait - 1)).toBe(2);
  expect(count.within(30_000 + wait)).toBe(1);
});
