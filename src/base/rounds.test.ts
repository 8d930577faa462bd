import { describe, expect, it } from "vitest";
import { Rounds } from "./rounds.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** Rounds that end when the test says so. */
function stage() {
  const clock = new VirtualClock(0);
  const began: number[] = [];
  let end = (): void => undefined;
  const round = (): Promise<void> => {
    began.push(clock.now());
    return new Promise((resolve) => (end = resolve));
  };
  const rounds = new Rounds({ clock, round, pauseMs: () => 1000 });
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    for (let i = 0; i < 5; i++) await Promise.resolve();
  };
  const finish = async (): Promise<void> => {
    end();
    await pass(0);
  };
  return { rounds, began, pass, finish };
}

describe("rounds of work", () => {
  it("come one after the other, with a pause between them", async () => {
    const { rounds, began, pass, finish } = stage();
    rounds.start();
    await pass(0);
    await pass(5000);
    expect(began).toEqual([0]);
    await finish();
    await pass(999);
    expect(began).toEqual([0]);
    await pass(1);
    expect(began).toEqual([0, 6000]);
  });

  it("come as early as the earliest request for one", async () => {
    const { rounds, began, pass, finish } = stage();
    rounds.start();
    await pass(0);
    await finish();
    rounds.within(500);
    rounds.within(20);
    rounds.within(700);
    await pass(20);
    expect(began).toEqual([0, 20]);
  });

  it("come again at once for a request made during a round", async () => {
    const { rounds, began, pass, finish } = stage();
    rounds.start();
    await pass(0);
    rounds.within(10);
    await pass(10);
    rounds.within(10);
    await pass(10);
    expect(began).toEqual([0]);
    await finish();
    await pass(0);
    expect(began).toEqual([0, 20]);
    await finish();
    await pass(999);
    expect(began).toEqual([0, 20]);
  });

  it("end with stop, which waits for the current one", async () => {
    const { rounds, began, pass, finish } = stage();
    rounds.start();
    await pass(0);
    let stopped = false;
    void rounds.stop().then(() => (stopped = true));
    await pass(10);
    expect(stopped).toBe(false);
    await finish();
    expect(stopped).toBe(true);
    rounds.within(0);
    await pass(10_000);
    expect(began).toEqual([0]);
  });
});
