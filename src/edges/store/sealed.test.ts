import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seededRandom } from "../../base/random.ts";
import type { Log } from "../../base/log.ts";
import { silentLog } from "../../base/log.ts";
import { Sealer } from "./sealer.ts";
import { Store } from "./store.ts";
import { sampleCall } from "./testing/calls.ts";
import type { TestServer } from "./testing/server.ts";
import { startTestServer } from "./testing/server.ts";
import type { JournalRow } from "./types.ts";

const PASSWORD = "s3cret-of-the-url";
const TABLES = ["setups", "live", "calls", "journal", "recordings", "outbox", "store_key"];

let server: TestServer;
beforeAll(async () => (server = await startTestServer()));
afterAll(() => server.stop());

const open = (url: string, secret: string | null, log: Log = silentLog): Promise<Store> =>
  Store.open(url, { log, node: "n1", sealer: secret === null ? null : new Sealer(secret, seededRandom(1)) });

/** A call that contains the password everywhere except in the trace, which masks it. */
function callOf(callSid: string, upTo = 3): readonly JournalRow[] {
  const url = `https://user:${PASSWORD}@app.example/`;
  return sampleCall(callSid)
    .slice(0, upTo)
    .map((row) => ({
      ...row,
      event: JSON.stringify({ url }),
      legSnapshots: JSON.stringify({ url, n: row.seq }),
      outbox: [{ id: `${callSid}-${row.seq}`, order: "k", purpose: "dial_event", request: JSON.stringify({ url }) }],
    }));
}

async function dumpOf(url: string): Promise<string> {
  const rows = await Promise.all(TABLES.map((table) => server.query(url, `select * from ${table}`)));
  return JSON.stringify(rows);
}

describe("a store with a sealer", () => {
  it("A13: leaves no password in plain text in any table, and returns everything as it was", async () => {
    const url = await server.database();
    const store = await open(url, "the secret");
    await store.putSetup("h", JSON.stringify({ url: PASSWORD }));
    const [finished, live] = [callOf("a"), callOf("b", 2)];
    await store.append([...finished, ...live]);
    const dump = await dumpOf(url);
    expect(dump).not.toContain(PASSWORD);
    // One setup; event, legs and request of five steps; the key check.
    expect(dump.match(/sealed:2:/g)).toHaveLength(17);
    expect(await store.getSetup("h")).toEqual({ version: 2, json: JSON.stringify({ url: PASSWORD }) });
    const found = await store.getCall("acme", "a");
    expect(JSON.parse(found?.trace ?? "")).toEqual(finished.flatMap(({ trace }) => JSON.parse(trace) as unknown[]));
    expect(await store.unfinishedCalls()).toMatchObject([
      {
        callSid: "b",
        steps: live.map(({ seq, event }) => ({ seq, version: 2, json: event })),
        legSnapshots: { version: 2, json: live[1]?.legSnapshots },
      },
    ]);
    const claimed = await store.claimOutbox(10, 1000);
    expect(claimed.map(({ request }) => request)).toEqual(
      [finished[0], live[0]].map((row) => row?.outbox?.[0]?.request),
    );
    await store.close();
  });

  it("A13: hands new requests to the outbox's worker unsealed", async () => {
    const store = await open(await server.database(), "the secret");
    const taken: string[] = [];
    store.takeOutbox(1000, (rows) => taken.push(...rows.map(({ request }) => request)));
    const rows = callOf("a", 1);
    await store.append(rows);
    expect(taken).toEqual([rows[0]?.outbox?.[0]?.request]);
    await store.close();
  });

  it("A13: does not seal what cannot hold credentials, except for its requests", async () => {
    const url = await server.database();
    const store = await open(url, "the secret");
    const rows = callOf("a", 2).map((row) => ({ ...row, inClear: true as const }));
    await store.append(rows);
    const stored = await server.query(url, "select event, leg_snapshots from journal order by seq");
    expect(stored).toEqual(rows.map(({ event, legSnapshots }) => ({ event, leg_snapshots: legSnapshots })));
    expect(JSON.stringify(await server.query(url, "select * from outbox"))).not.toContain(PASSWORD);
    await store.close();
  });

  it("M4: reads what an earlier version stored unsealed", async () => {
    const url = await server.database();
    const before = await open(url, null);
    const rows = callOf("a", 2);
    await before.append(rows);
    await before.close();
    const store = await open(url, "the secret");
    expect((await store.unfinishedCalls())[0]?.steps.map(({ json }) => json)).toEqual(rows.map(({ event }) => event));
    await store.close();
  });

  it("A13: is refused with another secret before it writes anything", async () => {
    const url = await server.database();
    await (await open(url, "the secret")).close();
    await expect(open(url, "another")).rejects.toThrow("sealed with another secret: set PLUGBOARD_SECRET");
    await (await open(url, "the secret")).close();
  });

  it("M3: returns a damaged row as it is stored, shows the rest of its trace, and says which step is missing", async () => {
    const url = await server.database();
    const warnings: object[] = [];
    const store = await open(url, "the secret", { ...silentLog, warn: (fields) => warnings.push(fields) });
    await store.append(callOf("a", 2));
    await server.query(url, "update journal set event = left(event, -8), trace = left(trace, -8) where seq = 1");
    const [step] = (await store.unfinishedCalls())[0]?.steps ?? [];
    expect(step?.json).toMatch(/^sealed:2:/);
    expect(JSON.parse((await store.getCall("acme", "a"))?.trace ?? "")).toMatchObject([{ seq: 2 }]);
    expect(warnings).toContainEqual({ call: "a", seq: 1 });
    await store.close();
  });
});

describe("a sealed text", () => {
  const sealer = new Sealer("the secret", seededRandom(7));
  const sealed = sealer.seal("a", "event 1", "नमस्ते");

  it("A13: opens in its own place, and nowhere else", () => {
    expect(sealer.open("a", "event 1", sealed)).toBe("नमस्ते");
    expect(sealer.open("b", "event 1", sealed)).toBeNull();
    expect(sealer.open("a", "event 2", sealed)).toBeNull();
    expect(new Sealer("another", seededRandom(7)).open("a", "event 1", sealed)).toBeNull();
  });

  it("A13: is different each time, and does not open if a bit of it has changed", () => {
    expect(sealer.seal("a", "event 1", "नमस्ते")).not.toBe(sealed);
    const bytes = Buffer.from(sealed.slice("sealed:2:".length), "base64");
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(sealer.open("a", "event 1", `sealed:2:${changed.toString("base64")}`)).toBeNull();
    }
    for (const text of ["sealed:1:", "sealed:2:", "sealed:2:AAAA", "sealed:2:!"])
      expect(sealer.open("a", "event 1", text)).toBeNull();
  });

  it("M4: opens what the previous version sealed, in its own place", () => {
    const before = "sealed:1:Ag/6soVndz2NukInvLtmxmYpVJksV+iHc/BfMSSanzV2/xLHbkAPWtY+uykVMg==";
    expect(sealer.open("a", "event 1", before)).toBe("नमस्ते");
    expect(sealer.open("a", "event 2", before)).toBeNull();
    expect(sealer.open("b", "event 1", before)).toBeNull();
  });

  it("A13: opens after a restart, which seals under another key", () => {
    const restarted = new Sealer("the secret", seededRandom(8));
    expect(restarted.open("a", "event 1", sealed)).toBe("नमस्ते");
    const salt = (text: string): string => Buffer.from(text.slice("sealed:2:".length), "base64").toString("hex", 0, 16);
    expect(salt(restarted.seal("a", "event 1", ""))).not.toBe(salt(sealed));
    expect(salt(sealer.seal("b", "event 1", ""))).toBe(salt(sealed));
  });
});
