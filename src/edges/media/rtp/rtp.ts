/**
 * RTP packets (RFC 3550 section 5.1).
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                           timestamp                           |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |           synchronization source (SSRC) identifier            |
 *    +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
 *    |            contributing source (CSRC) identifiers ...         |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * Parser and writer use a header object and a buffer of the caller: nothing is allocated per packet.
 */
export const RTP_HEADER_BYTES = 12;

const VERSION_2 = 0x80;
const VERSION_MASK = 0xc0;
const PADDING = 0x20;
const EXTENSION = 0x10;
const CSRC_COUNT = 0x0f;
const MARKER = 0x80;

export interface RtpHeader {
  payloadType: number;
  marker: boolean;
  sequence: number;
  timestamp: number;
  ssrc: number;
  /** The payload is `packet[start..end)`. */
  start: number;
  end: number;
}

export function emptyRtpHeader(): RtpHeader {
  return { payloadType: 0, marker: false, sequence: 0, timestamp: 0, ssrc: 0, start: 0, end: 0 };
}

/** Reads `packet` into `header`; false (and an undefined `header`) if it is not RTP. */
export function parseRtp(packet: Uint8Array, header: RtpHeader): boolean {
  const flags = packet[0] ?? 0;
  if (packet.length < RTP_HEADER_BYTES || (flags & VERSION_MASK) !== VERSION_2) return false;
  const second = packet[1] ?? 0;
  header.marker = (second & MARKER) !== 0;
  header.payloadType = second & 0x7f;
  header.sequence = readUint16(packet, 2);
  header.timestamp = readUint32(packet, 4);
  header.ssrc = readUint32(packet, 8);
  header.start = RTP_HEADER_BYTES + 4 * (flags & CSRC_COUNT);
  header.end = packet.length;
  if ((flags & EXTENSION) !== 0) header.start += 4 + 4 * readUint16(packet, header.start + 2);
  if ((flags & PADDING) !== 0) header.end -= packet[packet.length - 1] ?? 0;
  return header.start <= header.end;
}

/** Writes a header without CSRC and extension at the start of `packet`. */
export function writeRtp(
  packet: Uint8Array,
  payloadType: number,
  marker: boolean,
  sequence: number,
  timestamp: number,
  ssrc: number,
): void {
  packet[0] = VERSION_2;
  packet[1] = (marker ? MARKER : 0) | payloadType;
  writeUint16(packet, 2, sequence);
  writeUint32(packet, 4, timestamp);
  writeUint32(packet, 8, ssrc);
}

/** The second byte distinguishes RTCP from RTP on one port (RFC 5761 section 4). */
export function looksLikeRtcp(packet: Uint8Array): boolean {
  const type = packet[1] ?? 0;
  return type >= 192 && type <= 223;
}

export function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return ((readUint16(bytes, at) << 16) | readUint16(bytes, at + 2)) >>> 0;
}

export function writeUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  writeUint16(bytes, at, value >>> 16);
  writeUint16(bytes, at + 2, value & 0xffff);
}
