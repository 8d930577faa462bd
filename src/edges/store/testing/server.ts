import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { Client } from "pg";
import { inject } from "vitest";
import { silentLog } from "../../../base/log.ts";
import type { Embedded, EmbeddedOptions } from "../embedded/embedded.ts";
import { startEmbedded } from "../embedded/embedded.ts";
import { Store } from "../store.ts";

/** How a test reaches the database: as with the embedded default, and as with any `DATABASE_URL`. */
export const ROUTES = ["unix socket", "TCP with a password"] as const;
export type TestServerRoute = (typeof ROUTES)[number];

/** A throw-away database server, and the databases that one test file makes on it. */
export interface TestServer {
  server(): Embedded;
  /** A database of its own, and the URL that leads to it. Migrated, unless `empty`. */
  database(route?: TestServerRoute, content?: "migrated" | "empty"): Promise<string>;
  /** Removes every row, at a third of the cost of a new database. No connection may be open. */
  empty(url: string): Promise<void>;
  /** Runs SQL as the owner of a database. */
  query(url: string, text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  /** Drops the databases that the file made. */
  stop(): Promise<void>;
}

/** A server that no other file uses. */
export interface OwnTestServer extends TestServer {
  /** kill -9, and start again on the same folder. */
  crash(): Promise<void>;
}

const PASSWORD = "test";
const TEMPLATE = "migrated";
/** No syncing: a killed server loses nothing; only a power failure would. */
const SETTINGS = { listen_addresses: "127.0.0.1", max_connections: "128", fsync: "off" };

/** A started server with the migrated template. */
interface Cluster {
  readonly dataDir: string;
  readonly port: number;
  server: Embedded;
}

/** The server of this worker, started by the first file that needs one: a start costs more than most files. */
let shared: Promise<Cluster> | undefined;

/** Databases for one test file, on the server that the files of a worker share; for tests of any folder. */
export async function startTestServer(): Promise<TestServer> {
  shared ??= startCluster();
  const { databases, ...server } = databasesOn(await shared);
  return {
    ...server,
    stop: async () => {
      const { url } = server.server();
      for (const name of databases) await query(url, `drop database ${name} with (force)`);
    },
  };
}

/** A server for a test file that kills it. */
export async function startOwnTestServer(): Promise<OwnTestServer> {
  const cluster = await startCluster();
  const { databases: _, ...server } = databasesOn(cluster);
  return {
    ...server,
    crash: async () => {
      process.kill(cluster.server.pid, "SIGKILL");
      cluster.server = await startEmbedded(options(cluster));
    },
    stop: async () => {
      await cluster.server.stop();
      await rm(cluster.dataDir, { recursive: true, force: true });
    },
  };
}

async function startCluster(): Promise<Cluster> {
  const place = { dataDir: await mkdtemp(join(inject("databaseServers"), "server-")), port: await freePort() };
  const server = await startEmbedded(options(place));
  await query(server.url, `create database ${TEMPLATE}`);
  await (await Store.open(server.url.replace("/postgres?", `/${TEMPLATE}?`), { log: silentLog, node: "none" })).close();
  await query(server.url, `create role tester superuser login password '${PASSWORD}'`);
  return { ...place, server };
}

function options({ dataDir, port }: Omit<Cluster, "server">): EmbeddedOptions {
  return { dataDir, log: silentLog, settings: { ...SETTINGS, port: String(port) } };
}

/** Counts over all files of the worker, so that no two of them make a database of the same name. */
let count = 0;

function databasesOn(cluster: Cluster): Omit<TestServer, "stop"> & { databases: readonly string[] } {
  const databases: string[] = [];
  return {
    databases,
    server: () => cluster.server,
    query,
    database: async (route = "unix socket", content = "migrated") => {
      const name = `test_${++count}`;
      const { url } = cluster.server;
      await query(url, `create database ${name} template ${content === "empty" ? "template0" : TEMPLATE}`);
      databases.push(name);
      if (route === "unix socket") return url.replace("/postgres?", `/${name}?`);
      return `postgresql://tester:${PASSWORD}@127.0.0.1:${cluster.port}/${name}`;
    },
    empty: async (url) => {
      const calls = "setups, live, calls, journal, recordings, outbox, feed_pending, feed_heads, feed";
      await query(url, `truncate ${calls}, api_keys, members, sessions`);
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
