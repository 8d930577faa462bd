import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pino } from "pino";
import { logOptions, type Log } from "../../base/log.ts";
import { showProblem } from "../../core/flow/yaml-document.ts";
import { systemClock } from "../../base/system-clock.ts";
import { systemRandom } from "../../base/system-random.ts";
import { Access } from "../api/access.ts";
import type { ApiOptions } from "../api/api-options.ts";
import { buildApi } from "../api/server.ts";
import { AudioLibrary } from "../../edges/audio/library.ts";
import type { AccountConfig } from "../exchange/account-config.ts";
import { Directory } from "../exchange/directory.ts";
import { Feed } from "../exchange/feed/feed.ts";
import { Exchange } from "../exchange/exchange.ts";
import { recoverCalls } from "../exchange/recovery.ts";
import { promptsOf } from "../exchange/preload-prompts.ts";
import type { RetentionPolicy } from "../exchange/retention-schema.ts";
import type { Workspace, WorkspaceInput } from "../exchange/workspace.ts";
import { RecordingLinks } from "../exchange/recording-links.ts";
import { loadWorkspaceInput, warningsOf } from "../exchange/workspace.ts";
import { applyWorkspaceFile } from "../configuration/apply-file.ts";
import { Configuration } from "../configuration/configuration.ts";
import { changeNumber } from "../configuration/resource-edits.ts";
import { operatorToken } from "../configuration/operator.ts";
import { MediaClient } from "../../edges/media/process/client.ts";
import { Fetcher } from "../../edges/http-client/fetcher.ts";
import { OutboxWorker } from "../../edges/http-client/outbox.ts";
import { SipEndpoint } from "../../edges/sip/endpoint.ts";
import { Sealer } from "../../edges/store/sealer.ts";
import { Store } from "../../edges/store/store.ts";
import { TokenHash } from "../../edges/store/token-hash.ts";
import { RecordingRemoval } from "../retention/recording-removal.ts";
import { RetentionWorker } from "../retention/retention-worker.ts";
import { DiskWatch } from "./disk-watch.ts";
import type { OpenTracing } from "./tracing/open-tracing.ts";
import { openTracing } from "./tracing/open-tracing.ts";
import { urlChecker } from "./url-check.ts";
import { WakeupCoalescer } from "./wakeup-coalescer.ts";
import type { Endpoint, ServeConfig } from "./config.ts";
import type { ControlConfig, ControlFailed, ControlReady } from "./platform.ts";
import { VERSION } from "../../version.ts";

/** ms. A caller who never acknowledges our 200 (a forged INVITE) must not hold a phone for the 32 s of RFC 3261. */
const ACK_TIMEOUT_MS = 16_000;

/** The control process: SIP, live calls, API. Its supervisor hands it everything it needs. */
async function main(): Promise<void> {
  const config = JSON.parse(process.env["PLUGBOARD_CONTROL"] ?? "null") as ControlConfig;
  const log = pino(logOptions("control", config.serve.logLevel, config.serve.logNumbers));
  process.on("uncaughtException", (error) => {
    log.fatal({ err: error }, "uncaught error; the supervisor starts this process again");
    process.exit(1);
  });
  const file = config.appliesWorkspace ? loadWorkspaceInput(config.serve.workspaceFile, process.env) : null;
  if (file?.ok === false) return fail(file.error.map(showProblem).join("\n"));
  try {
    await run(config, file?.value ?? null, log);
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

/** Reports a failure that a restart would not fix to the supervisor, which then exits. */
function fail(message: string): void {
  const failed: ControlFailed = { kind: "failed", message };
  process.send?.(failed, () => process.exit(1));
}

/** The parts of this process, in order of creation. */
interface Parts {
  readonly store: Store;
  readonly configuration: Configuration;
  readonly fetcher: Fetcher;
  readonly tracing: OpenTracing | null;
  readonly audio: AudioLibrary;
  readonly directory: Directory;
  readonly exchange: Exchange;
  readonly links: RecordingLinks;
  readonly feed: Feed;
  readonly retention: RetentionWorker;
  /** Null: the database is not on our disk. */
  readonly disk: DiskWatch | null;
}

async function run(config: ControlConfig, file: WorkspaceInput | null, log: Log): Promise<void> {
  const { serve, recordingsDir } = config;
  const parts = await openParts(config, file, log);
  const { store, configuration, directory, exchange, feed, retention } = parts;
  const { workspace } = configuration;
  for (const { message, ...where } of warningsOf(workspace)) log.warn(where, message);
  if (workspace.accounts.length === 0) log.warn({}, "nothing is configured yet: plugboard apply FILE");
  for (const socketPath of config.mediaSockets) await connectMedia(exchange, socketPath, config.instance, log);
  const sip = await startSip(config, exchange, log);
  await exchange.limits.restore(store.spend, directory.accounts);
  await recoverCalls(exchange, store, directory, log);
  const outbox = outboxOf(parts, log);
  outbox.start();
  feed.start();
  retention.start();
  const access = accessOf(config, parts, log);
  await useKeys(access, workspace.accounts);
  const api = await buildApi(apiOptionsOf(config, parts, access, log));
  const httpUrl = await listening("PLUGBOARD_HTTP", "--http", serve.http, () => api.listen({ ...serve.http }));
  const coalescer = new WakeupCoalescer(
    () => exchange.callsBegun,
    () => sip.arrived,
    () => sip.flush(),
  );
  coalescer.start();
  configuration.start(async (next) => {
    await useKeys(access, changedAccounts(configuration.workspace, next));
    await useWorkspace(parts, recordingsDir, next);
  });
  stopOnSignal(async (drainMs) => {
    coalescer.stop();
    await exchange.drain(drainMs);
    await Promise.all([feed.stop(), retention.stop()]);
    await api.close();
    await configuration.stop();
    await outbox.stop();
    await sip.stop();
    await closeParts(parts);
    process.exit(0);
  }, serve.drainMs);
  const { host, port } = sip.listening[0] ?? serve.sip;
  const firstAdmin = await access.signIns.makeFirstAdmin();
  const ready: ControlReady = { kind: "ready", httpUrl, sipHost: host, sipPort: port, firstAdmin };
  process.send?.(ready);
  void parts.audio.warm(promptsOf(workspace));
}

/** Puts a changed workspace into use from the next call on. */
async function useWorkspace({ exchange, audio }: Parts, recordingsDir: string, workspace: Workspace): Promise<void> {
  await makeRecordingFolders(recordingsDir, workspace);
  await exchange.use(workspace);
  void audio.warm(promptsOf(workspace));
}

async function makeRecordingFolders(recordingsDir: string, { accounts }: Workspace): Promise<void> {
  for (const { account } of accounts) await mkdir(join(recordingsDir, account.sid), { recursive: true });
}

/** Opens the configuration in the database, after applying the workspace file of `serve` if there is one. */
async function openConfiguration(
  { node }: ControlConfig,
  store: Store,
  file: WorkspaceInput | null,
  log: Log,
): Promise<Configuration> {
  const configuration = await Configuration.open({ table: store.configuration, clock: systemClock, log });
  const applied = file === null ? null : await applyWorkspaceFile(configuration, file, node, log);
  if (applied?.ok === false) throw new Error(applied.error);
  return configuration;
}

async function closeParts({ audio, fetcher, exchange, disk, store, tracing }: Parts): Promise<void> {
  await tracing?.close();
  await audio.close();
  await fetcher.close();
  for (const client of exchange.media) client.close();
  disk?.stop();
  await store.close();
}

async function openParts(config: ControlConfig, file: WorkspaceInput | null, log: Log): Promise<Parts> {
  const { serve, recordingsDir } = config;
  const sealer = new Sealer(config.secret, systemRandom());
  const store = await Store.open(config.databaseUrl, { log, node: config.node, sealer });
  const configuration = await openConfiguration(config, store, file, log);
  const { workspace } = configuration;
  const fetcher = new Fetcher({ version: VERSION, log });
  const audio = await openAudio(serve, fetcher, log);
  const directory = new Directory(workspace);
  const links = new RecordingLinks(config.secret, publicUrlOf(serve));
  await makeRecordingFolders(recordingsDir, workspace);
  const disk = serve.databaseUrl === null ? new DiskWatch({ folder: serve.dataDir, clock: systemClock, log }) : null;
  await disk?.start();
  const tracing = await openTracing(process.env, log);
  const exchange = new Exchange({
    clock: systemClock,
    random: systemRandom(),
    log,
    store,
    fetcher,
    audio,
    directory,
    mediaAddress: serve.publicAddress ?? serve.sip.host,
    recordingsDir,
    links,
    tracing,
    isDiskLow: () => disk?.isLow ?? false,
    isDiskShort: () => disk?.isShort ?? false,
    publicUrl: publicUrlOf(serve),
    version: VERSION,
  });
  fetcher.onEnded((request) => exchange.requestMetrics.ended(request));
  await exchange.prepare(workspace);
  const feed = new Feed({ table: store.feed, clock: systemClock, log });
  const retention = retentionOf(store, directory, recordingsDir, log);
  return { store, tracing, configuration, fetcher, audio, directory, exchange, links, feed, retention, disk };
}

function retentionOf(store: Store, directory: Directory, recordingsDir: string, log: Log): RetentionWorker {
  const removal = new RecordingRemoval({ store, recordingsDir, clock: systemClock, log });
  const policyOf = (account: string): RetentionPolicy | undefined => directory.account(account)?.retention;
  return new RetentionWorker({ store, removal, policyOf, clock: systemClock, log });
}

function openAudio(serve: ServeConfig, fetcher: Fetcher, log: Log): Promise<AudioLibrary> {
  return AudioLibrary.open({
    cacheFolder: join(serve.dataDir, "audio-cache"),
    // Next to the workspace file, like its flows.
    uploadsFolder: join(dirname(serve.workspaceFile), "audio"),
    speechUrl: serve.speechUrl,
    fetcher,
    clock: systemClock,
    log,
  });
}

function accessOf({ secret, serve }: ControlConfig, { store, directory }: Parts, log: Log): Access {
  return new Access({
    keys: store.keys,
    members: store.members,
    sealer: new Sealer(secret, systemRandom()),
    tokens: new TokenHash(secret),
    isAccount: (sid) => directory.account(sid) !== undefined,
    publicUrl: publicUrlOf(serve),
    clock: systemClock,
    random: systemRandom(),
    log,
  });
}

function apiOptionsOf(config: ControlConfig, parts: Parts, access: Access, log: Log): ApiOptions {
  const { serve, recordingsDir, secret } = config;
  const { exchange, store, configuration, directory, links, feed, fetcher, retention } = parts;
  return {
    exchange,
    store,
    configuration,
    numberRouting: {
      change: (account, number, settings) => changeNumber(configuration, "the /v1 API", { account, number }, settings),
    },
    checkUrl: urlChecker({ fetcher, clock: systemClock, random: systemRandom() }),
    directory,
    access,
    trustedProxies: serve.trustedProxies,
    recordingsDir,
    links,
    feed,
    retention,
    publicUrl: publicUrlOf(serve),
    operatorToken: operatorToken(secret),
    clock: systemClock,
    log,
  };
}

async function useKeys(access: Access, accounts: readonly AccountConfig[]): Promise<void> {
  for (const { account, apiKeys } of accounts) await access.useFileKeys(account.sid, apiKeys);
}

/** The accounts that are new or changed; an unchanged account is the same object. */
function changedAccounts(before: Workspace, next: Workspace): readonly AccountConfig[] {
  const known = new Set(before.accounts);
  return next.accounts.filter((account) => !known.has(account));
}

function publicUrlOf({ publicUrl, publicAddress, http }: ServeConfig): string {
  const host = publicAddress ?? http.host;
  return publicUrl ?? `http://${host.includes(":") ? `[${host}]` : host}:${http.port}`;
}

async function startSip({ serve }: ControlConfig, exchange: Exchange, log: Log): Promise<SipEndpoint> {
  const sip = new SipEndpoint({
    listeners: (["udp", "tcp"] as const).map((protocol) => ({ protocol, ...serve.sip })),
    advertised: serve.publicAddress,
    clock: systemClock,
    random: systemRandom(),
    log,
    userAgent: `plugboard/${VERSION}`,
    handlers: exchange.handlers,
    ackTimeoutMs: ACK_TIMEOUT_MS,
  });
  exchange.connect(sip);
  await listening("PLUGBOARD_SIP", "--sip", serve.sip, () => sip.start());
  return sip;
}

/** If we can't listen on an address, names the setting it comes from. */
async function listening<T>(
  name: string,
  flag: string,
  { host, port }: Endpoint,
  listen: () => Promise<T>,
): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    const reason = code === "EADDRINUSE" ? "is in use by another program" : `cannot be used (${String(error)})`;
    throw new Error(`${name} ${host}:${port} ${reason}: choose another address with ${flag}`, { cause: error });
  }
}

function outboxOf({ store, fetcher, directory, links, feed }: Parts, log: Log): OutboxWorker {
  return new OutboxWorker({
    store,
    fetcher,
    clock: systemClock,
    log,
    allowPrivate: (account) => directory.account(account)?.privateDestinations ?? false,
    signingSecrets: (account) => directory.account(account)?.signingSecrets ?? [],
    onParked: ({ id, account, callSid: call_sid, purpose, tries }, error) => {
      const event = feed.append(account, "delivery.parked", { id, call_sid, purpose, tries: tries + 1, error });
      event.catch((err: unknown) => log.warn({ err, id, account }, "the feed has no event for a parked delivery"));
    },
    prepare: (account, request) =>
      links.sign(request, account, directory.account(account)?.recordingLinks ?? null, systemClock.now()),
  });
}

function stopOnSignal(stop: (drainMs: number) => Promise<void>, drainMs: number): void {
  let isStopping = false;
  const stopOnce = (waitMs: number): void => {
    if (isStopping) return;
    isStopping = true;
    void stop(waitMs);
  };
  process.on("SIGTERM", () => stopOnce(drainMs));
  // Ctrl-C reaches the whole process group; the supervisor decides when to stop.
  process.on("SIGINT", () => undefined);
  // The terminal that started the platform was closed; that is no reason to drop calls.
  process.on("SIGHUP", () => undefined);
  // The supervisor died: nothing would restart media or the database, and the next start needs our ports.
  process.on("disconnect", () => stopOnce(0));
}

/** Connects to a media process, and reconnects whenever it is lost; the supervisor restarts it. */
async function connectMedia(exchange: Exchange, socketPath: string, instance: string, log: Log): Promise<void> {
  const client: MediaClient = await MediaClient.connect({
    socketPath,
    instance,
    clock: systemClock,
    log,
    onEvent: (event) => exchange.mediaEvent(event),
    onDisconnected: () => {
      log.error({ socketPath }, "media process lost, its calls are ended");
      exchange.mediaLost(client);
      void reconnectMedia(exchange, socketPath, instance, log);
    },
  });
  exchange.addMedia(client);
}

/** Retries until it is back: no call can be taken without media. */
async function reconnectMedia(exchange: Exchange, socketPath: string, instance: string, log: Log): Promise<void> {
  for (let isBack = false; !isBack;) {
    try {
      await connectMedia(exchange, socketPath, instance, log);
      isBack = true;
    } catch (error) {
      log.error({ err: error, socketPath }, "media process is not back yet, trying again");
    }
  }
}

await main();
