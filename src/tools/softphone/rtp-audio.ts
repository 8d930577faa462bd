import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import type { Clock, Timer } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { eventToDigit, digitTones } from "../../edges/media/dtmf/dtmf.ts";
import { FRAME_MS, FRAME_SAMPLES } from "../../edges/media/sound/frame.ts";
import { g711, PCMA_PAYLOAD_TYPE, PCMU_PAYLOAD_TYPE } from "../../edges/media/sound/g711.ts";
import {
  TELEPHONE_EVENT_BYTES,
  TelephoneEventReceiver,
  writeTelephoneEvent,
} from "../../edges/media/dtmf/telephone-event.ts";
import { DtmfSender } from "../../edges/media/dtmf/dtmf-sender.ts";
import type { DtmfFrame } from "../../edges/media/dtmf/dtmf-sender.ts";
import type { Codec } from "../../edges/media/process/protocol.ts";
import { emptyRtpHeader, parseRtp, RTP_HEADER_BYTES, writeRtp } from "../../edges/media/rtp/rtp.ts";
import { Sine } from "../../edges/media/sound/tone.ts";
import { ToneMonitor } from "./tone-monitor.ts";
import type { ToneSpan } from "./tone-monitor.ts";

/** Where a robot sends what it says, as the other side's session description says. */
export interface RtpAudioRemote {
  readonly address: string;
  readonly port: number;
  readonly codec: Codec;
  readonly payloadType: number;
  /** null: the other side knows no telephone-events; keys are sent as tones. */
  readonly dtmfPayloadType: number | null;
}

export interface RtpAudioOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Address to receive on. */
  readonly host: string;
  /** The tone the robot says all the time; null: silence. */
  readonly toneHz: number | null;
  /** Receives without listening: for load, where judging the sound would cost more than the call. */
  readonly ignoreAudio: boolean;
}

/** After a stall so many frames (half a second) are sent at once at most; more would only be thrown away. */
const MOST_AT_ONCE = 25;

/** Mouth and ears of a robot on one RTP port: says its tone, presses keys, and notes what it hears. */
export class RtpAudio {
  readonly port: number;
  readonly #options: RtpAudioOptions;
  readonly #socket: Socket;
  readonly #hearing = new ToneMonitor();
  readonly #keysHeard: string[] = [];
  readonly #keys = new DtmfSender();
  readonly #keyReceiver: TelephoneEventReceiver;
  readonly #header = emptyRtpHeader();
  readonly #ssrc: number;
  #mouth: Sine;
  #keyMouth: Sine | null = null;
  #remote: RtpAudioRemote | null = null;
  #timer: Timer | null = null;
  #startedAt = 0;
  #frames = 0;
  #keyBegan = 0;
  #packetsReceived = 0;

  private constructor(socket: Socket, options: RtpAudioOptions) {
    this.#socket = socket;
    this.#options = options;
    this.port = socket.address().port;
    this.#ssrc = Number.parseInt(options.random.hex(4), 16);
    this.#mouth = new Sine(options.toneHz === null ? [] : [options.toneHz]);
    this.#keyReceiver = new TelephoneEventReceiver({
      eventStarted: (code) => this.#keysHeard.push(eventToDigit(code) ?? "?"),
      eventEnded: () => undefined,
    });
    socket.on("message", (packet) => this.#received(packet));
  }

  /** Takes a free port. */
  static open(options: RtpAudioOptions): Promise<RtpAudio> {
    const socket = createSocket("udp4");
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(0, options.host, () => {
        socket.off("error", reject);
        // ICMP "port unreachable" of a far side that is gone already: nobody is there to tell.
        socket.on("error", () => undefined);
        resolve(new RtpAudio(socket, options));
      });
    });
  }

  get heard(): readonly ToneSpan[] {
    return this.#hearing.heard;
  }

  /** Keys that came as telephone-events, in order. */
  get digitsHeard(): string {
    return this.#keysHeard.join("");
  }

  get packetsReceived(): number {
    return this.#packetsReceived;
  }

  /** Speaks to `remote` from now on. */
  speakTo(remote: RtpAudioRemote): void {
    this.#remote = remote;
    if (this.#timer !== null) return;
    this.#startedAt = this.#options.clock.now();
    this.#tick();
  }

  setTone(toneHz: number | null): void {
    this.#mouth = new Sine(toneHz === null ? [] : [toneHz]);
  }

  /** Presses keys one after the other: 0-9 * # A-D. */
  press(keys: string): void {
    this.#keys.enqueue(keys);
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#remote = null;
    this.#socket.close();
  }

  /** Frames follow an absolute schedule, so that a late timer is made up for and the pace is right on average. */
  #tick(): void {
    const { clock } = this.#options;
    const due = Math.floor((clock.now() - this.#startedAt) / FRAME_MS) + 1;
    this.#frames = Math.max(this.#frames, due - MOST_AT_ONCE);
    while (this.#frames < due) this.#sendFrame();
    this.#timer = clock.after(this.#startedAt + this.#frames * FRAME_MS - clock.now(), () => this.#tick());
  }

  #sendFrame(): void {
    const remote = this.#remote;
    const frame = this.#frames++;
    if (remote === null) return;
    const key = this.#keys.next();
    const packet =
      key === null || remote.dtmfPayloadType === null
        ? this.#audio(remote, key, frame)
        : this.#keyEvent(remote.dtmfPayloadType, key, frame);
    this.#socket.send(packet, remote.port, remote.address);
  }

  #audio(remote: RtpAudioRemote, key: DtmfFrame | null, frame: number): Buffer {
    if (key === null) this.#keyMouth = null;
    else if (key.first) this.#keyMouth = new Sine(digitTones(key.event), 4000);
    const samples = new Int16Array(FRAME_SAMPLES);
    (this.#keyMouth ?? this.#mouth).fill(samples);
    const { encode, silence } = g711(remote.codec);
    const packet = Buffer.alloc(RTP_HEADER_BYTES + FRAME_SAMPLES, silence);
    this.#writeHeader(packet, remote.payloadType, frame === 0, frame, frame * FRAME_SAMPLES);
    for (const [i, sample] of samples.entries()) packet[RTP_HEADER_BYTES + i] = encode[sample & 0xffff] ?? silence;
    return packet;
  }

  #keyEvent(payloadType: number, key: DtmfFrame, frame: number): Buffer {
    if (key.first) this.#keyBegan = frame * FRAME_SAMPLES;
    const packet = Buffer.alloc(RTP_HEADER_BYTES + TELEPHONE_EVENT_BYTES);
    this.#writeHeader(packet, payloadType, key.first, frame, this.#keyBegan);
    writeTelephoneEvent(packet, RTP_HEADER_BYTES, key.event, key.end, key.duration);
    return packet;
  }

  #writeHeader(packet: Buffer, payloadType: number, marker: boolean, frame: number, timestamp: number): void {
    writeRtp(packet, payloadType, marker, frame & 0xffff, timestamp, this.#ssrc);
  }

  #received(packet: Buffer): void {
    const header = this.#header;
    if (!parseRtp(packet, header)) return;
    this.#packetsReceived++;
    const { clock, ignoreAudio } = this.#options;
    const codec = codecOf(header.payloadType);
    if (codec === null) this.#keyReceiver.packet(header.timestamp, packet, header.start, header.end, clock.now());
    else if (!ignoreAudio) this.#hearing.add(decoded(codec, packet.subarray(header.start, header.end)), clock.now());
  }
}

/** null: what is no audio of ours is taken for telephone-events; the robots agree on nothing else. */
function codecOf(payloadType: number): Codec | null {
  if (payloadType === PCMU_PAYLOAD_TYPE) return "PCMU";
  return payloadType === PCMA_PAYLOAD_TYPE ? "PCMA" : null;
}

function decoded(codec: Codec, payload: Buffer): Int16Array {
  const { decode } = g711(codec);
  return Int16Array.from(payload, (code) => decode[code] ?? 0);
}
