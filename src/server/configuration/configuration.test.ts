import * as fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import type { Log } from "../../base/log.ts";
import { seededRandom } from "../../base/random.ts";
import { err, ok } from "../../base/result.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { Sealer } from "../../edges/store/sealer.ts";
import { Store } from "../../edges/store/store.ts";
import type { TestServer } from "../../edges/store/testing/server.ts";
import { startTestServer } from "../../edges/store/testing/server.ts";
import { parseFlow } from "../../core/flow/flow.ts";
import { randomFlow } from "../../tools/simulator/testing/random-flow.ts";
import { FEED_EVENTS } from "../exchange/feed/feed-events.ts";
import type { Workspace, WorkspaceInput } from "../exchange/workspace.ts";
import { applyWorkspaceFile, replaceEdit } from "./apply-file.ts";
import { problemText } from "./resource-edits.ts";
import type { ConfigurationChange, EditOf } from "./configuration.ts";
import { Configuration } from "./configuration.ts";
import { exportWorkspace } from "./export-workspace.ts";
import type { ResourceKind, WantedResource } from "./resources.ts";
import { keyOf } from "./resources.ts";
import { MASK } from "./secrets.ts";

let server: TestServer;
const stores: Store[] = [];
const clock = new VirtualClock(1_767_600_000_000);
let nodes = 0;

beforeAll(async () => (server = await startTestServer()));
afterAll(() => server.stop());
// Each holds a handful of the server's connections.
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

const sealer = new Sealer("a secret of the platform", seededRandom(7));

async function storeAt(url: string): Promise<Store> {
  const store = await Store.open(url, { log: silentLog, node: `n${++nodes}`, sealer });
  stores.push(store);
  return store;
}

async function nodeAt(url: string, log: Log = silentLog): Promise<Configuration> {
  return Configuration.open({ table: (await storeAt(url)).configuration, clock, log });
}

const BYE = { flow: "1", start: "bye", applets: { bye: { type: "hangup" } } };
const TOKEN = "0123456789abcdef-token";

function account(fields: object = {}): object {
  return {
    sid: "acme",
    tenant_id: 1409,
    api_keys: [{ key: "k", token: TOKEN }],
    trunks: [{ name: "main", address: "127.0.0.1:5080", accept_from: ["127.0.0.1"] }],
    exophones: [{ number: "+918047100000", flow: "1", trunk: "main" }],
    ...fields,
  };
}

function inputOf(accounts: readonly object[], flows: readonly object[] = [BYE]): WorkspaceInput {
  return { document: { accounts, flows }, source: null };
}

const KEEP_OTHERS = { managedBy: null, removesAccount: () => false };

async function apply(node: Configuration, input: WorkspaceInput, by = "operator"): Promise<ConfigurationChange> {
  const applied = await node.change(by, replaceEdit(input, KEEP_OTHERS));
  if (!applied.ok) throw new Error(problemText(applied.error));
  return applied.value;
}

function details({ changes }: ConfigurationChange): readonly string[] {
  return changes.flatMap((change) => change.details);
}

/** Puts one resource as the API does. */
function put(kind: ResourceKind, name: string, document: WantedResource["document"]): EditOf {
  return async () =>
    ok({ put: [{ account: "acme", kind, name, position: null, document, source: null, managedBy: null }], remove: [] });
}

describe("applying a workspace", () => {
  it("takes effect here at once, and on another node when it polls", async () => {
    const url = await server.database();
    const [one, other] = [await nodeAt(url), await nodeAt(url)];
    const used: Workspace[] = [];
    other.start(async (workspace) => void used.push(workspace));
    expect(details(await apply(one, inputOf([account()])))).toEqual([
      "account acme is added.",
      'trunk "main" of account acme is added.',
      'exophone "+918047100000" of account acme is added.',
      'flow "1" of account acme is added.',
    ]);
    expect(one.workspace.accounts[0]?.flowOf.get("+918047100000")).toBe("1");
    clock.advance(1000);
    await other.refresh();
    expect(used.at(-1)?.flows.get("acme/1")?.start).toBe("bye");
    await other.stop();
  });

  it("sets how long data are kept, says what changes, and gives it back", async () => {
    const node = await nodeAt(await server.database());
    await apply(node, inputOf([account()]));
    expect(node.workspace.accounts[0]?.retention).toMatchObject({ callsDays: 400, tracesDays: 90, eventsDays: 30 });
    const retention = { traces_days: 30 };
    const changed = await apply(node, inputOf([account({ retention })]));
    expect(details(changed).join()).toMatch(/retention.*30/);
    expect(node.workspace.accounts[0]?.retention).toMatchObject({ callsDays: 400, tracesDays: 30 });
    const exported = exportWorkspace([...node.state.resources.values()], null);
    expect(exported).toMatchObject({ value: { workspace: { accounts: [{ retention: { traces_days: 30 } }] } } });
  });

  it("again from the same file changes nothing, not even the revision", async () => {
    const node = await nodeAt(await server.database());
    const { revision } = await apply(node, inputOf([account()]));
    expect(await apply(node, inputOf([account()]))).toEqual({ revision, changes: [] });
  });

  it("says in words what changes, reveals no secret, and keeps the rest as the same objects", async () => {
    const node = await nodeAt(await server.database());
    const other = { ...account({ sid: "globex", exophones: [{ number: "+918047100009" }] }) };
    await apply(node, inputOf([account(), other], [{ ...BYE, account: "acme" }]));
    const before = node.workspace;
    const trunk = { name: "main", address: "127.0.0.1:5081", accept_from: ["127.0.0.1"], password: "p" };
    const changed = account({ trunks: [trunk], api_keys: [{ key: "k", token: "another-token" }] });
    const lines = details(await apply(node, inputOf([changed, other], [{ ...BYE, account: "acme" }])));
    expect(lines).toEqual([
      "api_keys.k.token changes; it is secret.",
      'address changes from "127.0.0.1:5080" to "127.0.0.1:5081".',
      `password changes from null to "${MASK}".`,
    ]);
    expect(node.workspace.accounts[1]).toBe(before.accounts[1]);
    expect(node.workspace.flows.get("acme/1")).toBe(before.flows.get("acme/1"));
    expect(node.workspace.accounts[0]?.trunks[0]?.port).toBe(5081);
  });

  it("treats a spelled-out default as no change in meaning, and makes no version of a flow", async () => {
    const node = await nodeAt(await server.database());
    await apply(node, inputOf([account()]));
    const { changes } = await apply(node, inputOf([account()], [{ ...BYE, validation: "strict" }]));
    expect(changes.map(({ kind, change }) => [kind, change])).toEqual([["flow", "reworded"]]);
    expect(await node.table.versions("acme", "1")).toHaveLength(1);
  });

  it("is refused as a whole because of another account's ExoPhone or a missing flow", async () => {
    const node = await nodeAt(await server.database());
    await apply(node, inputOf([account()]));
    const thief = account({ sid: "globex", exophones: [{ number: "+918047100000", flow: "9" }] });
    const refused = await node.change("operator", replaceEdit(inputOf([thief], []), KEEP_OTHERS));
    expect(refused).toMatchObject({ ok: false, error: { kind: "invalid" } });
    expect(refused.ok ? "" : problemText(refused.error)).toBe(
      'account globex, exophone "+918047100000" flow: there is no flow "9" (known: none)\n' +
        'account globex, exophone "+918047100000" number: +918047100000 already belongs to account "acme"',
    );
    expect(node.workspace.accounts).toHaveLength(1);
  });

  it("keeps the order of trunks, and says when it changes", async () => {
    const node = await nodeAt(await server.database());
    const trunk = (name: string): object => ({ name, address: "192.0.2.1" });
    const exophones = [{ number: "+918047100000", flow: "1" }];
    await apply(node, inputOf([account({ exophones, trunks: [trunk("a"), trunk("b")] })]));
    expect(
      details(await apply(node, inputOf([account({ exophones, trunks: [trunk("b"), trunk("c"), trunk("a")] })]))),
    ).toEqual([
      'trunk "c" of account acme is added.',
      "The order of the trunks of account acme becomes b, c, a; it was a, b.",
    ]);
    expect(node.workspace.accounts[0]?.trunks.map(({ name }) => name)).toEqual(["b", "c", "a"]);
  });
});

describe("what is stored", () => {
  it("holds no token, password or URL with a password in clear text, nor does its history", async () => {
    const url = await server.database();
    const node = await nodeAt(url);
    const flow = {
      ...BYE,
      start: "c",
      applets: { c: { type: "connect", url: { primary: "https://u:hunter2@app.example" } } },
    };
    await apply(node, inputOf([account({ users: [{ name: "anil", password: "anils-password" }] })], [flow]));
    await apply(node, inputOf([account()]));
    const tables = ["configuration", "flow_versions", "configuration_changes"];
    const rows = await Promise.all(tables.map((table) => server.query(url, `select * from ${table}`)));
    const text = JSON.stringify(rows);
    expect(text).toContain("sealed:");
    for (const secret of [TOKEN, "anils-password", "hunter2"]) expect(text).not.toContain(secret);
  });

  it("may hold an unreadable row: only its account is lost, and the platform starts", async () => {
    const url = await server.database();
    const node = await nodeAt(url);
    const other = account({ sid: "globex", exophones: [{ number: "+918047100009" }] });
    await apply(node, inputOf([account(), other], [{ ...BYE, account: "acme" }]));
    await server.query(
      url,
      "update configuration set body = 'sealed:1:AAAA' where account = 'globex' and kind = 'trunk'",
    );
    const lines: string[] = [];
    const log = { ...silentLog, error: (fields: object) => void lines.push(JSON.stringify(fields)) };
    const later = await nodeAt(url, log);
    expect(later.workspace.accounts.map((each) => each.account.sid)).toEqual(["acme"]);
    expect(lines).toEqual([
      '{"reason":"trunk \\"main\\" of account globex can\'t be read"}',
      '{"reason":"account globex, trunks: Invalid input: expected array, received undefined"}',
    ]);
    const added = await later.change("operator", put("user", "anil", { name: "anil" }));
    expect(added.ok).toBe(true);
  });
});

describe("two writers", () => {
  it("of different things both succeed, in any order of commits", async () => {
    const url = await server.database();
    const [one, other] = [await nodeAt(url), await nodeAt(url)];
    await apply(one, inputOf([account()]));
    const people = Array.from({ length: 12 }, (_, i) => `person${i}`);
    const results = await Promise.all(
      people.map((name, i) => (i % 2 === 0 ? one : other).change(`writer ${i % 2}`, put("user", name, { name }))),
    );
    expect(results.every(({ ok: isOk }) => isOk)).toBe(true);
    await Promise.all([one.refresh(), other.refresh()]);
    expect(other.state).toEqual(one.state);
    expect(one.workspace.accounts[0]?.account.users.map(({ name }) => name).toSorted()).toEqual(people.toSorted());
    // Every change has its own revision.
    const revisions = (await one.table.changes("acme", null)).map(({ revision }) => revision);
    expect(new Set(revisions.slice(0, people.length)).size).toBe(people.length);
  });

  it("recompute a change made from an older state, and see the newer one", async () => {
    const url = await server.database();
    const [one, other] = [await nodeAt(url), await nodeAt(url)];
    await apply(one, inputOf([account()]));
    let seen: (string | undefined)[] = [];
    const slow: EditOf = async (state) => {
      const region = state.resources.get(keyOf({ account: "acme", kind: "exophone", name: "+918047100000" }))?.document[
        "region"
      ];
      seen = [...seen, region as string | undefined];
      if (seen.length === 1)
        await other.change(
          "other",
          put("exophone", "+918047100000", { number: "+918047100000", flow: "1", region: "KA" }),
        );
      return put("user", "anil", { name: "anil" })(state);
    };
    expect((await one.change("slow", slow)).ok).toBe(true);
    expect(seen).toEqual([undefined, "KA"]);
  });
});

describe("workspaces applied at the same time", () => {
  it("never mix: each is applied or refused as a whole, and the last one stays configured", async () => {
    const url = await server.database();
    const both = [await nodeAt(url), await nodeAt(url)] as const;
    await apply(both[0], inputOf([account()]));
    const names = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), { maxLength: 4 });
    const writes = fc.array(fc.record({ node: fc.constantFrom(0, 1), names, isShown: fc.boolean() }), {
      minLength: 2,
      maxLength: 6,
    });
    const property = fc.asyncProperty(writes, async (drawn) => {
      await Promise.all(both.map((node) => node.refresh()));
      const { revision } = both[0].state;
      const results = await Promise.all(
        drawn.map(({ node, names: people, isShown }) => {
          const users = people.map((name) => ({ name, email: `${name}@${people.length}.example` }));
          const edit = replaceEdit(inputOf([account({ users })]), KEEP_OTHERS);
          const shown: EditOf = async (state) =>
            state.revision === revision ? edit(state) : err({ kind: "changed_meanwhile", message: "" });
          return both[node === 0 ? 0 : 1].change(people.join(), isShown ? shown : edit);
        }),
      );
      await Promise.all(both.map((node) => node.refresh()));
      expect(both[0].state).toEqual(both[1].state);
      const applied = results.flatMap((result, i) =>
        result.ok ? [{ ...result.value, people: drawn[i]?.names ?? [] }] : [],
      );
      const last = applied.toSorted((a, b) => b.revision - a.revision || a.changes.length - b.changes.length)[0];
      const now = both[1].workspace.accounts[0]?.account.users.map(({ name, email }) => `${name} ${email ?? ""}`) ?? [];
      if (last !== undefined)
        expect(now).toEqual(last.people.map((name) => `${name} ${name}@${last.people.length}.example`));
    });
    await fc.assert(property, { numRuns: 40 });
  });
});

describe("a process that dies", () => {
  it("between committing and using a change leaves it to the next process", async () => {
    const url = await server.database();
    const store = await storeAt(url);
    const node = await Configuration.open({ table: store.configuration, clock, log: silentLog });
    await apply(node, inputOf([account()]));
    // It dies before using what it has committed.
    node.start(() => Promise.reject(new Error("killed")));
    const changed = { ...BYE, name: "after the crash" };
    const applied = await node.change("operator", replaceEdit(inputOf([account()], [changed]), KEEP_OTHERS));
    expect(applied).toMatchObject({ ok: true, value: { changes: [{ kind: "flow", change: "changed" }] } });
    expect(node.workspace.flows.get("acme/1")?.name).toBe("");
    expect((await nodeAt(url)).workspace.flows.get("acme/1")?.name).toBe("after the crash");
  });

  it("before the commit leaves nothing behind", async () => {
    const url = await server.database();
    const node = await nodeAt(url);
    await apply(node, inputOf([account()]));
    await server.query(url, "create function no() returns trigger language plpgsql as $$ begin raise 'killed'; end $$");
    await server.query(url, "create trigger t before insert on configuration_changes execute function no()");
    await expect(
      node.change("operator", replaceEdit(inputOf([account()], [{ ...BYE, name: "x" }]), KEEP_OTHERS)),
    ).rejects.toThrow("killed");
    await server.query(url, "drop trigger t on configuration_changes");
    const next = await nodeAt(url);
    expect([next.workspace.flows.get("acme/1")?.name, next.state.revision]).toEqual(["", node.state.revision]);
    expect(await next.table.versions("acme", "1")).toHaveLength(1);
  });
});

describe("the file of serve", () => {
  it("replaces its accounts, names in the log what it overwrites, and leaves other accounts", async () => {
    const node = await nodeAt(await server.database());
    const globex = account({ sid: "globex", exophones: [{ number: "+918047100009" }] });
    expect(await applyWorkspaceFile(node, inputOf([account()]), "n1", silentLog)).toEqual(ok(null));
    await apply(node, inputOf([globex], []));
    await node.change("key k", put("exophone", "+918047100000", { number: "+918047100000" }));
    await node.change("key k", put("user", "anil", { name: "anil" }));
    await node.change("key k", async () => ok({ put: [], remove: [{ account: "acme", kind: "user", name: "anil" }] }));
    const warnings: string[] = [];
    const log = {
      ...silentLog,
      warn: (fields: object, message: string) => void warnings.push(`${JSON.stringify(fields)} ${message}`),
    };
    await applyWorkspaceFile(node, inputOf([account({ users: [{ name: "anil" }] })]), "n1", log);
    expect(warnings).toEqual([
      '{"by":"key k","account":"acme"} drift: the workspace file replaces a change: flow changes from null to "1". trunk changes from null to "main".',
      '{"by":"key k","account":"acme"} drift: the workspace file replaces a change: user "anil" of account acme is added.',
    ]);
    expect(node.workspace.accounts.map((each) => each.account.sid)).toEqual(["acme", "globex"]);
    // An account no longer in the file is removed, as always; one from another source stays.
    await applyWorkspaceFile(node, inputOf([account({ sid: "new" })]), "n1", silentLog);
    expect(node.workspace.accounts.map((each) => each.account.sid)).toEqual(["globex", "new"]);
  });
});

describe("export", () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9 é"'-]{0,8}$/).filter((text) => text.trim() === text);
  const optional = { requiredKeys: ["name" as const] };
  const trunk = fc.record(
    {
      name,
      address: fc.constantFrom("192.0.2.1", "sip.example:5062", "[2001:db8::1]:5060"),
      accept_from: fc.uniqueArray(fc.constantFrom("192.0.2.1", "198.51.100.0/24"), { maxLength: 2 }),
      username: fc.constantFrom("u", null),
      password: fc.constantFrom("${PASSWORD}", "x${PASSWORD}y"),
      priority: fc.integer({ min: 1, max: 9 }),
    },
    { requiredKeys: ["name", "address"] },
  );
  const user = fc.record(
    { name, email: fc.constantFrom("a@b.example", null), password: fc.constant("${PASSWORD}") },
    optional,
  );
  const flowOf = fc.integer({ min: 1, max: 10_000 }).map((seed) => {
    for (let i = seed; ; i++) {
      const flow = randomFlow(seededRandom(i));
      if (parseFlow(flow).ok) return flow;
    }
  });
  const accounts = fc
    .array(
      fc.record({
        tenant_id: fc.constantFrom(1409, "1409"),
        timezone: fc.constantFrom("Asia/Kolkata", "Europe/London"),
        api_keys: fc.constantFrom([], [{ key: "k", token: "${TOKEN}" }]),
        trunks: fc.uniqueArray(trunk, { minLength: 1, maxLength: 3, selector: (each) => each.name }),
        users: fc.uniqueArray(user, { minLength: 1, maxLength: 3, selector: (each) => each.name }),
        flows: fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 99 }).map(String), flowOf), {
          minLength: 1,
          maxLength: 2,
          selector: ([id]) => id,
        }),
        order: fc.boolean(),
      }),
      { minLength: 1, maxLength: 3 },
    )
    .map(workspaceOf);

  interface DrawnAccount {
    readonly trunks: readonly { readonly name: string }[];
    readonly users: readonly { readonly name: string }[];
    readonly flows: readonly (readonly [string, object])[];
    readonly order: boolean;
  }

  /** Drawn parts as a workspace file: with matching names, and some flows in separate files. */
  function workspaceOf(drawn: readonly DrawnAccount[]): WorkspaceInput["document"] & { files: Record<string, object> } {
    const files: Record<string, object> = {};
    const written = drawn.map(({ flows, order, ...fields }, i) => {
      const people = fields.users.map((each) => each.name);
      const groups = [{ name: "all", users: people, ...(order ? { order: people.toReversed() } : {}) }];
      const exophones = flows.map(([id], n) => ({ number: `+9180471${10_000 + i * 100 + n}`, flow: id }));
      return { sid: `a${i}`, ...fields, exophones, ...(order ? { groups } : {}) };
    });
    const flows = drawn.flatMap(({ flows: own }, i) =>
      own.map(([id, flow], n) => {
        const document = { ...flow, flow: id, account: `a${i}` };
        if (n === 0) return document;
        files[`flows/${i}-${id}.yaml`] = document;
        return { file: `flows/${i}-${id}.yaml` };
      }),
    );
    return { accounts: written, flows, files };
  }

  function expanded(text: ReturnType<typeof workspaceOf>): WorkspaceInput {
    const { accounts: written, flows, files } = text;
    const environment: Record<string, string> = { PASSWORD: "pass word", TOKEN: "tok$en" };
    const replaced = JSON.parse(
      JSON.stringify(written).replaceAll(/\$\{([A-Z]+)\}/g, (_, key: string) => environment[key] ?? ""),
    ) as object[];
    const documents = flows.map((flow) => files[(flow as { file?: string }).file ?? ""] ?? (flow as object));
    return { document: { accounts: replaced, flows: documents }, source: { accounts: written, flows } };
  }

  it("returns every workspace as it was written, whatever was configured before", async () => {
    const node = await nodeAt(await server.database());
    await fc.assert(
      fc.asyncProperty(accounts, async (text) => {
        await node.change("test", replaceEdit(expanded(text), { managedBy: null, removesAccount: () => true }));
        const exported = exportWorkspace([...node.state.resources.values()], null);
        if (!exported.ok) throw new Error(exported.error);
        expect(exported.value.workspace.accounts).toEqual(text.accounts);
        expect(new Set(exported.value.workspace.flows)).toEqual(new Set(text.flows));
        expect(exported.value.files).toEqual(text.files);
        const { workspace } = exported.value;
        const again = { document: expanded(text).document, source: workspace };
        const second = await node.change("test", replaceEdit(again, KEEP_OTHERS));
        expect(second).toMatchObject({ ok: true, value: { changes: [] } });
      }),
      { numRuns: 60 },
    );
  });

  it("masks secrets that are in the file itself", async () => {
    const node = await nodeAt(await server.database());
    await apply(node, inputOf([account()]));
    const exported = exportWorkspace([...node.state.resources.values()], null);
    expect(JSON.stringify(exported)).not.toContain(TOKEN);
    expect(exported).toMatchObject({
      ok: true,
      value: { workspace: { accounts: [{ api_keys: [{ key: "k", token: MASK }] }] } },
    });
  });
});

it("each change is an event in its account's feed, with its author and without secrets", async () => {
  const url = await server.database();
  const store = await storeAt(url);
  const node = await Configuration.open({ table: store.configuration, clock, log: silentLog });
  await apply(node, inputOf([account()]), "anil");
  const { revision } = await apply(node, inputOf([account({ country: "US" })]), "priya");
  await store.feed.sequence();
  const { rows } = await store.feed.page("acme", 0, 100);
  const events = rows.map((row) => (row.kind === "own" ? row.event : null));
  const change = { revision, kind: "account", name: "", change: "changed", by: "priya" };
  expect(events.at(-1)).toMatchObject({ type: "configuration.changed", at: clock.now(), data: change });
  expect(FEED_EVENTS["configuration.changed"].data.safeParse(events.at(-1)?.data)).toMatchObject({ success: true });
  expect(events.length).toBeGreaterThan(3);
  expect(JSON.stringify(events)).not.toContain(TOKEN);
});

it("each change is in its account's audit log, with its author and without secrets", async () => {
  const store = await storeAt(await server.database());
  const node = await Configuration.open({ table: store.configuration, clock, log: silentLog });
  await apply(node, inputOf([account()]), "operator");
  await apply(node, inputOf([account({ country: "US" })]), "key acme-key");
  const entries = await store.audit.list("acme", { limit: 100 });
  expect(entries[0]).toMatchObject({
    action: "account.changed",
    actor: { kind: "key", id: "acme-key" },
    at: clock.now(),
    after: [expect.stringContaining("country")],
  });
  expect(entries.at(-1)?.actor).toEqual({ kind: "system", id: "operator" });
  expect(JSON.stringify(entries)).not.toContain(TOKEN);
});
