import { describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import type { CallSetup } from "../../core/call/setup.ts";
import { ACCOUNT, EXOPHONE } from "../../../test/fixtures/contract.ts";
import type { JournalRow } from "../../edges/store/types.ts";
import { LiveCall } from "./live-call.ts";

const connect = { type: "connect", url: { primary: "http://app.example/connect" }, exits: {} };
const flow = { id: "1", name: "", start: "c", validation: "strict", applets: { c: connect } } as const;
const setup: CallSetup = { account: ACCOUNT, flow, recordingsUrl: "http://x", version: "test" };

it("a fault in one step ends that call once and leaves no hole in its journal", () => {
  const rows: JournalRow[] = [];
  const endings: boolean[] = [];
  const call = new LiveCall("sid", setup, null, {
    clock: new VirtualClock(1000),
    log: silentLog,
    append: async (row) => void rows.push(row),
    prepare: () => undefined,
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

describe("a Passthru directly behind a Connect whose attempt was announced", () => {
  const EVENTS = "http://events.example/dial";
  const exits = { nobody_answered: "pass" };
  const parameters = { destination: { numbers: ["+919900000011"] }, dial_passthru_event_url: EVENTS };
  const applets = {
    c: { type: "connect", parameters, exits },
    pass: { type: "passthru", url: "http://app.example/pass", mode: "sync", exits: {} },
  };

  /** A call whose only attempt has just failed. `writes` settles its journal rows, in order. */
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
      prepare: () => undefined,
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

  it("C16: is sent once the row with the Terminal event is written, and that is asked for at once", async () => {
    const { done, writes, clock } = failed();
    expect(done).toEqual(["Dial now"]);
    writes.shift()?.();
    await Promise.resolve();
    expect(done).toEqual(["Dial now", "Terminal now", "fetch"]);
    clock.advance(1000);
    expect(done).toHaveLength(3);
  });

  it("C16: waits no longer than 200 ms for it, and is sent once", async () => {
    const { done, writes, clock } = failed();
    clock.advance(199);
    expect(done).toEqual(["Dial now"]);
    clock.advance(1);
    expect(done).toEqual(["Dial now", "fetch"]);
    writes.shift()?.();
    await Promise.resolve();
    expect(done).toEqual(["Dial now", "fetch", "Terminal now"]);
  });

  it("C16: is not sent at all when the caller leaves while it waits", async () => {
    const { call, done, writes, clock } = failed();
    call.deliver({ kind: "leg_ended", at: 1050, leg: 1, detail: "" });
    for (const write of writes) write();
    await Promise.resolve();
    clock.advance(1000);
    expect(done).not.toContain("fetch");
  });
});
