import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { seededRandom } from "../../base/random.ts";
import { systemClock } from "../../base/system-clock.ts";
import { SoftphoneCaller } from "./caller.ts";
import type { CallerCall, CallScript } from "./caller.ts";
import { toneMs } from "./tone-monitor.ts";
import { Softphone } from "./phone.ts";
import type { PhoneScript } from "./script.ts";

const ANIL = "+919900000011";
const PRIYA = "+919900000022";
const setup = { clock: systemClock, log: silentLog, host: "127.0.0.1" };

describe("a softphone that calls softphones", () => {
  const caller = new SoftphoneCaller({ ...setup, random: seededRandom(1) });
  let phone: Softphone;

  async function startPhone(phones: Record<string, PhoneScript[]>): Promise<void> {
    phone = new Softphone({ ...setup, random: seededRandom(2), port: 0, phones });
    await phone.start();
  }

  function call(to: string, script: Partial<CallScript> = {}): CallerCall {
    return caller.call({ to, from: "+919812345678", via: { host: "127.0.0.1", port: phone.port }, ...script });
  }

  beforeEach(() => caller.start());
  afterEach(async () => {
    await caller.stop();
    await phone.stop();
  });

  it("receives the tone of the phone that answers, which hangs up when its script says so", async () => {
    await startPhone({
      [PRIYA]: [{ ring_after_ms: 20, answer_after_ms: 60, talk_ms: 700, tone_hz: 1100, codec: "PCMA" }],
    });
    const made = call(PRIYA, { tone_hz: 700 });
    await made.over;
    expect(made).toMatchObject({ state: "ended", end: "remote_bye", status: 200, progress: [180] });
    expect(phone.callsTo(PRIYA)[0]).toMatchObject({ state: "ended", end: "hung_up", number: PRIYA });
    expect(toneMs(made.tones, 1100)).toBeGreaterThan(300);
    expect(toneMs(phone.callsTo(PRIYA)[0]?.tones ?? [], 700)).toBeGreaterThan(300);
  });

  it.each([
    ["is busy", { busy_after_ms: 10 }, 486],
    ["rejects", { reject_after_ms: 10 }, 603],
    ["fails with a status", { fail_after_ms: 10, sip: 404 }, 404],
    ["fails without a reason", { fail_after_ms: 10 }, 480],
  ] as const)("is refused by a phone that %s", async (_, script, status) => {
    await startPhone({ [ANIL]: [script] });
    const made = call(ANIL);
    await made.over;
    expect(made).toMatchObject({ state: "ended", end: "refused", status });
  });

  it("gets 404 from a number without a script", async () => {
    await startPhone({ [ANIL]: [{ answer_after_ms: 10 }] });
    const made = call("+919900000099");
    await made.over;
    expect(made.status).toBe(404);
    expect(phone.calls).toEqual([]);
  });

  it("is recognised by its number in every form that a trunk sends, and moves on to the next script", async () => {
    await startPhone({ [ANIL]: [{ busy_after_ms: 5 }, { reject_after_ms: 5 }] });
    const statuses: (number | null)[] = [];
    for (const form of ["09900000011", "919900000011", ANIL]) {
      const made = call(form);
      await made.over;
      statuses.push(made.status);
    }
    expect(statuses).toEqual([486, 603, 603]);
    expect(phone.callsTo(ANIL)).toHaveLength(3);
  });

  it("cancels a call that rings forever", async () => {
    await startPhone({ [ANIL]: [{ ring_after_ms: 5 }] });
    const made = call(ANIL, { hang_up_after_ms: 200 });
    await made.over;
    expect(made).toMatchObject({ end: "cancelled", progress: [180] });
    await expect.poll(() => phone.calls[0]?.end).toBe("cancelled");
  });

  it("sends digits and receives early media", async () => {
    await startPhone({ [ANIL]: [{ early_media_after_ms: 5, answer_after_ms: 600, tone_hz: 1300 }] });
    const made = call(ANIL, { presses: [{ after_ms: 700, digits: "42#" }] });
    await expect.poll(() => toneMs(made.tones, 1300), { timeout: 3000 }).toBeGreaterThan(200);
    expect(made.state).toBe("calling");
    await expect.poll(() => phone.calls[0]?.digits, { timeout: 3000 }).toBe("42#");
    made.hangUp();
    await expect.poll(() => phone.calls[0]?.end).toBe("remote_bye");
  });
});
