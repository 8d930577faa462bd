/**
 * The protocol between the control process and a media process over a unix socket: one JSON object per line, in order.
 *
 * Only operations with an `id` are answered, by a `reply` with that id. Whatever happens later is sent as events. An operation
 * on a call, leg, playback or recording that does not exist (any more) is ignored, except that `play` and `record` always
 * get their closing event. Milliseconds and bytes are integers.
 */

import type { DtmfVia } from "../dtmf/dtmf.ts";
import type { SourceMatch, SourceRefusal } from "../rtp/rtp-latch.ts";

export type Codec = "PCMU" | "PCMA";

/** Direction of audio as our own session description states it: `sendonly` means that we send and expect nothing. */
export type MediaDirection = "sendrecv" | "sendonly" | "recvonly" | "inactive";

export type Tone = "ringback" | "beep" | "busy";

/**
 * One item of a playback. Tones follow the cadence of `country` (ISO 3166 alpha-2, default IN). `ringback` and `busy` end
 * after one cadence unless the playback loops; a `path` is an absolute path of a WAV file: PCM 8 or 16 bit, µ-law or
 * A-law, 8000 to 48000 Hz, one or two channels.
 */
export type PlayItem =
  | { readonly tone: Tone; readonly country?: string }
  | { readonly path: string }
  | { readonly silenceMs: number };

/** Where and how to send, as the other side's session description says. */
export interface RemoteMedia {
  readonly address: string;
  readonly port: number;
  /** null: `port + 1`. Equal to `port`: RTP and RTCP on one port (RFC 5761). */
  readonly rtcpPort: number | null;
  /** The codec we send. Both PCMU (0) and PCMA (8) are accepted on receipt (RFC 3264 section 7). */
  readonly codec: Codec;
  /** RTP payload type for sending `codec`. */
  readonly payloadType: number;
  /** Payload type for sending telephone-events (RFC 4733); null: the other side accepts none, and its digits are detected in-band. */
  readonly dtmfPayloadType: number | null;
  /** Payload type of the telephone-events that the other side sends (as we announced it); absent: the same one. */
  readonly dtmfReceivePayloadType?: number | null;
  /** false: media is sent to `address` and `port`, whatever port the other side sends from; absent: to its source (RFC 4961). */
  readonly symmetricRtp?: boolean;
  /** The host that the other side's SIP comes from: where media of a peer behind a NAT (private `address`) is expected. */
  readonly sipHost?: string;
  readonly direction: MediaDirection;
}

export type Layout = "mono" | "dual";

/**
 * First message of every connection → reply `hello`, and the sender is the controller from then on. `instance` must be the
 * one that the media process was started with: a controller can't take over the calls of another platform.
 */
export interface MediaHello {
  readonly op: "hello";
  readonly id: number;
  readonly instance: string;
}

/** From control to media. `leg` is the number of a leg within `call`. */
export type MediaOp =
  /** → reply {@link OpenReply}. Opening an open leg returns the same port. */
  | { readonly op: "open"; readonly id: number; readonly call: string; readonly leg: number }
  | { readonly op: "remote"; readonly call: string; readonly leg: number; readonly remote: RemoteMedia }
  /** Audio of `from` is sent to `to`. A bridge is two routes; a leg with several sources is sent their mix. */
  | { readonly op: "route"; readonly call: string; readonly from: number; readonly to: number; readonly on: boolean }
  /**
   * Replaces what `legs` are sent until it ends → `playback_ended`. A later playback takes a leg over permanently: the
   * earlier one continues on its other legs, or ends when none are left.
   */
  | {
      readonly op: "play";
      readonly call: string;
      readonly play: string;
      readonly legs: readonly number[];
      readonly items: readonly PlayItem[];
      readonly loop: boolean;
    }
  /** No `playback_ended` follows. */
  | { readonly op: "stop_play"; readonly call: string; readonly play: string }
  /** Ends every playback on these legs; a playback that loses its last leg ends as with `stop_play`. */
  | { readonly op: "stop_play_on"; readonly call: string; readonly legs: readonly number[] }
  /** 0-9 * # A-D, sent as RFC 4733 events, or as in-band tones to a leg without them. Queued after earlier digits. */
  | { readonly op: "digits"; readonly call: string; readonly leg: number; readonly digits: string }
  /**
   * Records what comes from `legs`: mixed (`mono`), or the first on the left and the second on the right (`dual`), as
   * 8 kHz 16-bit WAV at `path` (absolute, or relative to the recordings folder; always inside it) → `recording_closed`.
   * Closes by itself after `maxMs`, after `silenceMs` without speech on any leg, or when all its legs are closed.
   */
  | {
      readonly op: "record";
      readonly call: string;
      readonly recording: string;
      readonly legs: readonly number[];
      readonly layout: Layout;
      readonly path: string;
      readonly maxMs: number | null;
      readonly silenceMs: number | null;
    }
  /** → `recording_closed` once the file is complete. */
  | { readonly op: "stop_record"; readonly call: string; readonly recording: string }
  /** Silence is recorded while it is paused, so the file does not get shorter. */
  | { readonly op: "pause_record"; readonly call: string; readonly recording: string; readonly paused: boolean }
  /** → `leg_stats`; the port is freed. */
  | { readonly op: "close_leg"; readonly call: string; readonly leg: number }
  /** Closes every leg and recording of the call, with their events; playbacks end without one. */
  | { readonly op: "close_call"; readonly call: string }
  /** → reply {@link ListReply}. */
  | { readonly op: "list"; readonly id: number }
  /** → reply {@link StatsReply}. */
  | { readonly op: "stats"; readonly id: number };

/**
 * Why an endpoint could not be opened. `no_free_port`: every RTP port is in use or in quarantine · `no_socket`: the
 * system provides no socket (descriptors, address) · `too_many_legs`: more than one media process can serve.
 */
export type OpenError = "no_free_port" | "no_socket" | "too_many_legs";

export interface OpenReply {
  /** The RTP port (even); RTCP is on the next one. 0 if there is an error. */
  readonly port: number;
  readonly error: OpenError | null;
}

export interface LegSummary {
  readonly leg: number;
  readonly port: number;
  readonly packetsReceived: number;
  /** Legs whose audio this one is sent. */
  readonly sources: readonly number[];
}

export interface MediaCallSummary {
  readonly call: string;
  /** Time since its first leg was opened. */
  readonly ageMs: number;
  readonly legs: readonly LegSummary[];
  readonly plays: readonly string[];
  readonly recordings: readonly { readonly recording: string; readonly path: string; readonly durationMs: number }[];
}

export interface ListReply {
  readonly calls: readonly MediaCallSummary[];
}

/** Figures of the whole media process, since its start unless stated otherwise. */
export interface StatsReply {
  readonly pid: number;
  readonly upMs: number;
  readonly calls: number;
  readonly legs: number;
  readonly recordings: number;
  /** Port pairs that `open` can use now, and those in quarantine after use. */
  readonly portsFree: number;
  readonly portsQuarantined: number;
  readonly packetsReceived: number;
  readonly packetsSent: number;
  /** Packets from a source other than the leg's, or that are not RTP for us. */
  readonly packetsRefused: number;
  /** Errors reported by the kernel: unreachable ports, exhausted buffers. */
  readonly socketErrors: number;
  /** How late ticks ran against the absolute schedule in the last 10 to 20 s; 200 stands for 200 and more. */
  readonly tickLateP50Ms: number;
  readonly tickLateP99Ms: number;
  readonly tickLateMaxMs: number;
  /** Ticks of 20 ms that were skipped because more than 200 ms were missed. */
  readonly ticksSkipped: number;
  /** Share of one core this process used in the last second; above 0.75 it should get no more calls. */
  readonly load: number;
  readonly recordingsFailed: number;
  /** Endpoints that could not be opened, by reason. */
  readonly opensRefused: Readonly<Record<OpenError, number>>;
}

export type MediaReply =
  | { readonly reply: "hello"; readonly id: number }
  | ({ readonly reply: "open"; readonly id: number } & OpenReply)
  | ({ readonly reply: "list"; readonly id: number } & ListReply)
  | ({ readonly reply: "stats"; readonly id: number } & StatsReply);

/** The traffic of one leg; all zero when there was none. */
export interface LegStats {
  readonly packetsSent: number;
  readonly packetsReceived: number;
  /** Expected by sequence number but never received (RFC 3550 A.3). */
  readonly packetsLost: number;
  /** Received but not played: too late, duplicates, or of an older stream than the one played. */
  readonly packetsDiscarded: number;
  /** From a source other than the leg's, or malformed. */
  readonly packetsRefused: number;
  /** Interarrival jitter (RFC 3550 A.8), last value. */
  readonly jitterMs: number;
  /** 20-ms frames without audio to play although the other side was sending. */
  readonly framesConcealed: number;
  /** From the other side's last RTCP report; null if there was none. */
  readonly remoteLossPercent: number | null;
  readonly remoteJitterMs: number | null;
  readonly roundTripMs: number | null;
}

/** From media to control, in the order of occurrence. */
export type MediaEvent =
  /**
   * Once per digit, when it is recognised. It started at `startedAtMs` (Unix epoch, this machine's clock) and has
   * lasted `ms` by then: with these, control recognises the same digit when SIP INFO reports it too.
   */
  | {
      readonly event: "digit";
      readonly call: string;
      readonly leg: number;
      readonly digit: string;
      readonly startedAtMs: number;
      readonly ms: number;
      readonly via: DtmfVia;
    }
  /**
   * A playback ended by itself (`failure` null), could not start, was replaced on all its legs, or lost them all. Not sent
   * after `stop_play`; for a loop only if it failed.
   */
  | { readonly event: "playback_ended"; readonly call: string; readonly play: string; readonly failure: string | null }
  /** The file is complete. After a failure, what was recorded until then (`durationMs`, possibly 0) can be played. */
  | {
      readonly event: "recording_closed";
      readonly call: string;
      readonly recording: string;
      readonly durationMs: number;
      readonly bytes: number;
      readonly reason: "stopped" | "max" | "silence" | "legs_closed" | "failed";
      readonly failure: string | null;
    }
  /** The leg's first valid packet has come, possibly before the answer: early media has arrived (RFC 3960 section 3.2). */
  | { readonly event: "first_rtp"; readonly call: string; readonly leg: number }
  /** From now on the leg's media is accepted from this source, and sent to it unless `symmetricRtp` is false. */
  | {
      readonly event: "source_latched";
      readonly call: string;
      readonly leg: number;
      readonly address: string;
      readonly port: number;
      readonly match: SourceMatch;
    }
  /** The source moved within one session description. At most 20 times per leg. */
  | {
      readonly event: "source_moved";
      readonly call: string;
      readonly leg: number;
      readonly fromAddress: string;
      readonly fromPort: number;
      readonly address: string;
      readonly port: number;
      readonly match: SourceMatch;
    }
  /** RTP from another source was refused. Once per leg; `leg_stats` counts the packets. */
  | {
      readonly event: "source_refused";
      readonly call: string;
      readonly leg: number;
      readonly address: string;
      readonly port: number;
      readonly reason: SourceRefusal;
    }
  /** Nothing has come for `ms` from a leg that should send (never on hold). Once per pause. */
  | { readonly event: "silence"; readonly call: string; readonly leg: number; readonly ms: number }
  /** Packets are arriving again after `silence`. */
  | { readonly event: "resumed"; readonly call: string; readonly leg: number }
  /** Once, when a leg is closed. */
  | { readonly event: "leg_stats"; readonly call: string; readonly leg: number; readonly stats: LegStats };

export type MediaMessage = MediaReply | MediaEvent;

/** Longest line either side accepts: a `list` of a few thousand calls. Guards against a peer that sends no newline. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;
