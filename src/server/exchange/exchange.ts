import { createHash } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import type { AudioLibrary } from "../../edges/audio/library.ts";
import type { PossibleAction } from "../../core/call/call-action.ts";
import type { CallCommand } from "../../core/call/command.ts";
import type { CallSetup, Flow } from "../../core/call/setup.ts";
import { TWO_NUMBERS_FLOW } from "../../core/call/two-numbers-flow.ts";
import type { Account } from "../../core/contract/account.ts";
import { OUTSIDE_PREFIXES } from "../../core/contract/numbers.ts";
import { makeCallSid } from "../../core/contract/request.ts";
import type { MediaClient } from "../../edges/media/process/client.ts";
import type { MediaEvent } from "../../edges/media/process/protocol.ts";
import type { Fetcher } from "../../edges/http-client/fetcher.ts";
import type { IncomingInvite, SipEndpointApi, SipHandlers } from "../../edges/sip/endpoint.ts";
import type { Store } from "../../edges/store/store.ts";
import type { JournalRow } from "../../edges/store/types.ts";
import type { AccountConfig } from "./account-config.ts";
import type { RecordingLinks } from "./recording-links.ts";
import { Admission, MAX_LIVE_CALLS, REFUSAL_MESSAGES } from "./admission.ts";
import type { AdmissionRefusal } from "./admission.ts";
import { CallIo } from "./call-io.ts";
import { beginningOf, setupKey } from "./call-order.ts";
import type { CallOrder, Placing } from "./call-order.ts";
import type { CallTracing } from "./call-tracing.ts";
import { CallCounts } from "./call-counts.ts";
import { CallRounds } from "./call-rounds.ts";
import { CallRoutes } from "./call-routes.ts";
import type { SharedRoutes } from "./call-routes.ts";
import { CallerLeg } from "./caller-leg.ts";
import type { Directory } from "./directory.ts";
import { JournalWriter } from "./journal-writer.ts";
import { InboundChecks } from "./inbound-checks.ts";
import type { AcceptedCall, StoredSetup } from "./inbound-checks.ts";
import { CallLimits } from "./limits/call-limits.ts";
import type { ReachedLimit } from "./limits/limit-rules.ts";
import { LiveCall } from "./live-call.ts";
import type { LiveView } from "./live-view.ts";
import { RefusedSources } from "./refused-sources.ts";
import type { RefusedSource } from "./refused-sources.ts";
import { RequestMetrics } from "./request-metrics.ts";
import { resolveHost } from "./resolve-host.ts";
import { Refusals } from "./refusals.ts";
import type { Services } from "./services.ts";
import { TrunkChannels } from "./trunk-channels.ts";
import type { Workspace } from "./workspace.ts";

export interface ExchangeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly store: Store;
  readonly fetcher: Fetcher;
  readonly audio: Pick<AudioLibrary, "prepare" | "check">;
  readonly directory: Directory;
  readonly mediaAddress: string;
  /** Default: the machine's resolver. */
  readonly resolveHost?: Services["resolveHost"];
  readonly recordingsDir: string;
  readonly links: RecordingLinks;
  /** Default: calls are not traced. */
  readonly tracing?: CallTracing | null;
  /** Whether the disk of the database is nearly full; default: never. */
  readonly isDiskLow?: () => boolean;
  /** Whether it soon will be; default: never. */
  readonly isDiskShort?: () => boolean;
  /** `http(s)://host:port` at which customers reach us; recording URLs begin with it. */
  readonly publicUrl: string;
  readonly version: string;
}

/** Current totals over all media processes. */
export interface MediaTotals {
  readonly legs: number;
  readonly recordings: number;
  /** Free port pairs. */
  readonly ports: number;
  readonly ticksSkipped: number;
}

/**
 * ms that a SIP message may wait before it is read. Beyond that peers soon repeat what they sent (T1 is 500 ms), the repeats
 * wait too, and everything stays late. So new calls, which can be refused, are refused.
 */
const MAX_SIGNALLING_DELAY_MS = 300;
/**
 * ms that a caller waits in silence for the first journal row: longer than the database needs to recover from a crash,
 * shorter than the patience of callers and carriers.
 */
const FIRST_ROW_LIMIT_MS = 4000;
/** ms that a hung-up call gets to end when the platform stops: one BYE and its journal row. */
const HANG_UP_GRACE_MS = 4000;
/** Share of the calls that a process carries, from which on it asks for no more. */
const NEARLY_FULL = 0.9;
/** ms between checks whether the last call has ended, during a stop. */
const DRAIN_CHECK_MS = 50;

/** The flow named by records of refused calls, which never ran one. */
const REFUSED_FLOW: Flow = {
  id: "",
  name: "",
  start: "bye",
  validation: "strict",
  applets: { bye: { type: "hangup" } },
};

/** Turns INVITEs into live calls, and connects calls with media and the journal. */
export class Exchange {
  readonly admission = new Admission();
  /** How many calls began and ended, and how. */
  readonly calls: CallCounts;
  /** Outgoing HTTP, of all purposes. */
  readonly requestMetrics: RequestMetrics;
  /** Refusals by reason. */
  readonly refusals: Refusals;
  /** Limits on outbound calls; also checked before a call by API begins. */
  readonly limits: CallLimits;
  readonly #options: ExchangeOptions;
  readonly #calls = new Map<string, CallIo>();
  readonly #setups = new Map<string, StoredSetup>();
  /** By account: the setup that records of refused calls refer to. */
  readonly #refusedSetups = new Map<string, string>();
  readonly #refusedSources: RefusedSources;
  readonly #sharedRoutes: SharedRoutes;
  readonly #checks: InboundChecks;
  readonly #journal: JournalWriter;
  readonly #media: MediaClient[] = [];
  /** Media processes that were lost and are not back. */
  #lostMedia = 0;
  #services: Services | null = null;
  #nextMedia = 0;
  /** Events of calls not yet rebuilt; null once all are. */
  #early: MediaEvent[] | null = [];

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.admission.draining = true;
    const { clock, random, log, store, directory, mediaAddress } = options;
    this.#journal = new JournalWriter({ clock, log, store });
    this.calls = new CallCounts(log);
    this.requestMetrics = new RequestMetrics(clock);
    this.#refusedSources = new RefusedSources(log);
    this.refusals = new Refusals({
      clock,
      random,
      log,
      append: (rows) => this.#journal.append(rows, "soon"),
      canAppend: () => this.#cannotWrite() === null,
      setupOf: (account) => this.#refusedSetups.get(account) ?? null,
    });
    const [channels, rounds, refusals] = [new TrunkChannels(), new CallRounds(), this.refusals];
    this.limits = new CallLimits(clock);
    this.#sharedRoutes = { now: () => clock.now(), channels, rounds, refusals, limits: this.limits };
    const limits = { channels, rounds, refusals, admission: this.admission, cannotTake: () => this.#cannotTake() };
    this.#checks = new InboundChecks({ clock, directory, mediaAddress, setups: this.#setups, ...limits });
  }

  /** The callbacks of the SIP endpoint. */
  readonly handlers: SipHandlers = {
    onInvite: (invite) => this.#onInvite(invite),
    admits: (source) => (this.#options.directory.admits(source.address) ? "accept" : "drop"),
    isBehindNat: (source) => this.#options.directory.isBehindNat(source.address),
    onRefusedSource: (source, method) => this.#refusedSources.note(source, method, this.#options.clock.now()),
    onRefusedRequest: (source, request, refusal) => this.#checks.refusedByStack(source, request, refusal),
  };

  /** Addresses that sent requests although no trunk accepts them, newest first; they belong to no account. */
  refusedSources(): readonly RefusedSource[] {
    return this.#refusedSources.list();
  }

  /** How many requests came from such addresses since the start. */
  get refusedSourceRequests(): number {
    return this.#refusedSources.total;
  }

  /** Stores every setup of the workspace, so that calls can name them. */
  async prepare(workspace: Workspace): Promise<void> {
    const setups = new Map<string, StoredSetup>();
    for (const { account } of workspace.accounts) {
      this.#refusedSetups.set(account.sid, (await this.#store(account, REFUSED_FLOW)).hash);
      const twoNumbers = setupKey(account, null);
      setups.set(twoNumbers, await this.#storeChanged(twoNumbers, account, TWO_NUMBERS_FLOW));
      for (const [key, flow] of workspace.flows)
        if (key.startsWith(`${account.sid}/`)) setups.set(key, await this.#storeChanged(key, account, flow));
    }
    this.#setups.clear();
    for (const [key, setup] of setups) this.#setups.set(key, setup);
  }

  /**
   * Uses this workspace from the next call on; live calls keep their account, trunks and flow. Rejects if a setup can't be
   * stored; then nothing has changed.
   */
  async use(workspace: Workspace): Promise<void> {
    await this.prepare(workspace);
    this.#options.directory.load(workspace);
  }

  /** Stores a setup only if it has changed: most of a workspace stays the same. */
  #storeChanged(key: string, account: Account, flow: Flow): Promise<StoredSetup> {
    const known = this.#setups.get(key);
    const isSame = known?.setup.account === account && known.setup.flow === flow;
    return isSame ? Promise.resolve(known) : this.#store(account, flow);
  }

  async #store(account: Account, flow: Flow): Promise<StoredSetup> {
    const { publicUrl, version, store } = this.#options;
    const recordingsUrl = `${publicUrl}/api/accounts/${account.sid}/recordings`;
    const setup: CallSetup = { account, flow, recordingsUrl, version };
    const json = JSON.stringify(setup);
    const hash = createHash("sha256").update(json).digest("hex");
    await store.putSetup(hash, json);
    return { hash, setup };
  }

  connect(sip: SipEndpointApi): void {
    const { clock, log, fetcher, audio, mediaAddress, recordingsDir, links, tracing = null } = this.#options;
    const lookup = this.#options.resolveHost ?? resolveHost;
    const append: Services["append"] = async (rows, urgency) => {
      await this.#journal.append(rows, urgency);
      this.calls.written(rows);
      this.limits.written(rows);
      for (const row of rows) {
        this.#countForbidden(row);
        if (row.end !== undefined) tracing?.ended(row.callSid, row.account, row.end);
      }
    };
    this.#services = {
      clock,
      log,
      sip,
      fetcher,
      audio,
      mediaAddress,
      recordingsDir,
      links,
      tracing,
      append,
      resolveHost: lookup,
    };
  }

  /** Counts numbers that the validation of an answer skipped because `dial_prefixes` forbid them. */
  #countForbidden({ callSid: call, account, trace }: JournalRow): void {
    if (!trace.includes(OUTSIDE_PREFIXES)) return;
    this.refusals.note("dial_prefix", "a number outside dial_prefixes was not dialled", { call, account });
  }

  addMedia(client: MediaClient): void {
    this.#media.push(client);
    this.#lostMedia = Math.max(0, this.#lostMedia - 1);
  }

  /** A media process has died: its calls, now without audio, are ended, and new calls use another one. */
  mediaLost(client: MediaClient): void {
    const index = this.#media.indexOf(client);
    if (index >= 0) this.#lostMedia += this.#media.splice(index, 1).length;
    for (const io of this.#calls.values())
      if (io.media === client) {
        io.mediaLost();
        io.call.deliver({ kind: "command", at: io.call.now(), command: "hang_up" });
      }
  }

  mediaEvent(event: MediaEvent): void {
    // Mostly after the call has ended.
    if (event.event === "leg_stats") return this.calls.timings.legEnded(event.stats);
    const io = this.#calls.get(event.call);
    if (io !== undefined) io.mediaEvent(event);
    else this.#early?.push(event);
  }

  get services(): Services {
    if (this.#services === null) throw new Error("the exchange is not connected to SIP yet");
    return this.#services;
  }

  get media(): readonly MediaClient[] {
    return this.#media;
  }

  async mediaTotals(): Promise<MediaTotals> {
    const totals = { legs: 0, recordings: 0, ports: 0, ticksSkipped: 0 };
    for (const stats of await Promise.all(this.#media.map((client) => client.stats()))) {
      totals.legs += stats.legs;
      totals.recordings += stats.recordings;
      totals.ports += stats.portsFree + stats.portsQuarantined;
      totals.ticksSkipped += stats.ticksSkipped;
    }
    return totals;
  }

  /** Calls that came in and were taken, since the start. */
  get callsBegun(): number {
    return this.calls.begun;
  }

  get liveCalls(): number {
    return this.#calls.size;
  }

  isLive(callSid: string): boolean {
    return this.#calls.has(callSid);
  }

  /** The account's live calls on this node, the newest first. */
  liveCallsOf(account: string): readonly LiveView[] {
    const own = [...this.#calls.values()].filter(({ config }) => config.account.sid === account);
    const views = own.flatMap(({ call }) => call.view() ?? []);
    return views.sort((a, b) => b.startedAt - a.startedAt);
  }

  /** From now on INVITEs become calls. Early media events have found their calls by now, or never will. */
  open(): void {
    for (const event of this.#early ?? []) this.#calls.get(event.call)?.mediaEvent(event);
    this.#early = null;
    this.admission.draining = false;
  }

  /** Why no account's calls can be taken now; null: calls are taken. Reasons that pass within a second are left out. */
  get closedBecause(): AdmissionRefusal | null {
    if (this.admission.draining) return "draining";
    return this.#media.length === 0 ? "no_media" : this.#cannotWrite();
  }

  /** What may soon keep calls from being taken, as a sentence; null if nothing. */
  get strainedBecause(): string | null {
    const { queueDelayMs } = this.services.sip;
    if (queueDelayMs > MAX_SIGNALLING_DELAY_MS / 2) return `SIP messages wait ${queueDelayMs} ms before they are read`;
    if (this.#lostMedia > 0) return `media processes that ended and are not running again yet: ${this.#lostMedia}`;
    if (this.#calls.size > MAX_LIVE_CALLS * NEARLY_FULL)
      return `${this.#calls.size} calls are up, of ${MAX_LIVE_CALLS} that this process carries`;
    return this.#options.isDiskShort?.() === true ? "the disk of the data folder will soon be full" : null;
  }

  /** Adds a call of an earlier process to the live calls. */
  adopt(sid: string, io: CallIo): void {
    this.#calls.set(sid, io);
    this.admission.adopt(io.config, this.#options.clock.now());
  }

  /** Releases a call that is over. */
  release(sid: string, config: AccountConfig): void {
    this.limits.callEnded(sid);
    if (this.#calls.delete(sid)) this.admission.release(config);
  }

  hangUp(callSid: string): boolean {
    const io = this.#calls.get(callSid);
    io?.call.deliver({ kind: "command", at: io.call.now(), command: "hang_up" });
    return io !== undefined;
  }

  /** Sends a command to a live call. Null: carried out; otherwise one sentence saying why not (`call-action.ts`). */
  command(callSid: string, command: CallCommand): string | null {
    const io = this.#calls.get(callSid);
    if (io === undefined) return `${command.command} is not possible now: the call has ended`;
    const refusal = io.call.refusalOf(command);
    if (refusal === null) io.call.deliver({ kind: "command", at: io.call.now(), ...command });
    return refusal;
  }

  /** Every action, with the reason if a live call can't do it now; empty: the call has ended. */
  actionsOf(callSid: string): readonly PossibleAction[] {
    return this.#calls.get(callSid)?.call.actions() ?? [];
  }

  /** The flow a live call is in; undefined: the call has ended. */
  flowOf(callSid: string): Flow | undefined {
    return this.#calls.get(callSid)?.call.flow;
  }

  /** The flow that new calls of this account would run; undefined: no flow has this id. */
  flow(account: string, flowId: string): Flow | undefined {
    return this.#setups.get(`${account}/${flowId}`)?.setup.flow;
  }

  /** API-1, API-2: begins a call whose first leg we dial. Resolves once that is durable, or has failed. */
  async place(order: CallOrder): Promise<Placing> {
    const { config, flowId } = order;
    const { clock } = this.#options;
    const stored = this.#setups.get(setupKey(config.account, flowId));
    if (stored === undefined) return { kind: "refused", reason: "no_flow", message: `there is no flow ${flowId}` };
    const reason = this.#cannotTake() ?? this.admission.take(config, clock.now());
    if (reason !== null) return this.#refuseOrder(config, reason);
    const callSid = makeCallSid(this.#options.random, clock.now(), config.account.timezone);
    const { apiKey, placed } = order;
    const limit = this.limits.placeCall({ config, callSid, apiKey, destination: placed.destination });
    if (limit === null) return this.#dial(order, stored, callSid);
    this.admission.release(config);
    return this.#refuseByLimit(config, limit);
  }

  #refuseByLimit({ account }: AccountConfig, limit: ReachedLimit): Placing {
    const { rule, limit: most, value, message, change } = limit;
    this.refusals.note(rule, `call by API refused: ${message}`, { account: account.sid, limit: most, value });
    return { kind: "refused", reason: rule, message: `${message}; what would change it: ${change}` };
  }

  #refuseOrder({ account }: AccountConfig, reason: AdmissionRefusal): Placing {
    const message = REFUSAL_MESSAGES[reason];
    this.refusals.note(reason, `call by API refused: ${message}`, { account: account.sid });
    return { kind: "refused", reason, message };
  }

  async #dial(order: CallOrder, stored: StoredSetup, sid: string): Promise<Placing> {
    const { config } = order;
    const onUsedUp = (limit: ReachedLimit): void => this.#endByLimit(io, limit);
    const routes = new CallRoutes(config, { ...this.#sharedRoutes, callSid: sid, onUsedUp });
    const ended = Promise.withResolvers<"let_go">();
    const io: CallIo = new CallIo(sid, this.services, config, this.#pickMedia(), (letGo) => {
      routes.end();
      this.release(sid, config);
      if (letGo) ended.resolve("let_go");
    });
    io.routes = routes;
    const { row, arrival } = beginningOf(order, stored, sid, this.#options.clock.now());
    const call = new LiveCall(sid, stored.setup, row, io);
    this.#calls.set(sid, io);
    this.calls.began(sid, config.account.sid, row, "", "api");
    io.attach(call, null);
    call.deliver(arrival);
    const outcome = await Promise.race([this.#firstRow(call), ended.promise]);
    if (outcome === "let_go")
      return order.key === null ? this.#refuseOrder(config, "journal_behind") : { kind: "key_taken" };
    return outcome === "written" ? { kind: "placed", callSid: sid, row } : this.#refuseOrder(config, "journal_behind");
  }

  /** Nothing goes out before the first row is durable, but a client must not wait for a database that is down. */
  #firstRow(call: LiveCall): Promise<"written" | "too_late"> {
    return new Promise((resolve) => {
      const limit = this.#options.clock.after(FIRST_ROW_LIMIT_MS, () => {
        // The row may still be written; then the call ends before anything rings, and its record says so.
        call.deliver({ kind: "command", at: call.now(), command: "hang_up" });
        resolve("too_late");
      });
      void call.durable().then(() => {
        limit.cancel();
        resolve("written");
      });
    });
  }

  /** Takes no new calls, waits for the live ones, hangs up the rest after `drainMs`, and waits for their last rows. */
  async drain(drainMs: number): Promise<void> {
    this.admission.draining = true;
    await this.#untilIdle(drainMs);
    for (const sid of this.#calls.keys()) this.hangUp(sid);
    await this.#untilIdle(HANG_UP_GRACE_MS);
  }

  #untilIdle(limitMs: number): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.elapsed() + limitMs;
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.#calls.size === 0 || clock.elapsed() >= deadline) resolve();
        else clock.after(DRAIN_CHECK_MS, look);
      };
      look();
    });
  }

  #onInvite(invite: IncomingInvite): void {
    const accepted = this.#checks.check(invite);
    if (accepted !== null) this.#begin(invite, accepted);
  }

  #cannotTake(): AdmissionRefusal | null {
    if (this.#media.length === 0) return "no_media";
    if (this.services.sip.queueDelayMs > MAX_SIGNALLING_DELAY_MS) return "signalling_behind";
    return this.#cannotWrite();
  }

  /** Why no rows can be written for new calls; live calls need the rest of the disk for theirs. */
  #cannotWrite(): AdmissionRefusal | null {
    return this.#journal.problem() ?? (this.#options.isDiskLow?.() === true ? "disk_full" : null);
  }

  #begin(invite: IncomingInvite, { route, stored, offer, caller, inbound }: AcceptedCall): void {
    const { clock, random } = this.#options;
    const { config, exophone } = route;
    const now = clock.now();
    const sid = makeCallSid(random, now, config.account.timezone);
    const onUsedUp = (limit: ReachedLimit): void => this.#endByLimit(io, limit);
    const routes = new CallRoutes(config, { ...this.#sharedRoutes, callSid: sid, onUsedUp }, inbound);
    const io: CallIo = new CallIo(sid, this.services, config, this.#pickMedia(), () => {
      routes.end();
      this.release(sid, config);
    });
    io.routes = routes;
    io.callerCodec = offer?.codec ?? null;
    const parties = { from: caller.number, to: exophone.number, direction: "incoming", customField: null } as const;
    const row = { setup: stored.hash, flow: stored.setup.flow.id, ...parties, startedAt: now };
    const call = new LiveCall(sid, stored.setup, row, io);
    this.#calls.set(sid, io);
    this.calls.began(sid, config.account.sid, row, route.trunk.name, invite.source.address);
    const leg = new CallerLeg(io, sid, invite, offer);
    io.attach(call, leg);
    call.deliver({ kind: "call_arrived", at: now, callSid: sid, ...parties });
    this.#limitFirstRow(call, leg);
  }

  /** Ends a call whose next minute the budget doesn't cover. */
  #endByLimit({ call, config }: CallIo, limit: ReachedLimit): void {
    const { rule, message, limit: most, value } = limit;
    const fields = { call: call.sid, account: config.account.sid, limit: most, value, message };
    this.refusals.note(rule, "a call is ended by a limit of its account", fields);
    call.deliver({ kind: "command", at: call.now(), command: "hang_up", limit });
  }

  /** Nothing goes out before the first row is durable, but a caller must not wait in silence for a database that is down. */
  #limitFirstRow(call: LiveCall, leg: CallerLeg): void {
    const limit = this.#options.clock.after(FIRST_ROW_LIMIT_MS, () => {
      const message = `its first journal row was not written within ${FIRST_ROW_LIMIT_MS} ms`;
      if (leg.refuseForNow(message))
        this.refusals.note("journal_behind", `call refused: ${message}`, { status: 503, call: call.sid });
    });
    void call.durable().then(() => limit.cancel());
  }

  /** Round robin: calls are alike on average, and it needs no answer from the media processes. */
  #pickMedia(): MediaClient {
    this.#nextMedia = (this.#nextMedia + 1) % this.#media.length;
    const client = this.#media[this.#nextMedia];
    if (client === undefined) throw new Error("no media process");
    return client;
  }
}
