import { writeFile } from "node:fs/promises";
import type { AudioLibrary } from "../audio/library.ts";
import { unreachable } from "../base/never.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { CALLER } from "../call/legs.ts";
import type { LegId } from "../call/legs.ts";
import { judgeAudio } from "../contract/audio.ts";
import { sendable } from "../contract/request.ts";
import type { MediaClient } from "../media/client.ts";
import type { Codec, MediaEvent } from "../media/protocol.ts";
import { repairWav, wavHeader } from "../media/wav.ts";
import type { Fetched, FetchOptions } from "../outbound/types.ts";
import type { Fetcher } from "../outbound/fetcher.ts";
import { signed } from "../outbound/sign.ts";
import type { DialogSnapshot, RingingSnapshot, SipEndpointApi } from "../sip/endpoint.ts";
import type { JournalRow } from "../store/types.ts";
import type { CallEdge, LiveCall, OuterEffect } from "./live-call.ts";
import { DialedLeg } from "./dialed-leg.ts";
import { Player } from "./player.ts";
import { recordingFile } from "./rows.ts";
import { routeTo } from "./route.ts";
import type { AccountConfig } from "./workspace.ts";

/** What all calls of a process share. */
export interface Services {
  readonly clock: Clock;
  readonly log: Log;
  readonly sip: SipEndpointApi;
  readonly fetcher: Pick<Fetcher, "fetch" | "checkAudio">;
  readonly audio: Pick<AudioLibrary, "prepare" | "prefetch">;
  /** What SDP carries. */
  readonly mediaAddress: string;
  readonly recordingsDir: string;
  append(rows: readonly JournalRow[], urgency: "now" | "soon"): Promise<void>;
}

/** A leg of a live call, whichever way it came to be. Every method is harmless once the leg is gone. */
export interface Leg {
  /** Plain values for the journal: the dialog, and while there is none the INVITE that rings. */
  snapshot(): DialogSnapshot | null;
  ringing(): RingingSnapshot | null;
  hangUp(): void;
  /** An RFC 4733 digit was heard: INFO for the same key is then ignored. */
  heardDigit(): void;
}

/** A leg that can answer or refuse: the caller's. */
export interface AnswerableLeg extends Leg {
  answer(): void;
  reject(sip: number): void;
}

/** Legs are numbered in the order of dialling, behind the caller's. */
const FIRST_DIALED: LegId = 2;

/** What of a call's outside outlives the process: enough to hang up its legs, or to stop their ringing. */
export interface CallSides {
  readonly dialogs: Readonly<Record<LegId, DialogSnapshot>>;
  readonly ringing?: Readonly<Record<LegId, RingingSnapshot>>;
}

/**
 * The outside of one live call: its legs, media, requests. Performs the engine's effects and turns what comes back
 * into events for the call's mailbox.
 */
export class CallIo implements CallEdge {
  readonly clock: Clock;
  readonly log: Log;
  readonly services: Services;
  readonly config: AccountConfig;
  readonly media: MediaClient;
  readonly #onEnded: (failed: boolean) => void;
  readonly #legs = new Map<LegId, Leg>();
  readonly #givenUp = new Set<LegId>();
  readonly #requests = new Map<string, AbortController>();
  #caller: AnswerableLeg | null = null;
  #call: LiveCall | null = null;
  #player: Player | null = null;
  #sidesChanged = false;
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

  /** Both sides know each other before the first event. */
  attach(call: LiveCall, caller: AnswerableLeg): void {
    this.#call = call;
    this.#caller = caller;
    this.#legs.set(CALLER, caller);
    this.#player = new Player({
      callSid: call.sid,
      media: this.media,
      audio: this.services.audio,
      country: this.config.account.country,
      allowInward: this.config.privateDestinations,
      played: (id, failure) => call.deliver({ kind: "played", at: call.now(), id, failure }),
    });
  }

  /** A leg that an earlier process made; all that can be done with it is to hang it up. */
  adopt(leg: LegId, adopted: Leg): void {
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
    this.#sidesChanged = true;
  }

  sides(): string | null {
    if (!this.#sidesChanged) return null;
    this.#sidesChanged = false;
    const dialogs: Record<LegId, DialogSnapshot> = {};
    const ringing: Record<LegId, RingingSnapshot> = {};
    for (const [id, leg] of this.#legs) {
      const dialog = leg.snapshot();
      const invite = leg.ringing();
      if (dialog !== null) dialogs[id] = dialog;
      else if (invite !== null) ringing[id] = invite;
    }
    return JSON.stringify({ dialogs, ringing } satisfies CallSides);
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
      case "played":
        call.deliver({ kind: "played", at: call.now(), id: event.play, failure: event.failure });
        return;
      case "recording_closed": {
        const { recording: id, durationMs, failure } = event;
        call.deliver({ kind: "recording_ready", at: call.now(), id, durationMs, failure });
        return;
      }
      case "first_rtp":
      case "silence":
      case "resumed":
      case "leg_stats":
        return;
      default:
        unreachable(event);
    }
  }

  prepare(effect: OuterEffect): void {
    if (effect.kind !== "dial" || this.#givenUp.has(effect.leg)) return;
    const route = routeTo(this.config, effect.destination, effect.callerId);
    // Where no trunk leads is told when the leg would be dialled.
    if (route.ok) this.#legs.set(effect.leg, new DialedLeg(this, effect.leg, route.value));
  }

  perform(effect: OuterEffect): void {
    const { media, call } = this;
    switch (effect.kind) {
      case "fetch":
        this.#request(
          effect.id,
          "fetched",
          (options) => {
            const request = signed(sendable(effect.request), this.config.signingSecret, this.clock.now());
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
      case "abandon":
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
      case "hear":
        media.route(call.sid, effect.from, effect.to, true);
        return;
      case "unhear":
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
    if (leg === undefined) this.#givenUp.add(id);
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
    make: (options: FetchOptions) => Promise<Fetched>,
    deadlineMs: number,
  ): void {
    const controller = new AbortController();
    this.#requests.set(id, controller);
    const options = { deadlineMs, allowInward: this.config.privateDestinations, signal: controller.signal };
    void make(options).then(({ outcome, elapsedMs }) => {
      if (!this.#requests.delete(id)) return;
      this.call.deliver({ kind, at: this.call.now(), id, outcome, elapsedMs });
    });
  }

  /** RES-27. What is there will be heard in a moment: it is fetched meanwhile, so that nobody waits for it in silence. */
  async #checkAudio(url: string, options: FetchOptions): Promise<Fetched> {
    const checked = await this.services.fetcher.checkAudio(url, options);
    if (judgeAudio(url, checked.outcome).ok)
      this.services.audio.prefetch({ kind: "url", url, allowInward: options.allowInward });
    return checked;
  }

  /** The leg was prepared when it was decided; it may have been given up since. */
  #dial({ leg: id, destination, callerId }: Extract<OuterEffect, { kind: "dial" }>): void {
    if (this.#givenUp.has(id)) return;
    const leg = this.#legs.get(id);
    if (leg instanceof DialedLeg) return leg.dial();
    const route = routeTo(this.config, destination, callerId);
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
