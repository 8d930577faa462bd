import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ALL_TIMERS_MS,
  ANSWER,
  answering,
  type CallLog,
  type Dialled,
  isIdle,
  OFFER,
  type Party,
  Rig,
} from "./testing/rig.ts";
import type { Weather } from "./testing/virtual-network.ts";

describe("a call between two endpoints", () => {
  for (const protocol of ["udp", "tcp"] as const) {
    it(`rings, is answered, talks and is ended by the caller over ${protocol}`, async () => {
      const rig = new Rig();
      const alice = await rig.endpoint("10.0.0.1");
      const bob = await rig.endpoint("10.0.0.2");
      const dialled = alice.dial("10.0.0.2", { protocol });
      await rig.pass(100);
      const invite = bob.invites[0];
      expect(invite?.offer).toBe(OFFER);
      invite?.ring(183, ANSWER);
      await rig.pass(100);
      expect(dialled.progress.map(({ status, sdp }) => [status, sdp])).toEqual([[183, ANSWER]]);
      const call = invite?.answer(ANSWER);
      await rig.pass(100);
      expect(dialled.answers).toEqual([ANSWER]);
      dialled.call?.hangUp();
      await rig.pass(100);
      expect(dialled.log.ends).toEqual(["hung_up"]);
      expect(call?.ended).toBe(true);
      await rig.pass(ALL_TIMERS_MS);
      expect([isIdle(alice), isIdle(bob)]).toEqual([true, true]);
    });
  }

  it("is ended by the callee, whose BYE goes to the caller's Contact", async () => {
    const rig = new Rig();
    const alice = await rig.endpoint("10.0.0.1");
    const { calls, logs } = answering(await rig.endpoint("10.0.0.2"));
    const dialled = alice.dial("10.0.0.2");
    await rig.pass(100);
    calls[0]?.hangUp();
    await rig.pass(100);
    expect(dialled.log.ends).toEqual(["remote_bye"]);
    expect(logs[0]?.ends).toEqual(["hung_up"]);
  });
});

describe("the order of things in bad weather", () => {
  const weathers = fc.record({
    seed: fc.integer(),
    loss: fc.double({ min: 0, max: 0.35, noNaN: true }),
    duplicate: fc.double({ min: 0, max: 0.3, noNaN: true }),
    spreadMs: fc.integer({ min: 0, max: 900 }),
  });

  it("leaves both sides with the same idea of every call, and with nothing once all timers have run out", async () => {
    await fc.assert(
      fc.asyncProperty(weathers, async ({ seed, loss, duplicate, spreadMs }) => {
        const weather: Weather = { loss, duplicate, delayMs: { from: 5, to: 5 + spreadMs } };
        await randomCalls(seed, weather);
      }),
      { numRuns: 60 },
    );
  });
});

/** What a random caller and callee do with a call. */
async function randomCalls(seed: number, weather: Weather): Promise<void> {
  const rig = new Rig(seed, weather);
  const alice = await rig.endpoint("10.0.0.1");
  const bob = await rig.endpoint("10.0.0.2");
  const { logs } = randomCallee(rig, bob);
  const dials = Array.from({ length: 12 }, () => randomDial(rig, alice));
  await rig.pass(ALL_TIMERS_MS);
  await rig.pass(ALL_TIMERS_MS);
  for (const dial of dials) {
    const words = dial.answers.length + dial.failures.length;
    expect(words).toBeLessThanOrEqual(1);
    if (dial.call !== null) expect(dial.log.ends).toHaveLength(1);
  }
  for (const log of logs) expect(log.ends).toHaveLength(1);
  expect(alice.endpoint.stats).toMatchObject({ calls: 0, transactions: 0, pendingInvites: 0 });
  expect(bob.endpoint.stats).toMatchObject({ calls: 0, transactions: 0, pendingInvites: 0 });
}

function randomDial(rig: Rig, alice: Party): Dialled {
  const dialled = alice.dial("10.0.0.2");
  const at = rig.random.next() * 6_000;
  const style = rig.random.next();
  rig.clock.after(at, () => {
    if (style < 0.5) dialled.out.cancel();
  });
  rig.clock.after(at + 4_000, () => {
    if (style < 0.7) void dialled.call?.reinvite(OFFER);
  });
  rig.clock.after(60_000 + at, () => dialled.call?.hangUp());
  return dialled;
}

function randomCallee(rig: Rig, bob: Party): { readonly logs: CallLog[] } {
  const answered = answering(bob);
  const answer = bob.onInvite;
  bob.onInvite = (invite) => {
    const style = rig.random.next();
    if (style < 0.3) invite.ring();
    rig.clock.after(rig.random.next() * 5_000, () => {
      if (style < 0.15) invite.reject(486);
      else answer(invite);
    });
  };
  rig.clock.after(30_000, () => {
    for (const call of answered.calls) if (rig.random.next() < 0.3) call.hangUp();
  });
  return answered;
}
