import { beforeEach, describe, expect, it } from "vitest";
import { FRAME_SAMPLES } from "../sound/frame.ts";
import { PCMA, PCMU } from "../sound/g711.ts";
import { RtpReceiver } from "./rtp-receiver.ts";
import { writeTelephoneEvent } from "../dtmf/telephone-event.ts";
import type { RemoteMedia } from "../process/protocol.ts";
import { RTP_HEADER_BYTES, writeRtp } from "./rtp.ts";

const REMOTE: RemoteMedia = {
  address: "10.0.0.1",
  port: 4000,
  rtcpPort: null,
  codec: "PCMU",
  payloadType: 0,
  dtmfPayloadType: 101,
  direction: "sendrecv",
};
/** Loud in both codecs. */
const LOUD = 0x20;

let told: string[] = [];
let inbound = new RtpReceiver({ started() {}, digit() {}, eventStarted() {}, eventEnded() {} });
let sequence = 0;

beforeEach(() => {
  told = [];
  sequence = 0;
  inbound = new RtpReceiver({
    started: () => told.push("started"),
    digit: (digit, ms, via) => told.push(`digit ${digit} ${ms} ${via}`),
    eventStarted: (code) => told.push(`down ${code}`),
    eventEnded: () => told.push("up"),
  });
  inbound.expect(REMOTE);
  inbound.listen(true);
});

function rtp(payloadType: number, timestamp: number, payload: Uint8Array): boolean {
  const packet = new Uint8Array(RTP_HEADER_BYTES + payload.length);
  writeRtp(packet, payloadType, false, sequence++, timestamp, 7);
  packet.set(payload, RTP_HEADER_BYTES);
  return inbound.packet(packet, REMOTE.address, REMOTE.port, timestamp / 8);
}

function audio(timestamp: number, payloadType = 0): boolean {
  return rtp(payloadType, timestamp, new Uint8Array(FRAME_SAMPLES).fill(LOUD));
}

function key(timestamp: number, code: number, duration: number, end = false): boolean {
  const payload = new Uint8Array(4);
  writeTelephoneEvent(payload, 0, code, end, duration);
  return rtp(101, timestamp, payload);
}

/** One audio packet and one tick, so many times. */
function talk(from: number, ticks: number): boolean[] {
  return Array.from({ length: ticks }, (_, i) => {
    audio((from + i) * FRAME_SAMPLES);
    return inbound.pull((from + i) * 20);
  });
}

describe("Inbound", () => {
  it("tells of the first packet once, and gives its audio a frame later", () => {
    expect(talk(0, 3)).toEqual([false, true, true]);
    expect(inbound.frame[0]).toBe(PCMU.decode[LOUD]);
    expect(told).toEqual(["started"]);
  });

  it("mutes a phone that sends the key's tone as audio beside its event, while the key is down", () => {
    talk(0, 3);
    key(3 * FRAME_SAMPLES, 5, 160);
    expect(talk(3, 3)).toEqual([false, false, false]);
    expect(inbound.frame.every((sample) => sample === 0)).toBe(true);
    key(3 * FRAME_SAMPLES, 5, 480, true);
    expect(talk(6, 2)).toEqual([true, true]);
    expect(told).toEqual(["started", "down 5", "digit 5 20 rfc4733", "up"]);
  });

  it("opens the mute by itself when the end of a key is lost", () => {
    talk(0, 3);
    key(3 * FRAME_SAMPLES, 5, 160);
    expect(talk(3, 20).at(-1)).toBe(true);
    expect(told.at(-1)).toBe("up");
  });

  it("understands PCMU and PCMA whichever was agreed, and an agreed dynamic type", () => {
    inbound.expect({ ...REMOTE, codec: "PCMA", payloadType: 96 });
    for (const [i, type] of [0, 8, 96].entries()) expect(audio(i * FRAME_SAMPLES, type)).toBe(true);
    const values: number[] = [];
    for (let i = 0; i < 4; i++) {
      inbound.pull(0);
      values.push(inbound.frame[0] ?? 0);
    }
    expect(values).toEqual([0, PCMU.decode[LOUD], PCMA.decode[LOUD], PCMA.decode[LOUD]]);
  });

  it("refuses payload types nobody agreed on, without locking on to their sender", () => {
    expect(audio(0, 34)).toBe(false);
    expect(inbound.latch.latched).toBe(false);
    expect(inbound.refused).toBe(1);
  });

  it("takes comfort noise as a sign of life, not as audio", () => {
    expect(rtp(13, 0, Uint8Array.of(60))).toBe(true);
    expect([inbound.pull(0), inbound.pull(20)]).toEqual([false, false]);
  });

  it("tells of events that are no keys to whom it is passed on, not as a digit", () => {
    key(0, 16, 160);
    expect(told).toEqual(["started", "down 16"]);
  });

  it("plays nothing of a leg on hold, and keeps nothing while nobody listens", () => {
    inbound.expect({ ...REMOTE, direction: "sendonly" });
    expect(talk(0, 3)).toEqual([false, false, false]);
    inbound.expect(REMOTE);
    inbound.listen(false);
    talk(3, 3);
    inbound.listen(true);
    expect(talk(6, 2)).toEqual([false, true]);
  });
});
