import Fastify from "fastify";
import type { FastifyInstance, LightMyRequestResponse } from "fastify";
import { silentLog } from "../../src/base/log.ts";
import { seededRandom } from "../../src/base/random.ts";
import { systemClock } from "../../src/base/system-clock.ts";
import { TokenHash } from "../../src/edges/store/token-hash.ts";
import { Sealer } from "../../src/edges/store/sealer.ts";
import { Store } from "../../src/edges/store/store.ts";
import type { TestServer } from "../../src/edges/store/testing/server.ts";
import { startTestServer } from "../../src/edges/store/testing/server.ts";
import { Access } from "../../src/server/api/access.ts";
import { accountRoutes } from "../../src/server/api/account-routes.ts";
import type { ApiOptions } from "../../src/server/api/api-options.ts";
import { answerError } from "../../src/server/api/problem.ts";
import { workspaceRoutes } from "../../src/server/api/workspace-routes.ts";
import { applyWorkspaceFile } from "../../src/server/configuration/apply-file.ts";
import { Configuration } from "../../src/server/configuration/configuration.ts";
import { operatorToken } from "../../src/server/configuration/operator.ts";
import type { Workspace } from "../../src/server/exchange/workspace.ts";
import { Directory } from "../../src/server/exchange/directory.ts";

/** The API of a platform without calls: its configuration, and the directory made from it. */
export interface ConfiguredApi {
  readonly app: FastifyInstance;
  readonly configuration: Configuration;
  readonly directory: Directory;
  readonly store: Store;
  /** `credentials`: `key:token`. */
  ask(method: Method, url: string, options?: Ask): Promise<LightMyRequestResponse>;
  stop(): Promise<void>;
}

export type Method = "GET" | "POST" | "PUT" | "DELETE";

export interface Ask {
  /** A string is sent as it is. */
  readonly body?: unknown;
  readonly credentials?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const TEST_SECRET = "the secret of this test platform";
export const OPERATOR_CREDENTIALS = `operator:${operatorToken(TEST_SECRET)}`;

/** Starts the API with its own database. `workspace`: the two lists of a workspace file. */
export async function startConfiguredApi(workspace: {
  readonly accounts: readonly object[];
  readonly flows: readonly object[];
}): Promise<ConfiguredApi> {
  const server: TestServer = await startTestServer();
  const sealer = new Sealer(TEST_SECRET, seededRandom(1));
  const store = await Store.open(await server.database(), { log: silentLog, node: "n1", sealer });
  const configuration = await Configuration.open({ table: store.configuration, clock: systemClock, log: silentLog });
  const applied = await applyWorkspaceFile(configuration, { document: workspace, source: null }, "n1", silentLog);
  if (!applied.ok) throw new Error(applied.error);
  const directory = new Directory(configuration.workspace);
  configuration.start(async (next) => directory.load(next));
  const app = Fastify({ logger: false });
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, silentLog));
  const access = await accessTo(store, directory, configuration.workspace);
  const parts: Partial<ApiOptions> = {
    store,
    configuration,
    directory,
    access,
    operatorToken: operatorToken(TEST_SECRET),
  };
  const options = { ...parts, clock: systemClock, log: silentLog } as ApiOptions;
  await app.register(async (scope) => workspaceRoutes(scope, options), { prefix: "/api" });
  await app.register((scope) => accountRoutes(scope, options), { prefix: "/api/accounts/:account" });
  return {
    app,
    configuration,
    directory,
    store,
    ask: (method, url, { body, credentials = OPERATOR_CREDENTIALS, headers = {} } = {}) => {
      const authorization = `Basic ${Buffer.from(credentials).toString("base64")}`;
      const json = typeof body === "string" ? body : JSON.stringify(body);
      const sent = body === undefined ? {} : { payload: json };
      const type = body === undefined ? {} : { "content-type": "application/json" };
      return app.inject({ method, url, headers: { authorization, ...type, ...headers }, ...sent });
    },
    stop: async () => {
      await app.close();
      await configuration.stop();
      await store.close();
      await server.stop();
    },
  };
}

async function accessTo(store: Store, directory: Directory, { accounts }: Workspace): Promise<Access> {
  const access = new Access({
    keys: store.keys,
    members: store.members,
    sealer: new Sealer(TEST_SECRET, seededRandom(2)),
    tokens: new TokenHash(TEST_SECRET),
    isAccount: (sid) => directory.account(sid) !== undefined,
    publicUrl: "http://127.0.0.1:8080",
    clock: systemClock,
    random: seededRandom(3),
    log: silentLog,
  });
  for (const { account, apiKeys } of accounts) await access.useFileKeys(account.sid, apiKeys);
  return access;
}
