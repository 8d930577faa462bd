import { expect, it } from "vitest";
import { silentLog } from "../base/log.ts";
import { VirtualClock } from "../base/virtual-clock.ts";
import { testAccount } from "../engine/testing.ts";
import { parseFlow } from "../flow/flow.ts";
import type { JournalRow } from "../store/types.ts";
import { LiveCall } from "./live-call.ts";

it("EVT-6: the outbox is given the whole request: URL with its parameters, credentials apart", () => {
  const applets = { pass: { type: "passthru", url: "https://u:p@app.example/pass?key=1", mode: "async" } };
  const flow = parseFlow({ flow: "1", start: "pass", applets });
  if (!flow.ok) throw new Error(JSON.stringify(flow.error));
  const setup = { account: testAccount, flow: flow.value, recordingsUrl: "https://rec.example", version: "1" };
  const rows: JournalRow[] = [];
  const clock = new VirtualClock(1_767_600_000_000);
  const call = new LiveCall("a1", setup, null, {
    clock,
    log: silentLog,
    append: (row) => Promise.resolve(void rows.push(row)),
    perform: () => undefined,
    sides: () => null,
    ended: () => undefined,
  });
  const { exophones } = testAccount;
  const numbers = { from: "+919812345678", to: exophones[0]?.number ?? "" };
  call.deliver({
    kind: "call_arrived",
    at: clock.now(),
    callSid: "a1",
    ...numbers,
    direction: "incoming",
    customField: null,
  });
  const [row] = rows.flatMap(({ outbox = [] }) => outbox);
  const request: unknown = JSON.parse(row?.request ?? "null");
  expect(request).toMatchObject({ method: "GET", authorization: "Basic dTpw" });
  expect(request).toHaveProperty(
    "url",
    expect.stringMatching(/^https:\/\/app\.example\/pass\?key=1&CallSid=a1&CallFrom=09812345678&/),
  );
  expect(Object.keys(request as object).toSorted()).toEqual(["authorization", "headers", "method", "url"]);
});
