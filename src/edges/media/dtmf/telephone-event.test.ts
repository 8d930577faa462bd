import { beforeEach, describe, expect, it } from "vitest";
import { TelephoneEventReceiver, writeTelephoneEvent } from "./telephone-event.ts";

let told: string[] = [];
let receiver = new TelephoneEventReceiver({ eventStarted() {}, eventEnded() {} });

beforeEach(() => {
  told = [];
  receiver = new TelephoneEventReceiver({
    eventStarted: (code, duration) => told.push(`down ${code} ${duration}`),
    eventEnded: () => told.push("up"),
  });
});

function event(timestamp: number, code: number, duration: number, end = false, nowMs = 0): void {
  const packet = new Uint8Array(4);
  writeTelephoneEvent(packet, 0, code, end, duration);
  receiver.packet(timestamp, packet, 0, 4, nowMs);
}

it("writes event, end bit, volume and duration as RFC 4733 section 2.3 draws them", () => {
  const packet = new Uint8Array(5);
  writeTelephoneEvent(packet, 1, 11, true, 0x0320);
  expect([...packet]).toEqual([0, 11, 0x80 | 10, 0x03, 0x20]);
});

describe("KeyReceiver", () => {
  it("tells once of a press that comes in many packets with one timestamp and three ends", () => {
    for (const duration of [160, 320, 480]) event(1000, 5, duration);
    for (let i = 0; i < 3; i++) event(1000, 5, 640, true);
    expect(told).toEqual(["down 5 160", "up"]);
  });

  it("tells the same key pressed twice apart by the timestamp", () => {
    event(1000, 5, 160);
    event(1000, 5, 320, true);
    event(2600, 5, 160);
    event(2600, 5, 320, true);
    expect(told).toEqual(["down 5 160", "up", "down 5 160", "up"]);
  });

  it("knows a press of which only an end packet arrived", () => {
    event(1000, 5, 640, true);
    expect(told).toEqual(["down 5 640", "up"]);
  });

  it("ends a press whose end packets were lost when the next begins, or after 200 ms", () => {
    event(1000, 5, 160, false, 0);
    event(3000, 6, 160, false, 100);
    receiver.tick(200);
    expect(told).toEqual(["down 5 160", "up", "down 6 160"]);
    receiver.tick(301);
    expect(told.at(-1)).toBe("up");
  });

  it("takes no notice of a straggler of the press before", () => {
    event(1000, 5, 160);
    event(1000, 5, 320, true);
    event(2600, 6, 160);
    event(1000, 5, 320, true);
    expect(told).toEqual(["down 5 160", "up", "down 6 160"]);
  });

  it("follows one long press through its segments (RFC 4733 section 2.5.1.3)", () => {
    event(1000, 5, 0xffff);
    event(1000 + 0xffff, 5, 160);
    event(1000 + 0xffff, 5, 320, true);
    expect(told).toEqual(["down 5 65535", "up"]);
  });

  it("begins anew with another sender, whatever its timestamps", () => {
    event(100_000, 5, 160);
    receiver.reset();
    event(99_000, 5, 160);
    expect(told).toEqual(["down 5 160", "up", "down 5 160"]);
  });

  it("ignores payloads that are too short", () => {
    receiver.packet(1000, new Uint8Array(3), 0, 3, 0);
    expect(told).toEqual([]);
  });
});
