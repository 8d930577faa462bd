import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { silentLog } from "../../../base/log.ts";
import type { Embedded } from "../embedded/embedded.ts";
import { startEmbedded } from "../embedded/embedded.ts";
import { Store } from "../store.ts";

/** How a test reaches the database: as the embedded default does, and as any `DATABASE_URL` does. */
export const ROUTES = ["unix socket", "TCP with a password"] as const;
export type TestServerRoute = (typeof ROUTES)[number];

/** One throw-away server for a test file. */
export interface TestServer {
  server(): Embedded;
  /** A database of its own, and the URL that leads to it. Migrated, unless `empty`. */
  database(route?: TestServerRoute, content?: "migrated" | "empty"): Promise<string>;
  /** Removes every row: a third of the cost of a new database. No connection may be open. */
  empty(url: string): Promise<void>;
  /** kill -9, and start again on the same folder. */
  crash(): Promise<void>;
  /** Runs SQL as the owner of a database. */
  query(url: string, text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  stop(): Promise<void>;
}

const PASSWORD = "test";
const TEMPLATE = "migrated";
/** No syncing: a killed server loses nothing that way, only a machine that loses power would. */
const SETTINGS = { listen_addresses: "127.0.0.1", max_connections: "128", fsync: "off" };

/** Starts a server in a temporary folder; for tests of any folder that needs a real database. */
export async function startTestServer(): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), "plugboard-test-"));
  const port = await freePort();
  const settings = { ...SETTINGS, port: String(port) };
  let server = await startEmbedded({ dataDir, log: silentLog, settings });
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
      const calls = "setups, live, calls, journal, recordings, outbox, feed_pending, feed_heads, feed";
      await query(url, `truncate ${calls}, api_keys, members, sessions`);
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

/** Runs SQL on a connection of its own. */
export async function query(
  url: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Record<string, unknown>[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text, [...values])).rows;
  } finally {
    await client.end();
  }
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
