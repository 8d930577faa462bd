import { readdir, readFile } from "node:fs/promises";
import { afterEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { systemClock } from "../../base/system-clock.ts";
import { fixture, phoneWav, toneOf } from "./testing/sounds.ts";
import type { AudioResult, AudioWorkerLimits } from "./audio-worker.ts";
import { decodeJob, AudioWorker } from "./audio-worker.ts";

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

function worker(limits: Partial<AudioWorkerLimits> = {}): AudioWorker {
  const one = new AudioWorker({ clock: systemClock, log: silentLog, limits });
  cleanUps.push(() => one.close());
  return one;
}

const decode = decodeJob;
const LOWEST_NICE = 19;

/** The 19th field of a thread's `stat`. The second, the name, may contain anything, so the last bracket counts. */
function niceOf(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(") ") + 2).split(" ")[16]);
}

function summaryOf(made: AudioResult): string | number {
  return made.ok ? made.value.length : made.error;
}

describe("a worker in a thread of its own", () => {
  it("decodes and speaks, one after the other, each with its own result", async () => {
    const one = worker();
    const made = await Promise.all([
      one.process(decode(phoneWav(1000, 1))),
      one.process(decode(Buffer.from("no"))),
      one.process({ kind: "speak", text: "Hello" }),
      one.process(decode(await readFile(fixture("tone-1000.mp3")))),
    ]);
    expect(summaryOf(made[0])).toBe(8000);
    expect(summaryOf(made[1])).toBe("is text, not audio");
    expect(summaryOf(made[2])).toBeGreaterThan(2000);
    expect(made[3].ok && toneOf(made[3].value)).toBe(1000);
  });

  it("keeps the event loop free while it works", async () => {
    const one = worker();
    await one.process(decode(phoneWav(1000, 1)));
    const long = one.process({ kind: "speak", text: "The quick brown fox jumps over the lazy dog. ".repeat(4) });
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    expect((await long).ok).toBe(true);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
  });

  it.runIf(process.platform === "linux")(
    "M12: gives way to calls: it is the only thread with a lower priority",
    async () => {
      const own = niceOf(await readFile("/proc/self/stat", "utf8"));
      // Tests before this one may have left threads that simulate calls.
      const earlier = new Set(await readdir("/proc/self/task"));
      await worker().process(decode(phoneWav(1000, 1)));
      const threads = (await readdir("/proc/self/task")).filter((id) => !earlier.has(id));
      const nices = await Promise.all(
        threads.map(async (id) => niceOf(await readFile(`/proc/self/task/${id}/stat`, "utf8"))),
      );
      expect(nices.filter((nice) => nice !== own)).toEqual(
        own === LOWEST_NICE ? [] : [Math.min(LOWEST_NICE, own + 10)],
      );
    },
  );

  it("does not take over memory that is shared with others", async () => {
    const pool = Buffer.concat([Buffer.from("before"), phoneWav(1000, 0.1), Buffer.from("behind")]);
    const made = await worker().process(decode(pool.subarray(6, -6)));
    expect(summaryOf(made)).toBe(800);
    expect(pool.toString("latin1", 0, 6) + pool.toString("latin1", pool.length - 6)).toBe("beforebehind");
  });

  it("ends a job that takes too long, and continues with the next in a new thread", async () => {
    const one = worker({ workMs: 1 });
    const slow = one.process({ kind: "speak", text: "Hello there, hello again. ".repeat(100) });
    expect(summaryOf(await slow)).toBe("takes too long to be made ready");
    const two = worker({ workMs: 20_000 });
    expect(summaryOf(await two.process(decode(phoneWav(1000, 1))))).toBe(8000);
  });

  it("refuses a job when too many are waiting", async () => {
    const one = worker({ waiting: 1 });
    const made = [1, 2, 3].map(() => one.process(decode(phoneWav(1000, 1))));
    expect((await Promise.all(made)).map(summaryOf)).toEqual([
      8000,
      8000,
      "cannot be made ready: too much other audio is waiting",
    ]);
  });

  it("starts a new thread after it was idle", async () => {
    const one = worker({ idleMs: 1 });
    for (let i = 0; i < 3; i++) {
      expect(summaryOf(await one.process(decode(phoneWav(1000, 1))))).toBe(8000);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  it("fails the jobs that are left when it closes, and all later ones", async () => {
    const one = new AudioWorker({ clock: systemClock, log: silentLog });
    const made = [1, 2].map(() => one.process({ kind: "speak", text: "Hello there. ".repeat(50) }));
    await one.close();
    made.push(one.process(decode(phoneWav(1000, 1))));
    const stopping = "cannot be made ready: the platform is stopping";
    expect((await Promise.all(made)).map(summaryOf)).toEqual([stopping, stopping, stopping]);
  });
});
