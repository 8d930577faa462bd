import { writeFile } from "node:fs/promises";
import type { AudioCheck, AudioLibrary } from "../../edges/audio/library.ts";
import { unreachable } from "../../base/never.ts";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { CALLER } from "../../core/call/legs.ts";
import type { LegId } from "../../core/call/legs.ts";
import type { AudioFormat } from "../../core/contract/audio.ts";
import { validateAudio } from "../../core/contract/audio.ts";
import { toHttpRequest } from "../../core/contract/request.ts";
import type { MediaClient } from "../../edges/media/process/client.ts";
import type { Codec, MediaEvent } from "../../edges/media/process/protocol.ts";
import { repairWav, wavHeader } from "../../edges/media/sound/wav.ts";
import type { Fetched, FetchOptions } from "../../edges/http-client/types.ts";
import type { Fetcher } from "../../edges/http-client/fetcher.ts";
import { signed } from "../../edges/http-client/sign.ts";
import type { DialogSnapshot, RingingSnapshot, SipEndpointApi } from "../../edges/sip/endpoint.ts";
import type { JournalRow } from "../../edges/store/types.ts";
import type { CallPorts, LiveCall, ExternalEffect } from "./live-call.ts";
import { DialedLeg } from "./dialed-leg.ts";
import { Player } from "./player.ts";
import { recordingFile } from "./cdr-rows.ts";
import { outboundRoute } from "./route.ts";
import type { AccountConfig } from "./workspace.ts";

/** What all calls of a process share. */
export interface Services {
  readonly clock: Clock;
  readonly log: Log;
  readonly sip: SipEndpointApi;
  readonly fetcher: Pick<Fetcher, "fetch" | "usage">;
  readonly audio: Pick<AudioLibrary, "prepare" | "check">;
  /** What SDP carries. */
  readonly mediaAddress: string;
  readonly recordingsDir: string;
  append(rows: readonly JournalRow[], urgency: "now" | "soon"): Promise<void>;
}

/** A leg of a live call, whichever way it came to be. Every method is harmless once the leg is gone. */
export interface LiveLeg {
  /** Plain values for the journal: the dialog, and while there is none the INVITE that rings. */
  snapshot(): DialogSnapshot | null;
  ringing(): RingingSnapshot | null;
  hangUp(): void;
  /** An RFC 4733 digit was heard: INFO for the same key is then ignored. */
  heardDigit(): void;
}

/** A leg that can answer or refuse: the caller's. */
export interface LiveCallerLeg extends LiveLeg {
  answer(): void;
  reject(sip: number): void;
}

/** Legs are numbered in the order of dialling, behind the caller's. */
const FIRST_DIALED: LegId = 2;

/** What of a call's outside outlives the process: enough to hang up its legs, or to stop their ringing. */
export interface LegSnapshots {
  readonly dialogs: Readonly<Record<LegId, DialogSnapshot>>;
  readonly ringing?: Readonly<Record<LegId, RingingSnapshot>>;
}

/**
 * The outside of one live call: its legs, media, requests. Performs the engine's effects and turns what comes back
 * into events for the call's mailbox.
 */
export class CallIo implements CallPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly services: Services;
  readonly config: AccountConfig;
  readonly media: MediaClient;
  readonly #onEnded: (failed: boolean) => void;
  readonly #legs = new Map<LegId, LiveLeg>();
  readonly #cancelled = new Set<LegId>();
  readonly #requests = new Map<string, AbortController>();
  #caller: LiveCallerLeg | null = null;
  #call: LiveCall | null = null;
  #player: Player | null = null;
  #legSnapshotsChanged = false;
  #firstDialed: Promise<{ port: number }> | null = null;
  /** What the caller speaks: offered first to whom we dial, so that most calls need no transcoding. */
  callerCodec: Codec | null = null;
  /** After a restart: the recordings that media still writes; the others are closed by what lies on disk. */
  recordingsInMedia: ReadonlySet<string> | null = null;

  constructor(services: Services, config: AccountConfig, media: MediaClient, onEnded: (failed: boolean) => void) {
    this.clock = services.clock;
    this.log = services.log;
    this.services = services;
    this.config = config;
    this.media = media;
    this.#onEnded = onEnded;
  }

  /** Both legSnapshots know each other before the first event. */
  attach(call: LiveCall, caller: LiveCallerLeg): void {
    this.#call = call;
    this.#caller = caller;
    this.#legs.set(CALLER, caller);
    this.#player = new Player({
      callSid: call.sid,
      media: this.media,
      audio: this.services.audio,
      account: this.config.account.sid,
      country: this.config.account.country,
      allowPrivate: this.config.privateDestinations,
      played: (id, failure) => call.deliver({ kind: "playback_ended", at: call.now(), id, failure }),
    });
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

  dialogChanged(): void {
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
    for (const controller of this.#requests.values()) controller.abort();
    this.#requests.clear();
    this.#player?.close();
    if (failed) for (const leg of this.#legs.values()) leg.hangUp();
    this.media.closeCall(this.call.sid);
    this.#legs.clear();
    this.#onEnded(failed);
  }

  /** The leg is over: told to the engine once, media let go. */
  legEnded(leg: LegId, detail: string): void {
    this.forgetLeg(leg);
    this.call.deliver({ kind: "leg_ended", at: this.call.now(), leg, detail });
  }

  legFailed(leg: LegId, sip: number | null, detail: string): void {
    this.forgetLeg(leg);
    this.call.deliver({ kind: "leg_failed", at: this.call.now(), leg, sip, detail });
  }

  /** The RTP port of a leg that will be dialled; the first one's is asked for together with the caller's. */
  openLeg(leg: LegId): Promise<{ port: number }> {
    const opened = leg === FIRST_DIALED ? this.#firstDialed : null;
    this.#firstDialed = null;
    return opened ?? this.media.open(this.call.sid, leg);
  }

  /** Asks for the caller's port, and in the same message for that of the leg which most calls will dial. */
  openCaller(callSid: string): Promise<{ port: number }> {
    const caller = this.media.open(callSid, CALLER);
    this.#firstDialed = this.media.open(callSid, FIRST_DIALED);
    this.#firstDialed.catch(() => undefined); // told to the leg, if there will be one
    return caller;
  }

  /** Lets go of a leg that has nothing more to tell. */
  forgetLeg(leg: LegId): void {
    // What the journal holds of its dialog does no harm: after a crash only legs that the engine still has are hung up.
    this.#legs.delete(leg);
    this.media.closeLeg(this.call.sid, leg);
  }

  /** What the media process tells about this call. */
  mediaEvent(event: MediaEvent): void {
    const { call } = this;
    switch (event.event) {
      case "digit":
        this.#legs.get(event.leg)?.heardDigit();
        call.deliver({ kind: "digit", at: call.now(), leg: event.leg, digit: event.digit });
        return;
      case "playback_ended":
        call.deliver({ kind: "playback_ended", at: call.now(), id: event.play, failure: event.failure });
        return;
      case "recording_closed": {
        const { recording: id, durationMs, failure } = event;
        call.deliver({ kind: "recording_ready", at: call.now(), id, durationMs, failure });
        return;
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
    const route = outboundRoute(this.config, effect.destination, effect.callerId);
    // Where no trunk leads is told when the leg would be dialled.
    if (route.ok) this.#legs.set(effect.leg, new DialedLeg(this, effect.leg, route.value));
  }

  perform(effect: ExternalEffect): void {
    const { media, call } = this;
    switch (effect.kind) {
      case "fetch":
        this.#request(
          effect.id,
          "fetched",
          (options) => {
            const request = signed(toHttpRequest(effect.request), this.config.signingSecret, this.clock.now());
            return this.services.fetcher.fetch(request, options);
          },
          effect.deadlineMs,
        );
        return;
      case "check_audio":
        this.#request(
          effect.id,
          "audio_checked",
          (options) => this.#checkAudio(effect.url, options),
          effect.deadlineMs,
        );
        return;
      case "cancel_request":
        this.#requests.get(effect.id)?.abort();
        this.#requests.delete(effect.id);
        return;
      case "answer":
        this.#caller?.answer();
        return;
      case "reject":
        this.#caller?.reject(effect.sip);
        return;
      case "dial":
        this.#dial(effect);
        return;
      case "cancel":
      case "hang_up":
        this.#hangUp(effect.leg);
        return;
      case "play":
        this.#player?.play(effect);
        return;
      case "stop_playing":
        this.#player?.stop(effect.id);
        return;
      case "forward_audio":
        media.route(call.sid, effect.from, effect.to, true);
        return;
      case "stop_forwarding":
        media.route(call.sid, effect.from, effect.to, false);
        return;
      case "bridge":
        this.#player?.leave([effect.a, effect.b]);
        media.bridge(call.sid, effect.a, effect.b);
        return;
      case "unbridge":
        media.unbridge(call.sid, effect.a, effect.b);
        return;
      case "record": {
        const path = `${this.services.recordingsDir}/${recordingFile(this.config.account.sid, effect.id)}`;
        media.record(call.sid, effect.id, effect.legs, effect.layout, path, effect.maxMs, effect.silenceMs);
        return;
      }
      case "stop_recording":
        this.#stopRecording(effect.id);
        return;
      default:
        unreachable(effect);
    }
  }

  /** A leg whose `dial` still waits for the journal is not dialled any more. */
  #hangUp(id: LegId): void {
    const leg = this.#legs.get(id);
    if (leg === undefined) this.#cancelled.add(id);
    else leg.hangUp();
  }

  #stopRecording(id: string): void {
    if (this.recordingsInMedia === null || this.recordingsInMedia.has(id)) {
      this.media.stopRecording(this.call.sid, id);
      return;
    }
    const path = `${this.services.recordingsDir}/${recordingFile(this.config.account.sid, id)}`;
    const ready = (durationMs: number, failure: string | null): void =>
      this.call.deliver({ kind: "recording_ready", at: this.call.now(), id, durationMs, failure });
    repairOrEmpty(path).then(
      ({ durationMs }) => ready(durationMs, null),
      (error: unknown) => ready(0, `the file can't be used: ${error instanceof Error ? error.message : String(error)}`),
    );
  }

  #request(
    id: string,
    kind: "fetched" | "audio_checked",
    make: (options: FetchOptions) => Promise<Fetched & { readonly format?: AudioFormat | null }>,
    deadlineMs: number,
  ): void {
    const controller = new AbortController();
    this.#requests.set(id, controller);
    const { account, privateDestinations } = this.config;
    const { signal } = controller;
    const options = { account: account.sid, deadlineMs, allowPrivate: privateDestinations, signal };
    void make(options).then(({ outcome, elapsedMs, format = null }) => {
      if (!this.#requests.delete(id)) return;
      const event = { at: this.call.now(), id, outcome, elapsedMs };
      this.call.deliver(
        kind === "fetched" ? { kind, ...event } : { kind, ...event, ...(format !== null && { format }) },
      );
    });
  }

  /** RES-27. */
  #checkAudio(url: string, options: FetchOptions): Promise<AudioCheck> {
    const isUsable = (outcome: Fetched["outcome"]): boolean => validateAudio(url, outcome).ok;
    return this.services.audio.check(url, { ...options, isUsable });
  }

  /** The leg was prepared when it was decided; it may have been given up since. */
  #dial({ leg: id, destination, callerId }: Extract<ExternalEffect, { kind: "dial" }>): void {
    if (this.#cancelled.has(id)) return;
    const leg = this.#legs.get(id);
    if (leg instanceof DialedLeg) return leg.dial();
    const route = outboundRoute(this.config, destination, callerId);
    if (!route.ok)
      this.call.deliver({ kind: "leg_failed", at: this.call.now(), leg: id, sip: null, detail: route.error });
  }
}

/**
 * The crash may have come between the journal's word that a recording begins and media's first byte of it: then there is
 * nothing to hear, and a file that says so is what its URL owes the customer.
 */
async function repairOrEmpty(path: string): Promise<{ durationMs: number }> {
  try {
    return await repairWav(path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    await writeFile(path, wavHeader(1, 0));
    return { durationMs: 0 };
  }
}
