import type { Clock } from "../../../base/clock.ts";
import type { Random } from "../../../base/random.ts";
import { FRAME_SAMPLES, mixInto } from "../sound/frame.ts";
import { RtpReceiver } from "../rtp/rtp-receiver.ts";
import { DtmfSender } from "../dtmf/dtmf-sender.ts";
import { RtpSender } from "../rtp/rtp-sender.ts";
import type { Playback } from "../playback/playback.ts";
import type { PortPool } from "../rtp/port-pool.ts";
import type { LegStats, LegSummary, RemoteMedia } from "./protocol.ts";
import { RtcpSession } from "../rtp/rtcp-session.ts";
import { looksLikeRtcp } from "../rtp/rtp.ts";
import type { UdpSocket } from "../rtp/sockets.ts";
import { RELEARN_AFTER_MS } from "../rtp/rtp-latch.ts";

/** What all legs share. */
export interface MediaLegContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly ports: PortPool;
  /** Nothing heard for so long is told. */
  readonly silenceMs: number;
}

export interface MediaLegListener {
  firstRtp(leg: MediaLeg): void;
  digit(leg: MediaLeg, digit: string, ms: number, via: "rfc4733" | "inband"): void;
  silence(leg: MediaLeg, ms: number): void;
  resumed(leg: MediaLeg): void;
}

/** Where several are heard at once; used within one `send`. */
const mixed = new Int16Array(FRAME_SAMPLES);

/**
 * One RTP endpoint. Port, SSRC, sequence and timestamp stay the same from open to close, whoever is heard on it.
 */
export class MediaLeg {
  readonly number: number;
  readonly receiver: RtpReceiver;
  readonly dtmf = new DtmfSender();
  playback: Playback | null = null;
  /** Does this tick's `inbound.frame` hold sound? */
  audible = false;
  readonly #context: MediaLegContext;
  readonly #listener: MediaLegListener;
  readonly #socket: UdpSocket;
  readonly #sender: RtpSender;
  readonly #rtcp: RtcpSession;
  readonly #hears: MediaLeg[] = [];
  readonly #heardBy: MediaLeg[] = [];
  #rtcpSocket: UdpSocket | null = null;
  #rtcpRefused = false;
  #remote: RemoteMedia | null = null;
  #connected = false;
  #sending = false;
  #quietSince: number;
  #silenceTold = false;

  /** null when no port is to be had. */
  static open(number: number, context: MediaLegContext, listener: MediaLegListener): MediaLeg | null {
    let leg: MediaLeg | null = null;
    const socket = context.ports.open((packet, address, port) => leg?.receive(packet, address, port));
    if (socket === null) return null;
    leg = new MediaLeg(number, socket, context, listener);
    return leg;
  }

  private constructor(number: number, socket: UdpSocket, context: MediaLegContext, listener: MediaLegListener) {
    this.number = number;
    this.#socket = socket;
    this.#context = context;
    this.#listener = listener;
    this.#sender = new RtpSender(context.random);
    this.receiver = new RtpReceiver({
      started: () => this.#started(),
      digit: (digit, ms, via) => listener.digit(this, digit, ms, via),
      eventStarted: (code) => this.#relay(code),
      eventEnded: () => this.#heardBy.forEach((leg) => leg.dtmf.release()),
    });
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
    if (this.receiver.expect(remote)) this.#learnAnew();
    if (held) this.#quietSince = this.#context.clock.now();
  }

  /** Hears `from` (also) from the next tick on. */
  forwardFrom(from: MediaLeg): void {
    if (this.#hears.includes(from)) return;
    this.#hears.push(from);
    from.#heardBy.push(this);
    from.receiver.listen(true);
    this.startSending();
  }

  stopForwardingFrom(from: MediaLeg): void {
    if (!remove(this.#hears, from)) return;
    remove(from.#heardBy, this);
    from.receiver.listen(false);
    this.dtmf.release();
    this.#sender.mark();
  }

  /** Hears this instead of the other legs from now on; null: them again. */
  playFrom(playback: Playback | null): void {
    this.playback = playback;
    this.dtmf.release();
    this.startSending();
  }

  /** From the first thing there is to hear on, a packet goes out every tick, silence included (NATs, timeouts). */
  startSending(): void {
    this.#sending = true;
    this.#sender.mark();
  }

  /** First half of a tick: what came. */
  pull(nowMs: number): void {
    this.audible = this.receiver.wanted && this.receiver.pull(nowMs);
  }

  /** Second half: what goes out. */
  send(): void {
    if (!this.#sending) return;
    const remote = this.#remote;
    if (remote === null || !takesMedia(remote)) {
      this.#sender.skip(1);
      return;
    }
    const key = this.dtmf.next();
    const length = key === null ? this.#sender.audio(this.#source()) : this.#sender.dtmf(key);
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
    if (this.#connected && quietMs >= RELEARN_AFTER_MS) this.#learnAnew();
    if (quietMs < this.#context.silenceMs || this.#silenceTold || !this.#expectsMedia()) return;
    this.#silenceTold = true;
    this.#listener.silence(this, Math.round(quietMs));
  }

  close(): void {
    for (const from of this.#hears.slice()) this.stopForwardingFrom(from);
    for (const to of this.#heardBy.slice()) to.stopForwardingFrom(this);
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
      hears: this.#hears.map((from) => from.number),
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
    else if (this.receiver.packet(packet, address, port, now)) this.#heard(now);
  }

  #receiveRtcp(packet: Uint8Array, address: string, now: number): void {
    if (address === this.receiver.latch.address) this.#rtcp.received(packet, now);
  }

  #heard(now: number): void {
    this.#quietSince = now;
    if (!this.#connected && this.receiver.latch.firm(now))
      this.#connected = this.#socket.connect(this.receiver.latch.port, this.receiver.latch.address);
    if (!this.#silenceTold) return;
    this.#silenceTold = false;
    this.#listener.resumed(this);
  }

  #started(): void {
    this.startSending();
    this.#listener.firstRtp(this);
  }

  #learnAnew(): void {
    this.#connected = false;
    this.#socket.disconnect();
  }

  /** Keys of this leg reach those who hear it now; who hears a playback instead is not disturbed. */
  #relay(code: number): void {
    for (const leg of this.#heardBy) if (leg.playback === null) leg.dtmf.press(code);
  }

  #source(): Int16Array | null {
    if (this.playback !== null) return this.playback.frame;
    let first: Int16Array | null = null;
    let count = 0;
    for (const from of this.#hears) {
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
    if (remote === null || remote.port === 0) return;
    const muxed = remote.rtcpPort === remote.port;
    if (!muxed && this.#rtcpSocket === null && !this.#rtcpRefused) this.#openRtcp();
    const socket = muxed ? this.#socket : this.#rtcpSocket;
    const packet = this.#rtcp.report(nowMs, bye);
    const { address, port } = this.receiver.latch;
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

/** Behind a NAT the described RTCP port means nothing: the one above the learnt port is the best guess. */
function rtcpPortOf(remote: RemoteMedia, learntPort: number | null): number {
  if (learntPort !== null) return remote.rtcpPort === remote.port ? learntPort : learntPort + 1;
  return remote.rtcpPort ?? remote.port + 1;
}

/** An address of zeros is the old way to say hold (RFC 3264 section 8.4). */
function takesMedia(remote: RemoteMedia): boolean {
  const sends = remote.direction === "sendrecv" || remote.direction === "sendonly";
  return sends && remote.port !== 0 && remote.address !== "0.0.0.0";
}

function remove(legs: MediaLeg[], leg: MediaLeg): boolean {
  const at = legs.indexOf(leg);
  if (at >= 0) legs.splice(at, 1);
  return at >= 0;
}
