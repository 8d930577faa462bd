import { describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import type { CallSetup } from "../../core/call/setup.ts";
import { ACCOUNT, EXOPHONE } from "../../../test/fixtures/contract.ts";
import type { JournalRow } from "../../edges/store/types.ts";
import { ANSWER } from "../../edges/sip/testing/rig.ts";
import { CallRig } from "../../../test/support/call-rig.ts";
import { LiveCall } from "./live-call.ts";

const connect = { type: "connect", url: { primary: "http://app.example/connect" }, exits: {} };
const flow = { id: "1", name: "", start: "c", validation: "strict", applets: { c: connect } } as const;
const setup: CallSetup = { account: ACCOUNT, flow, recordingsUrl: "http://x", version: "test" };

it("a fault in one step ends that call once and leaves no gap in its journal", () => {
  const rows: JournalRow[] = [];
  const endings: boolean[] = [];
  const call = new LiveCall("sid", setup, null, {
    clock: new VirtualClock(1000),
    log: silentLog,
    append: async (row) => void rows.push(row),
    perform: () => {
      throw new Error("a fault of ours");
    },
    legSnapshots: () => null,
    ended: (failed) => void endings.push(failed),
  });
  const from = "+919812345678";
  const arrived = { kind: "call_arrived", at: 1000, callSid: "sid", from, to: EXOPHONE.number } as const;
  call.deliver({ ...arrived, direction: "incoming", customField: null });
  call.deliver({ kind: "command", at: 2000, command: "hang_up" });
  expect(endings).toEqual([true]);
  expect(rows).toEqual([]);
});

it("A13: marks every row as free of credentials, except those with answers of URLs", () => {
  const rows: JournalRow[] = [];
  const call = new LiveCall("sid", setup, null, {
    clock: new VirtualClock(1000),
    log: silentLog,
    append: async (row) => void rows.push(row),
    perform: () => undefined,
    legSnapshots: () => null,
    ended: () => undefined,
  });
  const from = "+919812345678";
  const arrived = { kind: "call_arrived", at: 1000, callSid: "sid", from, to: EXOPHONE.number } as const;
  call.deliver({ ...arrived, direction: "incoming", customField: null });
  const body = '{"destination":{"numbers":["+919900000011"]}}';
  const outcome = { ok: true, status: 200, contentType: "application/json", body } as const;
  call.deliver({ kind: "fetched", at: 1100, id: "connect-1", outcome, elapsedMs: 100 });
  call.deliver({ kind: "digit", at: 1200, leg: 1, digit: "5" });
  const marks = rows.map((row) => [(JSON.parse(row.event) as { kind: string }).kind, row.inClear]);
  expect(marks).toEqual([
    ["call_arrived", true],
    ["fetched", undefined],
    ["digit", true],
  ]);
});

describe("a Passthru directly after a Connect whose attempt was announced", () => {
  const EVENTS = "http://events.example/dial";
  const exits = { nobody_answered: "pass" };
  const parameters = { destination: { numbers: ["+919900000011"] }, dial_passthru_event_url: EVENTS };
  const applets = {
    c: { type: "connect", parameters, exits },
    pass: { type: "passthru", url: "http://app.example/pass", mode: "sync", exits: {} },
  };

  /** A call whose only attempt has just failed. `writes` settle its journal rows, in order. */
  function failed() {
    const clock = new VirtualClock(1000);
    const done: string[] = [];
    const writes: (() => void)[] = [];
    const call = new LiveCall("sid", { ...setup, flow: { ...flow, applets } }, null, {
      clock,
      log: silentLog,
      append: (row, urgency) => {
        const owed = (row.outbox ?? []).map((each) => each.request.match(/EventType=(\w+)/)?.[1] ?? "");
        return new Promise((resolve) => {
          writes.push(() => {
            done.push(...owed.map((event) => `${event} ${urgency}`));
            resolve();
          });
        });
      },
      perform: ({ kind }) => void (kind === "fetch" || kind === "cancel_request" ? done.push(kind) : null),
      legSnapshots: () => null,
      ended: () => undefined,
    });
    const from = "+919812345678";
    const arrived = { kind: "call_arrived", at: 1000, callSid: "sid", from, to: EXOPHONE.number } as const;
    call.deliver({ ...arrived, direction: "incoming", customField: null });
    writes.shift()?.();
    call.deliver({ kind: "leg_failed", at: 1000, leg: 2, sip: 486, detail: "" });
    return { call, clock, done, writes };
  }

  it("C16: is sent once the row with the Terminal event is written, which is requested at once", async () => {
    const { done, writes, clock } = failed();
    expect(done).toEqual(["Dial soon"]);
    writes.shift()?.();
    await Promise.resolve();
    expect(done).toEqual(["Dial soon", "Terminal now", "fetch"]);
    clock.advance(1000);
    expect(done).toHaveLength(3);
  });

  it("C16: waits at most 200 ms for it, and is sent once", async () => {
    const { done, writes, clock } = failed();
    clock.advance(199);
    expect(done).toEqual(["Dial soon"]);
    clock.advance(1);
    expect(done).toEqual(["Dial soon", "fetch"]);
    writes.shift()?.();
    await Promise.resolve();
    expect(done).toEqual(["Dial soon", "fetch", "Terminal now"]);
  });

  it("C16: is not sent if the caller hangs up while it waits", async () => {
    const { call, done, writes, clock } = failed();
    call.deliver({ kind: "leg_ended", at: 1050, leg: 1, detail: "" });
    for (const write of writes) write();
    await Promise.resolve();
    clock.advance(1000);
    expect(done).not.toContain("fetch");
  });
});

const HOUR_MS = 3_600_000;

describe("M8, A12: when the wall clock is set under a live call", () => {
  it.each([HOUR_MS, -HOUR_MS, 24 * HOUR_MS, -24 * HOUR_MS])(
    "by %i ms, durations stay true and times rise",
    async (byMs) => {
      const stage = await CallRig.start();
      await stage.call();
      stage.callee.respond(stage.callee.request("INVITE"), 200, { toTag: "a", body: ANSWER });
      await stage.pass(10_000);
      stage.rig.clock.setWallClock(byMs);
      await stage.pass(15_000);
      stage.exchange.hangUp(stage.store.sids[0] ?? "");
      await stage.pass(50);
      const trace = stage.store.trace();
      const talked = trace.find((entry) => entry.type === "conversation.ended");
      expect(Math.abs((talked?.duration_ms ?? 0) - 25_000)).toBeLessThan(100);
      const times = trace.map(({ at_ms }) => at_ms);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      const ended = trace.at(-1);
      expect(ended?.type === "call.ended" && ended.cdr.duration_s).toBe(25);
    },
  );

  it.each([HOUR_MS, -HOUR_MS])("by %i ms, no timer fires early or late", async (byMs) => {
    const stage = await CallRig.start({ parameters: { max_ringing_duration: 20 } });
    await stage.call();
    stage.callee.respond(stage.callee.request("INVITE"), 180, { toTag: "a" });
    await stage.pass(5000);
    stage.rig.clock.setWallClock(byMs);
    await stage.pass(14_900);
    expect(stage.callee.requests("CANCEL")).toEqual([]);
    await stage.pass(150);
    expect(stage.callee.requests("CANCEL")).toHaveLength(1);
  });

  it.each([HOUR_MS, -HOUR_MS])("by %i ms, a timer set afterwards also fires in time", async (byMs) => {
    const stage = await CallRig.start({ parameters: { max_conversation_duration: 20 } });
    await stage.call();
    stage.rig.clock.setWallClock(byMs);
    await stage.pass(100);
    stage.callee.respond(stage.callee.request("INVITE"), 200, { toTag: "a", body: ANSWER });
    await stage.pass(19_800);
    expect(stage.callee.requests("BYE")).toEqual([]);
    await stage.pass(300);
    expect(stage.callee.requests("BYE")).toHaveLength(1);
  });

  it("a call rebuilt after the clock was set back continues from the time of its last event", async () => {
    const stage = await CallRig.start();
    await stage.call();
    stage.callee.respond(stage.callee.request("INVITE"), 200, { toTag: "a", body: ANSWER });
    await stage.pass(5000);
    await stage.kill();
    stage.rig.clock.setWallClock(-HOUR_MS);
    await stage.startPlatform();
    await stage.pass(50);
    const talked = stage.store.trace().find((entry) => entry.type === "conversation.ended");
    expect(talked?.duration_ms).toBeLessThan(6000);
  });
});
