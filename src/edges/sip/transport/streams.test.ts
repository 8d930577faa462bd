import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../../base/virtual-clock.ts";
import { Streams } from "./streams.ts";
import type { TransportFlow } from "./types.ts";

const HEAD = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\r\n";

interface Connection extends TransportFlow {
  closed: boolean;
}

function connection(address = "10.0.0.9"): Connection {
  return {
    protocol: "tcp",
    local: { host: "10.0.0.1", port: 5060 },
    remote: { address, port: 1 },
    reliable: true,
    usable: true,
    closed: false,
    send() {},
    close() {
      this.closed = true;
    },
  };
}

describe("A7: a source of incomplete messages", () => {
  it("has 32 s for the rest of a message, no matter how it trickles in", () => {
    const clock = new VirtualClock();
    const streams = new Streams(clock);
    const flow = connection();
    streams.push(flow, Buffer.from(HEAD));
    for (let i = 0; i < 31; i++) {
      clock.advance(1_000);
      streams.push(flow, Buffer.from("X"));
    }
    expect(flow.closed).toBe(false);
    clock.advance(1_000);
    expect(flow.closed).toBe(true);
  });

  it("that completes each message in time stays connected, and so does one that is silent between messages", () => {
    const clock = new VirtualClock();
    const streams = new Streams(clock);
    const flow = connection();
    for (let i = 0; i < 5; i++) {
      streams.push(flow, Buffer.from(HEAD));
      clock.advance(20_000);
      expect(streams.push(flow, Buffer.from(`\r\n${i % 2 === 0 ? HEAD : ""}`))).toHaveLength(1);
      clock.advance(i % 2 === 0 ? 20_000 : 900_000);
      if (i % 2 === 0) streams.push(flow, Buffer.from("\r\n"));
    }
    expect(flow.closed).toBe(false);
  });

  it("has 256 KiB for everything unfinished over all its connections, and other sources have their own", () => {
    const streams = new Streams(new VirtualClock());
    const flows = Array.from({ length: 6 }, () => connection());
    const other = connection("10.0.0.8");
    for (const flow of [...flows, other]) streams.push(flow, Buffer.from(HEAD + "X".repeat(50_000)));
    expect([...flows, other].map(({ closed }) => closed)).toEqual([false, false, false, false, false, true, false]);
    for (const flow of flows) streams.forget(flow);
    const next = connection();
    streams.push(next, Buffer.from(HEAD + "X".repeat(50_000)));
    expect(next.closed).toBe(false);
  });
});
