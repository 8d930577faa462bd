import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import type { Flow } from "../core/call/setup.ts";
import type { TestApi } from "../server/api/testing/test-api.ts";
import { idleExchange, startTestApi } from "../server/api/testing/test-api.ts";
import type { CallOrder, Placing } from "../server/exchange/call-order.ts";
import { callCommand } from "./call.ts";

const WORKSPACE = `accounts:
  - sid: acme
    tenant_id: 1
    api_keys: [{ key: acme-key, token: "\${ACME_TOKEN}" }]
    trunks: [{ name: main, address: 127.0.0.1:5080, accept_from: [127.0.0.1] }]
    exophones: [{ number: "+918047100000", flow: "11754" }]
flows:
  - { flow: "11754", account: acme, start: bye, applets: { bye: { type: hangup } } }
`;

const FLOW: Flow = { id: "11754", name: "", start: "bye", validation: "strict", applets: { bye: { type: "hangup" } } };

let api: TestApi;
let url: string;
let folder: string;
let placing: Placing | null = null;
const orders: CallOrder[] = [];

beforeAll(async () => {
  const place = (order: CallOrder): Promise<Placing> => {
    orders.push(order);
    const { from, exophone: to, customField, dialTo } = order;
    const row = {
      setup: "s",
      flow: "",
      from,
      to,
      direction: "outbound-dial",
      customField,
      dialTo,
      startedAt: 0,
    } as const;
    return Promise.resolve(placing ?? { kind: "placed", callSid: "5f3a", row });
  };
  api = await startTestApi({
    exchange: Object.assign(idleExchange(), { place, flow: () => FLOW }),
  });
  url = await api.app.listen({ port: 0, host: "127.0.0.1" });
  folder = mkdtempSync(join(tmpdir(), "plugboard-call-"));
  writeFileSync(join(folder, "plugboard.yaml"), WORKSPACE);
});

afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  orders.length = 0;
  placing = null;
});

async function call(...args: string[]): Promise<{ out: string; errors: string; status: unknown }> {
  let out = "";
  let errors = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => ((errors += String(text)), true));
  await callCommand().exitOverride().parseAsync(args, { from: "user" });
  vi.restoreAllMocks();
  const status: unknown = process.exitCode;
  process.exitCode = 0;
  return { out, errors, status };
}

const asAcme = () => ["--url", url, "--account", "acme", "--key", "acme-key:acme-token"];

it("calls a number into the flow of the ExoPhone", async () => {
  expect(await call("+919812345678", ...asAcme())).toEqual({
    out: "5f3a  09812345678 → 08047100000  in-progress\n",
    errors: "",
    status: 0,
  });
  expect(orders).toMatchObject([{ from: "+919812345678", exophone: "+918047100000", flowId: "11754", dialTo: null }]);
  expect(orders[0]?.key?.key).toMatch(/^[0-9a-f-]{36}$/);
});

it("calls a number into a flow, with a CustomField, from another ExoPhone", async () => {
  await call("+919812345678", "--flow", "22", "--custom-field", "order 12", "--caller-id", "08047100001", ...asAcme());
  expect(orders).toMatchObject([{ flowId: "22", customField: "order 12", exophone: "+918047100001" }]);
});

it("puts a number through to another", async () => {
  await call("+919900000011", "--from", "+919812345678", ...asAcme());
  expect(orders).toMatchObject([{ flowId: null, from: "+919812345678", dialTo: "+919900000011" }]);
});

it("prints the call as JSON", async () => {
  const { out } = await call("+919812345678", "--json", ...asAcme());
  expect(JSON.parse(out)).toMatchObject({ Sid: "5f3a", Status: "in-progress", Direction: "outbound-api" });
});

it("takes server, account and key from the environment, and the key from the workspace", async () => {
  vi.stubEnv("PLUGBOARD_SERVER", url);
  vi.stubEnv("PLUGBOARD_ACCOUNT", "acme");
  vi.stubEnv("PLUGBOARD_KEY", "acme-key:acme-token");
  expect((await call("+919812345678")).status).toBe(0);
  vi.stubEnv("PLUGBOARD_KEY", undefined);
  vi.stubEnv("ACME_TOKEN", "acme-token");
  expect(await call("+919812345678", "--workspace", join(folder, "plugboard.yaml"))).toMatchObject({
    errors: "",
    status: 0,
  });
});

it.each<[string, string[], RegExp, number]>([
  ["both --from and --flow", ["1", "--from", "2", "--flow", "3"], /give one of them/, 2],
  ["no account", ["1"], /which account\? Give it with --account, PLUGBOARD_ACCOUNT or --workspace/, 2],
  ["a key without a token", ["1", "--account", "acme", "--key", "acme-key"], /give key:token with --key/, 2],
  ["no URL", ["1", "--url", "nonsense", "--account", "a", "--key", "a:b"], /--url is "nonsense"/, 2],
])("says in one sentence what is wrong with its options: %s", async (_, args, message, status) => {
  const { errors, status: exit } = await call(...args);
  expect([errors, exit]).toEqual([expect.stringMatching(message), status]);
});

it("says in one sentence why the server refuses, or that nothing answers", async () => {
  expect(await call("me", ...asAcme())).toMatchObject({
    status: 1,
    errors: expect.stringMatching(/From .*me/) as string,
  });
  placing = { kind: "refused", reason: "account_full", message: "the account's concurrent_calls are in use" };
  expect(await call("+919812345678", ...asAcme())).toMatchObject({
    status: 1,
    errors: expect.stringContaining("the call was not placed: the account's concurrent_calls are in use") as string,
  });
  const wrongKey = await call("+919812345678", "--url", url, "--account", "acme", "--key", "acme-key:wrong");
  expect(wrongKey).toMatchObject({
    status: 1,
    errors: expect.stringContaining("no such key of account acme") as string,
  });
  const nobody = await call("+919812345678", "--url", "http://127.0.0.1:9", "--account", "acme", "--key", "a:b");
  expect(nobody).toMatchObject({
    status: 1,
    errors: expect.stringContaining("nothing answers at http://127.0.0.1:9") as string,
  });
});
