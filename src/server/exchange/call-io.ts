import { unreachable } from "../../base/never.ts";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { CallEvent } from "../../core/call/events.ts";
import { CALLER } from "../../core/call/legs.ts";
import type { LegId } from "../../core/call/legs.ts";
import type { MediaClient } from "../../edges/media/process/client.ts";
import type { Codec, MediaEvent } from "../../edges/media/process/protocol.ts";
import type { DialogSnapshot, RingingSnapshot } from "../../edges/sip/endpoint.ts";
import type { JournalRow } from "../../edges/store/types.ts";
import { CustomerRequests } from "./customer-requests.ts";
import { DigitFilter } from "./digit-filter.ts";
import { DialedLeg } from "./dialed-leg.ts";
import type { CallPorts, ExternalEffect } from "./call-ports.ts";
import { CallRoutes } from "./call-routes.ts";
import type { LiveCall } from "./live-call.ts";
import type { LegDigit, LegPorts, LegSnapshots, LiveCallerLeg, LiveLeg } from "./live-leg.ts";
import { Player } from "./player.ts";
import { RecordingFiles } from "./recording-files.ts";
import type { OutboundRoute } from "./route.ts";
import type { Services } from "./services.ts";
import type { AccountConfig } from "./workspace.ts";

type EffectOf<K extends ExternalEffect["kind"]> = Extract<ExternalEffect, { kind: K }>;

/** Legs are numbered in the order of dialling, behind the caller's. */
const FIRST_DIALED: LegId = 2;

/**
 * The outside of one live call: its legs, media, requests. Performs the engine's effects and turns what comes back
 * into events for the call's mailbox.
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
  readonly #digits = new DigitFilter();
  readonly #onEnded: (failed: boolean) => void;
  readonly #legs = new Map<LegId, LiveLeg>();
  readonly #cancelled = new Set<LegId>();
  /** Legs that are dialled once the caller's ACK has come (trunk setting `wait_for_ack`). */
  readonly #untilAck: EffectOf<"dial">[] = [];
  #acknowledged = false;
  #caller: LiveCallerLeg | null = null;
  #call: LiveCall | null = null;
  #legSnapshotsChanged = false;
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
    const { clock, log, audio, recordingsDir } = services;
    const { account, privateDestinations: allowPrivate } = config;
    this.clock = clock;
    this.log = log;
    this.services = services;
    this.config = config;
    this.media = media;
    this.routes = new CallRoutes(config);
    this.#onEnded = onEnded;
    this.#requests = new CustomerRequests(services, config, (kind, id, { outcome, elapsedMs }) =>
      this.#deliver({ kind, at: this.call.now(), id, outcome, elapsedMs }),
    );
    this.#player = new Player({
      callSid,
      media,
      audio,
      country: account.country,
      allowPrivate,
      onFailed: (id, failure) => this.#deliver({ kind: "playback_ended", at: this.call.now(), id, failure }),
    });
    this.recordings = new RecordingFiles({
      callSid,
      account: account.sid,
      recordingsDir,
      media,
      onReady: (id, durationMs, failure) =>
        this.#deliver({ kind: "recording_ready", at: this.call.now(), id, durationMs, failure }),
    });
  }

  /** The call and its first leg, before the first event. */
  attach(call: LiveCall, caller: LiveCallerLeg): void {
    this.#call = call;
    this.#caller = caller;
    this.#legs.set(CALLER, caller);
  }

  /** A leg that an earlier process made; all that can be done with it is to hang it up. */
  adopt(leg: LegId, adopted: LiveLeg): void {
    this.#legs.set(leg, adopted);
  }

  get call(): LiveCall {
    if (this.#call === null) throw new Error("a call acts before it was attached");
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
    if (failed) for (const leg of this.#legs.values()) leg.hangUp();
    this.media.closeCall(this.call.sid);
    this.#legs.clear();
    this.#onEnded(failed);
  }

  legEnded(leg: LegId, detail: string): void {
    this.forgetLeg(leg);
    this.#deliver({ kind: "leg_ended", at: this.call.now(), leg, detail });
  }

  legFailed(leg: LegId, sip: number | null, detail: string): void {
    this.forgetLeg(leg);
    this.#deliver({ kind: "leg_failed", at: this.call.now(), leg, sip, detail });
  }

  openLeg(leg: LegId): Promise<{ port: number }> {
    const opened = leg === FIRST_DIALED ? this.#firstDialed : null;
    this.#firstDialed = null;
    return opened ?? this.media.open(this.call.sid, leg);
  }

  /** In the same message it asks for the port of the leg that most calls will dial. */
  openCaller(callSid: string): Promise<{ port: number }> {
    const caller = this.media.open(callSid, CALLER);
    this.#firstDialed = this.media.open(callSid, FIRST_DIALED);
    this.#firstDialed.catch(() => undefined); // reported to the leg, if there will be one
    return caller;
  }

  forgetLeg(leg: LegId): void {
    // What the journal holds of its dialog does no harm: after a crash only legs that the engine still has are hung up.
    this.#legs.delete(leg);
    this.routes.close(leg);
    this.media.closeLeg(this.call.sid, leg);
  }

  onDigit(received: LegDigit): void {
    const { leg, digit } = received;
    if (this.#digits.isNew(received, this.clock.now()))
      this.#deliver({ kind: "digit", at: this.call.now(), leg, digit });
  }

  /** What the media process reports about this call. */
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
        return this.#deliver({ kind: "recording_ready", at: this.call.now(), id, durationMs, failure });
      }
      case "first_rtp":
      case "source_latched":
      case "source_moved":
      case "source_refused":
      case "silence":
      case "resumed":
      case "leg_stats":
        return;
      default:
        unreachable(event);
    }
  }

  prepare(effect: ExternalEffect): void {
    if (effect.kind !== "dial" || this.#cancelled.has(effect.leg)) return;
    const route = this.routes.open(effect.leg, effect.destination, effect.callerId);
    // That no trunk leads there is reported when the leg would be dialled.
    if (route.ok) this.#legs.set(effect.leg, new DialedLeg(this, effect.leg, route.value));
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
    cancel: (io, { leg }) => io.#hangUp(leg),
    hang_up: (io, { leg }) => io.#hangUp(leg),
    play: (io, effect) => io.#player.play(effect),
    stop_playing: (io, { id }) => io.#player.stop(id),
    forward_audio: (io, { from, to }) => io.media.route(io.call.sid, from, to, true),
    stop_forwarding: (io, { from, to }) => io.media.route(io.call.sid, from, to, false),
    bridge: (io, effect) => io.#bridge(effect),
    unbridge: (io, { a, b }) => io.media.unbridge(io.call.sid, a, b),
    record: (io, effect) => io.recordings.record(effect),
    stop_recording: (io, { id }) => io.recordings.stop(id),
  };

  #deliver(event: CallEvent): void {
    this.call.deliver(event);
  }

  #bridge({ a, b }: EffectOf<"bridge">): void {
    this.#player.leave([a, b]);
    this.media.bridge(this.call.sid, a, b);
  }

  callerAcknowledged(): void {
    this.#acknowledged = true;
    for (const effect of this.#untilAck.splice(0)) this.#dial(effect);
  }

  /** A leg whose `dial` still waits, for the journal or for the caller's ACK, is not dialled any more. */
  #hangUp(id: LegId): void {
    this.#cancelled.add(id);
    this.#legs.get(id)?.hangUp();
  }

  /** The leg was prepared when it was decided; it may have been cancelled since. */
  #dial(effect: EffectOf<"dial">): void {
    const { leg: id, destination, callerId } = effect;
    if (this.#cancelled.has(id)) return;
    if (this.routes.waitForAck && !this.#acknowledged) {
      this.#untilAck.push(effect);
      return;
    }
    const leg = this.#legs.get(id);
    if (leg instanceof DialedLeg) return leg.dial();
    const route = this.routes.open(id, destination, callerId);
    if (route.ok) return this.#dialLate(id, route.value);
    this.routes.refused(route.error, this.call.sid);
    const { message: detail } = route.error;
    this.#deliver({ kind: "leg_failed", at: this.call.now(), leg: id, sip: null, detail });
  }

  /** A channel has become free since the leg was prepared. */
  #dialLate(id: LegId, route: OutboundRoute): void {
    const leg = new DialedLeg(this, id, route);
    this.#legs.set(id, leg);
    leg.dial();
  }
}
