import { RecordingLinks } from "../../src/server/exchange/recording-links.ts";
import { silentLog } from "../../src/base/log.ts";
import type { Log } from "../../src/base/log.ts";
import { seededRandom } from "../../src/base/random.ts";
import type { Flow } from "../../src/core/call/setup.ts";
import type { TraceEntry } from "../../src/core/call/trace.ts";
import type { MediaClient } from "../../src/edges/media/process/client.ts";
import type { MediaEvent, RemoteMedia } from "../../src/edges/media/process/protocol.ts";
import { Peer } from "../../src/edges/sip/testing/peer.ts";
import { type Dialled, Party, Rig } from "../../src/edges/sip/testing/rig.ts";
import type { StoredText } from "../../src/edges/store/format.ts";
import { FORMAT } from "../../src/edges/store/format.ts";
import type { SpendReader } from "../../src/edges/store/spend-reader.ts";
import type { JournalRow, StoredCall, UnfinishedCall } from "../../src/edges/store/types.ts";
import type { CallOrder, Placing } from "../../src/server/exchange/call-order.ts";
import { Directory } from "../../src/server/exchange/directory.ts";
import { Exchange } from "../../src/server/exchange/exchange.ts";
import type { ExchangeOptions } from "../../src/server/exchange/exchange.ts";
import { recoverCalls } from "../../src/server/exchange/recovery.ts";
import { defaultPolicy } from "../../src/server/exchange/limits/dial-policy.ts";
import { blockListOf, parseSubnet } from "../../src/server/exchange/subnet.ts";
import type { Trunk } from "../../src/server/exchange/account-config.ts";
import { ACCOUNT, EXOPHONE } from "../fixtures/contract.ts";
import { testConfig, testTrunk } from "./exchange-config.ts";

export const CALLEE = "+919900000011";
/** Leg 1 of a call by API. */
const CALLER_NUMBER = "+919812345678";
const PLATFORM = "10.0.0.1";
const TRUNK = "10.0.0.9";

/** Records what a media process is asked to do for one call. */
export class FakeMedia {
  readonly ops: string[] = [];
  readonly remotes: { readonly leg: number; readonly remote: RemoteMedia }[] = [];
  #port = 30_000;

  readonly client = new Proxy({} as MediaClient, {
    get: (_, name) => this.#methodOf(String(name)),
  });

  #methodOf(name: string): unknown {
    if (name === "open") return () => Promise.resolve({ port: (this.#port += 2) });
    if (name === "list") return () => Promise.resolve([]);
    if (name === "setRemote")
      return (_call: string, leg: number, remote: RemoteMedia) => void this.remotes.push({ leg, remote });
    // A proxy is not a promise.
    if (name === "then") return undefined;
    return (_call: string, ...args: unknown[]) => void this.ops.push(`${name} ${args.map(plain).join(" ")}`);
  }
}

function plain(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The journal: rows are durable once `hold` is false. */
export class FakeStore {
  readonly rows: JournalRow[] = [];
  readonly setups = new Map<string, string>();
  hold = false;
  /** The error that refuses the next rows; null: they are written. */
  refuse: Error | null = null;
  readonly #waiting: (() => void)[] = [];

  readonly putSetup = (hash: string, json: string): Promise<void> => {
    this.setups.set(hash, json);
    return Promise.resolve();
  };
  readonly getSetup = (hash: string): Promise<StoredText | null> => {
    const json = this.setups.get(hash);
    return Promise.resolve(json === undefined ? null : { version: FORMAT, json });
  };
  readonly deadNodes = (): Promise<readonly string[]> => Promise.resolve([]);
  readonly adoptCalls = (): Promise<readonly UnfinishedCall[]> => Promise.resolve([]);

  readonly append = (rows: readonly JournalRow[]): Promise<void> =>
    new Promise((resolve, reject) => {
      if (this.refuse !== null) return reject(this.refuse);
      const write = (): void => {
        this.rows.push(...rows);
        resolve();
      };
      if (this.hold) this.#waiting.push(write);
      else write();
    });

  release(): void {
    this.hold = false;
    for (const write of this.#waiting.splice(0)) write();
  }

  /** The process has died, and with it the rows that waited. */
  drop(): void {
    this.hold = false;
    this.#waiting.length = 0;
  }

  readonly unfinishedCalls = (): Promise<readonly UnfinishedCall[]> =>
    Promise.resolve(
      this.sids.filter((sid) => this.of(sid).every(({ end }) => end === undefined)).map((sid) => this.#unfinished(sid)),
    );

  readonly getCall = (_account: string, sid: string): Promise<StoredCall | null> => {
    const [first] = this.of(sid);
    if (first?.call === undefined) return Promise.resolve(null);
    return Promise.resolve({
      call: { ...first.call, callSid: sid, account: first.account, node: "n", endedAt: null, status: null, cdr: null },
      trace: JSON.stringify(this.trace(sid)),
      attempts: [],
      requests: [],
      recordings: [],
    });
  };

  get sids(): string[] {
    return [...new Set(this.rows.map(({ callSid }) => callSid))];
  }

  of(sid: string): JournalRow[] {
    return this.rows.filter(({ callSid }) => callSid === sid);
  }

  trace(sid = this.sids[0] ?? ""): TraceEntry[] {
    return this.of(sid).flatMap((row) => JSON.parse(row.trace) as TraceEntry[]);
  }

  #unfinished(callSid: string): UnfinishedCall {
    const rows = this.of(callSid);
    const legs = rows.findLast(({ legSnapshots }) => legSnapshots != null)?.legSnapshots;
    return {
      callSid,
      account: rows[0]?.account ?? "",
      setup: rows[0]?.call?.setup ?? "",
      startedAt: rows[0]?.startedAt ?? 0,
      steps: rows.map(({ seq, event }) => ({ seq, version: FORMAT, json: event })),
      legSnapshots: typeof legs === "string" ? { version: FORMAT, json: legs } : null,
    };
  }
}

export interface CallRigOptions {
  readonly numbers?: readonly string[];
  /** Fields of the answer in the flow. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly trunk?: Partial<Trunk>;
  readonly account?: Partial<typeof ACCOUNT>;
  /** `limits` and `price_table`, as in a workspace file. */
  readonly limits?: object;
  readonly prices?: object;
  /** What calls of earlier processes have cost, at each start. */
  readonly spend?: (rows: readonly JournalRow[]) => Promise<Pick<SpendReader, "legsSince">>;
  readonly log?: Log;
  readonly recordingsDir?: string;
  readonly resolveHost?: (host: string) => Promise<readonly string[]>;
}

/** The exchange between a caller and a trunk on a virtual network, in virtual time; it can be killed and started again. */
export class CallRig {
  readonly rig = new Rig();
  readonly store = new FakeStore();
  readonly callee: Peer;
  readonly caller: Party;
  media = new FakeMedia();
  exchange: Exchange;
  #platform: Party;
  readonly #options: CallRigOptions;

  private constructor(options: CallRigOptions, callee: Peer, caller: Party, rig: Rig) {
    this.#options = options;
    this.callee = callee;
    this.caller = caller;
    this.rig = rig;
    this.exchange = this.#makeExchange();
    this.#platform = new Party(rig, PLATFORM, {});
  }

  static async start(options: CallRigOptions = {}): Promise<CallRig> {
    const rig = new Rig();
    const caller = await rig.endpoint("10.0.0.5");
    const made = new CallRig(options, await Peer.at(rig, TRUNK), caller, rig);
    await made.startPlatform();
    return made;
  }

  /** Starts a process with a new SIP endpoint; it recovers what the journal holds. */
  async startPlatform(): Promise<number> {
    this.media = new FakeMedia();
    this.exchange = this.#makeExchange();
    this.#platform = new Party(this.rig, PLATFORM, { handlers: this.exchange.handlers });
    await this.#platform.endpoint.start();
    const config = this.#config();
    await this.exchange.prepare({ accounts: [config], flows: new Map([[`${ACCOUNT.sid}/1`, this.#flow()]]) });
    this.exchange.connect(this.#platform.endpoint);
    this.exchange.addMedia(this.media.client);
    const directory = new Directory({ accounts: [config], flows: new Map() });
    const spend = await this.#options.spend?.(this.store.rows);
    if (spend !== undefined) await this.exchange.limits.restore(spend, [config]);
    return recoverCalls(this.exchange, this.store, directory, this.#options.log ?? silentLog);
  }

  /** kill -9: nothing more goes out, and rows that are not durable are lost. */
  async kill(): Promise<void> {
    this.store.drop();
    await this.#platform.endpoint.stop();
  }

  /** The caller calls the ExoPhone. */
  async call(): Promise<Dialled> {
    const dialled = this.caller.dial(PLATFORM, {
      target: { uri: `sip:${EXOPHONE.number}@${PLATFORM}`, address: PLATFORM, port: 5060, protocol: "udp" },
      from: { uri: "sip:+919812345678@10.0.0.5" },
    });
    await this.pass(20);
    return dialled;
  }

  /** Places a call as a program does, without waiting for its outcome. */
  place(order: Partial<CallOrder> = {}): Promise<Placing> {
    return this.exchange.place({
      config: this.#config(),
      flowId: "1",
      from: CALLER_NUMBER,
      exophone: EXOPHONE.number,
      dialTo: null,
      customField: null,
      timeLimitMs: null,
      key: null,
      apiKey: null,
      ...order,
      placed: {
        destination: { kind: "number", e164: CALLER_NUMBER },
        ringLimitMs: 30_000,
        statusCallback: null,
        second: null,
        ...order.placed,
      },
    });
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 10) await this.rig.pass(Math.min(left, 10));
  }

  mediaEvent(event: MediaEvent extends infer E ? (E extends MediaEvent ? Omit<E, "call"> : never) : never): void {
    this.exchange.mediaEvent({ ...event, call: this.store.sids.at(-1) ?? "" });
  }

  #makeExchange(): Exchange {
    const { rig, store } = this;
    return new Exchange({
      clock: rig.clock,
      random: seededRandom(7),
      log: this.#options.log ?? silentLog,
      store,
      fetcher: { fetch: () => new Promise(() => undefined) },
      audio: { prepare: () => new Promise(() => undefined) },
      directory: new Directory({ accounts: [this.#config()], flows: new Map() }),
      resolveHost: this.#options.resolveHost ?? (() => Promise.reject(new Error("no such name"))),
      mediaAddress: PLATFORM,
      recordingsDir: this.#options.recordingsDir ?? "recordings",
      links: new RecordingLinks("secret", "https://voice.example"),
      publicUrl: `http://${PLATFORM}`,
      version: "test",
    } as unknown as ExchangeOptions);
  }

  #flow(): Flow {
    const { numbers = [CALLEE], parameters = {} } = this.#options;
    const connect = { type: "connect", parameters: { destination: { numbers }, ...parameters }, exits: {} };
    return { id: "1", name: "", start: "c", validation: "strict", applets: { c: connect } };
  }

  #config(): ReturnType<typeof testConfig> {
    const subnet = parseSubnet("10.0.0.0/24");
    const acceptFrom = blockListOf(subnet === null ? [] : [subnet]);
    const trunk = testTrunk({ host: TRUNK, acceptFrom, ...this.#options.trunk });
    const { limits = {}, prices = {} } = this.#options;
    return testConfig({
      account: { ...ACCOUNT, ...this.#options.account },
      trunks: [trunk],
      limits: defaultPolicy(limits, prices),
    });
  }
}
