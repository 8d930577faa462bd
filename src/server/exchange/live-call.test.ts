import { expect, it } from "vitest";
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
