import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance, LightMyRequestResponse as Response } from "fastify";
import { silentLog } from "../../../base/log.ts";
import { VirtualClock } from "../../../base/virtual-clock.ts";
import { Store } from "../../../edges/store/store.ts";
import type { TestServer } from "../../../edges/store/testing/server.ts";
import { startTestServer } from "../../../edges/store/testing/server.ts";
import { applyWorkspaceFile } from "../../configuration/apply-file.ts";
import { Configuration } from "../../configuration/configuration.ts";
import type { AccountConfig } from "../../exchange/account-config.ts";
import { CallTimings } from "../../exchange/call-timings.ts";
import { accountConfig } from "../../exchange/account-config.ts";
import { workspaceSchema } from "../../exchange/workspace-schema.ts";
import { CallLimits } from "../../exchange/limits/call-limits.ts";
import { RequestMetrics } from "../../exchange/request-metrics.ts";
import { Feed } from "../../exchange/feed/feed.ts";
import { RecordingLinks } from "../../exchange/recording-links.ts";
import type { Access } from "../access.ts";
import type { ApiOptions } from "../api-options.ts";
import { buildApi } from "../server.ts";
import { PUBLIC_URL, testAccess } from "./access.ts";
import type { SampleCall } from "./calls.ts";
import { rowsOf } from "./calls.ts";

export const START_MS = Date.parse("2026-01-05T10:00:00+05:30");
export { PUBLIC_URL } from "./access.ts";
export const AUTHORIZATION = `Basic ${Buffer.from("acme-key:acme-token").toString("base64")}`;

/** The whole HTTP side on its own database, with an account `acme`, its key, and no exchange. */
export interface TestApi {
  readonly app: FastifyInstance;
  readonly store: Store;
  readonly configuration: Configuration;
  readonly clock: VirtualClock;
  readonly access: Access;
  readonly recordingsDir: string;
  readonly database: string;
  readonly server: TestServer;
  /** Stores these calls. */
  add(...calls: readonly SampleCall[]): Promise<void>;
  /** Sends the account's key, unless `headers` says otherwise. */
  get(url: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  close(): Promise<void>;
}

const region = "KA";
export const ACME = {
  sid: "acme",
  tenant_id: 1409,
  api_keys: [{ key: "acme-key", token: "acme-token" }],
  trunks: [{ name: "main", address: "127.0.0.1" }],
  exophones: [
    { number: "+918047100000", region, flow: "11754" },
    { number: "+918047100001", region, name: "Support" },
  ],
};

export const FLOW = { flow: "11754", account: "acme", start: "bye", applets: { bye: { type: "hangup" } } };

/** The account `acme`, as a workspace file with these lines would define it. */
export function acme(settings: Partial<AccountConfig> = {}): AccountConfig {
  const [document] = workspaceSchema.parse({ accounts: [ACME] }).accounts;
  if (document === undefined) throw new Error("no account");
  return { ...accountConfig(document), ...settings };
}

/** `settings` replaces parts of what the routes work with. */
export async function startTestApi(settings: Partial<ApiOptions> = {}): Promise<TestApi> {
  const server = await startTestServer();
  const database = await server.database();
  const store = await Store.open(database, { log: silentLog, node: "n1" });
  const clock = new VirtualClock(START_MS);
  const recordingsDir = mkdtempSync(join(tmpdir(), "plugboard-api-"));
  mkdirSync(join(recordingsDir, "acme"));
  const configuration = await Configuration.open({ table: store.configuration, clock, log: silentLog });
  await applyWorkspaceFile(
    configuration,
    { document: { accounts: [ACME], flows: [FLOW] }, source: null },
    "n1",
    silentLog,
  );
  const parts = { ...(await partsOf(store, configuration, clock, recordingsDir)), ...settings };
  const app = await buildApi(parts);
  return {
    app,
    access: parts.access,
    store,
    configuration,
    clock,
    recordingsDir,
    database,
    server,
    add: async (...calls) => {
      for (const call of calls) await store.append(rowsOf(call));
    },
    get: (url, headers = { authorization: AUTHORIZATION }) => app.inject({ url, headers }),
    close: async () => {
      await app.close();
      await store.close();
      await server.stop();
      rmSync(recordingsDir, { recursive: true });
    },
  };
}

async function partsOf(
  store: Store,
  configuration: Configuration,
  clock: VirtualClock,
  recordingsDir: string,
): Promise<ApiOptions> {
  const config = acme();
  const parts: Omit<ApiOptions, "exchange"> = {
    store,
    directory: { account: (sid) => (sid === "acme" ? config : undefined) },
    access: await testAccess(store, { clock }),
    configuration,
    operatorToken: "operator-password",
    recordingsDir,
    links: new RecordingLinks("secret", PUBLIC_URL),
    feed: new Feed({ table: store.feed, clock, log: silentLog }),
    publicUrl: PUBLIC_URL,
    // Other tests in this process keep it busy.
    eventLoop: { p99Ms: 0 },
    clock,
    log: silentLog,
  };
  return { ...parts, exchange: idleExchange() };
}

/** An exchange that takes calls but has none. */
export function idleExchange(): ApiOptions["exchange"] {
  const idle = {
    closedBecause: null,
    strainedBecause: null,
    requestMetrics: new RequestMetrics(new VirtualClock(START_MS)),
    liveCalls: 0,
    liveCallsOf: () => [],
    media: [],
    calls: { begun: 0, ended: [], attempts: [], timings: new CallTimings() },
    refusals: { counts: [], note: () => undefined },
    limits: new CallLimits(new VirtualClock(START_MS)),
    refusedSourceRequests: 0,
    mediaTotals: () => Promise.resolve({ legs: 0, recordings: 0, ports: 0, ticksSkipped: 0 }),
    services: {
      sip: { stats: {}, queueDelayMs: 0 },
      fetcher: { blocked: [], usage: { sockets: 0, requests: 0, refused: 0 } },
    },
    isLive: () => false,
    hangUp: () => false,
    command: () => null,
    actionsOf: () => [],
    flow: () => undefined,
    flowOf: () => undefined,
    place: () => Promise.resolve({ kind: "refused", reason: "no_media", message: "no media process is running" }),
  };
  return idle as unknown as ApiOptions["exchange"];
}
