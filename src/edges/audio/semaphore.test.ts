import { describe, expect, it } from "vitest";
import { Semaphore, KeyedSemaphore } from "./semaphore.ts";

/** A task that ends when the test says so. */
function task() {
  let finish: () => void = () => undefined;
  const done = new Promise<void>((resolve) => (finish = resolve));
  return { run: () => done, finish };
}

const turn = (): Promise<void> => new Promise(setImmediate);

describe("a gate", () => {
  it("lets so many run at once, others in their order, and turns away who is one too many", async () => {
    const gate = new Semaphore(2, 1);
    const began: number[] = [];
    const tasks = [task(), task(), task()];
    const runs = tasks.map(({ run }, index) =>
      gate.run(async () => {
        began.push(index);
        await run();
        return index;
      }),
    );
    await turn();
    expect(began).toEqual([0, 1]);
    expect(await gate.run(() => Promise.resolve(9))).toBeNull();
    tasks[1]?.finish();
    await turn();
    expect(began).toEqual([0, 1, 2]);
    tasks[0]?.finish();
    tasks[2]?.finish();
    expect(await Promise.all(runs)).toEqual([0, 1, 2]);
    expect(await gate.run(() => Promise.resolve(9))).toBe(9);
  });

  it("a task that fails makes room for the next", async () => {
    const gate = new Semaphore(1, 0);
    await expect(gate.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await gate.run(() => Promise.resolve(1))).toBe(1);
  });
});

describe("gates by key", () => {
  it("hold up their own key only", async () => {
    const gates = new KeyedSemaphore(1, 0);
    const one = task();
    const running = gates.run("a", one.run);
    expect(await gates.run("a", () => Promise.resolve(1))).toBeNull();
    expect(await gates.run("b", () => Promise.resolve(2))).toBe(2);
    one.finish();
    await running;
    expect(await gates.run("a", () => Promise.resolve(3))).toBe(3);
  });
});
