import type { Clock } from "../../../base/clock.ts";
import type { Random } from "../../../base/random.ts";
import { FRAME_SAMPLES, mixInto } from "../sound/frame.ts";
import { RtpReceiver, type ReceiverEvent } from "../rtp/rtp-receiver.ts";
import { DtmfSender } from "../dtmf/dtmf-sender.ts";
import type { DtmfEvent } from "../dtmf/dtmf.ts";
import { RtpSender } from "../rtp/rtp-sender.ts";
import type { Playback } from "../playback/playback.ts";
import type { PortPool } from "../rtp/port-pool.ts";
import type { LegStats, LegSummary, OpenError, RemoteMedia } from "./protocol.ts";
import { RtcpSession } from "../rtp/rtcp-session.ts";
import { looksLikeRtcp } from "../rtp/rtp.ts";
import type { UdpSocket } from "../rtp/sockets.ts";
import { HOST_MOVE_AFTER_MS } from "../rtp/rtp-latch.ts";

/** What all legs share. */
export interface MediaLegContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly ports: PortPool;
  /** Silence of the other side is reported after this long. */
  readonly silenceMs: number;
}

/** What happens on a leg. `silence`: nothing has come for `ms` from a leg that should send · `resumed`: packets are arriving again. */
export type LegEvent = ReceiverEvent | { readonly kind: "silence"; readonly ms: number } | { readonly kind: "resumed" };

/** Receives everything that happens on the legs of a call. */
export type LegListener = (leg: MediaLeg, event: LegEvent) => void;

/** The mix of several legs; used within one `send`. */
const mixed = new Int16Array(FRAME_SAMPLES);

/**
 * One RTP endpoint. Port and SSRC stay the same, and sequence and timestamp continue, from open to close.
 */
export class MediaLeg {
  readonly number: number;
  readonly receiver: RtpReceiver;
  readonly dtmf = new DtmfSender();
  playback: Playback | null = null;
  /** Does this tick's `receiver.frame` contain sound? */
  audible = false;
  readonly #context: MediaLegContext;
  readonly #listener: LegListener;
  readonly #socket: UdpSocket;
  readonly #sender: RtpSender;
  readonly #rtcp: RtcpSession;
  readonly #sources: MediaLeg[] = [];
  readonly #targets: MediaLeg[] = [];
  #rtcpSocket: UdpSocket | null = null;
  #rtcpRefused = false;
  #remote: RemoteMedia | null = null;
  #connected = false;
  #sending = false;
  #quietSince: number;
  #silenceReported = false;

  /** Opens its port, or says why it can't. */
  static open(number: number, context: MediaLegContext, listener: LegListener): MediaLeg | OpenError {
    let leg: MediaLeg | null = null;
    const socket = context.ports.open((packet, address, port) => leg?.receive(packet, address, port));
    if (typeof socket === "string") return socket;
    leg = new MediaLeg(number, socket, context, listener);
    return leg;
  }

  private constructor(number: number, socket: UdpSocket, context: MediaLegContext, listener: LegListener) {
    this.number = number;
    this.#socket = socket;
    this.#context = context;
    this.#listener = listener;
    this.#sender = new RtpSender(context.random);
    this.receiver = new RtpReceiver((event) => this.#onReceiver(event));
    this.#quietSince = context.clock.now();
    this.#rtcp = new RtcpSession(this.receiver, this.#sender, context.random, this.#quietSince);
  }

  get port(): number {
    return this.#socket.port;
  }

  get packetsSent(): number {
    return this.#sender.packets;
  }

  setRemote(remote: RemoteMedia): void {
    const held = !this.#expectsMedia();
    this.#remote = remote;
    this.#sender.configure(remote);
    if (this.receiver.expect(remote)) this.#unfilter();
    if (held) this.#quietSince = this.#context.clock.now();
  }

  /** Sends (also) the audio of `from` from the next tick on. */
  forwardFrom(from: MediaLeg): void {
    if (this.#sources.includes(from)) return;
    this.#sources.push(from);
    from.#targets.push(this);
    from.receiver.consume(true);
    this.startSending();
  }

  stopForwardingFrom(from: MediaLeg): void {
    if (!remove(this.#sources, from)) return;
    remove(from.#targets, this);
    from.receiver.consume(false);
    this.dtmf.endDigit();
    this.#sender.mark();
  }

  /** Sends this instead of the other legs' audio from now on; null: that audio again. */
  playFrom(playback: Playback | null): void {
    this.playback = playback;
    this.dtmf.endDigit();
    this.startSending();
  }

  /** Once there has been something to send, a packet is sent every tick, even in silence (NATs, timeouts). */
  startSending(): void {
    this.#sending = true;
    this.#sender.mark();
  }

  /** First half of a tick: takes the received audio. */
  pull(nowMs: number): void {
    this.audible = this.receiver.wanted && this.receiver.pull(nowMs);
  }

  /** Second half: sends one packet. */
  send(): void {
    if (!this.#sending) return;
    const remote = this.#remote;
    if (remote === null || !takesMedia(remote)) {
      this.#sender.skip(1);
      return;
    }
    const digit = this.dtmf.next();
    const length = digit === null ? this.#sender.audio(this.#audio()) : this.#sender.dtmf(digit);
    this.#socket.send(this.#sender.packet, length, this.receiver.latch.port, this.receiver.latch.address);
  }

  skip(ticks: number): void {
    if (this.#sending) this.#sender.skip(ticks);
  }

  /** About once a second: reports, silence, a source that may have moved. */
  housekeep(nowMs: number): void {
    if (this.#remote === null) return;
    if (this.#rtcp.takeDue(nowMs)) this.#report(nowMs, false);
    const quietMs = nowMs - this.#quietSince;
    if (this.#connected && quietMs >= HOST_MOVE_AFTER_MS) this.#unfilter();
    if (quietMs < this.#context.silenceMs || this.#silenceReported || !this.#expectsMedia()) return;
    this.#silenceReported = true;
    this.#listener(this, { kind: "silence", ms: Math.round(quietMs) });
  }

  close(): void {
    for (const from of this.#sources.slice()) this.stopForwardingFrom(from);
    for (const to of this.#targets.slice()) to.stopForwardingFrom(this);
    if (this.#rtcpSocket !== null) {
      this.#report(this.#context.clock.now(), true);
      this.#rtcpSocket.close();
    }
    this.#context.ports.close(this.#socket);
  }

  summary(): LegSummary {
    const { received } = this.receiver.stats;
    return {
      leg: this.number,
      port: this.port,
      packetsReceived: received,
      sources: this.#sources.map((from) => from.number),
    };
  }

  stats(): LegStats {
    const { receiver } = this;
    const { view } = this.#rtcp;
    return {
      packetsSent: this.#sender.packets,
      packetsReceived: receiver.stats.received,
      packetsLost: receiver.stats.lost,
      packetsDiscarded: receiver.discarded,
      packetsRefused: receiver.refused,
      jitterMs: receiver.stats.jitterMs,
      framesConcealed: receiver.concealed,
      remoteLossPercent: view.lossPercent,
      remoteJitterMs: view.jitterMs,
      roundTripMs: view.roundTripMs,
    };
  }

  private receive(packet: Uint8Array, address: string, port: number): void {
    const now = this.#context.clock.now();
    if (looksLikeRtcp(packet)) this.#receiveRtcp(packet, address, now);
    else if (this.receiver.packet(packet, address, port, now)) this.#received(now);
  }

  #receiveRtcp(packet: Uint8Array, address: string, now: number): void {
    if (address === this.receiver.latch.address) this.#rtcp.received(packet, now);
  }

  #received(now: number): void {
    this.#quietSince = now;
    const { latch } = this.receiver;
    if (!this.#connected && latch.certain) this.#connected = this.#socket.connect(latch.port, latch.address);
    if (!this.#silenceReported) return;
    this.#silenceReported = false;
    this.#listener(this, { kind: "resumed" });
  }

  #onReceiver(event: ReceiverEvent): void {
    if (event.kind === "first_rtp") this.startSending();
    if (event.kind === "digit_started" || event.kind === "digit_ended") this.#relay(event);
    this.#listener(this, event);
  }

  /** From now on packets from any source arrive and are checked one by one. */
  #unfilter(): void {
    this.#connected = false;
    this.#socket.disconnect();
  }

  /** Events are passed on to the legs that are sent this leg's audio, unless a playback replaces it. Tones are in the audio. */
  #relay({ kind, code, via }: DtmfEvent): void {
    if (via === "inband") return;
    for (const { dtmf, playback } of this.#targets) {
      if (kind === "digit_ended") dtmf.endDigit();
      else if (playback === null) dtmf.startDigit(code);
    }
  }

  #audio(): Int16Array | null {
    if (this.playback !== null) return this.playback.frame;
    let first: Int16Array | null = null;
    let count = 0;
    for (const from of this.#sources) {
      if (!from.audible) continue;
      count++;
      if (first === null) first = from.receiver.frame;
      else {
        if (count === 2) mixed.set(first);
        mixInto(mixed, from.receiver.frame);
      }
    }
    return count > 1 ? mixed : first;
  }

  #expectsMedia(): boolean {
    const direction = this.#remote?.direction;
    return direction === "sendrecv" || direction === "recvonly";
  }

  #report(nowMs: number, bye: boolean): void {
    const remote = this.#remote;
    const { address, port } = this.receiver.latch;
    if (remote === null || remote.port === 0 || address === "") return;
    const muxed = remote.rtcpPort === remote.port;
    if (!muxed && this.#rtcpSocket === null && !this.#rtcpRefused) this.#openRtcp();
    const socket = muxed ? this.#socket : this.#rtcpSocket;
    const packet = this.#rtcp.report(nowMs, bye);
    const moved = port !== remote.port;
    socket?.send(packet, packet.length, rtcpPortOf(remote, moved ? port : null), address);
  }

  #openRtcp(): void {
    this.#rtcpSocket = this.#context.ports.openRtcp(this.port, (packet, address) =>
      this.#receiveRtcp(packet, address, this.#context.clock.now()),
    );
    this.#rtcpRefused = this.#rtcpSocket === null;
  }
}

/** Behind a NAT the signalled RTCP port means nothing: the one above the learnt port is the best guess. */
function rtcpPortOf(remote: RemoteMedia, learntPort: number | null): number {
  if (learntPort !== null) return remote.rtcpPort === remote.port ? learntPort : learntPort + 1;
  return remote.rtcpPort ?? remote.port + 1;
}

/** An address of zeros is the old way to signal hold (RFC 3264 section 8.4). */
function takesMedia(remote: RemoteMedia): boolean {
  const sends = remote.direction === "sendrecv" || remote.direction === "sendonly";
  return sends && remote.port !== 0 && remote.address !== "0.0.0.0";
}

function remove(legs: MediaLeg[], leg: MediaLeg): boolean {
  const at = legs.indexOf(leg);
  if (at >= 0) legs.splice(at, 1);
  return at >= 0;
}
