import { expect, it } from "vitest";
import { seededRandom } from "../../../base/random.ts";
import { RtpReceiver } from "./rtp-receiver.ts";
import { RtpSender } from "./rtp-sender.ts";
import { parseRtcp } from "./rtcp.ts";
import { RtcpSession } from "./rtcp-session.ts";
import { REMOTE } from "../testing/remote.ts";

function side(seed: number): { receiver: RtpReceiver; sender: RtpSender; session: RtcpSession } {
  const receiver = new RtpReceiver(() => {});
  receiver.expect(REMOTE);
  const sender = new RtpSender(seededRandom(seed));
  return { receiver, sender, session: new RtcpSession(receiver, sender, seededRandom(seed), 0) };
}

it("a report is due after 1.25 to 3.75 s, then every 2.5 to 7.5 s", () => {
  const { session } = side(1);
  const due: number[] = [];
  for (let ms = 0; ms <= 60_000; ms += 50) if (session.takeDue(ms)) due.push(ms);
  const gaps = due.map((ms, i) => ms - (due[i - 1] ?? 0));
  expect(gaps[0]).toBeGreaterThanOrEqual(1250);
  expect(gaps[0]).toBeLessThanOrEqual(3800);
  for (const gap of gaps.slice(1)) {
    expect(gap).toBeGreaterThanOrEqual(2500);
    expect(gap).toBeLessThanOrEqual(7600);
  }
  expect(due.length).toBeGreaterThan(8);
});

it("two ends that exchange reports learn the loss and the round-trip time", () => {
  const [a, b] = [side(1), side(2)];
  for (let i = 0; i < 100; i++) {
    a.sender.audio(null);
    if (i % 4 !== 3) b.receiver.packet(a.sender.packet.slice(), REMOTE.address, REMOTE.port, i * 20);
  }
  // A's report takes 30 ms to B, waits there 1 s, and B's takes 50 ms back.
  b.session.received(a.session.report(2000, false), 2030);
  a.session.received(b.session.report(3030, false), 3080);
  expect(a.session.view).toMatchObject({ roundTripMs: 80 });
  expect(a.session.view.lossPercent).toBeGreaterThanOrEqual(23);
  expect(a.session.view.lossPercent).toBeLessThanOrEqual(26);
});

it("sends a receiver report while it sends no media itself", () => {
  const { session, sender } = side(1);
  sender.audio(null);
  expect(session.report(0, false)[1]).toBe(200);
  expect(session.report(5000, false)[1]).toBe(201);
});

it("ignores reports about another stream", () => {
  const [a, b] = [side(1), side(2)];
  const stranger = side(3);
  stranger.sender.audio(null);
  b.receiver.packet(stranger.sender.packet, REMOTE.address, REMOTE.port, 0);
  const report = b.session.report(1000, false);
  expect(parseRtcp(report)?.blocks).toHaveLength(1);
  a.session.received(report, 1000);
  expect(a.session.view).toEqual({ lossPercent: null, jitterMs: null, roundTripMs: null });
});
