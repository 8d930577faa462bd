import { afterEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { systemClock } from "../../base/system-clock.ts";
import { AudioWorkerPool } from "./audio-worker-pool.ts";
import { decodeJob } from "./audio-worker.ts";
import { phoneWav, sine, wavFile } from "./testing/sounds.ts";

const pools: AudioWorkerPool[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});

function open(): AudioWorkerPool {
  const pool = new AudioWorkerPool({ clock: systemClock, log: silentLog });
  pools.push(pool);
  return pool;
}

describe("threads that accounts share", () => {
  it("A4: one account's long texts and files do not hold up another's word", { timeout: 60_000 }, async () => {
    const pool = open();
    const done: string[] = [];
    const text = "A fresh text that goes on and on, as nobody would say it. ".repeat(40);
    const music = wavFile(sine(440, 48_000, 60), { code: 1, bits: 16, rate: 48_000, channels: 2 });
    const hostile = [
      pool.process({ kind: "speak", text }, "hostile").then(() => done.push("text")),
      pool.process(decodeJob(Buffer.from(music)), "hostile").then(() => done.push("music")),
      pool.process({ kind: "speak", text }, "hostile").then(() => done.push("text")),
    ];
    await pool.process({ kind: "speak", text: "Hello." }, "good").then(() => done.push("hello"));
    await pool.process(decodeJob(phoneWav(1000, 1)), "good").then(() => done.push("file"));
    expect(done).toEqual(["hello", "file"]);
    await pool.close();
    await Promise.all(hostile);
  });

  it("M9: an account has its share of the queue, and closing fails the jobs that wait", async () => {
    const pool = open();
    const waiting = Array.from({ length: 65 }, () => pool.process({ kind: "speak", text: "Hello." }, "hostile"));
    expect(await pool.process({ kind: "speak", text: "Hello." }, "hostile")).toEqual({
      ok: false,
      error: "cannot be made ready: too much other audio is waiting",
    });
    await pool.close();
    const last = (await Promise.all(waiting)).at(-1);
    expect(last).toEqual({ ok: false, error: "cannot be made ready: the platform is stopping" });
  });
});
