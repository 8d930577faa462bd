import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ConfiguredApi } from "../../../test/support/configured-api.ts";
import { OPERATOR_CREDENTIALS, startConfiguredApi } from "../../../test/support/configured-api.ts";

const FLOW = { flow: "1", account: "acme", start: "bye", applets: { bye: { type: "hangup" } } };

function account(sid: string, number: string, fields: object = {}): object {
  return {
    sid,
    tenant_id: 1,
    api_keys: [{ key: `${sid}-key`, token: `${sid}-token` }],
    trunks: [{ name: "main", address: "192.0.2.1", password: "trunk-password", username: "u" }],
    exophones: [{ number, flow: sid === "acme" ? "1" : null }],
    ...fields,
  };
}

const ACME = account("acme", "+918047100000");
const GLOBEX = account("globex", "+918047100009");

let api: ConfiguredApi;
beforeAll(async () => (api = await startConfiguredApi({ accounts: [ACME, GLOBEX], flows: [FLOW] })));
afterAll(() => api.stop());

function apply(accounts: readonly object[], rest: object = {}, credentials?: string) {
  const body = { workspace: { accounts, flows: [FLOW] }, ...rest };
  return api.ask("POST", "/api/workspace/apply", { body, ...(credentials !== undefined && { credentials }) });
}

interface Applied {
  readonly revision: number;
  readonly changes: readonly { readonly details: readonly string[] }[];
}

describe("POST /api/workspace/apply", () => {
  it("changes nothing with dry_run; then the change is made only from the state that was shown", async () => {
    const changed = account("acme", "+918047100000", { users: [{ name: "anil" }] });
    const body = { workspace: { accounts: [changed], flows: [FLOW] } };
    const shown = (await api.ask("POST", "/api/workspace/apply?dry_run", { body })).json<Applied>();
    expect(shown).toMatchObject({ applied: false, changes: [{ kind: "user", change: "added" }] });
    expect(api.directory.account("acme")?.account.users).toEqual([]);
    await api.configuration.change("someone else", async () => ({
      ok: true,
      value: {
        put: [
          {
            account: "globex",
            kind: "user",
            name: "g",
            position: null,
            document: { name: "g" },
            source: null,
            managedBy: null,
          },
        ],
        remove: [],
      },
    }));
    const late = await apply([changed], { based_on: shown.revision });
    expect([late.statusCode, late.json<{ detail: string }>().detail]).toEqual([
      409,
      `the configuration has changed meanwhile (revision ${shown.revision + 1}, not ${shown.revision}): look at the difference again`,
    ]);
    const applied = await apply([changed], { based_on: shown.revision + 1 });
    expect(applied.json()).toMatchObject({ applied: true, revision: shown.revision + 2 });
    expect(api.directory.account("acme")?.account.users).toMatchObject([{ name: "anil" }]);
  });

  it("applies one of two changes based on the same state, and refuses the other", async () => {
    const { revision } = api.configuration.state;
    const answers = await Promise.all(
      ["a@x.example", "b@x.example"].map((email) =>
        apply([account("acme", "+918047100000", { users: [{ name: "anil", email }] })], { based_on: revision }),
      ),
    );
    expect(answers.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b)).toEqual([200, 409]);
  });

  it("a key may change its own account except limits, keys and networks, but no other or new account", async () => {
    const users = account("acme", "+918047100000", { users: [{ name: "priya" }] });
    expect((await apply([users], {}, "acme-key:acme-token")).statusCode).toBe(200);
    const wide = await apply(
      [account("acme", "+918047100000", { private_destinations: true })],
      {},
      "acme-key:acme-token",
    );
    expect([wide.statusCode, wide.json<{ detail: string }>().detail]).toEqual([
      403,
      expect.stringContaining("only the operator may change account acme itself"),
    ]);
    for (const credentials of ["globex-key:globex-token", "acme-key:wrong", "operator:wrong", "operator:"])
      expect((await apply([users], {}, credentials)).statusCode).toBe(401);
    expect((await apply([account("new", "+918047100011")], {}, "acme-key:acme-token")).statusCode).toBe(401);
    expect((await apply([users], { prune: true }, "acme-key:acme-token")).statusCode).toBe(401);
  });

  it("removes accounts that are not named, with prune", async () => {
    const { changes } = (await apply([ACME], { prune: true })).json<Applied>();
    expect(changes.flatMap(({ details }) => details)).toContain("account globex is removed.");
    expect(api.directory.account("globex")).toBeUndefined();
    await apply([ACME, GLOBEX]);
  });
});

describe("a hostile document", () => {
  const deep = `{"workspace":{"accounts":[${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}]}}`;
  it.each<[string, () => unknown, RegExp]>([
    ["nested a hundred thousand levels deep", () => deep, /nested deeper/],
    [
      "with a flow that is a file on this machine",
      () => ({ workspace: { accounts: [ACME], flows: [{ file: "/etc/passwd" }] } }),
      /must be the flow itself/,
    ],
    [
      "with a sid that is a path",
      () => ({ workspace: { accounts: [account("../etc", "+918047100001")] } }),
      /sid: must be 1 to 64/,
    ],
    [
      "with a name that no text column can hold",
      () => ({ workspace: { accounts: [account("acme", "+918047100000", { users: [{ name: "a\u0000b" }] })] } }),
      /without control characters/,
    ],
    [
      "with half a character for a name",
      () => ({ workspace: { accounts: [account("acme", "+918047100000", { users: [{ name: "\ud800" }] })] } }),
      /without control characters/,
    ],
    ["with two accounts of the same sid", () => ({ workspace: { accounts: [ACME, ACME] } }), /given twice/],
    [
      "with a user twice",
      () => ({
        workspace: {
          accounts: [account("acme", "+918047100000", { users: [{ name: "a" }, { name: "a" }] })],
          flows: [FLOW],
        },
      }),
      /user "a" is given twice/,
    ],
    [
      "with a mask where nothing is stored",
      () => ({
        workspace: {
          accounts: [account("acme", "+918047100000", { signing_secret: "********".repeat(4) })],
          flows: [FLOW],
        },
      }),
      /stands for a stored secret/,
    ],
    [
      "with a number of another account",
      () => ({ workspace: { accounts: [account("acme", "+918047100009")], flows: [FLOW] } }),
      /already belongs to account/,
    ],
  ])("%s gets 422 with a sentence, and changes nothing", async (_, body, sentence) => {
    const { revision } = api.configuration.state;
    const answer = await api.ask("POST", "/api/workspace/apply", { body: body() });
    expect(answer.statusCode, answer.body).toBe(422);
    expect(answer.json<{ errors: string[] }>().errors.join("\n")).toMatch(sentence);
    expect(api.configuration.state.revision).toBe(revision);
  });

  it.each<[string, unknown, RegExp]>([
    ["nothing", {}, /workspace is missing, it must be an object/],
    ["a list", [], /the body is \[\], it must be an object/],
    ["an unknown field", { workspace: { accounts: [ACME] }, force: true }, /there is no field "force"/],
  ])("%s for a body gets 400 with a sentence", async (_, body, sentence) => {
    const answer = await api.ask("POST", "/api/workspace/apply", { body });
    expect([answer.statusCode, answer.json<{ detail: string }>().detail]).toEqual([
      400,
      expect.stringMatching(sentence),
    ]);
  });

  it("with __proto__ in it is refused while it is parsed", async () => {
    const answer = await api.app.inject({
      method: "POST",
      url: "/api/workspace/apply",
      headers: { "content-type": "application/json", authorization: `Basic ${btoa(OPERATOR_CREDENTIALS)}` },
      payload: '{"workspace":{"accounts":[{"__proto__":{"sid":"acme"}}]}}',
    });
    expect(answer.statusCode).toBe(400);
  });
});

describe("GET /api/workspace", () => {
  it("returns what was applied, without secrets; applying it again changes nothing", async () => {
    await apply([ACME, GLOBEX]);
    const exported = await api.ask("GET", "/api/workspace");
    expect(exported.body).not.toMatch(/acme-token|trunk-password/);
    const { workspace } = exported.json<{ workspace: { accounts: object[]; flows: object[] } }>();
    expect(workspace.flows).toEqual([FLOW]);
    const again = await api.ask("POST", "/api/workspace/apply", { body: { workspace } });
    expect(again.json()).toMatchObject({ changes: [] });
    expect(api.directory.account("acme")?.trunks[0]?.credentials).toEqual({
      username: "u",
      password: "trunk-password",
    });
  });

  it("opens with an account's key for that account, and only for the operator for all", async () => {
    const credentials = "acme-key:acme-token";
    const own = await api.ask("GET", "/api/workspace?account=acme", { credentials });
    expect(own.json()).toMatchObject({ workspace: { accounts: [{ sid: "acme" }] } });
    for (const url of ["/api/workspace", "/api/workspace?account=globex", "/api/workspace?account=nobody"])
      expect((await api.ask("GET", url, { credentials })).statusCode).toBe(401);
  });
});
