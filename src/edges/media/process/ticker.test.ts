import { beforeEach, describe, expect, it } from "vitest";
import type { Clock } from "../../../base/clock.ts";
import { VirtualClock } from "../../../base/virtual-clock.ts";
import { Ticker } from "./ticker.ts";

/** A clock whose timers fire late by `late`: 0 at first, then whatever a test sets. */
class LateClock implements Clock {
  readonly virtual = new VirtualClock(1_000_000);
  late: (delayMs: number) => number = () => 0;
  now(): number {
    return this.virtual.now();
  }
  elapsed(): number {
    return this.virtual.elapsed();
  }
  after(delayMs: number, run: () => void): ReturnType<Clock["after"]> {
    return this.virtual.after(delayMs + this.late(delayMs), run);
  }
}

let clock = new LateClock();
let ticks: { tick: number; at: number }[] = [];

beforeEach(() => {
  clock = new LateClock();
  ticks = [];
});

function ticker(periodMs = 20): Ticker {
  return new Ticker(clock, periodMs, (tick) => ticks.push({ tick, at: clock.now() - 1_000_000 }));
}

describe("Ticker", () => {
  it("ticks on an absolute schedule: timers that are always 3 ms late never add up", () => {
    clock.late = () => 3;
    ticker().start();
    clock.virtual.advance(60_000);
    expect(ticks.length).toBe(2999);
    expect(ticks.at(-1)).toEqual({ tick: 2999, at: 2999 * 20 + 3 });
  });

  it("waits again when a timer fires early, instead of ticking early", () => {
    clock.late = (delayMs) => (delayMs > 2 ? -1.5 : 0);
    ticker().start();
    clock.virtual.advance(1000);
    expect(ticks.every(({ tick, at }) => at >= tick * 20)).toBe(true);
    expect(ticks.length).toBeGreaterThanOrEqual(49);
  });

  it("catches up at once after a short stall", () => {
    const ticking = ticker();
    ticking.start();
    clock.late = () => 90;
    clock.virtual.advance(30);
    clock.late = () => 0;
    clock.virtual.advance(270);
    expect(ticks.map(({ tick }) => tick)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
    expect(ticking.skipped).toBe(0);
  });

  it("after a long stall, skips ticks older than 200 ms along with their numbers", () => {
    const ticking = ticker();
    clock.late = () => 980;
    ticking.start();
    clock.late = () => 0;
    clock.virtual.advance(1000);
    expect(ticks.map(({ tick }) => tick)).toEqual([41, 42, 43, 44, 45, 46, 47, 48, 49, 50]);
    expect(ticking.skipped).toBe(40);
  });

  it("stops, even from within a tick, and continues with the next number", () => {
    const ticking = new Ticker(clock, 20, (tick) => {
      ticks.push({ tick, at: 0 });
      if (tick === 2) ticking.stop();
    });
    ticking.start();
    clock.virtual.advance(500);
    expect(ticks).toHaveLength(2);
    ticking.start();
    clock.virtual.advance(40);
    expect(ticks.map(({ tick }) => tick)).toEqual([1, 2, 3, 4]);
  });

  it("measures how late it was", () => {
    const ticking = ticker();
    ticking.start();
    clock.virtual.advance(2000);
    expect(ticking.lateness()).toEqual({ p50Ms: 0, p99Ms: 0, maxMs: 0 });
    clock.late = () => 7;
    clock.virtual.advance(200);
    expect(ticking.lateness()).toMatchObject({ p50Ms: 0, maxMs: 7 });
  });
});
