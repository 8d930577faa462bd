import { beforeEach, describe, expect, it } from "vitest";
import type { Clock } from "../../../base/clock.ts";
import { VirtualClock } from "../../../base/virtual-clock.ts";
import { Ticker } from "./ticker.ts";

/** A clock whose timers fire late by what `late` says: 0 at first, then whatever a test sets. */
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

describe("Pacer", () => {
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

  it("makes up for a short stall at once", () => {
    const paced = ticker();
    paced.start();
    clock.late = () => 90;
    clock.virtual.advance(30);
    clock.late = () => 0;
    clock.virtual.advance(270);
    expect(ticks.map(({ tick }) => tick)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
    expect(paced.skipped).toBe(0);
  });

  it("skips what a long stall left behind beyond 200 ms, and says which numbers", () => {
    const paced = ticker();
    clock.late = () => 980;
    paced.start();
    clock.late = () => 0;
    clock.virtual.advance(1000);
    expect(ticks.map(({ tick }) => tick)).toEqual([41, 42, 43, 44, 45, 46, 47, 48, 49, 50]);
    expect(paced.skipped).toBe(40);
  });

  it("stops, also from within a tick, and goes on with the next number", () => {
    const paced = new Ticker(clock, 20, (tick) => {
      ticks.push({ tick, at: 0 });
      if (tick === 2) paced.stop();
    });
    paced.start();
    clock.virtual.advance(500);
    expect(ticks).toHaveLength(2);
    paced.start();
    clock.virtual.advance(40);
    expect(ticks.map(({ tick }) => tick)).toEqual([1, 2, 3, 4]);
  });

  it("knows how late it was", () => {
    const paced = ticker();
    paced.start();
    clock.virtual.advance(2000);
    expect(paced.lateness()).toEqual({ p50Ms: 0, p99Ms: 0, maxMs: 0 });
    clock.late = () => 7;
    clock.virtual.advance(200);
    expect(paced.lateness()).toMatchObject({ p50Ms: 0, maxMs: 7 });
  });
});
