import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { TestApi } from "../server/api/testing/test-api.ts";
import { START_MS, startTestApi } from "../server/api/testing/test-api.ts";
import { eraseCommand } from "./erase.ts";
import { runCommand } from "./testing/run-command.ts";

let api: TestApi;
let flags: readonly string[];

beforeAll(async () => {
  api = await startTestApi();
  await api.add(
    { sid: "one", startedAt: START_MS },
    { sid: "two", startedAt: START_MS + 1, from: "+919812345679" },
    { sid: "up", startedAt: START_MS + 2, from: "anonymous", isLive: true },
  );
  await api.app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = api.app.server.address() as AddressInfo;
  flags = ["--server", `http://127.0.0.1:${port}`, "--account", "acme", "--key", "acme-key:acme-token"];
}, 60_000);
afterAll(() => api.close());

it("erases nothing without --yes, and says what it would erase", async () => {
  expect(await runCommand(eraseCommand(), "call", "one", ...flags)).toEqual({
    out: "the call from +919812345678 to +918047100000 at 2026-01-05T04:30:00.000Z. Nothing has been erased: --yes erases it permanently.\n",
    errors: "",
    status: 0,
  });
  const { out } = await runCommand(eraseCommand(), "number", "+919812345679", ...flags);
  expect(out).toContain("every call of account acme in which +919812345679 appears. Nothing has been erased");
  expect(await api.store.listCalls("acme")).toHaveLength(3);
});

it("erases a call, and every call of a number", async () => {
  const call = await runCommand(eraseCommand(), "call", "one", "--yes", ...flags);
  expect(call).toEqual({
    out: "erased: 1 calls, 2 journal entries, 0 deliveries, 0 recordings\n",
    errors: "",
    status: 0,
  });
  const number = await runCommand(eraseCommand(), "number", "+919812345679", "--yes", "--json", ...flags);
  expect(JSON.parse(number.out)).toEqual({ calls: 1, steps: 2, deliveries: 0, recordings: 0 });
  expect((await api.store.listCalls("acme")).map(({ callSid }) => callSid)).toEqual(["up"]);
});

it.each([
  [["call", "one"], "account acme has no call one\n"],
  [["call", "up", "--yes"], "call up is live: it can be erased once it has ended\n"],
  [["number", "12", "--yes"], 'number is "12", it must be a number in E.164, such as +919812345678\n'],
])("says why %j is refused", async (args, errors) => {
  expect(await runCommand(eraseCommand(), ...args, ...flags)).toEqual({ out: "", errors, status: 1 });
});
