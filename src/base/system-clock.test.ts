import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "./system-clock.ts";

describe("A6: a timer of the system", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const day = 86_400_000;

  it("waits as long as it should, even longer than setTimeout can", () => {
    const run = vi.fn<() => void>();
    systemClock.after(60 * day, run);
    vi.advanceTimersByTime(60 * day - 1);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it("never hands setTimeout more than it can hold", () => {
    const spy = vi.spyOn(globalThis, "setTimeout");
    for (const delayMs of [2 ** 31, 2 ** 32 * 1_000, Number.POSITIVE_INFINITY])
      systemClock.after(delayMs, () => {}).cancel();
    for (const [, delayMs] of spy.mock.calls) expect(delayMs).toBeLessThan(2 ** 31);
    expect(spy).toHaveBeenCalledTimes(3);
  });

  it("can be cancelled in each part of a long wait", () => {
    const run = vi.fn<() => void>();
    const timer = systemClock.after(60 * day, run);
    vi.advanceTimersByTime(30 * day);
    timer.cancel();
    vi.advanceTimersByTime(60 * day);
    expect(run).not.toHaveBeenCalled();
  });
});
