import { readUint16, readUint32, writeUint16, writeUint32 } from "./rtp.ts";

/**
 * RTCP compound packets (RFC 3550 section 6): what we send every few seconds, and what we read from theirs.
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |V=2|P|    RC   |       PT      |            length             |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |                     SSRC of packet sender                     |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |  SR only: NTP timestamp (64), RTP timestamp, packets, octets  |
 *    +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
 *    |  report block: SSRC, fraction lost (8), cumulative lost (24), |
 *    |  extended highest sequence, jitter, LSR, DLSR                 |
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const SOURCE_DESCRIPTION = 202;
const GOODBYE = 203;
const VERSION_2 = 0x80;
const CNAME = 1;
const BLOCK_BYTES = 24;
const SENDER_INFO_BYTES = 20;
/** Seconds from 1900 (NTP) to 1970 (Unix). */
const NTP_OFFSET_S = 2_208_988_800;

/** What we have sent so far; RFC 3550 section 6.4.1. */
export interface SenderInfo {
  readonly timestamp: number;
  readonly packets: number;
  readonly octets: number;
}

/** What we have received so far, or what the other side reports it has. */
export interface ReportBlock {
  readonly ssrc: number;
  /** In 256ths. */
  readonly fractionLost: number;
  readonly lost: number;
  readonly extendedHighest: number;
  /** In timestamp units. */
  readonly jitter: number;
  /** Middle 32 bits of the NTP time of the last sender report, and the time since then in 1/65536 s; 0 if there was none. */
  readonly lastReport: number;
  readonly delay: number;
}

export interface Report {
  readonly ssrc: number;
  readonly cname: string;
  readonly nowMs: number;
  /** null: nothing sent since the last report, so a receiver report is sent. */
  readonly sender: SenderInfo | null;
  readonly block: ReportBlock | null;
  readonly bye: boolean;
}

/** Middle 32 bits of the 64-bit NTP time. */
export function ntpMiddle(nowMs: number): number {
  const { seconds, fraction } = ntp(nowMs);
  return (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0;
}

function ntp(nowMs: number): { seconds: number; fraction: number } {
  const whole = Math.floor(nowMs / 1000);
  const fraction = Math.floor(((nowMs - whole * 1000) / 1000) * 2 ** 32);
  return { seconds: (whole + NTP_OFFSET_S) >>> 0, fraction: fraction >>> 0 };
}

/** A compound packet: report, CNAME, and optionally BYE. */
export function buildReport(report: Report): Uint8Array {
  const cname = new TextEncoder().encode(report.cname);
  const blocks = report.block === null ? 0 : BLOCK_BYTES;
  const reportBytes = 8 + (report.sender === null ? 0 : SENDER_INFO_BYTES) + blocks;
  // SSRC, item type, length, text, then at least one zero, up to a multiple of four.
  const chunkBytes = Math.ceil((4 + 2 + cname.length + 1) / 4) * 4;
  const packet = new Uint8Array(reportBytes + 4 + chunkBytes + (report.bye ? 8 : 0));
  writeHead(packet, 0, blocks === 0 ? 0 : 1, report.sender === null ? RECEIVER_REPORT : SENDER_REPORT, reportBytes);
  writeUint32(packet, 4, report.ssrc);
  if (report.sender !== null) writeSenderInfo(packet, 8, report.sender, report.nowMs);
  if (report.block !== null) writeBlock(packet, reportBytes - BLOCK_BYTES, report.block);
  writeHead(packet, reportBytes, 1, SOURCE_DESCRIPTION, 4 + chunkBytes);
  writeUint32(packet, reportBytes + 4, report.ssrc);
  packet.set([CNAME, cname.length], reportBytes + 8);
  packet.set(cname, reportBytes + 10);
  if (report.bye) {
    writeHead(packet, packet.length - 8, 1, GOODBYE, 8);
    writeUint32(packet, packet.length - 4, report.ssrc);
  }
  return packet;
}

function writeHead(packet: Uint8Array, at: number, count: number, type: number, bytes: number): void {
  packet[at] = VERSION_2 | count;
  packet[at + 1] = type;
  writeUint16(packet, at + 2, bytes / 4 - 1);
}

function writeSenderInfo(packet: Uint8Array, at: number, sender: SenderInfo, nowMs: number): void {
  const { seconds, fraction } = ntp(nowMs);
  writeUint32(packet, at, seconds);
  writeUint32(packet, at + 4, fraction);
  writeUint32(packet, at + 8, sender.timestamp);
  writeUint32(packet, at + 12, sender.packets);
  writeUint32(packet, at + 16, sender.octets);
}

function writeBlock(packet: Uint8Array, at: number, block: ReportBlock): void {
  writeUint32(packet, at, block.ssrc);
  writeUint32(packet, at + 4, (block.fractionLost << 24) | (Math.min(block.lost, 0x7fffff) & 0xffffff));
  writeUint32(packet, at + 8, block.extendedHighest);
  writeUint32(packet, at + 12, block.jitter);
  writeUint32(packet, at + 16, block.lastReport);
  writeUint32(packet, at + 20, block.delay);
}

export interface ParsedRtcp {
  /** From a sender report: its SSRC, and the middle of its NTP time. */
  readonly senderReport: { readonly ssrc: number; readonly ntpMiddle: number } | null;
  readonly blocks: readonly ReportBlock[];
  readonly bye: boolean;
}

/** null if it is not an RTCP compound packet (RFC 3550 A.2); unknown packet types in it are skipped. */
export function parseRtcp(packet: Uint8Array): ParsedRtcp | null {
  const blocks: ReportBlock[] = [];
  let senderReport: ParsedRtcp["senderReport"] = null;
  let bye = false;
  for (let at = 0; at < packet.length;) {
    const bytes = 4 * (readUint16(packet, at + 2) + 1);
    if (((packet[at] ?? 0) & 0xc0) !== VERSION_2 || at + bytes > packet.length) return null;
    const type = packet[at + 1] ?? 0;
    if (at === 0 && type !== SENDER_REPORT && type !== RECEIVER_REPORT) return null;
    const end = at + bytes;
    const count = (packet[at] ?? 0) & 0x1f;
    if (type === SENDER_REPORT && bytes >= 8 + SENDER_INFO_BYTES) {
      senderReport = { ssrc: readUint32(packet, at + 4), ntpMiddle: readUint32(packet, at + 10) };
      readBlocks(packet, at + 8 + SENDER_INFO_BYTES, count, end, blocks);
    }
    if (type === RECEIVER_REPORT) readBlocks(packet, at + 8, count, end, blocks);
    if (type === GOODBYE) bye = true;
    at = end;
  }
  return packet.length === 0 ? null : { senderReport, blocks, bye };
}

function readBlocks(packet: Uint8Array, from: number, count: number, end: number, blocks: ReportBlock[]): void {
  // Profile extensions may follow the `count` blocks.
  const last = Math.min(end, from + count * BLOCK_BYTES);
  for (let at = from; at + BLOCK_BYTES <= last; at += BLOCK_BYTES)
    blocks.push({
      ssrc: readUint32(packet, at),
      fractionLost: packet[at + 4] ?? 0,
      // Signed 24 bits: duplicates make it negative.
      lost: (readUint32(packet, at + 4) << 8) >> 8,
      extendedHighest: readUint32(packet, at + 8),
      jitter: readUint32(packet, at + 12),
      lastReport: readUint32(packet, at + 16),
      delay: readUint32(packet, at + 20),
    });
}
