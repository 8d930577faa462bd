import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CallEnd } from "./endpoint.ts";
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
import type { Impairments } from "./testing/virtual-network.ts";

describe("a call between two endpoints", () => {
  for (const protocol of ["udp", "tcp"] as const) {
    it(`rings, is answered, is used and is ended by the caller over ${protocol}`, async () => {
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

describe("the order of events on a bad network", () => {
  const weathers = fc.record({
    seed: fc.integer(),
    loss: fc.double({ min: 0, max: 0.35, noNaN: true }),
    duplicate: fc.double({ min: 0, max: 0.3, noNaN: true }),
    spreadMs: fc.integer({ min: 0, max: 900 }),
  });

  it("leaves both sides with the same view of every call, and with nothing once all timers have run out", async () => {
    let answered = 0;
    await fc.assert(
      fc.asyncProperty(weathers, async ({ seed, loss, duplicate, spreadMs }) => {
        const impairments: Impairments = { loss, duplicate, delayMs: { from: 5, to: 5 + spreadMs } };
        answered += (await randomCalls(seed, impairments)).length;
      }),
      { numRuns: 60 },
    );
    expect(answered).toBeGreaterThan(100);
  });

  it("loses no call as long as no datagram is lost: each established call is ended by a BYE from either side", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 0, max: 300 }), async (seed, spreadMs) => {
        const impairments: Impairments = { loss: 0, duplicate: 0.2, delayMs: { from: 5, to: 5 + spreadMs } };
        const ends = (await randomCalls(seed, impairments)).flat();
        expect(ends.filter((end) => end !== "hung_up" && end !== "remote_bye")).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});

/** Twelve calls over a network with these impairments, until every timer has run out; returns how both ends of each answered call ended. */
async function randomCalls(seed: number, impairments: Impairments): Promise<(readonly CallEnd[])[]> {
  const rig = new Rig(seed, impairments);
  const alice = await rig.endpoint("10.0.0.1");
  const bob = await rig.endpoint("10.0.0.2");
  const callee = randomCallee(rig, bob);
  const dials = Array.from({ length: 12 }, () => randomDial(rig, alice));
  await rig.pass(ALL_TIMERS_MS);
  await rig.pass(ALL_TIMERS_MS);
  const pairs: (readonly CallEnd[])[] = [];
  for (const dial of dials) {
    expect(dial.answers.length + dial.failures.length).toBeLessThanOrEqual(1);
    if (dial.call === null) continue;
    const [here] = dial.log.ends;
    const there = callee.endOf(dial.out.callId);
    if (here === undefined || there === undefined) throw new Error(`a call is not over: ${here} ${there}`);
    expect([here, there]).not.toEqual(["remote_bye", "remote_bye"]);
    pairs.push([here, there]);
  }
  for (const log of callee.logs) expect(log.ends).toHaveLength(1);
  for (const party of [alice, bob])
    expect(party.endpoint.stats).toMatchObject({ calls: 0, transactions: 0, pendingInvites: 0 });
  return pairs;
}

/** Half are cancelled at some time; the others may make new offers and send digits before they hang up. */
function randomDial(rig: Rig, alice: Party): Dialled {
  const reliable = rig.random.next() < 0.3;
  const protocol = rig.random.next() < 0.2 ? "tcp" : "udp";
  const dialled = alice.dial("10.0.0.2", { protocol, ...(reliable ? { headers: [["Require", "100rel"]] } : {}) });
  const at = rig.random.next() * 6_000;
  const style = rig.random.next();
  rig.clock.after(at, () => {
    if (style < 0.5) dialled.out.cancel();
  });
  rig.clock.after(at + 4_000, () => {
    if (style < 0.7) void dialled.call?.reinvite(OFFER);
    if (style < 0.6) void dialled.call?.info("application/dtmf-relay", "Signal=1\r\n");
  });
  rig.clock.after(60_000 + at, () => dialled.call?.hangUp());
  return dialled;
}

/** Rings, refuses, answers; makes new offers at the same time as the caller; hangs up some calls. */
function randomCallee(rig: Rig, bob: Party): { readonly logs: CallLog[]; endOf(callId: string): CallEnd | undefined } {
  const { calls, logs } = answering(bob);
  const answer = bob.onInvite;
  bob.onInvite = (invite) => {
    const style = rig.random.next();
    if (style < 0.3) invite.ring();
    else if (style < 0.5) invite.ring(183, ANSWER);
    rig.clock.after(rig.random.next() * 5_000, () => {
      if (style < 0.15) invite.reject(486);
      else answer(invite);
    });
  };
  rig.clock.after(8_000, () => {
    for (const call of calls) if (rig.random.next() < 0.5) void call.reinvite(ANSWER);
  });
  rig.clock.after(30_000, () => {
    for (const call of calls) if (rig.random.next() < 0.3) call.hangUp();
  });
  return { logs, endOf: (callId) => logs[calls.findIndex((call) => call.callId === callId)]?.ends[0] };
}
