import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { seededRandom } from "../../base/random.ts";
import { systemClock } from "../../base/system-clock.ts";
import { SoftphoneCaller } from "./caller.ts";
import type { CallerCall, CallScript } from "./caller.ts";
import { heardMs } from "./tone-monitor.ts";
import { Softphone } from "./phone.ts";
import type { PhoneScript } from "./script.ts";

const ANIL = "+919900000011";
const PRIYA = "+919900000022";
const setup = { clock: systemClock, log: silentLog, host: "127.0.0.1" };

describe("a robot that calls robots", () => {
  const caller = new SoftphoneCaller({ ...setup, random: seededRandom(1) });
  let phone: Softphone;

  async function rings(phones: Record<string, PhoneScript[]>): Promise<void> {
    phone = new Softphone({ ...setup, random: seededRandom(2), port: 0, phones });
    await phone.start();
  }

  function call(to: string, script: Partial<CallScript> = {}): Promise<CallerCall> {
    return caller.call({ to, from: "+919812345678", via: { host: "127.0.0.1", port: phone.port }, ...script });
  }

  beforeEach(() => caller.start());
  afterEach(async () => {
    await caller.stop();
    await phone.stop();
  });

  it("hears whoever answers, is heard, and is left when the script says so", async () => {
    await rings({ [PRIYA]: [{ ring_after_ms: 20, answer_after_ms: 60, talk_ms: 700, tone_hz: 1100, codec: "PCMA" }] });
    const made = await call(PRIYA, { tone_hz: 700 });
    await made.over;
    expect(made).toMatchObject({ state: "ended", end: "remote_bye", status: 200, progress: [180] });
    expect(phone.callsTo(PRIYA)[0]).toMatchObject({ state: "ended", end: "hung_up", number: PRIYA });
    expect(heardMs(made.heard, 1100)).toBeGreaterThan(300);
    expect(heardMs(phone.callsTo(PRIYA)[0]?.heard ?? [], 700)).toBeGreaterThan(300);
  });

  it.each([
    ["is busy", { busy_after_ms: 10 }, 486],
    ["rejects", { reject_after_ms: 10 }, 603],
    ["fails as told", { fail_after_ms: 10, sip: 404 }, 404],
    ["fails without a reason", { fail_after_ms: 10 }, 480],
  ] as const)("is refused by a phone that %s", async (_, script, status) => {
    await rings({ [ANIL]: [script] });
    const made = await call(ANIL);
    await made.over;
    expect(made).toMatchObject({ state: "ended", end: "refused", status });
  });

  it("finds nobody at a number that no script knows", async () => {
    await rings({ [ANIL]: [{ answer_after_ms: 10 }] });
    const made = await call("+919900000099");
    await made.over;
    expect(made.status).toBe(404);
    expect(phone.calls).toEqual([]);
  });

  it("knows a number in every form that a trunk dials, and goes on to the next script", async () => {
    await rings({ [ANIL]: [{ busy_after_ms: 5 }, { reject_after_ms: 5 }] });
    const statuses: (number | null)[] = [];
    for (const form of ["09900000011", "919900000011", ANIL]) {
      const made = await call(form);
      await made.over;
      statuses.push(made.status);
    }
    expect(statuses).toEqual([486, 603, 603]);
    expect(phone.callsTo(ANIL)).toHaveLength(3);
  });

  it("gives up a phone that rings for ever", async () => {
    await rings({ [ANIL]: [{ ring_after_ms: 5 }] });
    const made = await call(ANIL, { hang_up_after_ms: 200 });
    await made.over;
    expect(made).toMatchObject({ end: "cancelled", progress: [180] });
    await expect.poll(() => phone.calls[0]?.end).toBe("cancelled");
  });

  it("presses keys and hears early media", async () => {
    await rings({ [ANIL]: [{ early_media_after_ms: 5, answer_after_ms: 600, tone_hz: 1300 }] });
    const made = await call(ANIL, { presses: [{ after_ms: 700, digits: "42#" }] });
    await expect.poll(() => heardMs(made.heard, 1300), { timeout: 3000 }).toBeGreaterThan(200);
    expect(made.state).toBe("calling");
    await expect.poll(() => phone.calls[0]?.digitsHeard, { timeout: 3000 }).toBe("42#");
    made.hangUp();
    await expect.poll(() => phone.calls[0]?.end).toBe("remote_bye");
  });
});
