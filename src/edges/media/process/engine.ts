import { isAbsolute, relative, resolve } from "node:path";
import type { Clock } from "../../../base/clock.ts";
import type { Log } from "../../../base/log.ts";
import { unreachable } from "../../../base/never.ts";
import type { Random } from "../../../base/random.ts";
import { FRAME_MS } from "../sound/frame.ts";
import { MediaCall, type CallContext, type RecordOp } from "./media-call.ts";
import { Ticker } from "./ticker.ts";
import { PortPool, type PortRange } from "../rtp/port-pool.ts";
import type { LoadPrompt } from "../playback/prompt-cache.ts";
import type {
  MediaCallSummary,
  MediaEvent,
  MediaOp,
  MediaReply,
  OpenError,
  OpenReply,
  StatsReply,
} from "./protocol.ts";
import type { OpenRecordingFile } from "../recording/recording-file.ts";
import type { SocketLayer } from "../rtp/sockets.ts";

export interface EngineOptions {
  /** Monotonic. */
  readonly clock: Clock;
  /** Must be unpredictable in production: ports and SSRCs come from it. */
  readonly random: Random;
  readonly sockets: SocketLayer;
  readonly ports: PortRange;
  readonly load: LoadPrompt;
  readonly openFile: OpenRecordingFile;
  /** Recordings are written only inside this folder. */
  readonly recordingsFolder: string;
  /** Silence of a leg is reported after this long; default 30 s. */
  readonly silenceMs?: number;
  readonly log: Log;
  emit(event: MediaEvent): void;
}

/** Figures that the process supplies. */
export type ProcessFigures = Pick<StatsReply, "pid" | "upMs" | "load" | "socketErrors">;

/** Calls are spread over a frame, so that packets are sent (and arrive) in four small bursts instead of one. */
const GROUPS = 4;
/** Housekeeping of a call (reports, silence) runs once in this many of its ticks: each second. */
const HOUSEKEEPING_TICKS = 1000 / FRAME_MS;
/** A phone sends every 20 ms; after half a minute without a packet it must be gone. */
const SILENCE_MS = 30_000;
/** More than one core can serve; keeps a runaway controller from using up all descriptors. */
const MAX_LEGS = 8000;
/** Exhausted ports are logged at most this often: a burst of calls must not flood the log. */
const REFUSAL_LOG_INTERVAL_MS = 60_000;

/** Counts of closed legs, so that totals never decrease. */
interface Totals {
  packetsReceived: number;
  packetsSent: number;
  packetsRefused: number;
}

/** All calls of one media process, driven by one ticker. Performs operations and emits events; knows nothing about connections. */
export class MediaEngine {
  readonly #options: EngineOptions;
  readonly #context: CallContext;
  readonly #ports: PortPool;
  readonly #ticker: Ticker;
  readonly #calls = new Map<string, MediaCall>();
  readonly #groups: Set<MediaCall>[] = Array.from({ length: GROUPS }, () => new Set());
  readonly #lastTick: number[] = Array.from({ length: GROUPS }, () => 0);
  readonly #totals: Totals = { packetsReceived: 0, packetsSent: 0, packetsRefused: 0 };
  #nextGroup = 0;
  #legs = 0;
  #recordings = 0;
  #recordingsFailed = 0;
  readonly #opensRefused: Record<OpenError, number> = { no_free_port: 0, no_socket: 0, too_many_legs: 0 };
  #refusalLoggedAt = -Infinity;

  constructor(options: EngineOptions) {
    this.#options = options;
    const { clock, random, sockets } = options;
    this.#ports = new PortPool(sockets, options.ports, clock, random);
    this.#ticker = new Ticker(clock, FRAME_MS / GROUPS, (tick) => this.#tick(tick));
    this.#context = {
      clock,
      random,
      ports: this.#ports,
      load: options.load,
      openFile: options.openFile,
      silenceMs: options.silenceMs ?? SILENCE_MS,
      emit: (event) => this.#emit(event),
      recordingClosed: (failed) => {
        if (failed) this.#recordingsFailed++;
      },
    };
  }

  get callCount(): number {
    return this.#calls.size;
  }

  /** Recordings whose file is not complete yet. */
  get openRecordings(): number {
    return this.#recordings;
  }

  /** Returns the reply of those operations that have one. */
  perform(op: MediaOp, figures: () => ProcessFigures): MediaReply | null {
    if (op.op === "open") return { reply: "open", id: op.id, ...this.#open(op.call, op.leg) };
    if (op.op === "list") return { reply: "list", id: op.id, calls: this.list() };
    if (op.op === "stats") return { reply: "stats", id: op.id, ...this.#stats(figures()) };
    if (op.op === "close_call") this.#closeCall(op.call);
    else this.#performOnCall(op);
    return null;
  }

  list(): MediaCallSummary[] {
    return [...this.#calls.values()].map((call) => call.summary());
  }

  /** Ends every call; recordings are completed and reported. */
  closeAll(): void {
    for (const id of this.#calls.keys()) this.#closeCall(id);
  }

  #performOnCall(op: Exclude<MediaOp, { op: "open" | "list" | "stats" | "close_call" }>): void {
    const call = this.#calls.get(op.call);
    switch (op.op) {
      case "remote":
        return call?.leg(op.leg)?.setRemote(op.remote);
      case "route":
        return call?.route(op.from, op.to, op.on);
      case "play":
        return call === undefined ? this.#emit(playbackFailed(op.call, op.play)) : call.play(op);
      case "stop_play":
        return call?.stopPlaying(op.play);
      case "stop_play_on":
        return call?.stopPlayingOn(op.legs);
      case "digits":
        return call?.sendDigits(op.leg, op.digits);
      case "record":
        return this.#record(call, op);
      case "stop_record":
        return call?.stopRecording(op.recording);
      case "pause_record":
        return call?.pauseRecording(op.recording, op.paused);
      case "close_leg":
        return this.#closeLeg(call, op.leg);
      default:
        return unreachable(op);
    }
  }

  #open(id: string, number: number): OpenReply {
    const known = this.#calls.get(id);
    const open = known?.leg(number);
    if (open !== undefined) return { port: open.port, error: null };
    if (this.#legs >= MAX_LEGS) return this.#refuse("too_many_legs");
    const call = known ?? new MediaCall(id, this.#context);
    const leg = call.open(number);
    if (typeof leg === "string") return this.#refuse(leg);
    this.#legs++;
    if (known === undefined) this.#add(call);
    return { port: leg.port, error: null };
  }

  /** Every refusal is counted, but only one a minute is logged. */
  #refuse(error: OpenError): OpenReply {
    this.#opensRefused[error]++;
    const now = this.#options.clock.now();
    if (now - this.#refusalLoggedAt >= REFUSAL_LOG_INTERVAL_MS) {
      this.#refusalLoggedAt = now;
      const [free, quarantined] = [this.#ports.freeCount, this.#ports.quarantinedCount];
      const fields = {
        reason: error,
        legs: this.#legs,
        portsFree: free,
        portsQuarantined: quarantined,
        refused: this.#opensRefused,
      };
      this.#options.log.warn(fields, "an RTP endpoint was refused");
    }
    return { port: 0, error };
  }

  #add(call: MediaCall): void {
    this.#calls.set(call.id, call);
    this.#groups[this.#nextGroup]?.add(call);
    this.#nextGroup = (this.#nextGroup + 1) % GROUPS;
    this.#ticker.start();
  }

  #record(call: MediaCall | undefined, op: RecordOp): void {
    this.#recordings++;
    // The closing event is due even when the call does not exist.
    const owner = call ?? new MediaCall(op.call, this.#context);
    const path = this.#insideFolder(op.path);
    if (path === null) owner.recordingFailed(op.recording, "path outside the recordings folder");
    else owner.record({ ...op, path });
  }

  #insideFolder(path: string): string | null {
    const folder = this.#options.recordingsFolder;
    const absolute = resolve(folder, path);
    const inside = relative(folder, absolute);
    return inside === "" || inside.startsWith("..") || isAbsolute(inside) ? null : absolute;
  }

  #closeLeg(call: MediaCall | undefined, number: number): void {
    if (call === undefined) return;
    call.closeLeg(number);
    if (call.legCount === 0) this.#forget(call);
  }

  #closeCall(id: string): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    call.close();
    this.#forget(call);
  }

  #forget(call: MediaCall): void {
    this.#calls.delete(call.id);
    for (const group of this.#groups) group.delete(call);
    if (this.#calls.size === 0) this.#ticker.stop();
  }

  #tick(tick: number): void {
    const turn = tick % GROUPS;
    const missed = (tick - (this.#lastTick[turn] ?? 0)) / GROUPS - 1;
    this.#lastTick[turn] = tick;
    const now = this.#options.clock.now();
    const housekeep = Math.floor(tick / GROUPS) % HOUSEKEEPING_TICKS === 0;
    for (const call of this.#groups[turn] ?? []) {
      try {
        if (call.busy) call.tick(now, missed);
        if (housekeep) call.housekeep(now);
      } catch (error) {
        // A fault in one call must not silence all others.
        this.#options.log.error({ err: error, call: call.id }, "a call failed in the media engine and was closed");
        this.#closeCall(call.id);
      }
    }
    this.#options.sockets.flush();
  }

  #emit(event: MediaEvent): void {
    if (event.event === "leg_stats") {
      this.#legs--;
      this.#totals.packetsReceived += event.stats.packetsReceived;
      this.#totals.packetsSent += event.stats.packetsSent;
      this.#totals.packetsRefused += event.stats.packetsRefused;
    }
    if (event.event === "recording_closed") this.#recordings--;
    this.#options.emit(event);
  }

  #stats(figures: ProcessFigures): StatsReply {
    const lateness = this.#ticker.lateness();
    const traffic = { ...this.#totals };
    for (const call of this.#calls.values()) call.addTraffic(traffic);
    return {
      ...figures,
      ...traffic,
      calls: this.#calls.size,
      legs: this.#legs,
      recordings: this.#recordings,
      recordingsFailed: this.#recordingsFailed,
      opensRefused: { ...this.#opensRefused },
      portsFree: this.#ports.freeCount,
      portsQuarantined: this.#ports.quarantinedCount,
      tickLateP50Ms: lateness.p50Ms,
      tickLateP99Ms: lateness.p99Ms,
      tickLateMaxMs: lateness.maxMs,
      ticksSkipped: Math.round(this.#ticker.skipped / GROUPS),
    };
  }
}

function playbackFailed(call: string, play: string): MediaEvent {
  return { event: "playback_ended", call, play, failure: "no such leg" };
}
