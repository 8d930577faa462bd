import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { WakeupCoalescer } from "./wakeup-coalescer.ts";

/** Time for two load measurements and some turns; real time, because the event loop itself is tested. */
const LONG_ENOUGH_MS = 700;

let coalescer: WakeupCoalescer | null = null;
afterEach(() => coalescer?.stop());

/** How often the loop slept with `perSecond` new calls a second. */
async function sleepsAt(
  perSecond: number,
  perTurn = 0,
): Promise<{ sleeps: number; afterStop: number; meanTurnMs: number }> {
  let sleeps = 0;
  let arrived = 0;
  const began = performance.now();
  const started = (): number => ((performance.now() - began) * perSecond) / 1000;
  coalescer = new WakeupCoalescer(
    started,
    () => (arrived += perTurn),
    () => (sleeps += 1),
  );
  coalescer.start();
  await sleep(LONG_ENOUGH_MS);
  coalescer.stop();
  const paced = sleeps;
  await sleep(50);
  return { sleeps: paced, afterStop: sleeps - paced, meanTurnMs: LONG_ENOUGH_MS / paced };
}

it("lets a busy loop gather messages, flushes before each sleep, and stops when asked", async () => {
  const { sleeps, afterStop } = await sleepsAt(200);
  expect(sleeps).toBeGreaterThan(5);
  expect(afterStop).toBe(0);
});

it("leaves a quiet loop alone", async () => {
  expect((await sleepsAt(30)).sleeps).toBe(0);
});

it("does not sleep while more datagrams wait than one turn reads", async () => {
  const [some, many] = [await sleepsAt(200, 31), await sleepsAt(200, 32)];
  expect(many.meanTurnMs).toBeLessThan(some.meanTurnMs / 10);
});

it("sends what a turn has queued for its end before it sleeps, not after", async () => {
  let sleeps = 0;
  const began = performance.now();
  coalescer = new WakeupCoalescer(
    () => ((performance.now() - began) * 200) / 1000,
    () => 0,
    () => (sleeps += 1),
  );
  coalescer.start();
  await sleep(LONG_ENOUGH_MS);
  const sleptBetween: number[] = [];
  const ticking = setInterval(() => {
    const before = sleeps;
    setImmediate(() => sleptBetween.push(sleeps - before));
  }, 15);
  await sleep(LONG_ENOUGH_MS);
  clearInterval(ticking);
  const undelayed = sleptBetween.filter((slept) => slept === 0);
  // Whatever comes between the two has to wait.
  expect(undelayed.length).toBeGreaterThan(0.8 * sleptBetween.length);
});
