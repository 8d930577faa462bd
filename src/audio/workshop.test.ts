import { readFile } from "node:fs/promises";
import { afterEach, describe, expect, it } from "vitest";
import { silentLog } from "../base/log.ts";
import { systemClock } from "../base/system-clock.ts";
import { fixture, phoneWav, toneOf } from "./testing/sounds.ts";
import type { Made, WorkshopLimits } from "./workshop.ts";
import { Workshop } from "./workshop.ts";

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

function workshop(limits: Partial<WorkshopLimits> = {}): Workshop {
  const one = new Workshop({ clock: systemClock, log: silentLog, limits });
  cleanUps.push(() => one.close());
  return one;
}

const decode = (file: Buffer) => ({ kind: "decode", file: new Uint8Array(file) }) as const;

function told(made: Made): string | number {
  return made.ok ? made.value.length : made.error;
}

describe("a workshop in a thread of its own", () => {
  it("decodes and speaks, one after the other, each with its own result", async () => {
    const one = workshop();
    const made = await Promise.all([
      one.make(decode(phoneWav(1000, 1))),
      one.make(decode(Buffer.from("no"))),
      one.make({ kind: "speak", text: "Hello" }),
      one.make(decode(await readFile(fixture("tone-1000.mp3")))),
    ]);
    expect(told(made[0])).toBe(8000);
    expect(told(made[1])).toBe("is text, not audio");
    expect(told(made[2])).toBeGreaterThan(2000);
    expect(made[3].ok && toneOf(made[3].value)).toBe(1000);
  });

  it("keeps the event loop free meanwhile", async () => {
    const one = workshop();
    await one.make(decode(phoneWav(1000, 1)));
    const long = one.make({ kind: "speak", text: "The quick brown fox jumps over the lazy dog. ".repeat(4) });
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    expect((await long).ok).toBe(true);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
  });

  it("gives up what takes too long, and goes on with the next in a new thread", async () => {
    const one = workshop({ workMs: 1 });
    const hopeless = one.make({ kind: "speak", text: "Hello there, hello again. ".repeat(100) });
    expect(told(await hopeless)).toBe("takes too long to be made ready");
    const two = workshop({ workMs: 20_000 });
    expect(told(await two.make(decode(phoneWav(1000, 1))))).toBe(8000);
  });

  it("turns away what would have to wait behind too many", async () => {
    const one = workshop({ waiting: 1 });
    const made = [1, 2, 3].map(() => one.make(decode(phoneWav(1000, 1))));
    expect((await Promise.all(made)).map(told)).toEqual([
      8000,
      8000,
      "cannot be made ready: too much other audio is waiting",
    ]);
  });

  it("begins a new thread after it was idle", async () => {
    const one = workshop({ idleMs: 1 });
    for (let i = 0; i < 3; i++) {
      expect(told(await one.make(decode(phoneWav(1000, 1))))).toBe(8000);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  it("fails what is left when it closes, and everything after that", async () => {
    const one = new Workshop({ clock: systemClock, log: silentLog });
    const made = [1, 2].map(() => one.make({ kind: "speak", text: "Hello there. ".repeat(50) }));
    await one.close();
    made.push(one.make(decode(phoneWav(1000, 1))));
    const stopping = "cannot be made ready: the platform is stopping";
    expect((await Promise.all(made)).map(told)).toEqual([stopping, stopping, stopping]);
  });
});
