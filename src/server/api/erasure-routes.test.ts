import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { Sealer } from "../../edges/store/sealer.ts";
import { Store } from "../../edges/store/store.ts";
import type { JournalRow } from "../../edges/store/types.ts";
import { RecordingRemoval } from "../retention/recording-removal.ts";
import { basic } from "./testing/access.ts";
import type { SampleCall } from "./testing/calls.ts";
import { rowsOf } from "./testing/calls.ts";
import type { TestApi } from "./testing/test-api.ts";
import { AUTHORIZATION, idleExchange, START_MS, startTestApi } from "./testing/test-api.ts";

const NUMBER = "+919812345678";
/** What every form of the number contains without its separators. */
const DIGITS = "9812345678";
const OTHER = "+919900000077";

let api: TestApi;
/** Calls whose last file is still being closed. */
const busy = new Set<string>();

beforeAll(async () => {
  const exchange = Object.assign(idleExchange(), { isLive: (sid: string) => busy.has(sid) });
  api = await startTestApi({ exchange });
  mkdirSync(join(api.recordingsDir, "globex"));
}, 60_000);
afterAll(() => api.close());

const attempt = { leg: 2, applet: "sales", trunk: "main", startedMs: 0, ringingMs: null, answeredMs: null, endedMs: 9 };
const ended = { outcome: "busy", causeCode: 17, cause: "USER_BUSY" };

function recordingOf(sid: string, account = "acme") {
  const file = `${account}/rec-${sid}.wav`;
  writeFileSync(join(api.recordingsDir, file), `RIFF ${sid} of ${NUMBER}`);
  return { id: `rec-${sid}`, file, layout: "dual", durationMs: 8000, failure: null } as const;
}

/** Someone else's call, with the number wherever a test wants it. */
function rows(sid: string, change: Partial<SampleCall> = {}, journal: Partial<JournalRow> = {}): readonly JournalRow[] {
  const recordings = [recordingOf(sid, change.account)];
  const all = rowsOf({ sid, startedAt: START_MS, from: OTHER, recordings, ...change });
  return all.map((row, i) => (i === 0 ? { ...row, ...journal } : row));
}

function call(first: Partial<NonNullable<JournalRow["call"]>>): Partial<JournalRow> {
  const known = rowsOf({ sid: "x", startedAt: START_MS, from: OTHER })[0]?.call;
  if (known === undefined) throw new Error("no call");
  return { call: { ...known, ...first } };
}

const owed = (id: string, request: string) => ({ id, order: "o", purpose: "dial_event" as const, request });

/** Makes one call for each place and form in which a call may hold the number. */
async function leaveNumberEverywhere(store: Store): Promise<readonly string[]> {
  const calls: Readonly<Record<string, readonly JournalRow[]>> = {
    caller: rows("caller", { from: NUMBER }),
    called: rows("called", { to: NUMBER }),
    second: rows("second", {}, call({ dialTo: NUMBER })),
    custom: rows("custom", {}, call({ customField: "call 098123 45678 back" })),
    dialled: rows("dialled", { attempts: [{ ...attempt, ...ended, callerId: OTHER, destination: NUMBER }] }),
    traced: rows("traced", {}, { trace: `[{"seq":1,"type":"call.started"},{"q":"CallFrom=%2B91${DIGITS}"}]` }),
    event: rows("event", {}, { event: `{"body":"{\\"numbers\\":[\\"0${DIGITS}\\"]}"}` }),
    legs: rows("legs", {}, { legSnapshots: `{"contact":"sip:91${DIGITS}@192.0.2.1"}` }),
    waiting: rows("waiting", {}, { outbox: [owed("w1", `{"url":"https://a.example/?to=%2B91${DIGITS}"}`)] }),
    parked: rows("parked", {}, { outbox: [owed("p1", `{"url":"https://a.example/?to=%2B91${DIGITS}"}`)] }),
    keyed: rows("keyed", {}, call({ key: { key: `order ${NUMBER}`, fingerprint: "f" } })),
  };
  for (const each of Object.values(calls)) {
    await store.append(each.map((row, i) => (i === 0 ? { ...row, feed: [1] } : row)));
    await store.feed.sequence();
  }
  await store.claimOutbox(10, 60_000);
  await store.settleOutbox([{ kind: "parked", id: "p1", error: `nobody is at ${NUMBER}` }]);
  return Object.keys(calls);
}

/** Makes calls that must stay: other people's, a longer number's, and the same number's with another company. */
async function leaveOthers(store: Store): Promise<void> {
  await store.append(rows("other"));
  await store.append(rows("longer", { from: `${NUMBER}9` }));
  await store.append(rows("foreign", { from: NUMBER, account: "globex" }));
}

/** Every value of every row of every table as text, without the rows of other companies and other numbers. */
async function dump(database: string): Promise<string> {
  const tables = await api.server.query(
    database,
    "select tablename as name from pg_tables where schemaname = 'public'",
  );
  const texts: string[] = [];
  for (const { name } of tables)
    for (const { row } of await api.server.query(database, `select to_jsonb(t)::text as row from "${String(name)}" t`))
      if (!/"call_sid": "(?:foreign|longer)"/.test(String(row))) texts.push(`${String(name)}: ${String(row)}`);
  return texts.join("\n");
}

/** Lines that contain the digits, with anything between them. */
function holding(text: string): readonly string[] {
  return text.split("\n").filter((line) => line.replaceAll(/[ .()/-]/g, "").includes(DIGITS));
}

function folder(): string {
  const files = readdirSync(api.recordingsDir, { recursive: true, withFileTypes: true }).filter((each) =>
    each.isFile(),
  );
  const kept = files.filter(({ name }) => !/foreign|longer|other/.test(name));
  return kept.map((each) => `${each.name}: ${readFileSync(join(each.parentPath, each.name), "utf8")}`).join("\n");
}

function send(method: "POST" | "DELETE", path: string, payload?: object, key = AUTHORIZATION) {
  const headers = { authorization: key };
  return api.app.inject({ method, url: `/api/accounts/acme${path}`, headers, ...(payload && { payload }) });
}

describe("erasing a number", () => {
  let sids: readonly string[];
  beforeAll(async () => {
    sids = await leaveNumberEverywhere(api.store);
    await leaveOthers(api.store);
  });

  it("is refused while a call of it is live, and changes nothing", async () => {
    await api.store.append(rowsOf({ sid: "live", startedAt: START_MS, from: NUMBER, isLive: true }));
    const before = holding(await dump(api.database)).toSorted();
    const refused = await send("POST", "/erasures", { number: NUMBER });
    expect([refused.statusCode, refused.json<{ detail: string }>().detail]).toEqual([
      409,
      "call live is live: it can be erased once it has ended",
    ]);
    expect(holding(await dump(api.database)).toSorted()).toEqual(before);
    await api.store.append(rowsOf({ sid: "live", startedAt: START_MS, from: NUMBER }).slice(1));
  });

  it("leaves it in no table or file in any form, and touches nothing else", async () => {
    const tablesBefore = new Set(holding(await dump(api.database)).map((line) => line.split(":")[0]));
    expect(tablesBefore).toEqual(new Set(["call_keys", "calls", "journal", "journal_rest", "outbox"]));
    expect(holding(folder())).toHaveLength(sids.length);
    const answer = await send("POST", "/erasures", { number: NUMBER });
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      { calls: sids.length + 1, steps: 2 * sids.length + 2, deliveries: 2, recordings: sids.length },
    ]);
    expect(holding(await dump(api.database))).toEqual([]);
    expect(holding(folder())).toEqual([]);
    for (const sid of sids) expect((await api.get(`/api/accounts/acme/calls/${sid}`)).statusCode).toBe(404);
    expect((await api.get("/api/accounts/acme/calls")).json<{ calls: object[] }>().calls).toHaveLength(2);
    expect(await api.store.getCall("globex", "foreign")).toMatchObject({ call: { from: NUMBER }, recordings: [{}] });
    for (const file of ["acme/rec-other.wav", "acme/rec-longer.wav", "globex/rec-foreign.wav"])
      expect(existsSync(join(api.recordingsDir, file))).toBe(true);
  });

  it("is in the audit log under a mark that identifies the number without revealing it", async () => {
    const { entries } = (await api.get("/api/accounts/acme/audit")).json<{ entries: Record<string, unknown>[] }>();
    const notes = entries.filter(({ action }) => action === "number.erased");
    expect(notes).toMatchObject([{ by: { kind: "key", id: "acme-key" }, after: { calls: sids.length + 1 } }]);
    expect(String(notes[0]?.["subject"])).toMatch(/^[0-9a-f]{64}$/);
    await send("POST", "/erasures", { number: NUMBER });
    await send("POST", "/erasures", { number: "+919812345670" });
    const again = (await api.get("/api/accounts/acme/audit")).json<{ entries: Record<string, unknown>[] }>().entries;
    const marks = again.filter(({ action }) => action === "number.erased").map(({ subject }) => subject);
    expect([marks.length, new Set(marks).size, marks[1] === marks[2]]).toEqual([3, 2, true]);
  });

  it("is in the feed, where earlier events of the calls keep their numbers and are reported as missing", async () => {
    while ((await api.store.feed.sequence()).more);
    const headers = { authorization: AUTHORIZATION, accept: "application/json" };
    const { events } = (await api.get("/api/accounts/acme/events?after=0&limit=1000", headers)).json<{
      events: { id: string; type: string; subject?: string }[];
    }>();
    expect(events.map(({ id }) => id)).toEqual(events.map((_, i) => String(i + 1)));
    const gone = events.filter(({ subject }) => subject === "caller").map(({ type }) => type);
    expect(gone).toEqual(["plugboard.event.missing", "plugboard.call.erased"]);
  });

  it("refuses incomplete numbers, configured ones, and keys without the scope admin", async () => {
    for (const number of ["100", "9812345678", "sip:anil", "+91981234567890123"])
      expect((await send("POST", "/erasures", { number })).statusCode, number).toBe(400);
    const exophone = await send("POST", "/erasures", { number: "+918047100000" });
    expect([exophone.statusCode, exophone.json<{ detail: string }>().detail]).toEqual([
      409,
      "+918047100000 is an ExoPhone of the account: remove it from the configuration first",
    ]);
    const made = await send("POST", "/keys", { name: "reader", scopes: ["read", "call"] });
    const { key, token } = made.json<{ key: string; token: string }>();
    const { authorization } = basic(key, token);
    expect((await send("POST", "/erasures", { number: NUMBER }, authorization)).statusCode).toBe(403);
    expect((await send("DELETE", "/calls/other", undefined, authorization)).statusCode).toBe(403);
  });
});

describe("erasing a call", () => {
  it("deletes it with everything that belongs to it, once", async () => {
    await api.store.append(rows("one", {}, { outbox: [owed("one1", "{}")] }));
    const answer = await send("DELETE", "/calls/one");
    expect([answer.statusCode, answer.json()]).toEqual([200, { calls: 1, steps: 2, deliveries: 1, recordings: 1 }]);
    expect(existsSync(join(api.recordingsDir, "acme/rec-one.wav"))).toBe(false);
    const { audit } = api.store;
    expect(await audit.list("acme", { limit: 1 })).toMatchObject([{ action: "call.erased", subject: "one" }]);
    const again = await send("DELETE", "/calls/one");
    expect([again.statusCode, again.json<{ detail: string }>().detail]).toEqual([404, "account acme has no call one"]);
  });

  it("is refused while it is live, and while its last file is being closed", async () => {
    await api.store.append(rowsOf({ sid: "up", startedAt: START_MS, isLive: true }));
    await api.store.append(rows("closing"));
    busy.add("closing");
    for (const sid of ["up", "closing"]) {
      const refused = await send("DELETE", `/calls/${sid}`);
      expect([refused.statusCode, refused.json<{ detail: string }>().detail]).toEqual([
        409,
        `call ${sid} is live: it can be erased once it has ended`,
      ]);
      expect(await api.store.getCall("acme", sid)).not.toBeNull();
    }
  });

  it("touches no call of another account", async () => {
    expect((await send("DELETE", "/calls/foreign")).statusCode).toBe(404);
    const order = { actor: { kind: "key", id: "k" }, action: "call.erased", subject: "foreign", at: 0 } as const;
    const nothing = { calls: 0, steps: 0, deliveries: 0, recordings: 0 };
    expect(await api.store.erasures.erase({ ...order, account: "acme", callSids: ["foreign"] })).toEqual(nothing);
    expect(await api.store.getCall("globex", "foreign")).not.toBeNull();
  });
});

describe("an erasure whose process is killed", () => {
  const file = (sid: string): string => join(api.recordingsDir, `acme/rec-${sid}.wav`);
  const order = { account: "acme", actor: { kind: "key", id: "k" }, action: "call.erased", at: 0 } as const;
  const removal = (erasures: Pick<Store["erasures"], "filesToDelete" | "filesDeleted">) =>
    new RecordingRemoval({
      store: { erasures },
      recordingsDir: api.recordingsDir,
      clock: new VirtualClock(0),
      log: silentLog,
    });

  it("after deleting the rows leaves files that the next run deletes", async () => {
    await api.store.append(rows("killed"));
    await api.store.erasures.erase({ ...order, subject: "killed", callSids: ["killed"] });
    expect(existsSync(file("killed"))).toBe(true);
    expect(await removal(api.store.erasures).run()).toBe(1);
    expect(existsSync(file("killed"))).toBe(false);
    expect(await removal(api.store.erasures).run()).toBe(0);
  });

  it("after deleting files leaves their names, which the next run deletes", async () => {
    await api.store.append(rows("halfway"));
    await api.store.erasures.erase({ ...order, subject: "halfway", callSids: ["halfway"] });
    const killed = {
      filesToDelete: () => api.store.erasures.filesToDelete(),
      filesDeleted: () => Promise.reject(new Error("killed")),
    };
    await expect(removal(killed).run()).rejects.toThrow("killed");
    expect(existsSync(file("halfway"))).toBe(false);
    expect(await api.store.erasures.filesToDelete()).toEqual(["acme/rec-halfway.wav"]);
    await removal(api.store.erasures).run();
    expect(await api.store.erasures.filesToDelete()).toEqual([]);
  });

  it("keeps the name of a file that could not be deleted, and leaves other machines' files to those machines", async () => {
    mkdirSync(file("folder"));
    await api.server.query(
      api.database,
      `insert into files_to_delete (file, account, node, since)
        values ('acme/rec-folder.wav', 'acme', 'n1', 0), ('acme/rec-elsewhere.wav', 'acme', 'n2', 0)`,
    );
    expect(await removal(api.store.erasures).run()).toBe(0);
    const left = await api.server.query(api.database, "select file from files_to_delete order by file");
    expect(left).toEqual([{ file: "acme/rec-elsewhere.wav" }, { file: "acme/rec-folder.wav" }]);
  });
});

it("opens sealed texts to find the number in them", async () => {
  const database = await api.server.database();
  const sealer = new Sealer("secret", seededRandom(1));
  const store = await Store.open(database, { log: silentLog, node: "n1", sealer });
  await store.append(rows("sealed", {}, { event: `{"answer":"${NUMBER}"}`, outbox: [owed("s1", "{}")] }));
  expect(holding(await dump(database))).toEqual([]);
  const [found] = await store.erasures.texts("acme", "calls", null, 10);
  expect(found?.texts.filter((text) => text.includes(NUMBER))).toEqual([`{"answer":"${NUMBER}"}`]);
  await store.close();
});
