import { isIP } from "node:net";
import { err, ok, type Result } from "../../base/result.ts";
import { parseSdp } from "./parse.ts";
import {
  type CodecDescription,
  type Direction,
  isAudio,
  isPlainRtp,
  type MediaDescription,
  type SessionDescription,
} from "./session.ts";
import { writeSdp } from "./write.ts";

export type { Direction, SessionDescription } from "./session.ts";

/** Supported codecs: both have a static payload type and a clock of 8000 Hz. */
export type AudioCodec = "PCMU" | "PCMA";

const STATIC_PAYLOAD_TYPE: Readonly<Record<AudioCodec, number>> = { PCMU: 0, PCMA: 8 };
/** The clock of all supported codecs, and so of their telephone-events (RFC 4733 section 2.1), Hz. */
const CLOCK_RATE = 8_000;
/** Nearly everyone uses this for telephone-event, and some gateways understand no other. */
const DTMF_PAYLOAD_TYPE = 101;
/** 0-9 * # A-D. */
const DTMF_EVENTS = "0-15";
/** Everyone understands this; sent if the other side states no preference. */
const DEFAULT_PTIME_MS = 20;

/** Our side of a session, for one offer or answer. */
export interface LocalMedia {
  /** The address in `o=` and `c=`; IPv4 or IPv6. */
  readonly address: string;
  /** The RTP port; RTCP is on the next one. */
  readonly port: number;
  /** Best first. */
  readonly codecs: readonly AudioCodec[];
  /** Decimal; the same for the life of the dialog. */
  readonly sessionId: string;
  /** The version in `o=`: one more with every change (RFC 3264 section 8); see also `previous`. */
  readonly version: number;
  /** What we want; the other side may allow less. Default sendrecv. */
  readonly direction?: Direction;
  /** Packet time we announce, ms. Default 20. */
  readonly ptime?: number;
  /** Whether our port accepts RTCP as well (RFC 5761); agreed to only if the other side offers it. Default false. */
  readonly rtcpMux?: boolean;
  /**
   * What we last sent in this dialog. If given, `version` is ignored: the same content gives the same text again, other
   * content the next version. An offer keeps its media lines, with those that are not ours at port 0.
   */
  readonly previous?: string | null;
}

/** Where and how to send, and what to expect, once offer and answer agree. */
export interface NegotiatedMedia {
  /** An IP address; `0.0.0.0` or `::` if the other side holds in the old way (`direction` then forbids sending). */
  readonly address: string;
  readonly port: number;
  /** Null: not stated (`a=rtcp` absent), so it is the next after `port`. Equal to `port`: RFC 5761. */
  readonly rtcpPort: number | null;
  readonly codec: AudioCodec;
  /** The payload type for sending `codec`. */
  readonly payloadType: number;
  /** The payload type for sending telephone-events; null: the other side accepts none. */
  readonly dtmfPayloadType: number | null;
  /**
   * The payload type with which the other side should send telephone-events: the number in our description. Some use
   * `dtmfPayloadType` instead if their answer has another number; both mean the same. Null: it sends none.
   */
  readonly dtmfReceivePayloadType: number | null;
  /** The packet time that the other side prefers. */
  readonly ptimeMs: number;
  /** Ours: `sendonly` means that we send and expect nothing. */
  readonly direction: Direction;
  /** The other side has put us on hold: it does not listen. */
  readonly held: boolean;
}

/** Why an offer is refused, as a code of RFC 3261 section 20.43. */
export type WarningCode = 301 | 302 | 304 | 305 | 399;

/** A refusal of an offer. */
export interface Unacceptable {
  readonly status: 488;
  readonly code: WarningCode;
  /** One sentence for a log: what was missing, and what the offer had instead. */
  readonly detail: string;
  /** The value of a Warning header, with the text of RFC 3261 section 20.43 for that code. */
  readonly warning: string;
}

/** The refusal of an offer that {@link parseSdp} could not read; `fault` is its error. */
export function unreadableOffer(fault: string): Unacceptable {
  return refusal(399, `the session description ${fault}`);
}

/** Text of each code, as RFC 3261 section 20.43 words it. */
const WARNING_TEXT: Readonly<Record<WarningCode, string>> = {
  301: "Incompatible network address formats",
  302: "Incompatible transport protocol",
  304: "Media type not available",
  305: "Incompatible media format",
  399: "The session description cannot be read",
};
/** Characters of the part of an offer that a sentence quotes. */
const MAX_QUOTED_CHARS = 120;

function refusal(code: WarningCode, detail: string): Unacceptable {
  return { status: 488, code, detail, warning: `${code} plugboard "${WARNING_TEXT[code]}"` };
}

/** An offer of our codecs and telephone-events. */
export function createOffer(local: LocalMedia): string {
  const codecs = local.codecs.map((name) => codecOf(STATIC_PAYLOAD_TYPE[name], name));
  const earlier = parsedPrevious(local);
  const index = earlier?.media.findIndex(isActiveAudio) ?? -1;
  const inUse = earlier?.media[index];
  // A payload number keeps its meaning for the life of the session (RFC 3264 section 8.3.2).
  const dtmf = dtmfOf((inUse === undefined ? null : dtmfIn(inUse)) ?? DTMF_PAYLOAD_TYPE);
  const media = ourMedia(local, inUse?.protocol ?? "RTP/AVP", [...codecs, dtmf], local.direction ?? "sendrecv");
  const lines = earlier === null || index === -1 ? [media] : earlier.media.with(index, media);
  return describe(local, index === -1 ? lines : lines.map((line) => (line === media ? line : refused(line))));
}

/**
 * Answers an offer (RFC 3264 section 6): every media line is answered in its place; the first plain RTP audio line that
 * has one of our codecs with the best of them and the offer's own payload numbers, all others with port 0.
 */
export function answerOffer(
  offer: SessionDescription,
  local: LocalMedia,
): Result<{ readonly sdp: string; readonly remote: NegotiatedMedia }, Unacceptable> {
  const found = chooseLine(offer, local);
  if (!found.ok) return found;
  const { media, codec, address } = found.value;
  const dtmf = dtmfIn(media);
  const direction = ourDirection(media, local.direction ?? "sendrecv");
  const codecs = [codecOf(codec.payloadType, nameOf(codec)), ...(dtmf === null ? [] : [dtmfOf(dtmf)])];
  const ours = ourMedia(local, media.protocol, codecs, direction);
  const mux = media.rtcpMux && local.rtcpMux === true;
  const answer = { ...ours, rtcpMux: mux };
  const lines = offer.media.map((line) => (line === media ? answer : refused(line)));
  const remote = remoteOf(media, address, codec, direction, mux);
  return ok({
    sdp: describe(local, lines),
    remote: { ...remote, dtmfPayloadType: dtmf, dtmfReceivePayloadType: dtmf },
  });
}

/** The codec that an answer to this offer would take, or why there is none; cheaper than the answer. */
export function acceptableCodec(
  offer: SessionDescription,
  local: Pick<LocalMedia, "address" | "codecs">,
): Result<AudioCodec, Unacceptable> {
  const found = chooseLine(offer, local);
  return found.ok ? ok(nameOf(found.value.codec)) : found;
}

/** Reads the answer to an offer of ours. The error is one sentence. */
export function readAnswer(answer: SessionDescription, ourOffer: SessionDescription): Result<NegotiatedMedia, string> {
  const index = ourOffer.media.findIndex(isActiveAudio);
  const ours = ourOffer.media[index];
  const theirs = answer.media[index];
  if (ours === undefined || theirs === undefined) return err("the answer has no line for our audio");
  if (!isActiveAudio(theirs)) return err("the answer refuses our audio");
  const address = usableAddress(theirs, ours.address ?? "");
  if (address === null)
    return err(`the answer's address is ${theirs.address ?? "missing"}, and ours is ${ours.address ?? "missing"}`);
  const codec = theirs.codecs.find(
    (codec) => spoken(codec) && ours.codecs.some((offered) => sameCodec(offered, codec)),
  );
  if (codec === undefined) return err(`the answer has none of the codecs we offered, but ${formatsIn(theirs)}`);
  const direction = ourDirection(theirs, ours.direction);
  const mux = theirs.rtcpMux && ours.rtcpMux;
  const dtmfPayloadType = dtmfIn(theirs);
  const dtmfReceivePayloadType = dtmfPayloadType === null ? null : dtmfIn(ours);
  return ok({ ...remoteOf(theirs, address, codec, direction, mux), dtmfPayloadType, dtmfReceivePayloadType });
}

/** The line of the offer that we accept, or why there is none, in the words of RFC 3261 section 20.43. */
function chooseLine(
  offer: SessionDescription,
  local: Pick<LocalMedia, "address" | "codecs">,
): Result<{ media: MediaDescription; codec: CodecDescription; address: string }, Unacceptable> {
  const audio = offer.media.filter(isActiveAudio);
  if (audio.length === 0) return err(refusal(304, `an audio line is needed, and the offer has ${mediaIn(offer)}`));
  const plain = audio.filter(({ protocol }) => isPlainRtp(protocol));
  if (plain.length === 0)
    return err(refusal(302, `audio is taken by RTP/AVP, and the offer has ${listed(audio, (line) => line.protocol)}`));
  for (const media of plain) {
    const codec = bestCodec(media, local.codecs);
    if (codec === undefined) continue;
    const address = usableAddress(media, local.address);
    if (address !== null) return ok({ media, codec, address });
    const needed = isIP(local.address) === 6 ? "IPv6" : "IPv4";
    return err(refusal(301, `an ${needed} address is needed, and the offer has ${media.address ?? "none"}`));
  }
  const wanted = local.codecs.join(" or ");
  return err(refusal(305, `${wanted} is needed, and the offer has ${listed(plain, formatsIn)}`));
}

function isActiveAudio(line: MediaDescription): boolean {
  return line.port !== 0 && isAudio(line);
}

function mediaIn(offer: SessionDescription): string {
  return listed(offer.media, ({ kind, port }) => (port === 0 ? `${kind} at port 0` : kind));
}

function formatsIn({ codecs, formats }: MediaDescription): string {
  if (codecs.length === 0) return formats.join(" ");
  return codecs
    .map(({ name, clockRate, channels }) => `${name}/${clockRate}${channels === 1 ? "" : `/${channels}`}`)
    .join(" ");
}

/** What the lines have, for a sentence. */
function listed(lines: readonly MediaDescription[], text: (line: MediaDescription) => string): string {
  if (lines.length === 0) return "no media";
  return [...new Set(lines.map(text))].join(", ").slice(0, MAX_QUOTED_CHARS);
}

function bestCodec(media: MediaDescription, ours: readonly AudioCodec[]): CodecDescription | undefined {
  for (const name of ours) {
    const codec = media.codecs.find((codec) => spoken(codec) && nameOf(codec) === name);
    if (codec !== undefined) return codec;
  }
  return undefined;
}

/** Whether it is G.711 at its one clock. */
function spoken(codec: CodecDescription): boolean {
  return /^PCM[UA]$/i.test(codec.name) && codec.clockRate === CLOCK_RATE && codec.channels === 1;
}

function nameOf(codec: CodecDescription): AudioCodec {
  return codec.name.toUpperCase() === "PCMA" ? "PCMA" : "PCMU";
}

function sameCodec(a: CodecDescription, b: CodecDescription): boolean {
  return a.name.toUpperCase() === b.name.toUpperCase() && a.clockRate === b.clockRate && a.channels === b.channels;
}

/** The payload type of telephone-events at our clock; null if there is none. */
function dtmfIn(media: MediaDescription): number | null {
  const event = media.codecs.find(
    ({ name, clockRate }) => name.toLowerCase() === "telephone-event" && clockRate === CLOCK_RATE,
  );
  return event?.payloadType ?? null;
}

/** An address that a socket of ours can send to; null for host names and for the other family. */
function usableAddress(media: MediaDescription, ours: string): string | null {
  const address = media.address ?? "";
  return isIP(address) !== 0 && isIP(address) === isIP(ours) ? address : null;
}

function isNowhere(address: string | null): boolean {
  return address === "0.0.0.0" || address === "::";
}

/**
 * Our direction, limited by theirs: we send only what they receive, and expect only what they send. An address of zeros (RFC 2543's hold) receives nothing.
 */
function ourDirection(theirs: MediaDescription, wanted: Direction): Direction {
  const theyTake = !isNowhere(theirs.address) && (theirs.direction === "sendrecv" || theirs.direction === "recvonly");
  const theySend = theirs.direction === "sendrecv" || theirs.direction === "sendonly";
  const send = theyTake && (wanted === "sendrecv" || wanted === "sendonly");
  const receive = theySend && (wanted === "sendrecv" || wanted === "recvonly");
  if (send) return receive ? "sendrecv" : "sendonly";
  return receive ? "recvonly" : "inactive";
}

function remoteOf(
  media: MediaDescription,
  address: string,
  codec: CodecDescription,
  direction: Direction,
  mux: boolean,
): Omit<NegotiatedMedia, "dtmfPayloadType" | "dtmfReceivePayloadType"> {
  const ptimeMs = Math.min(media.ptimeMs ?? DEFAULT_PTIME_MS, media.maxptimeMs ?? Infinity);
  const held = isNowhere(media.address) || media.direction === "sendonly" || media.direction === "inactive";
  return {
    address,
    port: media.port,
    rtcpPort: mux ? media.port : media.rtcpPort,
    codec: nameOf(codec),
    payloadType: codec.payloadType,
    ptimeMs,
    direction,
    held,
  };
}

function codecOf(payloadType: number, name: AudioCodec): CodecDescription {
  return { payloadType, name, clockRate: CLOCK_RATE, channels: 1, fmtp: null };
}

function dtmfOf(payloadType: number): CodecDescription {
  return { payloadType, name: "telephone-event", clockRate: CLOCK_RATE, channels: 1, fmtp: DTMF_EVENTS };
}

function ourMedia(
  local: LocalMedia,
  protocol: string,
  codecs: readonly CodecDescription[],
  direction: Direction,
): MediaDescription {
  return {
    kind: "audio",
    port: local.port,
    portCount: 1,
    protocol,
    formats: codecs.map(({ payloadType }) => String(payloadType)),
    address: local.address,
    direction,
    codecs,
    ptimeMs: local.ptime ?? DEFAULT_PTIME_MS,
    maxptimeMs: null,
    rtcpPort: null,
    rtcpMux: local.rtcpMux === true,
    attributes: [],
  };
}

/** The same line at port 0: refused, or no longer used. Its formats are required but mean nothing. */
function refused(line: MediaDescription): MediaDescription {
  return {
    ...line,
    port: 0,
    portCount: 1,
    address: null,
    direction: "sendrecv",
    codecs: [],
    ptimeMs: null,
    maxptimeMs: null,
    rtcpPort: null,
    rtcpMux: false,
    attributes: [],
  };
}

function parsedPrevious(local: LocalMedia): SessionDescription | null {
  const parsed = typeof local.previous === "string" ? parseSdp(local.previous) : null;
  return parsed?.ok === true ? parsed.value : null;
}

/** Our description as text, its version one more than the previous one's if anything else changed (RFC 3264 section 8). */
function describe(local: LocalMedia, media: readonly MediaDescription[]): string {
  const { address, sessionId } = local;
  const text = (version: string): string =>
    writeSdp({
      origin: { username: "-", sessionId, version, address },
      name: "-",
      address,
      attributes: [],
      media,
    });
  const earlier = parsedPrevious(local)?.origin.version;
  if (earlier === undefined) return text(String(local.version));
  return text(earlier) === local.previous ? local.previous : text(String(BigInt(earlier) + 1n));
}
