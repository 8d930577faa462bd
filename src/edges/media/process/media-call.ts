import { unreachable } from "../../../base/never.ts";
import { MediaLeg, type LegEvent, type MediaLegContext } from "./leg.ts";
import { Playback } from "../playback/playback.ts";
import type { LoadPrompt } from "../playback/prompt-cache.ts";
import type { MediaCallSummary, MediaEvent, MediaOp, OpenError } from "./protocol.ts";
import type { OpenRecordingFile } from "../recording/recording-file.ts";
import { Recording } from "../recording/recording.ts";

export interface CallContext extends MediaLegContext {
  readonly load: LoadPrompt;
  readonly openFile: OpenRecordingFile;
  emit(event: MediaEvent): void;
  recordingClosed(failed: boolean): void;
}

export type PlayOp = Extract<MediaOp, { op: "play" }>;
export type RecordOp = Extract<MediaOp, { op: "record" }>;

interface ActivePlay {
  readonly id: string;
  readonly loop: boolean;
  readonly playback: Playback;
  readonly legs: Set<MediaLeg>;
}

interface ActiveRecording {
  readonly recording: Recording;
  /** null: that leg is closed; its channel continues in silence. */
  readonly legs: (MediaLeg | null)[];
  /** This tick's frames, in the same order. */
  readonly frames: (Int16Array | null)[];
}

/** The legs, playbacks and recordings of one call. One `tick` is 20 ms. */
export class MediaCall {
  readonly id: string;
  /** Something is being, or has been, received, played or recorded: there is work in every tick. */
  busy = false;
  readonly #context: CallContext;
  readonly #legs = new Map<number, MediaLeg>();
  readonly #plays = new Map<string, ActivePlay>();
  readonly #recordings = new Map<string, ActiveRecording>();
  readonly #openedAt: number;

  constructor(id: string, context: CallContext) {
    this.id = id;
    this.#context = context;
    this.#openedAt = context.clock.now();
  }

  get legCount(): number {
    return this.#legs.size;
  }

  leg(number: number): MediaLeg | undefined {
    return this.#legs.get(number);
  }

  /** The existing leg if it is open; else a new one, or why there can't be one. */
  open(number: number): MediaLeg | OpenError {
    const leg =
      this.#legs.get(number) ?? MediaLeg.open(number, this.#context, (from, event) => this.#onLeg(from, event));
    if (typeof leg !== "string") this.#legs.set(number, leg);
    return leg;
  }

  route(from: number, to: number, on: boolean): void {
    const source = this.#legs.get(from);
    const target = this.#legs.get(to);
    if (source === undefined || target === undefined || source === target) return;
    if (!on) {
      target.stopForwardingFrom(source);
      return;
    }
    target.forwardFrom(source);
    this.busy = true;
  }

  play(op: PlayOp): void {
    this.stopPlaying(op.play);
    const legs = this.#existing(op.legs);
    if (legs.length === 0) {
      this.#playbackEnded(op.play, "no such leg");
      return;
    }
    for (const leg of legs) this.#removeFromPlay(leg, "replaced");
    const playback = new Playback(op.items, op.loop, this.#context.load);
    this.#plays.set(op.play, { id: op.play, loop: op.loop, playback, legs: new Set(legs) });
    for (const leg of legs) leg.playFrom(playback);
    this.busy = true;
  }

  stopPlaying(id: string): void {
    const play = this.#plays.get(id);
    if (play === undefined) return;
    this.#plays.delete(id);
    for (const leg of play.legs) leg.playFrom(null);
  }

  stopPlayingOn(numbers: readonly number[]): void {
    for (const leg of this.#existing(numbers)) this.#removeFromPlay(leg, null);
  }

  sendDigits(leg: number, digits: string): void {
    const target = this.#legs.get(leg);
    if (target === undefined) return;
    target.dtmf.enqueue(digits);
    target.startSending();
    this.busy = true;
  }

  record(op: RecordOp): void {
    const legs = this.#existing(op.legs);
    if (legs.length === 0 || this.#recordings.has(op.recording)) {
      this.recordingFailed(op.recording, legs.length === 0 ? "no such leg" : "this recording is already running");
      return;
    }
    const { path, layout, maxMs, silenceMs } = op;
    const open = this.#context.openFile;
    const recording = new Recording({
      path,
      layout,
      maxMs,
      silenceMs,
      open,
      ended: (end) => {
        this.#forgetRecording(op.recording);
        this.#context.recordingClosed(end.failure !== null);
        this.#context.emit({ event: "recording_closed", call: this.id, recording: op.recording, ...end });
      },
    });
    for (const leg of legs) leg.receiver.consume(true);
    this.#recordings.set(op.recording, { recording, legs, frames: legs.map(() => null) });
    this.busy = true;
  }

  stopRecording(id: string): void {
    this.#recordings.get(id)?.recording.stop("stopped");
  }

  pauseRecording(id: string, paused: boolean): void {
    this.#recordings.get(id)?.recording.pause(paused);
  }

  recordingFailed(recording: string, failure: string): void {
    this.#context.recordingClosed(true);
    const nothing = { durationMs: 0, bytes: 0, reason: "failed", failure } as const;
    this.#context.emit({ event: "recording_closed", call: this.id, recording, ...nothing });
  }

  closeLeg(number: number): void {
    const leg = this.#legs.get(number);
    if (leg === undefined) return;
    this.#legs.delete(number);
    this.#removeFromPlay(leg, "the leg was closed");
    for (const { recording, legs } of this.#recordings.values()) {
      const at = legs.indexOf(leg);
      if (at >= 0) legs[at] = null;
      if (legs.every((one) => one === null)) recording.stop("legs_closed");
    }
    const stats = leg.stats();
    leg.close();
    this.#context.emit({ event: "leg_stats", call: this.id, leg: number, stats });
  }

  /** Closes everything; recordings are still being completed. */
  close(): void {
    for (const id of this.#plays.keys()) this.stopPlaying(id);
    for (const { recording } of this.#recordings.values()) recording.stop("stopped");
    for (const number of this.#legs.keys()) this.closeLeg(number);
  }

  /** 20 ms of the call. `missed`: the number of ticks before this one that never ran. */
  tick(nowMs: number, missed: number): void {
    if (missed > 0) this.#skip(missed);
    for (const leg of this.#legs.values()) leg.pull(nowMs);
    for (const play of this.#plays.values()) if (!play.playback.next()) this.#endPlay(play);
    for (const leg of this.#legs.values()) leg.send();
    for (const active of this.#recordings.values()) this.#recordFrame(active);
  }

  housekeep(nowMs: number): void {
    for (const leg of this.#legs.values()) leg.housekeep(nowMs);
  }

  /** Adds the traffic of the open legs so far. */
  addTraffic(totals: { packetsReceived: number; packetsSent: number; packetsRefused: number }): void {
    for (const leg of this.#legs.values()) {
      totals.packetsReceived += leg.receiver.stats.received;
      totals.packetsSent += leg.packetsSent;
      totals.packetsRefused += leg.receiver.refused;
    }
  }

  summary(): MediaCallSummary {
    return {
      call: this.id,
      ageMs: Math.round(this.#context.clock.now() - this.#openedAt),
      legs: [...this.#legs.values()].map((leg) => leg.summary()),
      plays: Array.from(this.#plays.keys()),
      recordings: [...this.#recordings].map(([recording, { recording: r }]) => ({
        recording,
        path: r.path,
        durationMs: r.durationMs,
      })),
    };
  }

  #onLeg(leg: MediaLeg, event: LegEvent): void {
    if (event.kind === "first_rtp") this.busy = true;
    const reported = toMediaEvent(this.id, leg.number, event);
    if (reported !== null) this.#context.emit(reported);
  }

  #existing(numbers: readonly number[]): MediaLeg[] {
    return numbers.map((number) => this.#legs.get(number)).filter((leg) => leg !== undefined);
  }

  #skip(ticks: number): void {
    for (const leg of this.#legs.values()) leg.skip(ticks);
    for (const { playback } of this.#plays.values()) playback.skip(ticks);
    for (const { recording } of this.#recordings.values()) recording.skip(ticks);
  }

  #recordFrame({ recording, legs, frames }: ActiveRecording): void {
    for (let i = 0; i < legs.length; i++) {
      const leg = legs[i] ?? null;
      frames[i] = leg !== null && leg.audible ? leg.receiver.frame : null;
    }
    recording.frame(frames);
  }

  #endPlay(play: ActivePlay): void {
    this.stopPlaying(play.id);
    this.#playbackEnded(play.id, play.playback.failure);
  }

  /** `reason` null: not reported. */
  #removeFromPlay(leg: MediaLeg, reason: string | null): void {
    for (const play of this.#plays.values()) {
      if (!play.legs.delete(leg) || play.legs.size > 0) continue;
      this.#plays.delete(play.id);
      if (reason !== null && !play.loop) this.#playbackEnded(play.id, reason);
    }
    leg.playFrom(null);
  }

  #playbackEnded(play: string, failure: string | null): void {
    this.#context.emit({ event: "playback_ended", call: this.id, play, failure });
  }

  #forgetRecording(id: string): void {
    const active = this.#recordings.get(id);
    this.#recordings.delete(id);
    for (const leg of active?.legs ?? []) leg?.receiver.consume(false);
  }
}

/** null: the control process doesn't need it. */
function toMediaEvent(call: string, leg: number, event: LegEvent): MediaEvent | null {
  switch (event.kind) {
    case "digit_started": {
      const { digit, startedAtMs, durationMs, via } = event;
      return digit === null ? null : { event: "digit", call, leg, digit, startedAtMs, ms: durationMs, via };
    }
    case "digit_ended":
      return null;
    case "source_latched":
      return { event: "source_latched", call, leg, address: event.address, port: event.port, match: event.match };
    case "source_moved": {
      const { fromAddress, fromPort, address, port, match } = event;
      return { event: "source_moved", call, leg, fromAddress, fromPort, address, port, match };
    }
    case "source_refused":
      return { event: "source_refused", call, leg, address: event.address, port: event.port, reason: event.reason };
    case "first_rtp":
    case "resumed":
      return { event: event.kind, call, leg };
    case "silence":
      return { event: "silence", call, leg, ms: event.ms };
    default:
      return unreachable(event);
  }
}
