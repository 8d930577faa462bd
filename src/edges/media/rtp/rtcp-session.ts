import type { Random } from "../../../base/random.ts";
import type { RtpReceiver } from "./rtp-receiver.ts";
import type { RtpSender } from "./rtp-sender.ts";
import { SAMPLE_RATE } from "../sound/frame.ts";
import { buildReport, ntpMiddle, parseRtcp, type ReportBlock } from "./rtcp.ts";

/** Mean time between reports; each varies randomly by half of it, and the first comes after half (RFC 3550 6.2, 6.3.1). */
const INTERVAL_MS = 5000;
/** NTP's middle 32 bits count in 1/65536 s. */
const NTP_UNITS_PER_MS = 65.536;
const MS_PER_SAMPLE = 1000 / SAMPLE_RATE;

/** What the other side reports about what we send. */
export interface RemoteView {
  readonly lossPercent: number | null;
  readonly jitterMs: number | null;
  readonly roundTripMs: number | null;
}

/** The RTCP of one leg: when a report is due, what it contains, and what the other side's reports say. */
export class RtcpSession {
  view: RemoteView = { lossPercent: null, jitterMs: null, roundTripMs: null };
  readonly #receiver: RtpReceiver;
  readonly #sender: RtpSender;
  readonly #random: Random;
  readonly #cname: string;
  #dueAt: number;
  #packetsAtReport = 0;
  #lastSenderReport = 0;
  #lastSenderReportAt = 0;

  constructor(receiver: RtpReceiver, sender: RtpSender, random: Random, nowMs: number) {
    this.#receiver = receiver;
    this.#sender = sender;
    this.#random = random;
    this.#cname = random.hex(6);
    this.#dueAt = nowMs + this.#spread(INTERVAL_MS / 2);
  }

  /** Is a report due? True once per interval. */
  takeDue(nowMs: number): boolean {
    if (nowMs < this.#dueAt) return false;
    this.#dueAt = nowMs + this.#spread(INTERVAL_MS);
    return true;
  }

  report(nowMs: number, bye: boolean): Uint8Array {
    const { packets, octets, timestamp, ssrc } = this.#sender;
    const sent = packets > this.#packetsAtReport;
    this.#packetsAtReport = packets;
    const sender = sent ? { timestamp, packets, octets } : null;
    return buildReport({ ssrc, cname: this.#cname, nowMs, sender, block: this.#block(nowMs), bye });
  }

  received(packet: Uint8Array, nowMs: number): void {
    const parsed = parseRtcp(packet);
    if (parsed === null) return;
    if (parsed.senderReport !== null && parsed.senderReport.ssrc === this.#receiver.stats.ssrc) {
      this.#lastSenderReport = parsed.senderReport.ntpMiddle;
      this.#lastSenderReportAt = nowMs;
    }
    const about = parsed.blocks.find((block) => block.ssrc === this.#sender.ssrc);
    if (about !== undefined) this.#reported(about, nowMs);
  }

  #spread(ms: number): number {
    return ms * (0.5 + this.#random.next());
  }

  #block(nowMs: number): ReportBlock | null {
    const { stats } = this.#receiver;
    if (stats.ssrc === null) return null;
    const hasReport = this.#lastSenderReport !== 0;
    return {
      ssrc: stats.ssrc,
      fractionLost: stats.takeFractionLost(),
      lost: stats.lost,
      extendedHighest: stats.extendedHighest,
      jitter: stats.jitter,
      lastReport: this.#lastSenderReport,
      delay: hasReport ? Math.round((nowMs - this.#lastSenderReportAt) * NTP_UNITS_PER_MS) : 0,
    };
  }

  #reported(block: ReportBlock, nowMs: number): void {
    // RFC 3550 section 6.4.1: now - LSR - DLSR.
    const trip = (ntpMiddle(nowMs) - block.lastReport - block.delay) | 0;
    this.view = {
      lossPercent: Math.round((block.fractionLost * 100) / 256),
      jitterMs: Math.round(block.jitter * MS_PER_SAMPLE),
      roundTripMs: block.lastReport === 0 || trip < 0 ? this.view.roundTripMs : Math.round(trip / NTP_UNITS_PER_MS),
    };
  }
}
