import { beforeEach, describe, expect, it } from "vitest";
import { emptyRtpHeader } from "../rtp/rtp.ts";
import { TelephoneEventReceiver, writeTelephoneEvent } from "./telephone-event.ts";

let events: string[] = [];
let receiver = new TelephoneEventReceiver(() => {});

beforeEach(() => {
  events = [];
  receiver = new TelephoneEventReceiver(({ kind, code, durationMs }) => {
    events.push(kind === "digit_started" ? `${code} after ${durationMs} ms` : "end");
  });
});

interface Options {
  readonly end?: boolean;
  readonly marker?: boolean;
  readonly nowMs?: number;
  readonly ssrc?: number;
}

function event(timestamp: number, code: number, duration: number, options: Options = {}): void {
  const { end = false, marker = false, nowMs = timestamp / 8, ssrc = 7 } = options;
  const packet = new Uint8Array(4);
  writeTelephoneEvent(packet, 0, code, end, duration);
  receiver.packet({ ...emptyRtpHeader(), timestamp, marker, ssrc, start: 0, end: 4 }, packet, nowMs);
}

it("writes event, end bit, volume and duration as RFC 4733 section 2.3 draws them", () => {
  const packet = new Uint8Array(5);
  writeTelephoneEvent(packet, 1, 11, true, 0x0320);
  expect([...packet]).toEqual([0, 11, 0x80 | 10, 0x03, 0x20]);
});

describe("TelephoneEventReceiver", () => {
  it("reports one event for many packets with one timestamp and three ends", () => {
    for (const duration of [160, 320, 480]) event(1000, 5, duration);
    for (let i = 0; i < 3; i++) event(1000, 5, 640, { end: true });
    expect(events).toEqual(["5 after 20 ms", "end"]);
  });

  it("tells two events with the same code apart by the timestamp", () => {
    event(1000, 5, 160);
    event(1000, 5, 320, { end: true });
    event(2600, 5, 160);
    event(2600, 5, 320, { end: true });
    expect(events).toEqual(["5 after 20 ms", "end", "5 after 20 ms", "end"]);
  });

  it("knows an event of which only an end packet arrived", () => {
    event(1000, 5, 640, { end: true });
    expect(events).toEqual(["5 after 80 ms", "end"]);
  });

  it("ends an event whose end packets were lost when the next starts, or after 200 ms", () => {
    event(1000, 5, 160, { nowMs: 0 });
    event(3000, 6, 160, { nowMs: 100 });
    receiver.tick(200);
    expect(events).toEqual(["5 after 20 ms", "end", "6 after 20 ms"]);
    receiver.tick(301);
    expect(events.at(-1)).toBe("end");
  });

  it("ignores a straggler of the previous event", () => {
    event(1000, 5, 160);
    event(1000, 5, 320, { end: true });
    event(2600, 6, 160);
    event(1000, 5, 320, { end: true });
    expect(events).toEqual(["5 after 20 ms", "end", "6 after 20 ms"]);
  });

  it("S14: an event whose timestamp moves with every packet is one digit, including its three ends", () => {
    for (let i = 1; i <= 5; i++) event(1000 + 160 * i, 2, 160 * i, { marker: i === 1 });
    for (let i = 6; i <= 8; i++) event(1000 + 160 * i, 2, 800, { end: true });
    expect(events).toEqual(["2 after 20 ms", "end"]);
  });

  it("S14: an event with a constant duration, or the marker in every packet, is one digit even if a packet is lost", () => {
    for (const i of [1, 2, 4, 5]) event(1000 + 160 * i, 2, 160, { marker: i === 1 });
    for (const i of [6, 7, 8]) event(1000 + 160 * i, 2, 160, { end: true });
    for (const i of [1, 2, 4, 5]) event(9000 + 160 * i, 3, 160 * i, { marker: true });
    for (const i of [6, 7, 8]) event(9000 + 160 * i, 3, 800, { marker: true, end: true });
    expect(events).toEqual(["2 after 20 ms", "end", "3 after 20 ms", "end"]);
  });

  it("S14: a long event in segments of any length is one digit", () => {
    for (const segment of [0xffff, 8000, 400]) {
      let timestamp = 1000;
      for (let i = 0; i < 3; i++, timestamp += segment) {
        event(timestamp, 4, segment / 2, { marker: i === 0 });
        event(timestamp, 4, segment);
      }
      event(timestamp, 4, 160);
      event(timestamp, 4, 320, { end: true });
      event(timestamp + 8000, 5, 160, { end: true, ssrc: segment });
    }
    expect(events.filter((one) => one.startsWith("4"))).toHaveLength(3);
    expect(events.filter((one) => one.startsWith("5"))).toHaveLength(3);
  });

  it("S14: the same digit twice in a row stays two, with 40 ms between them and the first packet lost", () => {
    event(1000, 2, 160, { marker: true });
    event(1000, 2, 400, { end: true });
    event(1000 + 400 + 320, 2, 320);
    event(1000 + 400 + 320, 2, 400, { end: true });
    expect(events.filter((one) => one !== "end")).toEqual(["2 after 20 ms", "2 after 40 ms"]);
  });

  it("starts over with another sender, whatever its timestamps are", () => {
    event(100_000, 5, 160);
    event(99_000, 5, 160, { ssrc: 8 });
    expect(events).toEqual(["5 after 20 ms", "end", "5 after 20 ms"]);
  });

  it("ignores payloads that are too short", () => {
    receiver.packet({ ...emptyRtpHeader(), timestamp: 1000, end: 3 }, new Uint8Array(3), 0);
    expect(events).toEqual([]);
  });
});
