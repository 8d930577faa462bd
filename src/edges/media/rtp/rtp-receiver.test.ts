import { beforeEach, describe, expect, it } from "vitest";
import { FRAME_SAMPLES } from "../sound/frame.ts";
import { PCMA, PCMU } from "../sound/g711.ts";
import { RtpReceiver } from "./rtp-receiver.ts";
import { writeTelephoneEvent } from "../dtmf/telephone-event.ts";
import { RTP_HEADER_BYTES, writeRtp } from "./rtp.ts";
import { REMOTE } from "../testing/remote.ts";

const SSRC = 7;
const OTHER_SSRC = 8;
/** Loud in both codecs. */
const LOUD = 0x20;

let events: string[] = [];
let receiver = new RtpReceiver(() => {});
let sequence = 0;

beforeEach(() => {
  events = [];
  sequence = 0;
  receiver = new RtpReceiver((event) => {
    if (event.kind === "digit_started") events.push(`${event.digit ?? event.code} ${event.durationMs} ${event.via}`);
    else events.push(event.kind);
  });
  receiver.expect(REMOTE);
  receiver.consume(true);
});

function rtp(payloadType: number, timestamp: number, payload: Uint8Array, ssrc = SSRC): boolean {
  const packet = new Uint8Array(RTP_HEADER_BYTES + payload.length);
  writeRtp(packet, payloadType, false, sequence++, timestamp, ssrc);
  packet.set(payload, RTP_HEADER_BYTES);
  return receiver.packet(packet, REMOTE.address, REMOTE.port, timestamp / 8);
}

function audio(timestamp: number, payloadType = 0, ssrc = SSRC): boolean {
  return rtp(payloadType, timestamp, new Uint8Array(FRAME_SAMPLES).fill(LOUD), ssrc);
}

function event(timestamp: number, code: number, duration: number, end = false, ssrc = SSRC): boolean {
  const payload = new Uint8Array(4);
  writeTelephoneEvent(payload, 0, code, end, duration);
  return rtp(101, timestamp, payload, ssrc);
}

/** One audio packet and one tick, `ticks` times: was each tick audible? */
function play(from: number, ticks: number): boolean[] {
  return Array.from({ length: ticks }, (_, i) => {
    audio((from + i) * FRAME_SAMPLES);
    return receiver.pull((from + i) * 20);
  });
}

describe("RtpReceiver", () => {
  it("reports the first packet once, and yields its audio a frame later", () => {
    expect(play(0, 3)).toEqual([false, true, true]);
    expect(receiver.frame[0]).toBe(PCMU.decode[LOUD]);
    expect(events).toEqual(["source_latched", "first_rtp"]);
  });

  it("mutes a phone that sends a digit's tone as audio along with its event, for as long as the digit lasts", () => {
    play(0, 3);
    event(3 * FRAME_SAMPLES, 5, 160);
    expect(play(3, 3)).toEqual([false, false, false]);
    expect(receiver.frame.every((sample) => sample === 0)).toBe(true);
    event(3 * FRAME_SAMPLES, 5, 480, true);
    expect(play(6, 2)).toEqual([true, true]);
    expect(events).toEqual(["source_latched", "first_rtp", "5 20 rfc4733", "digit_ended"]);
  });

  it("unmutes by itself when the end of a digit is lost", () => {
    play(0, 3);
    event(3 * FRAME_SAMPLES, 5, 160);
    expect(play(3, 20).at(-1)).toBe(true);
    expect(events.at(-1)).toBe("digit_ended");
  });

  it("understands PCMU and PCMA whichever was agreed, and an agreed dynamic type", () => {
    receiver.expect({ ...REMOTE, codec: "PCMA", payloadType: 96 });
    for (const [i, type] of [0, 8, 96].entries()) expect(audio(i * FRAME_SAMPLES, type)).toBe(true);
    const values: number[] = [];
    for (let i = 0; i < 4; i++) {
      receiver.pull(0);
      values.push(receiver.frame[0] ?? 0);
    }
    expect(values).toEqual([0, PCMU.decode[LOUD], PCMA.decode[LOUD], PCMA.decode[LOUD]]);
  });

  it("refuses payload types that were not agreed on, without latching on to their sender", () => {
    expect(audio(0, 34)).toBe(false);
    expect(receiver.latch.latched).toBe(false);
    expect(receiver.refused).toBe(1);
  });

  it("takes comfort noise for a sign of life, not for audio", () => {
    expect(rtp(13, 0, Uint8Array.of(60))).toBe(true);
    expect([receiver.pull(0), receiver.pull(20)]).toEqual([false, false]);
  });

  it("reports events that are not digits, for the bridged leg, without a digit", () => {
    event(0, 16, 160);
    expect(events).toEqual(["source_latched", "first_rtp", "16 20 rfc4733"]);
  });

  it("plays nothing of a leg on hold, and buffers nothing while nothing takes it", () => {
    receiver.expect({ ...REMOTE, direction: "sendonly" });
    expect(play(0, 3)).toEqual([false, false, false]);
    receiver.expect(REMOTE);
    receiver.consume(false);
    play(3, 3);
    receiver.consume(true);
    expect(play(6, 2)).toEqual([false, true]);
  });

  it("S24: plays the newer of two streams from one port, and the older again once that has stopped", () => {
    play(0, 3);
    const audible = Array.from({ length: 20 }, (_, i) => {
      audio(5000 + i * FRAME_SAMPLES, 0, OTHER_SSRC);
      audio((3 + i) * FRAME_SAMPLES);
      return receiver.pull((3 + i) * 20);
    });
    expect(audible.slice(1)).toEqual(Array.from({ length: 19 }, () => true));
    expect(receiver).toMatchObject({ superseded: 20, concealed: 0 });
    expect(play(120, 3)).toEqual([false, true, true]);
  });

  it("S24: keeps both audio and digits of a gateway that sends events with a separate SSRC", () => {
    play(0, 3);
    const timestamp = 90_000;
    for (let i = 0; i < 5; i++) {
      event(timestamp, 5, 160 * (i + 1), i === 4, OTHER_SSRC);
      audio((3 + i) * FRAME_SAMPLES);
      receiver.pull((3 + i) * 20);
    }
    event(timestamp + 1600, 5, 160, false, OTHER_SSRC);
    event(timestamp + 1600, 5, 320, true, OTHER_SSRC);
    expect(events.filter((one) => one.startsWith("5"))).toHaveLength(2);
    expect(play(8, 2)).toEqual([true, true]);
    expect(receiver).toMatchObject({ superseded: 0, concealed: 0 });
  });
});
