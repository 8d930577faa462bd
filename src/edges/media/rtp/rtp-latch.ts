import { isLoopback, isPrivateAddress } from "./private-address.ts";

/** After this long without a packet the same stream may continue from another host: a phone changed networks. */
export const RELEARN_AFTER_MS = 3000;
/** After this long without a packet another port of the same host may take over: the phone reopened its socket. */
export const HOST_MOVE_AFTER_MS = 500;
/** The same stream, seen from elsewhere, continues within this many sequence numbers (60 s of packets). */
const MAX_CONTINUATION = 3000;
/** Behind a NAT, a superseded source may be used again when it continues for this long and nothing else comes. */
const SUPERSEDED_FOR_MS = 3000;
/** An unsignalled source that fell silent within this time of its first packet was a stray, not the other side. */
const STRAY_WITHIN_MS = 1000;
/** Moves of one leg that are reported; a peer that alternates between two ports must not flood the trace. */
const MAX_MOVES_REPORTED = 20;

/**
 * How a source relates to the session description: its address and port; only its host (behind a NAT: the host that SIP
 * comes from); neither.
 */
export type SourceMatch = "address" | "host" | "none";

/**
 * Why a packet's source was refused. `superseded`: the other side's session description has named another address since ·
 * `not_signalled`: the description does not name this host · `source_active`: another port of the host is sending.
 */
export type SourceRefusal = "superseded" | "not_signalled" | "source_active";

/** What happened to a leg's media source. `source_refused` is reported once per leg; later refusals are only counted. */
export type SourceEvent =
  | {
      readonly kind: "source_latched";
      readonly address: string;
      readonly port: number;
      readonly match: SourceMatch;
    }
  | {
      readonly kind: "source_moved";
      readonly fromAddress: string;
      readonly fromPort: number;
      readonly address: string;
      readonly port: number;
      readonly match: SourceMatch;
    }
  | {
      readonly kind: "source_refused";
      readonly address: string;
      readonly port: number;
      readonly reason: SourceRefusal;
    };

interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** The part of the other side's description that the latch needs. */
export interface SignalledMedia extends Endpoint {
  /** Default true. */
  readonly symmetricRtp?: boolean | undefined;
  /** The host that the other side's SIP comes from. */
  readonly sipHost?: string | undefined;
}

const NOWHERE: Endpoint = { address: "", port: 0 };
const RANK: Readonly<Record<SourceMatch, number>> = { none: 0, host: 1, address: 2 };

/**
 * Which source a leg accepts media from, and where it sends (symmetric RTP, RFC 4961).
 *
 * - The signalled address, or else another port of its host, latches with its first packet and may take over from any
 *   lesser source at any time.
 * - When the signalled address can't be reached from outside (private, or loopback while the source is not), the other
 *   side is behind a NAT. Then the host that its SIP comes from counts as its host. Any other host may stand in: only the
 *   first, unless it was a stray that fell silent within a second.
 * - The latched source may move: to another port of its host if it continues the stream (same SSRC, later sequence
 *   number) or after half a second of silence; to another host only if it continues the stream after 3 s of silence.
 * - A session description with a new address unlatches. Packets from the old address are refused from then on.
 */
export class RtpLatch {
  /** Where media is sent: the latched source, or the signalled address before that and without symmetric RTP. */
  address = "";
  port = 0;
  readonly #report: (event: SourceEvent) => void;
  #symmetric = true;
  #signalled = NOWHERE;
  #sipHost: string | undefined;
  #superseded: readonly Endpoint[] = [];
  #supersededSince: number | null = null;
  #latched = false;
  #sourceAddress = "";
  #sourcePort = 0;
  #sourceMatch: SourceMatch = "none";
  #latchedAt = 0;
  #ssrc = 0;
  #sequence = 0;
  #receivedAt = 0;
  #moves = 0;
  #refusalReported = false;

  constructor(report: (event: SourceEvent) => void) {
    this.#report = report;
  }

  get latched(): boolean {
    return this.#latched;
  }

  /** The source is the signalled one and media goes there: the kernel may refuse everything else. */
  get certain(): boolean {
    return this.#latched && this.#sourceMatch === "address";
  }

  /**
   * The other side's session description. Without `symmetricRtp`, media is sent to its address, whatever port the other
   * side sends from. True if it named another address and the source has to be learnt again.
   */
  expect({ address, port, symmetricRtp = true, sipHost }: SignalledMedia): boolean {
    this.#symmetric = symmetricRtp;
    this.#sipHost = sipHost;
    const moved = isReachable(address, port) && !isAt(this.#signalled, address, port);
    if (moved) this.#signal({ address, port });
    this.#aim();
    return moved;
  }

  /** May a packet from there pass? Latches on to its source if the rules of this class allow it. */
  admit(address: string, port: number, ssrc: number, sequence: number, nowMs: number): boolean {
    if (this.#latched && port === this.#sourcePort && address === this.#sourceAddress)
      return this.#received(ssrc, sequence, nowMs);
    const match = this.#match(address, port);
    const refusal = this.#refusal({ address, port }, match, ssrc, sequence, nowMs);
    if (refusal !== null) return this.#refuse(address, port, refusal);
    this.#latch(address, port, match, nowMs);
    return this.#received(ssrc, sequence, nowMs);
  }

  #signal(signalled: Endpoint): void {
    const { address, port } = signalled;
    const source = { address: this.#sourceAddress, port: this.#sourcePort };
    const known = this.#latched && isAt(source, address, port);
    // Without symmetric RTP media never follows the source, and one source port may serve every description.
    this.#superseded = this.#symmetric ? [this.#signalled, ...(this.#latched && !known ? [source] : [])] : [];
    this.#supersededSince = null;
    this.#signalled = signalled;
    this.#latched = known;
    if (known) this.#sourceMatch = "address";
  }

  #aim(): void {
    const toSource = this.#latched && this.#symmetric;
    this.address = toSource ? this.#sourceAddress : this.#signalled.address;
    this.port = toSource ? this.#sourcePort : this.#signalled.port;
  }

  #match(address: string, port: number): SourceMatch {
    if (address === this.#signalled.address) return port === this.#signalled.port ? "address" : "host";
    return address === this.#sipHost && this.#mayStandIn(address) ? "host" : "none";
  }

  /** null: the source may latch, or take over. */
  #refusal(from: Endpoint, match: SourceMatch, ssrc: number, sequence: number, nowMs: number): SourceRefusal | null {
    if (match === "address") return null;
    if (this.#isSuperseded(from, nowMs)) return "superseded";
    if (!this.#latched) return match === "host" || this.#mayStandIn(from.address) ? null : "not_signalled";
    if (RANK[match] > RANK[this.#sourceMatch]) return null;
    const silentMs = nowMs - this.#receivedAt;
    const sameHost = match === "host" || from.address === this.#sourceAddress;
    if (sameHost && silentMs >= HOST_MOVE_AFTER_MS) return null;
    if (this.#continues(ssrc, sequence) && (sameHost || silentMs >= RELEARN_AFTER_MS)) return null;
    if (this.#wasStray(silentMs) && this.#mayStandIn(from.address)) return null;
    return sameHost ? "source_active" : "not_signalled";
  }

  #isSuperseded(from: Endpoint, nowMs: number): boolean {
    if (!this.#superseded.some((old) => isAt(old, from.address, from.port))) return false;
    this.#supersededSince ??= nowMs;
    const isSilent = !this.#latched && nowMs - this.#supersededSince >= SUPERSEDED_FOR_MS;
    return !(isSilent && this.#mayStandIn(from.address));
  }

  #mayStandIn(address: string): boolean {
    const signalled = this.#signalled.address;
    return isPrivateAddress(signalled) || (isLoopback(signalled) && !isLoopback(address));
  }

  #continues(ssrc: number, sequence: number): boolean {
    const step = (sequence - this.#sequence) & 0xffff;
    return ssrc === this.#ssrc && step > 0 && step <= MAX_CONTINUATION;
  }

  #wasStray(silentMs: number): boolean {
    const brief = this.#receivedAt - this.#latchedAt < STRAY_WITHIN_MS;
    return this.#sourceMatch === "none" && brief && silentMs >= RELEARN_AFTER_MS;
  }

  #refuse(address: string, port: number, reason: SourceRefusal): false {
    if (!this.#refusalReported) this.#report({ kind: "source_refused", address, port, reason });
    this.#refusalReported = true;
    return false;
  }

  #latch(address: string, port: number, match: SourceMatch, nowMs: number): void {
    const moved = this.#latched;
    const [fromAddress, fromPort] = [this.#sourceAddress, this.#sourcePort];
    this.#latched = true;
    this.#latchedAt = nowMs;
    this.#sourceAddress = address;
    this.#sourcePort = port;
    this.#sourceMatch = match;
    this.#aim();
    if (!moved) this.#report({ kind: "source_latched", address, port, match });
    else if (this.#moves++ < MAX_MOVES_REPORTED)
      this.#report({ kind: "source_moved", fromAddress, fromPort, address, port, match });
  }

  #received(ssrc: number, sequence: number, nowMs: number): true {
    this.#ssrc = ssrc;
    this.#sequence = sequence;
    this.#receivedAt = nowMs;
    return true;
  }
}

/** An address of zeros or port 0 puts media on hold (RFC 3264 section 8.4) and names no other place. */
function isReachable(address: string, port: number): boolean {
  return port !== 0 && address !== "0.0.0.0" && address !== "::";
}

function isAt(endpoint: Endpoint, address: string, port: number): boolean {
  return endpoint.port === port && endpoint.address === address;
}
