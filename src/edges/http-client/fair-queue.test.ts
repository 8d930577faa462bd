import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../base/virtual-clock.ts";
import type { FairQueueLimits, QueuedTask } from "./fair-queue.ts";
import { FairQueue } from "./fair-queue.ts";

const turn = (): Promise<void> => new Promise(setImmediate);

/** A queue whose tasks end when the test says so; `started` lists their names in order. */
function setUp(limits: Partial<FairQueueLimits> = {}) {
  const clock = new VirtualClock(1000);
  const queue = new FairQueue(clock, { atOnce: 2, perAccount: 2, waiting: 9, waitingPerAccount: 9, ...limits });
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const run = (name: string, task: QueuedTask): Promise<string | null> =>
    queue.run(task, async () => {
      started.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      return name;
    });
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.();
    await turn();
  };
  return { clock, queue, started, run, end };
}

describe("a queue that is fair to accounts", () => {
  it("runs a limited number at once, the others in order, and turns away any beyond its limit", async () => {
    const { started, run, end } = setUp({ waiting: 1 });
    const runs = ["1", "2", "3"].map((name) => run(name, { account: "a" }));
    await turn();
    expect(started).toEqual(["1", "2"]);
    expect(await run("4", { account: "a" })).toBeNull();
    await end("2");
    expect(started).toEqual(["1", "2", "3"]);
    await end("1");
    await end("3");
    expect(await Promise.all(runs)).toEqual(["1", "2", "3"]);
  });

  it("A4: an account has its share of the places and of the queue, and no more", async () => {
    const { started, run, end } = setUp({ atOnce: 3, waitingPerAccount: 1 });
    for (const name of ["1", "2", "3"]) void run(name, { account: "hostile" });
    expect(await run("4", { account: "hostile" })).toBeNull();
    void run("good", { account: "good" });
    await turn();
    expect(started).toEqual(["1", "2", "good"]);
    await end("good");
    expect(started).toEqual(["1", "2", "good"]);
    await end("1");
    expect(started.at(-1)).toBe("3");
  });

  it("A4: the account with the fewest running tasks goes first", async () => {
    const { started, run, end } = setUp();
    for (const name of ["1", "2", "3", "4"]) void run(name, { account: "busy" });
    void run("new", { account: "new" });
    await end("none");
    await end("1");
    expect(started).toEqual(["1", "2", "new"]);
  });

  it("a group has its share of its account's places", async () => {
    const { started, run } = setUp({ atOnce: 4, perAccount: 4, perGroup: 1 });
    void run("1", { account: "a", group: "slow" });
    void run("2", { account: "a", group: "slow" });
    void run("3", { account: "a", group: "quick" });
    void run("4", { account: "b", group: "slow" });
    await turn();
    expect(started).toEqual(["1", "3", "4"]);
  });

  it("C6: tasks that nobody waits for have separate places, and move up once someone does", async () => {
    const { clock, queue, started, run, end } = setUp({ unwanted: 1 });
    const refreshes = [1, 2, 3].map((n) => ({ account: "a", name: `refresh ${n}`, wantedUntil: 0 }));
    for (const refresh of refreshes) void run(refresh.name, refresh);
    void run("1", { account: "a" });
    void run("2", { account: "a" });
    const gone = { account: "a", wantedUntil: clock.elapsed() + 10 };
    void run("gone", gone);
    await turn();
    expect(started).toEqual(["refresh 1", "1", "2"]);
    clock.advance(20);
    await end("1");
    expect(started).toEqual(["refresh 1", "1", "2"]);
    const third = refreshes[2];
    if (third !== undefined) queue.want(third, clock.elapsed() + 10);
    await turn();
    expect(started.at(-1)).toBe("refresh 3");
    await end("refresh 1");
    expect(started.at(-1)).toBe("refresh 2");
  });

  it("a task that fails makes room for the next", async () => {
    const { queue } = setUp({ atOnce: 1, waiting: 0 });
    await expect(queue.run({ account: "a" }, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await queue.run({ account: "a" }, () => Promise.resolve(1))).toBe(1);
  });
});
