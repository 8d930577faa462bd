import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { silentLog } from "../base/log.ts";
import type { Embedded } from "./embedded.ts";
import { startEmbedded } from "./embedded.ts";
import { Store } from "./store.ts";
import type { EndRow, JournalRow } from "./types.ts";

/** How a test reaches the database: as the embedded default does, and as any `DATABASE_URL` does. */
export const ROUTES = ["unix socket", "TCP with a password"] as const;
export type Route = (typeof ROUTES)[number];

/** One throw-away server for a test file. */
export interface TestServer {
  server(): Embedded;
  /** A database of its own, and the URL that leads to it. Migrated, unless `empty`. */
  database(route?: Route, content?: "migrated" | "empty"): Promise<string>;
  /** Removes every row: a third of the cost of a new database. Nobody may be connected to it. */
  empty(url: string): Promise<void>;
  /** kill -9, and start again on the same folder. */
  crash(): Promise<void>;
  /** Runs SQL as the owner of a database. */
  query(url: string, text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  stop(): Promise<void>;
}

const PASSWORD = "test";
const TEMPLATE = "migrated";
/** No syncing: a killed server loses nothing by it, only a machine that loses its power would. */
const SETTINGS = { listen_addresses: "127.0.0.1", max_connections: "64", fsync: "off" };

/** Starts a server in a temporary folder; for tests of any folder that needs a real database. */
export async function startTestServer(): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), "plugboard-test-"));
  const port = await freePort();
  const settings = { ...SETTINGS, port: String(port) };
  let server = await startEmbedded({ dataDir, log: silentLog, settings });
  const query: TestServer["query"] = async (url, text, values = []) => {
    const client = new Client(url);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text, [...values])).rows;
    } finally {
      await client.end();
    }
  };
  await query(server.url, `create database ${TEMPLATE}`);
  await (await Store.open(server.url.replace("/postgres?", `/${TEMPLATE}?`), { log: silentLog, node: "none" })).close();
  await query(server.url, `create role tester superuser login password '${PASSWORD}'`);
  let count = 0;
  return {
    server: () => server,
    query,
    database: async (route = "unix socket", content = "migrated") => {
      const name = `test_${++count}`;
      await query(server.url, `create database ${name} template ${content === "empty" ? "template0" : TEMPLATE}`);
      if (route === "unix socket") return server.url.replace("/postgres?", `/${name}?`);
      return `postgresql://tester:${PASSWORD}@127.0.0.1:${port}/${name}`;
    },
    empty: async (url) => {
      await query(url, "truncate setups, live, calls, journal, recordings, outbox");
    },
    crash: async () => {
      process.kill(server.pid, "SIGKILL");
      server = await startEmbedded({ dataDir, log: silentLog, settings });
    },
    stop: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A TCP port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** The steps of one whole call: begins, goes on, ends. */
export function sampleCall(callSid: string, steps = 3, startedAt = 1_767_600_000_000): readonly JournalRow[] {
  return Array.from({ length: steps }, (_, i) => ({
    callSid,
    account: "acme",
    seq: i + 1,
    at: startedAt + i,
    event: JSON.stringify({ kind: "step", n: i + 1, text: `say "x" \\ ü` }),
    trace: JSON.stringify([{ seq: i + 1, at_ms: i, type: "decision", rule: "RES-3", message: `step ${i + 1}` }]),
    ...(i === 0 && {
      call: {
        setup: "s1",
        flow: "11754",
        from: "+919812345678",
        to: "+918047100000",
        direction: "incoming" as const,
        customField: null,
        startedAt,
      },
    }),
    ...(i === steps - 1 && { end: sampleEnd(callSid, startedAt + i) }),
  }));
}

export function sampleEnd(callSid: string, endedAt: number): EndRow {
  return {
    endedAt,
    status: "completed",
    cdr: JSON.stringify({ status: "completed" }),
    attempts: [
      {
        leg: 2,
        applet: "sales",
        destination: "+919900000011",
        callerId: "+918047100000",
        startedMs: 1,
        answeredMs: null,
        endedMs: 2,
        outcome: "busy",
        causeCode: 17,
        cause: "USER_BUSY",
      },
    ],
    requests: [{ id: "f1", atMs: 0, purpose: "connect", url: "https://app.example/", result: "usable", body: "{}" }],
    recordings: [{ id: `rec-${callSid}`, file: `${callSid}.wav`, layout: "dual", durationMs: 1000, failure: null }],
  };
}
