import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { parse, stringify } from "yaml";
import type { ConfiguredApi } from "../../test/support/configured-api.ts";
import { startConfiguredApi, TEST_SECRET } from "../../test/support/configured-api.ts";
import { applyCommand } from "./apply.ts";
import { exportCommand } from "./export.ts";

const FLOW = { flow: "1", account: "acme", start: "bye", applets: { bye: { type: "hangup" } } };

function account(fields: object = {}): object {
  return {
    sid: "acme",
    tenant_id: 1,
    api_keys: [{ key: "k", token: "${PLUGBOARD_TEST_TOKEN}" }],
    trunks: [{ name: "main", address: "192.0.2.1" }],
    exophones: [{ number: "+918047100000", flow: "1" }],
    ...fields,
  };
}

let api: ConfiguredApi;
let url = "";
let folder = "";

beforeAll(async () => {
  api = await startConfiguredApi({ accounts: [], flows: [] });
  url = await api.app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(() => api.stop());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plugboard-apply-"));
  mkdirSync(join(folder, "data"));
  writeFileSync(join(folder, "data", "secret"), `${TEST_SECRET}\n`);
  mkdirSync(join(folder, "flows"));
  vi.stubEnv("PLUGBOARD_TEST_TOKEN", "a-token");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

interface Ran {
  readonly out: string;
  readonly errors: string;
  readonly status: unknown;
}

async function run(command: "apply" | "export", ...args: string[]): Promise<Ran> {
  let [out, errors] = ["", ""];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => ((errors += String(text)), true));
  const parsed = command === "apply" ? applyCommand() : exportCommand();
  const common = ["--url", url, "--data", join(folder, "data")];
  await parsed.exitOverride().parseAsync([...common, ...args], { from: "user" });
  vi.restoreAllMocks();
  const status: unknown = process.exitCode;
  process.exitCode = 0;
  return { out, errors, status };
}

function write(accounts: readonly object[], flow: object = FLOW): string {
  const file = join(folder, "plugboard.yaml");
  writeFileSync(file, stringify({ accounts, flows: [{ file: "flows/support.yaml" }] }));
  writeFileSync(join(folder, "flows/support.yaml"), stringify(flow));
  return file;
}

it("apply shows the difference and changes nothing, applies it with --yes, and export returns the same files", async () => {
  const file = write([account()]);
  const shown = await run("apply", file);
  expect([shown.status, shown.errors]).toEqual([1, ""]);
  expect(shown.out).toBe(
    "+ account acme is added.\n" +
      '+ trunk "main" of account acme is added.\n' +
      '+ exophone "+918047100000" of account acme is added.\n' +
      '+ flow "1" of account acme is added.\n' +
      "4 differences. Nothing is changed yet: --yes applies it.\n",
  );
  expect(api.configuration.workspace.accounts).toEqual([]);
  const applied = await run("apply", file, "--yes");
  expect([applied.status, applied.errors]).toEqual([0, ""]);
  expect(applied.out).toMatch(/Applied as revision \d+: it takes effect with the next call\.\n$/);
  expect(api.directory.account("acme")?.apiKeys).toMatchObject([{ key: "k", token: "a-token" }]);
  expect(await run("apply", file)).toEqual({ out: "The platform already matches the file.\n", errors: "", status: 0 });

  mkdirSync(join(folder, "back"));
  const exported = await run("export", "--output", join(folder, "back/plugboard.yaml"));
  expect([exported.status, exported.errors]).toEqual([0, ""]);
  for (const name of ["plugboard.yaml", "flows/support.yaml"])
    expect(parse(readFileSync(join(folder, "back", name), "utf8"))).toEqual(
      parse(readFileSync(join(folder, name), "utf8")),
    );
  const again = await run("export", "--output", join(folder, "back/plugboard.yaml"));
  expect([again.status, again.errors]).toEqual([2, expect.stringContaining("already exists and is not overwritten")]);
  const one = await run("export");
  expect(parse(one.out)).toMatchObject({ accounts: [account()], flows: [FLOW] });
});

it("apply --check names what was changed on the platform, by whom and when, and exits with 1", async () => {
  const file = write([account()]);
  await run("apply", file, "--yes");
  const edit = { account: "acme", kind: "exophone", name: "+918047100000", position: null } as const;
  const document = { number: "+918047100000", flow: "1", region: "KA" };
  const put = [{ ...edit, document, source: null, managedBy: null }];
  await api.configuration.change("key k", async () => ({ ok: true, value: { put, remove: [] } }));
  const { out, status } = await run("apply", file, "--check");
  expect(out).toMatch(
    /^~ account acme, exophone \+918047100000 \(last changed by key k, \d{4}-.*Z\)\n {4}region changes from "KA" to null\.\n1 difference between the platform and the file\.\n$/,
  );
  expect(status).toBe(1);
});

it("apply describes changes of a flow in terms of the flow", async () => {
  await run("apply", write([account()]), "--yes");
  const after = { ...FLOW, start: "vm", applets: { ...FLOW.applets, vm: { type: "voicemail", next: "bye" } } };
  const { out } = await run("apply", write([account()], after));
  expect(out).toContain('    start changes from "bye" to "vm".\n    applets.vm is added: a voicemail.\n');
  expect(out).toContain(
    '  ! All callers now reach voicemail "vm" instead of hangup "bye".\n      for example bye → the call ends\n',
  );
});

it("says why it can't: a faulty file, a refusal of the platform, no key, no platform", async () => {
  const faulty = await run("apply", write([account({ tenant_id: "no" })]));
  expect([faulty.status, faulty.errors]).toEqual([
    2,
    expect.stringMatching(/plugboard\.yaml:3: accounts\[0\]\.tenant_id/),
  ]);
  const file = write([account()]);
  const wrong = await run("apply", file, "--key", "k:wrong");
  expect([wrong.status, wrong.errors]).toEqual([1, expect.stringContaining("is needed (HTTP Basic)")]);
  const noSecret = await run("apply", file, "--data", join(folder, "nowhere"));
  expect([noSecret.status, noSecret.errors]).toEqual([2, expect.stringContaining("name its data folder with --data")]);
  const nobody = await run("apply", file, "--url", "http://127.0.0.1:9");
  expect([nobody.status, nobody.errors]).toEqual([2, expect.stringContaining("is plugboard serve running there?")]);
});

it("export writes no file outside its folder, whatever file names the platform sends", async () => {
  const source = { file: "../../escaped.yaml" };
  const put = [
    { account: "acme", kind: "flow", name: "1", position: null, document: FLOW, source, managedBy: null } as const,
  ];
  await api.configuration.change("hostile", async () => ({ ok: true, value: { put, remove: [] } }));
  mkdirSync(join(folder, "a/b"), { recursive: true });
  await run("export", "--output", join(folder, "a/b/w.yaml"));
  expect(parse(readFileSync(join(folder, "a/b/w.yaml"), "utf8"))).toMatchObject({ flows: [FLOW] });
});
