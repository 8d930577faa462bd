import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ConfiguredApi, Method } from "../../../test/support/configured-api.ts";
import { startConfiguredApi } from "../../../test/support/configured-api.ts";
import { changeNumber } from "../configuration/resource-edits.ts";

const BYE = { type: "hangup" };
const FLOW = { flow: "1", account: "acme", start: "bye", applets: { bye: BYE } };
const SALES = {
  type: "connect",
  url: { primary: "https://u:hunter2@app.example/connect" },
  exits: { nobody_answered: "bye" },
};
const BETTER = { flow: "1", name: "better", start: "sales", applets: { sales: SALES, bye: BYE } };
const KEY = "acme-key:acme-token";

const ACME = {
  sid: "acme",
  tenant_id: 1,
  api_keys: [{ key: "acme-key", token: "acme-token" }],
  trunks: [{ name: "main", address: "192.0.2.1", username: "u", password: "trunk-password" }],
  exophones: [{ number: "+918047100000", flow: "1" }],
};
const GLOBEX = {
  ...ACME,
  sid: "globex",
  api_keys: [{ key: "g", token: "g" }],
  exophones: [{ number: "+918047100009" }],
};

let api: ConfiguredApi;
beforeAll(async () => (api = await startConfiguredApi({ accounts: [ACME, GLOBEX], flows: [FLOW] })));
afterAll(() => api.stop());
beforeEach(async () => {
  const body = { workspace: { accounts: [ACME, GLOBEX], flows: [FLOW] } };
  expect((await api.ask("POST", "/api/workspace/apply", { body })).statusCode).toBe(200);
  await api.ask("DELETE", "/api/accounts/acme/flows/1/draft", { headers: { "if-match": "*" } });
});

function ask(method: Method, path: string, body?: unknown, ifMatch?: string, credentials = KEY) {
  const headers = ifMatch === undefined ? {} : { "if-match": ifMatch };
  return api.ask(method, `/api/accounts/acme${path}`, { body, credentials, headers });
}

const published = () => api.configuration.workspace.flows.get("acme/1");

describe("a draft", () => {
  it("changes nothing for callers until it is published, and then is the next version", async () => {
    const saved = await ask("PUT", "/flows/1/draft", BETTER);
    expect([saved.statusCode, saved.json()]).toEqual([200, { findings: expect.any(Array) as unknown[] }]);
    expect(published()?.name).toBe("");
    const list = (await ask("GET", "/flows")).json<{
      flows: { published: { version: number }; draft: { etag: string } }[];
    }>();
    const before = list.flows[0]?.published.version ?? 0;
    expect(list).toMatchObject({
      flows: [{ flow: "1", draft: { etag: saved.headers.etag, changed_by: "key acme-key" } }],
    });
    const done = await ask("POST", "/flows/1/publish", undefined, String(saved.headers.etag));
    expect([done.statusCode, done.json()]).toMatchObject([200, { version: before + 1, name: "better" }]);
    expect(published()?.name).toBe("better");
    expect((await ask("GET", "/flows/1/draft")).statusCode).toBe(404);
  });

  it("is saved only over the state its writer has seen: one of two writers gets 412 with a sentence", async () => {
    const etag = String((await ask("PUT", "/flows/1/draft", BETTER)).headers.etag);
    expect((await ask("PUT", "/flows/1/draft", BETTER)).statusCode).toBe(428);
    const answers = await Promise.all(
      ["one", "two"].map((name) => ask("PUT", "/flows/1/draft", { ...BETTER, name }, etag)),
    );
    expect(answers.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b)).toEqual([200, 412]);
    const late = answers.find(({ statusCode }) => statusCode === 412)?.json<{ detail: string }>().detail;
    expect(late).toMatch(
      /^draft of flow 1 of account acme was changed by someone else since you read it \(ETag "\d+" now\): read it again$/,
    );
    expect((await ask("POST", "/flows/1/publish", undefined, etag)).statusCode).toBe(412);
  });

  it("with mistakes is kept, but can't be published; the refusal lists every finding", async () => {
    const faulty = { ...BETTER, applets: { sales: { ...SALES, exits: { nobody_answered: "nowhere" } }, bye: BYE } };
    const etag = String((await ask("PUT", "/flows/1/draft", faulty)).headers.etag);
    const checked = (await ask("POST", "/flows/1/validate")).json<{ publishable: boolean }>();
    expect(checked.publishable).toBe(false);
    const refused = await ask("POST", "/flows/1/publish", undefined, etag);
    expect(refused.statusCode).toBe(422);
    expect(refused.json()).toMatchObject({
      findings: [{ level: "error", rule: "EXIT-6", path: "applets.sales.exits.nobody_answered" }],
      errors: [
        expect.stringMatching(/^applets\.sales\.exits\.nobody_answered: is "nowhere"; allowed is the id of an applet/),
      ],
    });
    expect(published()?.name).toBe("");
  });

  it("doesn't show a URL's password, and keeps it when the masked one comes back", async () => {
    let etag = String((await ask("PUT", "/flows/1/draft", BETTER)).headers.etag);
    const read = await ask("GET", "/flows/1/draft");
    expect(read.body).not.toContain("hunter2");
    etag = String((await ask("PUT", "/flows/1/draft", { ...read.json<object>(), name: "again" }, etag)).headers.etag);
    await ask("POST", "/flows/1/publish", undefined, etag);
    expect(published()).toMatchObject({ name: "again", applets: { sales: { url: SALES.url } } });
    for (const path of ["/flows/1", "/flows/1/versions/2", "/flows/1/diff?from=1&to=published"])
      expect((await ask("GET", path)).body).not.toContain("hunter2");
    const elsewhere = {
      ...BETTER,
      applets: { sales: { ...SALES, url: { primary: "https://u:********@evil.example" } }, bye: BYE },
    };
    const stolen = await ask("PUT", "/flows/1/draft", elsewhere);
    expect([stolen.statusCode, stolen.json<{ detail: string }>().detail]).toEqual([
      422,
      expect.stringContaining("none is stored there"),
    ]);
  });

  it.each<[string, string, unknown, RegExp]>([
    ["with another id", "1", { ...BETTER, flow: "2" }, /flow is "2", it must be "1", as in the address/],
    ["of another account", "1", { ...BETTER, account: "globex" }, /account is "globex", it must be "acme"/],
    ["whose id is not a number", "support", { ...BETTER, flow: "support" }, /its id must be digits/],
    ["nested too deep", "1", `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`, /nested deeper/],
  ])("%s is refused with a sentence", async (_, id, body, sentence) => {
    const refused = await ask("PUT", `/flows/${id}/draft`, body);
    expect([refused.statusCode, refused.json<{ detail: string }>().detail]).toEqual([
      422,
      expect.stringMatching(sentence),
    ]);
  });
});

it("a body that is not an object and an unreadable condition are refused by field", async () => {
  const list = await ask("PUT", "/flows/1/draft", []);
  expect([list.statusCode, list.json()]).toMatchObject([400, { detail: "the body is [], it must be an object" }]);
  const condition = await ask("PUT", "/flows/1/draft", BETTER, "yesterday");
  expect([condition.statusCode, condition.json()]).toMatchObject([400, { field: "if-match" }]);
});

describe("versions", () => {
  it("never change; going back makes an earlier one take the next call, and the next version gets a new number", async () => {
    const { versions: had } = (await ask("GET", "/flows/1/versions")).json<{ versions: unknown[] }>();
    const first = had.length;
    await ask("PUT", "/flows/1/draft", BETTER);
    const { etag } = (await ask("POST", "/flows/1/publish", undefined, "*")).json<{ etag: string }>();
    const back = await ask("POST", "/flows/1/rollback", { version: first }, etag);
    expect(back.json()).toMatchObject({ version: first });
    expect(published()?.name).toBe("");
    expect((await ask("POST", "/flows/1/rollback", { version: first + 1 }, etag)).statusCode).toBe(412);
    expect((await ask("POST", "/flows/1/rollback", { version: 999 }, "*")).statusCode).toBe(404);
    expect((await ask("POST", "/flows/1/rollback", { version: "1" }, "*")).statusCode).toBe(400);
    await ask("PUT", "/flows/1/draft", { ...BETTER, name: "third" });
    expect((await ask("POST", "/flows/1/publish", undefined, "*")).json()).toMatchObject({ version: first + 2 });
    expect((await ask("GET", `/flows/1/versions/${first + 1}`)).json()).toMatchObject({ name: "better" });
    const { changes } = (await ask("GET", "/changes")).json<{ changes: { change: string; changed_by: string }[] }>();
    expect(changes.slice(0, 3).map(({ change, changed_by }) => [change, changed_by])).toEqual([
      ["changed", "key acme-key"],
      ["rolled_back", "key acme-key"],
      ["changed", "key acme-key"],
    ]);
  });

  it("are compared in terms of the flow", async () => {
    await ask("PUT", "/flows/1/draft", {
      ...FLOW,
      start: "vm",
      applets: { bye: BYE, vm: { type: "voicemail", next: "bye" } },
    });
    const { changes } = (await ask("GET", "/flows/1/diff")).json<{ changes: { message: string }[] }>();
    expect(changes.map(({ message }) => message)).toEqual([
      'start changes from "bye" to "vm".',
      "applets.vm is added: a voicemail.",
    ]);
    expect((await ask("GET", "/flows/1/diff?to=yesterday")).statusCode).toBe(404);
    const { outcomes } = (await ask("GET", "/flows/1/diff?outcomes=true")).json<{ outcomes: { outcomes: object[] } }>();
    expect(outcomes.outcomes[0]).toMatchObject({
      message: 'All callers now reach voicemail "vm" instead of hangup "bye".',
      before: "bye → the call ends",
    });
  });
});

describe("a flow", () => {
  it("that a number points at can't be removed; another one is removed with its draft", async () => {
    const refused = await ask("DELETE", "/flows/1", undefined, "*");
    expect([refused.statusCode, refused.json<{ detail: string }>().detail]).toEqual([
      422,
      'account acme, exophone "+918047100000" flow: there is no flow "1" (known: none)',
    ]);
    await ask("PUT", "/flows/2/draft", { ...BETTER, flow: "2" });
    await ask("POST", "/flows/2/publish", undefined, "*");
    await ask("PUT", "/flows/2/draft", { ...BETTER, flow: "2" });
    expect((await ask("DELETE", "/flows/2", undefined, "*")).statusCode).toBe(200);
    expect((await ask("GET", "/flows")).json<{ flows: unknown[] }>().flows).toHaveLength(1);
  });
});

describe("trunks, numbers and people", () => {
  it("are put, read without secrets, kept when sent back, and removed", async () => {
    const etag = String((await ask("GET", "/trunks/main")).headers.etag);
    const read = (await ask("GET", "/trunks/main")).json<object>();
    expect(read).toMatchObject({ name: "main", password: "********" });
    const put = await ask("PUT", "/trunks/main", { ...read, priority: 2 }, etag);
    expect(put.json()).toMatchObject({ changes: [{ details: ["priority changes from 1 to 2."] }] });
    expect(api.directory.account("acme")?.trunks[0]).toMatchObject({
      priority: 2,
      credentials: { password: "trunk-password" },
    });
    expect((await ask("PUT", "/users/anil", { number: "+919900000011" })).statusCode).toBe(200);
    expect((await ask("PUT", "/groups/sales", { users: ["anil"] })).statusCode).toBe(200);
    expect(api.directory.account("acme")?.account.groups).toEqual({ sales: ["anil"] });
    const used = await ask("DELETE", "/users/anil", undefined, "*");
    expect([used.statusCode, used.json<{ detail: string }>().detail]).toEqual([
      422,
      expect.stringContaining('there is no user "anil"'),
    ]);
    expect((await ask("DELETE", "/groups/sales", undefined, "*")).statusCode).toBe(200);
    expect((await ask("GET", "/users")).json()).toMatchObject({
      users: [{ name: "anil", document: { number: "+919900000011" } }],
    });
  });

  it("one of two writers gets 412; one who doesn't say what they replace gets 428; deleted ones aren't recreated", async () => {
    const path = `/exophones/${encodeURIComponent("+918047100000")}`;
    const etag = String((await ask("GET", path)).headers.etag);
    const answers = await Promise.all(["KA", "DL"].map((region) => ask("PUT", path, { flow: "1", region }, etag)));
    expect(answers.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b)).toEqual([200, 412]);
    expect((await ask("PUT", path, { flow: "1" })).statusCode).toBe(428);
    expect((await ask("PUT", "/users/nobody", {}, '"1"')).statusCode).toBe(412);
    expect((await ask("PUT", path, { flow: "1" }, "yesterday")).statusCode).toBe(400);
  });

  it.each<[string, unknown, RegExp]>([
    ["/exophones/12345", { flow: "1" }, /"12345" is not an E\.164 number/],
    ["/exophones/+918047100009", {}, /already belongs to account/],
    ["/exophones/+918047100001", { flow: "9" }, /there is no flow "9"/],
    ["/trunks/second", { address: "not an address" }, /trunk "second" address: must be host or host:port/],
    ["/trunks/second", { address: "192.0.2.7", colour: "red" }, /unknown key "colour"/],
    ["/users/anil", { name: "other" }, /name must be "anil", as in the address/],
    ["/users/anil", { password: "********" }, /none is stored there/],
    ["/groups/sales", { users: ["nobody"] }, /there is no user "nobody"/],
  ])("%s with a mistake gets 422 with a sentence", async (path, body, sentence) => {
    const refused = await ask("PUT", path, body);
    expect([refused.statusCode, refused.json<{ detail: string }>().detail]).toEqual([
      422,
      expect.stringMatching(sentence),
    ]);
  });

  it("open only for the account's own keys and the operator", async () => {
    for (const [method, path] of [
      ["GET", "/trunks"],
      ["PUT", "/users/x"],
      ["GET", "/flows"],
      ["POST", "/flows/1/publish"],
      ["GET", "/changes"],
    ] as const) {
      expect((await ask(method, path, method === "PUT" ? {} : undefined, undefined, "g:g")).statusCode).toBe(401);
      expect((await ask(method, path, method === "PUT" ? {} : undefined, undefined, "acme-key:no")).statusCode).toBe(
        401,
      );
    }
    expect((await ask("GET", "/trunks", undefined, undefined, "operator:wrong")).statusCode).toBe(401);
    expect((await api.ask("GET", "/api/accounts/acme/trunks")).statusCode).toBe(200);
    expect((await api.ask("GET", "/api/accounts/nobody/trunks")).statusCode).toBe(404);
  });
});

describe("changeNumber", () => {
  it("points a number at another flow for the next call, and reports errors in one sentence", async () => {
    const { configuration } = api;
    await ask("PUT", "/flows/2/draft", { ...BETTER, flow: "2" });
    await ask("POST", "/flows/2/publish", undefined, "*");
    const place = { account: "acme", number: "+918047100000" };
    expect(await changeNumber(configuration, "key k", place, { flow: "2", name: "Desk" })).toEqual({
      ok: true,
      value: undefined,
    });
    expect(api.directory.account("acme")?.flowOf.get("+918047100000")).toBe("2");
    expect(await changeNumber(configuration, "key k", place, { flow: "77" })).toEqual({
      ok: false,
      error: 'account acme, exophone "+918047100000" flow: there is no flow "77" (known: 1, 2)',
    });
    expect(await changeNumber(configuration, "key k", { ...place, number: "+911" }, {})).toEqual({
      ok: false,
      error: "account acme has no number +911",
    });
  });
});
