import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CALLEE, CallRig } from "../../../../test/support/call-rig.ts";
import type { CallRigOptions } from "../../../../test/support/call-rig.ts";
import { silentLog } from "../../../base/log.ts";
import type { TraceEntry } from "../../../core/call/trace.ts";
import type { SipRequest } from "../../../edges/sip/message/message.ts";
import { callId } from "../../../edges/sip/message/message.ts";
import { ANSWER } from "../../../edges/sip/testing/rig.ts";
import { Store } from "../../../edges/store/store.ts";
import type { JournalRow } from "../../../edges/store/types.ts";
import type { TestServer } from "../../../edges/store/testing/server.ts";
import { startTestServer } from "../../../edges/store/testing/server.ts";

const SATELLITE = "+881612345678";
const BRITAIN = "+447400123456";
/** A database is slow to start on a busy machine. */
const START_LIMIT_MS = 60_000;
const MINUTE_MS = 60_000;
const at = (time: string): number => Date.parse(`2026-01-05T${time}+05:30`);

async function started(time: string, options: CallRigOptions): Promise<CallRig> {
  const stage = await CallRig.start(options);
  stage.rig.clock.setWallClock(at(time) - stage.rig.clock.now());
  return stage;
}

/** The callee's requests, one for each leg: unanswered ones are repeated. */
function requests(stage: CallRig, method: string): SipRequest[] {
  return [...new Map(stage.callee.requests(method).map((request) => [callId(request), request])).values()];
}

function dialled(stage: CallRig): string[] {
  return requests(stage, "INVITE").map(({ uriText }) => /sip:(.*)@/.exec(uriText)?.[1] ?? "");
}

function reached(stage: CallRig, sid?: string): Extract<TraceEntry, { type: "limit.reached" }>[] {
  return stage.store.trace(sid).filter((entry) => entry.type === "limit.reached");
}

/** The callee answers the newest call offered. */
async function answer(stage: CallRig): Promise<void> {
  stage.callee.respond(stage.callee.request("INVITE", -1), 200, { body: ANSWER, toTag: `t${dialled(stage).length}` });
  await stage.pass(50);
}

/** Lets a conversation go on, in steps short enough for the SIP timers. */
async function talk(stage: CallRig, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 500) await stage.rig.pass(Math.min(left, 500));
}

describe("a URL that names premium numbers", () => {
  it("gets none of them dialled; the trace names the rule, what it allows, and what would change it", async () => {
    const premium = [SATELLITE, "+18765551234", "+448712345678", "+25261234567"];
    const stage = await started("12:00:00", { numbers: [...premium, CALLEE] });
    await stage.call();
    await stage.pass(50);
    expect(dialled(stage)).toEqual([CALLEE]);
    expect(reached(stage)).toMatchObject(
      ["+881", "+1876", "+44871", "+252"].map((prefix, i) => ({
        leg: 2 + i,
        rule: "closed_prefix",
        limit: 0,
        value: 1,
        message: expect.stringContaining(`${prefix} (`) as string,
        change: `"${prefix}" in limits.open_prefixes`,
      })),
    );
    const failed = stage.store.trace().filter((entry) => entry.type === "attempt.ended");
    expect(failed.map(({ leg, outcome, sip }) => [leg, outcome, sip])).toEqual(
      [2, 3, 4, 5].map((leg) => [leg, "failed", null]),
    );
    expect([...stage.exchange.refusals.counts]).toEqual([["closed_prefix", 4]]);
  });

  it("gets them dialled once they are opened", async () => {
    const stage = await started("12:00:00", { numbers: [SATELLITE], limits: { open_prefixes: ["+8816"] } });
    await stage.call();
    expect(dialled(stage)).toEqual([SATELLITE]);
  });

  it("gets none of them dialled by redirection either", async () => {
    const stage = await started("12:00:00", {});
    await stage.call();
    stage.callee.respond(stage.callee.request("INVITE"), 302, {
      toTag: "a",
      contact: false,
      headers: [["Contact", `<sip:${SATELLITE}@elsewhere>`]],
    });
    await stage.pass(50);
    expect(dialled(stage)).toEqual([CALLEE]);
    expect([...stage.exchange.refusals.counts]).toEqual([["closed_prefix", 1]]);
  });
});

describe("a burst", () => {
  it("stops at the limit of attempts per minute, and goes on a minute later", async () => {
    const numbers = Array.from({ length: 8 }, (_, i) => `+91990000002${i}`);
    const parameters = { parallel_ringing: { activate: true, max_parallel_attempts: 8 } };
    const stage = await started("12:00:00", { numbers, parameters, limits: { attempts_per_minute: 5 } });
    await stage.call();
    await stage.pass(50);
    expect(dialled(stage)).toHaveLength(5);
    expect(reached(stage).map(({ rule, limit, value }) => [rule, limit, value])).toEqual([
      ["attempts_per_minute", 5, 6],
      ["attempts_per_minute", 5, 6],
      ["attempts_per_minute", 5, 6],
    ]);
    await talk(stage, MINUTE_MS + 1000);
    await stage.call();
    await stage.pass(50);
    expect(dialled(stage)).toHaveLength(10);
  });

  it("of inbound calls is refused, with the limit in the record of the call", async () => {
    const stage = await started("12:00:00", {});
    for (let i = 0; i < 11; i += 1) await stage.call();
    const refused = stage.store.sids.map((sid) => reached(stage, sid)).filter(({ length }) => length > 0);
    expect(refused).toMatchObject([[{ leg: null, rule: "concurrent_calls", limit: 10, value: 11 }]]);
  });

  it("abroad stops at the limit of concurrent calls per country, and at night at that of attempts per hour", async () => {
    const numbers = Array.from({ length: 9 }, (_, i) => `+4474001234${50 + i}`);
    const limits = { abroad: { concurrent: 3 }, night: { abroad_per_hour: 5, spend: null } };
    const parameters = { parallel_ringing: { activate: true, max_parallel_attempts: 9 } };
    const stage = await started("23:00:00", { numbers, parameters, limits });
    await stage.call();
    await stage.pass(50);
    expect(dialled(stage)).toHaveLength(3);
    expect(new Set(reached(stage).map(({ rule }) => rule))).toEqual(new Set(["destination_concurrent"]));
    for (const invite of requests(stage, "INVITE")) stage.callee.respond(invite, 486, { toTag: "a" });
    await stage.pass(50);
    await stage.call();
    await stage.pass(50);
    expect(dialled(stage)).toHaveLength(5);
    expect(reached(stage, stage.store.sids[1]).map(({ rule }) => rule)).toContain("night_abroad_per_hour");
  });
});

describe("the whole night's budget", () => {
  const options = {
    numbers: [BRITAIN],
    limits: { spend_per_day: 1000, night: { spend: 100 } },
    prices: { abroad: 25 },
  };

  it("is the most the night costs: calls are cut when the last paid minute is over, new ones are refused", async () => {
    const stage = await started("23:00:00", options);
    await stage.call();
    await answer(stage);
    await stage.call();
    await answer(stage);
    await talk(stage, 2 * MINUTE_MS - 1000);
    expect(requests(stage, "BYE")).toHaveLength(0);
    await talk(stage, 2000);
    expect(requests(stage, "BYE")).toHaveLength(2);
    for (const sid of stage.store.sids) {
      const trace = stage.store.trace(sid);
      expect(reached(stage, sid)).toMatchObject([{ leg: null, rule: "night_spend", limit: 100, value: 125 }]);
      expect(trace.find((entry) => entry.type === "conversation.ended")).toMatchObject({
        by: "platform",
        rule: "LIMIT",
      });
      expect(trace.at(-1)).toMatchObject({ type: "call.ended", cdr: { ended_by: "platform", call_type: "completed" } });
    }
    await stage.call();
    await stage.pass(50);
    expect(dialled(stage)).toHaveLength(2);
    expect(reached(stage, stage.store.sids[2])).toMatchObject([
      { leg: 2, rule: "night_spend", limit: 100, value: 125 },
    ]);
    expect([...stage.exchange.refusals.counts]).toEqual([["night_spend", 3]]);
  });

  describe("after kill -9", () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startTestServer();
    }, START_LIMIT_MS);
    afterAll(() => server.stop());

    it("is what was left: ended calls are read from the database, those that were up count until their end", async () => {
      const store = await Store.open(await server.database(), { log: silentLog, node: "n1" });
      let written = 0;
      const spend = async (rows: readonly JournalRow[]): Promise<Store["spend"]> => {
        await store.append(rows.slice(written));
        written = rows.length;
        return store.spend;
      };
      const stage = await started("23:00:00", { ...options, spend });
      await stage.call();
      await answer(stage);
      await talk(stage, 90_000);
      stage.exchange.hangUp(stage.store.sids[0] ?? "");
      await stage.pass(100);
      await stage.call();
      await answer(stage);
      await stage.kill();
      expect(await stage.startPlatform()).toBe(1);
      await stage.pass(100);
      await stage.call();
      await answer(stage);
      await stage.call();
      await stage.pass(50);
      expect(dialled(stage)).toHaveLength(3);
      expect([...stage.exchange.refusals.counts]).toEqual([["night_spend", 1]]);
      await store.close();
    });
  });
});
