import { unreachable } from "../../base/never.ts";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Result } from "../../base/result.ts";
import { err } from "../../base/result.ts";
import type { CallEvent } from "../../core/call/events.ts";
import type { CancelReason } from "../../core/call/effects.ts";
import { CALLER } from "../../core/call/legs.ts";
import type { LegId } from "../../core/call/legs.ts";
import type { Destination } from "../../core/contract/destination.ts";
import type { MediaClient } from "../../edges/media/process/client.ts";
import type { Codec, MediaEvent } from "../../edges/media/process/protocol.ts";
import type { DialogSnapshot, RingingSnapshot } from "../../edges/sip/endpoint.ts";
import type { JournalRow } from "../../edges/store/types.ts";
import { CustomerRequests } from "./customer-requests.ts";
import { CallDigits } from "./call-digits.ts";
import { DialedLeg } from "./dialed-leg.ts";
import type { CallPorts, ExternalEffect } from "./call-ports.ts";
import { CallRoutes } from "./call-routes.ts";
import type { LiveCall } from "./live-call.ts";
import type { LegDigit, LegEnding, LegFailure, LegPorts, LegSnapshots, LiveCallerLeg, LiveLeg } from "./live-leg.ts";
import { Player } from "./player.ts";
import { RecordingFiles } from "./recording-files.ts";
import type { OutboundRoute } from "./route.ts";
import type { Services } from "./services.ts";
import type { AccountConfig } from "./workspace.ts";

type EffectOf<K extends ExternalEffect["kind"]> = Extract<ExternalEffect, { kind: K }>;

/** Dialled legs are numbered in dialling order, after the caller's. */
const FIRST_DIALED: LegId = 2;

/**
 * The I/O of one live call: its legs, media and requests. Performs the engine's effects and turns the results into
 * events for the call's mailbox.
 */
export class CallIo implements CallPorts, LegPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly services: Services;
  readonly config: AccountConfig;
  readonly media: MediaClient;
  readonly recordings: RecordingFiles;
  readonly #requests: CustomerRequests;
  readonly #player: Player;
  readonly #digits: CallDigits;
  readonly #onEnded: (failed: boolean) => void;
  readonly #legs = new Map<LegId, LiveLeg>();
  /** Legs to dial once the caller's ACK arrives (trunk setting `wait_for_ack`). */
  readonly #untilAck: EffectOf<"dial">[] = [];
  #acknowledged = false;
  #caller: LiveCallerLeg | null = null;
  #call: LiveCall | null = null;
  /** Initially true: a call's first row holds the dialog that the answer will confirm. */
  #legSnapshotsChanged = true;
  #firstDialed: Promise<{ port: number }> | null = null;
  callerCodec: Codec | null = null;
  routes: CallRoutes;

  constructor(
    callSid: string,
    services: Services,
    config: AccountConfig,
    media: MediaClient,
    onEnded: (failed: boolean) => void,
  ) {
    const { clock, log } = services;
    this.clock = clock;
    this.log = log;
    this.services = services;
    this.config = config;
    this.media = media;
    this.routes = new CallRoutes(config);
    this.#onEnded = onEnded;
    this.#requests = new CustomerRequests(
      callSid,
      services,
      config,
      (kind, id, { outcome, elapsedMs, format = null }) => {
        const event = { at: this.call.now(), id, outcome, elapsedMs };
        const known = kind === "audio_checked" && format !== null ? { format } : {};
        this.#deliver({ kind, ...event, ...known });
      },
    );
    this.#digits = new CallDigits({
      clock,
      legOf: (leg) => this.#legs.get(leg),
      onDigit: (leg, digit) => this.#deliver({ kind: "digit", at: this.call.now(), leg, digit }),
    });
    this.#player = this.#makePlayer(callSid);
    this.recordings = this.#makeRecordings(callSid);
  }

  #makePlayer(callSid: string): Player {
    const { media, config } = this;
    return new Player({
      callSid,
      media,
      audio: this.services.audio,
      account: config.account.sid,
      country: config.account.country,
      allowPrivate: config.privateDestinations,
      onFailed: (id, failure) => this.#deliver({ kind: "playback_ended", at: this.call.now(), id, failure }),
    });
  }

  #makeRecordings(callSid: string): RecordingFiles {
    const { media, config, services } = this;
    return new RecordingFiles({
      callSid,
      account: config.account.sid,
      recordingsDir: services.recordingsDir,
      media,
      onReady: (id, durationMs, failure) =>
        this.#deliver({ kind: "recording_ready", at: this.call.now(), id, durationMs, failure }),
    });
  }

  /** Sets the call and its first leg, before the first event; `caller` null: a call by API, whose first leg is still to be dialled. */
  attach(call: LiveCall, caller: LiveCallerLeg | null): void {
    this.#call = call;
    this.#caller = caller;
    if (caller !== null) this.#legs.set(CALLER, caller);
  }

  /** Adds a leg of an earlier process; it can only be hung up. */
  adopt(leg: LegId, adopted: LiveLeg): void {
    this.#legs.set(leg, adopted);
  }

  hasLeg(leg: LegId): boolean {
    return this.#legs.has(leg);
  }

  /** Hangs up every remaining leg. */
  hangUpRest(): void {
    for (const leg of this.#legs.values()) leg.hangUp("call_ended");
  }

  /** The call's media process has died: its recordings are closed from what is on disk. */
  mediaLost(): void {
    this.recordings.keepInMedia(new Set());
  }

  get call(): LiveCall {
    if (this.#call === null) throw new Error("a call acted before it was attached");
    return this.#call;
  }

  append(row: JournalRow, urgency: "now" | "soon"): Promise<void> {
    return this.services.append([row], urgency);
  }

  legChanged(): void {
    this.#legSnapshotsChanged = true;
  }

  legSnapshots(): string | null {
    if (!this.#legSnapshotsChanged) return null;
    this.#legSnapshotsChanged = false;
    const dialogs: Record<LegId, DialogSnapshot> = {};
    const ringing: Record<LegId, RingingSnapshot> = {};
    for (const [id, leg] of this.#legs) {
      const dialog = leg.snapshot();
      const invite = leg.ringing();
      if (dialog !== null) dialogs[id] = dialog;
      else if (invite !== null) ringing[id] = invite;
    }
    return JSON.stringify({ dialogs, ringing } satisfies LegSnapshots);
  }

  ended(failed: boolean): void {
    this.#requests.cancelAll();
    this.#player.close();
    if (failed) for (const leg of this.#legs.values()) leg.hangUp("call_ended");
    this.media.closeCall(this.call.sid);
    this.#legs.clear();
    this.#onEnded(failed);
  }

  legEnded(leg: LegId, ending: LegEnding): void {
    this.forgetLeg(leg);
    this.#deliver({ kind: "leg_ended", at: this.call.now(), leg, ...ending });
  }

  legFailed(leg: LegId, failure: LegFailure): void {
    this.forgetLeg(leg);
    this.#deliver({ kind: "leg_failed", at: this.call.now(), leg, ...failure });
  }

  openLeg(leg: LegId): Promise<{ port: number }> {
    const opened = leg === FIRST_DIALED ? this.#firstDialed : null;
    this.#firstDialed = null;
    return opened ?? this.media.open(this.call.sid, leg);
  }

  /** The same message also asks for the port of the first dialled leg, which most calls will need. */
  openCaller(callSid: string): Promise<{ port: number }> {
    const caller = this.media.open(callSid, CALLER);
    this.#firstDialed = this.media.open(callSid, FIRST_DIALED);
    this.#firstDialed.catch(() => undefined); // reported to the leg, if it is ever dialled
    return caller;
  }

  forgetLeg(leg: LegId): void {
    // Its dialog may stay in the journal: after a crash only legs that the engine still has are hung up.
    this.#legs.delete(leg);
    this.routes.close(leg);
    this.media.closeLeg(this.call.sid, leg);
  }

  routeTo(leg: LegId, destination: Destination, callerId: string): Result<OutboundRoute, LegFailure> {
    // A redirected leg leaves its first trunk.
    this.routes.close(leg);
    const route = this.routes.open(leg, destination, callerId);
    if (route.ok) return route;
    this.routes.refused(route.error, this.call.sid);
    const { message, limit } = route.error;
    return err({ sip: null, detail: message, ...(limit === undefined ? {} : { limit }) });
  }

  onDigit(digit: LegDigit): void {
    this.#digits.received(digit);
  }

  /** Handles an event that the media process reports about this call. */
  mediaEvent(event: MediaEvent): void {
    switch (event.event) {
      case "digit":
        return this.onDigit(event);
      case "playback_ended":
        return this.#deliver({
          kind: "playback_ended",
          at: this.call.now(),
          id: event.play,
          failure: event.failure,
        });
      case "recording_closed": {
        const { recording: id, durationMs, failure } = event;
        this.recordings.closed(id);
        return this.#deliver({ kind: "recording_ready", at: this.call.now(), id, durationMs, failure });
      }
      case "first_rtp":
        return this.#legs.get(event.leg)?.onFirstRtp();
      case "source_latched":
        return this.#sourceChanged(event, "latched");
      case "source_moved":
        return this.#sourceChanged(event, "moved");
      case "source_refused":
        return this.#sourceChanged(event, "refused");
      case "silence":
      case "resumed":
      case "leg_stats":
        return;
      default:
        unreachable(event);
    }
  }

  perform(effect: ExternalEffect): void {
    const performer: (io: CallIo, effect: never) => void = CallIo.#performers[effect.kind];
    performer(this, effect as never);
  }

  static readonly #performers: { readonly [K in ExternalEffect["kind"]]: (io: CallIo, effect: EffectOf<K>) => void } = {
    fetch: (io, effect) => io.#requests.fetch(effect),
    check_audio: (io, effect) => io.#requests.checkAudio(effect),
    cancel_request: (io, { id }) => io.#requests.cancel(id),
    answer: (io) => io.#caller?.answer(),
    reject: (io, { sip }) => io.#caller?.reject(sip),
    dial: (io, effect) => io.#dial(effect),
    cancel: (io, { leg, reason }) => io.#end(leg, reason),
    hang_up: (io, { leg }) => io.#end(leg, "call_ended"),
    play: (io, effect) => io.#player.play(effect),
    stop_playing: (io, { id }) => io.#player.stop(id),
    forward_audio: (io, { from, to }) => io.media.route(io.call.sid, from, to, true),
    stop_forwarding: (io, { from, to }) => io.media.route(io.call.sid, from, to, false),
    bridge: (io, effect) => io.#bridge(effect),
    unbridge: (io, effect) => io.#unbridge(effect),
    record: (io, effect) => io.recordings.record(effect),
    stop_recording: (io, { id }) => io.recordings.stop(id),
    pause_recording: (io, effect) => io.recordings.pause(effect),
    send_digits: (io, { leg, digits }) => {
      for (const digit of digits) io.#legs.get(leg)?.sendDigit(digit);
    },
  };

  #deliver(event: CallEvent): void {
    this.call.deliver(event);
  }

  #bridge({ a, b }: EffectOf<"bridge">): void {
    this.#digits.bridge(a, b);
    this.#player.leave([a, b]);
    this.media.bridge(this.call.sid, a, b);
  }

  #unbridge({ a, b }: EffectOf<"unbridge">): void {
    this.#digits.unbridge();
    this.media.unbridge(this.call.sid, a, b);
  }

  /** The leg makes sure that nothing goes out before it is journalled (`LiveCall.durable`). */
  #dial(effect: EffectOf<"dial">): void {
    if (this.routes.waitForAck && !this.#acknowledged) this.#untilAck.push(effect);
    else this.#dialNow(effect);
  }

  callerAcknowledged(): void {
    this.#acknowledged = true;
    for (const effect of this.#untilAck.splice(0)) this.#dialNow(effect);
  }

  #dialNow(effect: EffectOf<"dial">): void {
    const { leg, destination, callerId } = effect;
    const route = this.routeTo(leg, destination, callerId);
    if (!route.ok) return this.legFailed(leg, route.error);
    const dialed = new DialedLeg(this, effect);
    this.#legs.set(leg, dialed);
    dialed.dial(route.value);
  }

  #end(leg: LegId, reason: CancelReason): void {
    const waiting = this.#untilAck.findIndex((each) => each.leg === leg);
    if (waiting !== -1) this.#untilAck.splice(waiting, 1);
    else this.#legs.get(leg)?.hangUp(reason);
  }

  #sourceChanged(
    { leg, address, port }: Extract<MediaEvent, { event: `source_${string}` }>,
    change: "latched" | "moved" | "refused",
  ): void {
    const source = address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
    this.#deliver({ kind: "media_source", at: this.call.now(), leg, change, source });
  }
}
