import { createHash } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import type { AudioLibrary } from "../../edges/audio/library.ts";
import type { CallSetup } from "../../core/call/setup.ts";
import { makeCallSid } from "../../core/contract/request.ts";
import type { MediaClient } from "../../edges/media/process/client.ts";
import type { MediaEvent } from "../../edges/media/process/protocol.ts";
import type { Fetcher } from "../../edges/http-client/fetcher.ts";
import type { IncomingInvite, SipEndpointApi, SipHandlers } from "../../edges/sip/endpoint.ts";
import type { Store } from "../../edges/store/store.ts";
import { Admission, RETRY_AFTER_S } from "./admission.ts";
import type { AdmissionRefusal } from "./admission.ts";
import { CallIo } from "./call-io.ts";
import { CallerLeg } from "./caller-leg.ts";
import type { Directory } from "./directory.ts";
import { callerNumber } from "./directory.ts";
import { identityOf, calledNumber } from "./identity.ts";
import { readOffer } from "./leg-media.ts";
import type { ReadOffer } from "./leg-media.ts";
import { LiveCall } from "./live-call.ts";
import type { Services } from "./services.ts";
import type { AccountConfig, Workspace } from "./workspace.ts";

export interface ExchangeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly store: Store;
  readonly fetcher: Fetcher;
  readonly audio: Pick<AudioLibrary, "prepare" | "prefetch">;
  readonly directory: Directory;
  readonly mediaAddress: string;
  readonly recordingsDir: string;
  /** `http(s)://host:port` at which customers reach us: the first part of recording URLs. */
  readonly publicUrl: string;
  readonly version: string;
}

/** A setup as stored once: calls name it by its hash. */
export interface StoredSetup {
  readonly hash: string;
  readonly setup: CallSetup;
}

/** Over all media processes, now. */
export interface MediaTotals {
  readonly legs: number;
  readonly recordings: number;
  /** Port pairs not in use. */
  readonly ports: number;
  readonly ticksSkipped: number;
}

/** Rows that wait for the database: beyond, live calls already wait too long, and new ones would only add to it. */
const MAX_UNWRITTEN_ROWS = 5000;
/**
 * What comes in by SIP waits so long, ms, before it is read: soon everybody repeats what he sent (T1 is 500 ms), the
 * repeats wait too, and nothing would ever be in time again. New calls are what can be refused.
 */
const MAX_SIGNALLING_DELAY_MS = 300;
/** How long a call is given to end after it was told to, when the platform stops: one BYE and its journal row. */
const HANG_UP_GRACE_MS = 4000;
const DRAIN_CHECK_MS = 50;

/** Live calls: INVITEs become calls, calls find their media and their place in the journal. */
export class Exchange {
  readonly admission = new Admission();
  readonly #options: ExchangeOptions;
  readonly #calls = new Map<string, CallIo>();
  readonly #setups = new Map<string, StoredSetup>();
  readonly #media: MediaClient[] = [];
  #services: Services | null = null;
  #nextMedia = 0;
  #unwrittenRows = 0;
  #callsBegun = 0;
  /** Events of calls that are not rebuilt yet; null once they are. */
  #early: MediaEvent[] | null = [];

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.admission.draining = true;
  }

  /** What the SIP endpoint asks and tells. */
  readonly handlers: SipHandlers = {
    onInvite: (invite) => this.#onInvite(invite),
    admits: (source) => (this.#options.directory.admits(source.address) ? "accept" : "drop"),
  };

  /** Stores every setup of the workspace, so that calls can name them. */
  async prepare(workspace: Workspace): Promise<void> {
    const { publicUrl, version, store } = this.#options;
    for (const { account } of workspace.accounts) {
      const recordingsUrl = `${publicUrl}/api/accounts/${account.sid}/recordings`;
      for (const [key, flow] of workspace.flows) {
        if (!key.startsWith(`${account.sid}/`)) continue;
        const setup: CallSetup = { account, flow, recordingsUrl, version };
        const json = JSON.stringify(setup);
        const hash = createHash("sha256").update(json).digest("hex");
        await store.putSetup(hash, json);
        this.#setups.set(key, { hash, setup });
      }
    }
  }

  connect(sip: SipEndpointApi): void {
    const { clock, log, fetcher, audio, mediaAddress, recordingsDir, store } = this.#options;
    const append: Services["append"] = async (rows, urgency) => {
      this.#unwrittenRows += rows.length;
      try {
        await store.append(rows, urgency);
      } finally {
        this.#unwrittenRows -= rows.length;
      }
    };
    this.#services = { clock, log, sip, fetcher, audio, mediaAddress, recordingsDir, append };
  }

  addMedia(client: MediaClient): void {
    this.#media.push(client);
  }

  /** That media process is gone, and with it the sound of its calls: they are ended, and new calls go elsewhere. */
  mediaLost(client: MediaClient): void {
    const index = this.#media.indexOf(client);
    if (index >= 0) this.#media.splice(index, 1);
    for (const io of this.#calls.values())
      if (io.media === client) io.call.deliver({ kind: "command", at: io.call.now(), command: "hang_up" });
  }

  mediaEvent(event: MediaEvent): void {
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
    return this.#callsBegun;
  }

  get liveCalls(): number {
    return this.#calls.size;
  }

  isLive(callSid: string): boolean {
    return this.#calls.has(callSid);
  }

  /** Opens the doors: from now on INVITEs become calls. `early` media events have found their calls, or never will. */
  open(): void {
    for (const event of this.#early ?? []) this.#calls.get(event.call)?.mediaEvent(event);
    this.#early = null;
    this.admission.draining = false;
  }

  get isOpen(): boolean {
    return !this.admission.draining && this.#media.length > 0;
  }

  /** Takes a call of an earlier process among the live ones. */
  adopt(sid: string, io: CallIo): void {
    this.#calls.set(sid, io);
    this.admission.adopt(io.config, this.#options.clock.now());
  }

  /** Lets go of a call that is over. */
  release(sid: string, config: AccountConfig): void {
    if (this.#calls.delete(sid)) this.admission.release(config);
  }

  hangUp(callSid: string): boolean {
    const io = this.#calls.get(callSid);
    io?.call.deliver({ kind: "command", at: io.call.now(), command: "hang_up" });
    return io !== undefined;
  }

  /** No new calls; waits for the live ones, hangs up what is left after `drainMs`, and waits for their last rows. */
  async drain(drainMs: number): Promise<void> {
    this.admission.draining = true;
    await this.#untilIdle(drainMs);
    for (const sid of this.#calls.keys()) this.hangUp(sid);
    await this.#untilIdle(HANG_UP_GRACE_MS);
  }

  #untilIdle(limitMs: number): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.now() + limitMs;
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.#calls.size === 0 || clock.now() >= deadline) resolve();
        else clock.after(DRAIN_CHECK_MS, look);
      };
      look();
    });
  }

  #onInvite(invite: IncomingInvite): void {
    const { directory, log, clock } = this.#options;
    const user = calledNumber(invite.request);
    const route = user === null ? null : directory.inboundRoute(user, invite.source.address);
    if (route === null) {
      log.info(
        { pii: { called: user }, source: invite.source.address },
        "call to a number that is no ExoPhone of this trunk's account",
      );
      invite.reject(404);
      return;
    }
    const { config, exophone, flowId } = route;
    const stored = flowId === null ? undefined : this.#setups.get(`${config.account.sid}/${flowId}`);
    if (stored === undefined) {
      log.warn({ account: config.account.sid }, "call to an ExoPhone without a flow");
      invite.reject(480, "No flow");
      return;
    }
    const offer = invite.offer === null ? null : readOffer(invite.offer);
    if (invite.offer !== null && offer === null) {
      invite.reject(488, null, [["Warning", '305 plugboard "Incompatible media format: PCMU or PCMA is needed"']]);
      return;
    }
    const refusal = this.#cannotTake() ?? this.admission.take(config, clock.now());
    if (refusal !== null) {
      log.info({ account: config.account.sid, refusal }, "call refused for now");
      invite.reject(503, null, [["Retry-After", String(RETRY_AFTER_S)]]);
      return;
    }
    this.#begin(invite, config, exophone.number, stored, offer);
  }

  #cannotTake(): AdmissionRefusal | null {
    if (this.#media.length === 0) return "no_media";
    if (this.services.sip.queueDelayMs > MAX_SIGNALLING_DELAY_MS) return "signalling_behind";
    return this.#unwrittenRows > MAX_UNWRITTEN_ROWS ? "journal_behind" : null;
  }

  #begin(
    invite: IncomingInvite,
    config: AccountConfig,
    exophone: string,
    stored: StoredSetup,
    offer: ReadOffer | null,
  ): void {
    const { clock, random } = this.#options;
    const now = clock.now();
    this.#callsBegun += 1;
    const sid = makeCallSid(random, now, config.account.timezone);
    const media = this.#pickMedia();
    const io = new CallIo(sid, this.services, config, media, () => this.release(sid, config));
    io.callerCodec = offer?.codec ?? null;
    const from = callerNumber(identityOf(invite.request), config.account.country);
    const direction = "incoming";
    const row = {
      setup: stored.hash,
      flow: stored.setup.flow.id,
      from,
      to: exophone,
      direction,
      customField: null,
      startedAt: now,
    } as const;
    const call = new LiveCall(sid, stored.setup, row, io);
    this.#calls.set(sid, io);
    io.attach(call, new CallerLeg(io, sid, invite, offer));
    call.deliver({ kind: "call_arrived", at: now, callSid: sid, from, to: exophone, direction, customField: null });
  }

  /** In turn: calls are alike on average, and a count needs no answer from the media processes. */
  #pickMedia(): MediaClient {
    this.#nextMedia = (this.#nextMedia + 1) % this.#media.length;
    const client = this.#media[this.#nextMedia];
    if (client === undefined) throw new Error("no media process");
    return client;
  }
}
