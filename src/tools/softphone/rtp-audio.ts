import type { Clock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { DtmfSender } from "../../edges/media/dtmf/dtmf-sender.ts";
import { TelephoneEventReceiver } from "../../edges/media/dtmf/telephone-event.ts";
import type { Codec, RemoteMedia } from "../../edges/media/process/protocol.ts";
import { Ticker } from "../../edges/media/process/ticker.ts";
import { RtpSender } from "../../edges/media/rtp/rtp-sender.ts";
import { emptyRtpHeader, parseRtp } from "../../edges/media/rtp/rtp.ts";
import { DgramLayer, type UdpSocket } from "../../edges/media/rtp/sockets.ts";
import { FRAME_MS, FRAME_SAMPLES } from "../../edges/media/sound/frame.ts";
import { g711, PCMA_PAYLOAD_TYPE, PCMU_PAYLOAD_TYPE } from "../../edges/media/sound/g711.ts";
import { Sine } from "../../edges/media/sound/tone.ts";
import { ToneMonitor } from "./tone-monitor.ts";
import type { ToneSpan } from "./tone-monitor.ts";

export interface RtpAudioOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Address to receive on. */
  readonly host: string;
  /** The tone that is sent continuously; null: silence. */
  readonly toneHz: number | null;
  /** Counts packets without analysing their audio: for load, where the analysis would cost more than the call. */
  readonly ignoreAudio: boolean;
}

/** The audio of a softphone on one RTP port: sends a tone and digits, and records which tones and digits it receives. */
export class RtpAudio {
  readonly #options: RtpAudioOptions;
  readonly #socket: UdpSocket;
  readonly #sender: RtpSender;
  readonly #ticker: Ticker;
  readonly #dtmf = new DtmfSender();
  readonly #monitor = new ToneMonitor();
  readonly #telephoneEvents: TelephoneEventReceiver;
  readonly #header = emptyRtpHeader();
  readonly #frame = new Int16Array(FRAME_SAMPLES);
  readonly #tone: Sine | null;
  #remote: RemoteMedia | null = null;
  #digits = "";
  #packetsReceived = 0;

  /** Takes a free port; throws if there is none. */
  constructor(options: RtpAudioOptions) {
    this.#options = options;
    const socket = new DgramLayer(options.host).open(0, (packet) => this.#received(packet));
    if (typeof socket === "string") throw new Error(`no RTP port on ${options.host}: ${socket}`);
    this.#socket = socket;
    this.#sender = new RtpSender(options.random);
    this.#ticker = new Ticker(options.clock, FRAME_MS, () => this.#tick());
    this.#tone = options.toneHz === null ? null : new Sine([options.toneHz]);
    this.#telephoneEvents = new TelephoneEventReceiver(({ kind, digit }) => {
      if (kind === "digit_started") this.#digits += digit ?? "?";
    });
  }

  get port(): number {
    return this.#socket.port;
  }

  /** Tones received so far. */
  get tones(): readonly ToneSpan[] {
    return this.#monitor.tones;
  }

  /** Digits received as telephone-events, in order; "?" for other events. */
  get digits(): string {
    return this.#digits;
  }

  get packetsReceived(): number {
    return this.#packetsReceived;
  }

  /** Sends to `remote` from now on. */
  sendTo(remote: RemoteMedia): void {
    this.#remote = remote;
    this.#sender.configure(remote);
    this.#ticker.start();
  }

  /** Sends digits one after the other: 0-9 * # A-D. */
  sendDigits(digits: string): void {
    this.#dtmf.enqueue(digits);
  }

  close(): void {
    this.#ticker.stop();
    this.#socket.close();
  }

  #tick(): void {
    const remote = this.#remote;
    if (remote === null) return;
    this.#tone?.fill(this.#frame);
    const digit = this.#dtmf.next();
    const audio = this.#tone === null ? null : this.#frame;
    const length = digit === null ? this.#sender.audio(audio) : this.#sender.dtmf(digit);
    this.#socket.send(this.#sender.packet, length, remote.port, remote.address);
  }

  #received(packet: Uint8Array): void {
    const header = this.#header;
    if (!parseRtp(packet, header)) return;
    this.#packetsReceived++;
    const { clock, ignoreAudio } = this.#options;
    const codec = codecOf(header.payloadType);
    if (codec === null) this.#telephoneEvents.packet(header, packet, clock.now());
    else if (!ignoreAudio) this.#monitor.add(decode(codec, packet.subarray(header.start, header.end)), clock.now());
  }
}

/** Null: not audio, so telephone-events; softphones agree on nothing else. */
function codecOf(payloadType: number): Codec | null {
  if (payloadType === PCMU_PAYLOAD_TYPE) return "PCMU";
  return payloadType === PCMA_PAYLOAD_TYPE ? "PCMA" : null;
}

function decode(codec: Codec, payload: Uint8Array): Int16Array {
  const table = g711(codec).decode;
  return Int16Array.from(payload, (code) => table[code] ?? 0);
}
