import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { FRAME_SAMPLES, mixInto } from "./frame.ts";
import { Inbound } from "./inbound.ts";
import { KeySender } from "./key-sender.ts";
import { Outbound } from "./outbound.ts";
import type { Playback } from "./playback.ts";
import type { PortPool } from "./ports.ts";
import type { LegStats, LegSummary, Remote } from "./protocol.ts";
import { RtcpSession } from "./rtcp-session.ts";
import { looksLikeRtcp } from "./rtp.ts";
import type { UdpSocket } from "./sockets.ts";
import { RELEARN_AFTER_MS } from "./source-lock.ts";

/** What all legs share. */
export interface LegContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly ports: PortPool;
  /** Nothing heard for so long is told. */
  readonly silenceMs: number;
}

export interface LegListener {
  firstRtp(leg: Leg): void;
  digit(leg: Leg, digit: string, ms: number, via: "rfc4733" | "inband"): void;
  silence(leg: Leg, ms: number): void;
  resumed(leg: Leg): void;
}

/** Where several are heard at once; used within one `send`. */
const mixed = new Int16Array(FRAME_SAMPLES);

/**
 * One RTP endpoint. Port, SSRC, sequence and timestamp stay the same from open to close, whoever is heard on it.
 */
export class Leg {
  readonly number: number;
  readonly inbound: Inbound;
  readonly keys = new KeySender();
  playback: Playback | null = null;
  /** Does this tick's `inbound.frame` hold sound? */
  audible = false;
  readonly #context: LegContext;
  readonly #listener: LegListener;
  readonly #socket: UdpSocket;
  readonly #outbound: Outbound;
  readonly #rtcp: RtcpSession;
  readonly #hears: Leg[] = [];
  readonly #heardBy: Leg[] = [];
  #rtcpSocket: UdpSocket | null = null;
  #rtcpRefused = false;
  #remote: Remote | null = null;
  #connected = false;
  #sending = false;
  #quietSince: number;
  #silenceTold = false;

  /** null when no port is to be had. */
  static open(number: number, context: LegContext, listener: LegListener): Leg | null {
    let leg: Leg | null = null;
    const socket = context.ports.open((packet, address, port) => leg?.receive(packet, address, port));
    if (socket === null) return null;
    leg = new Leg(number, socket, context, listener);
    return leg;
  }

  private constructor(number: number, socket: UdpSocket, context: LegContext, listener: LegListener) {
    this.number = number;
    this.#socket = socket;
    this.#context = context;
    this.#listener = listener;
    this.#outbound = new Outbound(context.random);
    this.inbound = new Inbound({
      started: () => this.#started(),
      digit: (digit, ms, via) => listener.digit(this, digit, ms, via),
      keyDown: (code) => this.#relay(code),
      keyUp: () => this.#heardBy.forEach((leg) => leg.keys.release()),
    });
    this.#quietSince = context.clock.now();
    this.#rtcp = new RtcpSession(this.inbound, this.#outbound, context.random, this.#quietSince);
  }

  get port(): number {
    return this.#socket.port;
  }

  get packetsSent(): number {
    return this.#outbound.packets;
  }

  setRemote(remote: Remote): void {
    const held = !this.#expectsMedia();
    this.#remote = remote;
    this.#outbound.configure(remote);
    if (this.inbound.expect(remote)) this.#learnAnew();
    if (held) this.#quietSince = this.#context.clock.now();
  }

  /** Hears `from` (also) from the next tick on. */
  hear(from: Leg): void {
    if (this.#hears.includes(from)) return;
    this.#hears.push(from);
    from.#heardBy.push(this);
    from.inbound.listen(true);
    this.startSending();
  }

  unhear(from: Leg): void {
    if (!remove(this.#hears, from)) return;
    remove(from.#heardBy, this);
    from.inbound.listen(false);
    this.keys.release();
    this.#outbound.mark();
  }

  /** Hears this instead of the other legs from now on; null: them again. */
  playFrom(playback: Playback | null): void {
    this.playback = playback;
    this.keys.release();
    this.startSending();
  }

  /** From the first thing there is to hear on, a packet goes out every tick, silence included (NATs, timeouts). */
  startSending(): void {
    this.#sending = true;
    this.#outbound.mark();
  }

  /** First half of a tick: what came. */
  pull(nowMs: number): void {
    this.audible = this.inbound.wanted && this.inbound.pull(nowMs);
  }

  /** Second half: what goes out. */
  send(): void {
    if (!this.#sending) return;
    const remote = this.#remote;
    if (remote === null || !takesMedia(remote)) {
      this.#outbound.skip(1);
      return;
    }
    const key = this.keys.next();
    const length = key === null ? this.#outbound.audio(this.#source()) : this.#outbound.key(key);
    this.#socket.send(this.#outbound.packet, length, this.inbound.lock.port, this.inbound.lock.address);
  }

  skip(ticks: number): void {
    if (this.#sending) this.#outbound.skip(ticks);
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
    for (const from of this.#hears.slice()) this.unhear(from);
    for (const to of this.#heardBy.slice()) to.unhear(this);
    if (this.#rtcpSocket !== null) {
      this.#report(this.#context.clock.now(), true);
      this.#rtcpSocket.close();
    }
    this.#context.ports.close(this.#socket);
  }

  summary(): LegSummary {
    const { received } = this.inbound.reception;
    return {
      leg: this.number,
      port: this.port,
      packetsReceived: received,
      hears: this.#hears.map((from) => from.number),
    };
  }

  stats(): LegStats {
    const { inbound } = this;
    const { view } = this.#rtcp;
    return {
      packetsSent: this.#outbound.packets,
      packetsReceived: inbound.reception.received,
      packetsLost: inbound.reception.lost,
      packetsDiscarded: inbound.discarded,
      packetsRefused: inbound.refused,
      jitterMs: inbound.reception.jitterMs,
      framesConcealed: inbound.concealed,
      remoteLossPercent: view.lossPercent,
      remoteJitterMs: view.jitterMs,
      roundTripMs: view.roundTripMs,
    };
  }

  private receive(packet: Uint8Array, address: string, port: number): void {
    const now = this.#context.clock.now();
    if (looksLikeRtcp(packet)) this.#receiveRtcp(packet, address, now);
    else if (this.inbound.packet(packet, address, port, now)) this.#heard(now);
  }

  #receiveRtcp(packet: Uint8Array, address: string, now: number): void {
    if (address === this.inbound.lock.address) this.#rtcp.received(packet, now);
  }

  #heard(now: number): void {
    this.#quietSince = now;
    if (!this.#connected && this.inbound.lock.firm(now))
      this.#connected = this.#socket.connect(this.inbound.lock.port, this.inbound.lock.address);
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
    for (const leg of this.#heardBy) if (leg.playback === null) leg.keys.press(code);
  }

  #source(): Int16Array | null {
    if (this.playback !== null) return this.playback.frame;
    let first: Int16Array | null = null;
    let count = 0;
    for (const from of this.#hears) {
      if (!from.audible) continue;
      count++;
      if (first === null) first = from.inbound.frame;
      else {
        if (count === 2) mixed.set(first);
        mixInto(mixed, from.inbound.frame);
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
    const { address, port } = this.inbound.lock;
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
function rtcpPortOf(remote: Remote, learntPort: number | null): number {
  if (learntPort !== null) return remote.rtcpPort === remote.port ? learntPort : learntPort + 1;
  return remote.rtcpPort ?? remote.port + 1;
}

/** An address of zeros is the old way to say hold (RFC 3264 section 8.4). */
function takesMedia(remote: Remote): boolean {
  const sends = remote.direction === "sendrecv" || remote.direction === "sendonly";
  return sends && remote.port !== 0 && remote.address !== "0.0.0.0";
}

function remove(legs: Leg[], leg: Leg): boolean {
  const at = legs.indexOf(leg);
  if (at >= 0) legs.splice(at, 1);
  return at >= 0;
}
