import { beforeEach, describe, expect, it } from "vitest";
import { HOST_MOVE_AFTER_MS, RELEARN_AFTER_MS, RtpLatch, type SourceEvent } from "./rtp-latch.ts";

const SSRC = 7;
/** The signalled host, a host that was not signalled, and addresses of a phone behind a NAT. */
const HOST = "203.0.113.10";
const STRANGER = "198.51.100.66";
const PRIVATE = "192.168.1.5";
const NAT = "203.0.113.77";

let events: SourceEvent[] = [];
let latch = new RtpLatch(() => {});

beforeEach(() => {
  events = [];
  latch = new RtpLatch((event) => events.push(event));
});

/** A stream of 50 packets a second that reached `sequence` by now. */
function admit(address: string, port: number, nowMs: number, ssrc = SSRC, sequence = Math.floor(nowMs / 20)): boolean {
  return latch.admit(address, port, ssrc, sequence, nowMs);
}

function latchTo(signalled: string, source = signalled, port = 4000): void {
  latch.expect({ address: signalled, port: 4000 });
  expect(admit(source, port, 0)).toBe(true);
}

describe("before the first packet", () => {
  it("media goes where the description says", () => {
    latch.expect({ address: HOST, port: 4000 });
    expect(latch).toMatchObject({ address: HOST, port: 4000, latched: false, certain: false });
  });

  it("A2: a stranger neither latches nor gets media, no matter how long the signalled source takes", () => {
    latch.expect({ address: HOST, port: 4000 });
    for (let ms = 0; ms < 4000; ms += 20) expect(admit(STRANGER, 6666, ms, 99)).toBe(false);
    expect(latch).toMatchObject({ address: HOST, port: 4000, latched: false });
    expect(admit(HOST, 4000, 4000)).toBe(true);
    expect(latch.certain).toBe(true);
    expect(events.map(({ kind }) => kind)).toEqual(["source_refused", "source_latched"]);
  });

  it("A2: another port of the signalled host latches, and yields to the signalled port at any time", () => {
    latchTo(HOST, HOST, 4100);
    expect(latch).toMatchObject({ port: 4100, latched: true, certain: false });
    expect(admit(HOST, 4000, 60_000, 8)).toBe(true);
    expect(latch).toMatchObject({ port: 4000, certain: true });
    expect(admit(HOST, 4100, 60_020)).toBe(false);
  });
});

describe("A2: behind a NAT", () => {
  it("the first unsignalled source latches when the signalled address is private, and no other", () => {
    latchTo(PRIVATE, NAT, 61_000);
    expect(latch).toMatchObject({ address: NAT, port: 61_000 });
    for (let ms = 20; ms < 2000; ms += 20) {
      expect(admit(NAT, 61_000, ms)).toBe(true);
      expect(admit(STRANGER, 6666, ms, 99)).toBe(false);
    }
    expect(admit(STRANGER, 6666, 60_000, 99)).toBe(false);
  });

  it("a packet from the signalled host displaces it whenever it comes", () => {
    latchTo(PRIVATE, STRANGER, 6666);
    expect(admit(PRIVATE, 4100, 30_000, 8)).toBe(true);
    expect(latch).toMatchObject({ address: PRIVATE, port: 4100 });
    expect(admit(PRIVATE, 4000, 30_020, 9)).toBe(true);
    expect(admit(STRANGER, 6666, 30_040)).toBe(false);
  });

  it("the host that SIP comes from counts as the other side's host, and displaces a stranger", () => {
    latch.expect({ address: PRIVATE, port: 4000, sipHost: NAT });
    for (let ms = 0; ms < 2000; ms += 20) admit(STRANGER, 6666, ms, 99);
    expect(admit(NAT, 61_000, 2000, 8)).toBe(true);
    expect(admit(STRANGER, 6666, 2020, 99)).toBe(false);
    latch = new RtpLatch(() => {});
    latch.expect({ address: HOST, port: 4000, sipHost: NAT });
    expect(admit(NAT, 61_000, 0)).toBe(false);
  });

  it("a few stray packets don't lock the other side out", () => {
    latchTo(PRIVATE, STRANGER, 6666);
    expect(admit(NAT, 61_000, RELEARN_AFTER_MS - 20, 8)).toBe(false);
    expect(admit(NAT, 61_000, RELEARN_AFTER_MS, 8)).toBe(true);
  });

  it("a signalled loopback address means a peer that doesn't know its own", () => {
    latch.expect({ address: "127.0.0.1", port: 4000 });
    expect(admit("127.0.0.2", 4000, 0)).toBe(false);
    expect(admit(NAT, 61_000, 20)).toBe(true);
  });
});

describe("S7: a source that moves", () => {
  it("to another port of its host is followed at once if it continues the stream", () => {
    latchTo(PRIVATE, NAT, 61_000);
    expect(admit(NAT, 61_001, 40)).toBe(true);
    expect(latch).toMatchObject({ address: NAT, port: 61_001 });
    expect(events.at(-1)).toEqual({
      kind: "source_moved",
      fromAddress: NAT,
      fromPort: 61_000,
      address: NAT,
      port: 61_001,
      match: "none",
    });
  });

  it("to another port of its host with a new stream is followed once the old port is silent", () => {
    latchTo(HOST);
    expect(admit(HOST, 4100, HOST_MOVE_AFTER_MS - 1, 8)).toBe(false);
    expect(admit(HOST, 4100, HOST_MOVE_AFTER_MS, 8)).toBe(true);
    expect(latch).toMatchObject({ port: 4100, certain: false });
  });

  it("to another host is followed after three seconds of silence, but only with the same stream", () => {
    latchTo(HOST);
    expect(admit(NAT, 5555, RELEARN_AFTER_MS - 20)).toBe(false);
    expect(admit(NAT, 5555, RELEARN_AFTER_MS)).toBe(true);
    latch = new RtpLatch(() => {});
    latchTo(HOST);
    expect(admit(STRANGER, 6666, 60_000, 99)).toBe(false);
    expect(admit(STRANGER, 6666, 60_000, SSRC, 40_000)).toBe(false);
  });

  it("is reported at most 20 times per leg when it alternates between two ports", () => {
    latchTo(HOST, HOST, 4100);
    for (let i = 1; i <= 100; i++) expect(admit(HOST, 4100 + (i % 2), i * 20)).toBe(true);
    expect(events.filter(({ kind }) => kind === "source_moved")).toHaveLength(20);
  });
});

describe("S7: a stray", () => {
  it("changes nothing, and is reported once", () => {
    latchTo(HOST);
    for (let ms = 20; ms < 400; ms += 20) {
      expect(admit(STRANGER, 6666, ms, 99)).toBe(false);
      expect(admit(HOST, 4101, ms, 98)).toBe(false);
      expect(admit(HOST, 4000, ms)).toBe(true);
    }
    expect(latch).toMatchObject({ address: HOST, port: 4000 });
    expect(events).toEqual([
      { kind: "source_latched", address: HOST, port: 4000, match: "address" },
      { kind: "source_refused", address: STRANGER, port: 6666, reason: "not_signalled" },
    ]);
  });
});

describe("S7: a description of another address", () => {
  it("unlatches, the same description doesn't", () => {
    latchTo(HOST);
    expect(latch.expect({ address: HOST, port: 4000 })).toBe(false);
    expect(latch.latched).toBe(true);
    expect(latch.expect({ address: NAT, port: 4000 })).toBe(true);
    expect(latch).toMatchObject({ address: NAT, port: 4000, latched: false });
  });

  it("turns the old source into a straggler, on the same host or behind the same NAT", () => {
    latchTo(HOST);
    latch.expect({ address: HOST, port: 5000 });
    for (let ms = 20; ms < 10_000; ms += 20) expect(admit(HOST, 4000, ms)).toBe(false);
    expect(latch).toMatchObject({ address: HOST, port: 5000 });
    expect(events.at(-1)).toMatchObject({ kind: "source_refused", reason: "superseded" });
    expect(admit(HOST, 5000, 10_000, 8)).toBe(true);
    latch = new RtpLatch(() => {});
    latchTo(PRIVATE, NAT, 61_000);
    latch.expect({ address: PRIVATE, port: 4002 });
    expect(admit(NAT, 61_000, 20)).toBe(false);
    expect(admit(NAT, 61_001, 40, 8)).toBe(true);
  });

  it("turns a previously signalled address into a straggler, even if nothing has come from it yet", () => {
    latch.expect({ address: HOST, port: 4000 });
    latch.expect({ address: HOST, port: 5000 });
    expect(admit(HOST, 4000, 20)).toBe(false);
  });

  it("accepts the old source again if a NAT hides that it is also the new one", () => {
    latchTo(PRIVATE, NAT, 61_000);
    latch.expect({ address: PRIVATE, port: 4002 });
    for (let ms = 1000; ms < 4000; ms += 20) expect(admit(NAT, 61_000, ms)).toBe(false);
    expect(admit(NAT, 61_000, 4000)).toBe(true);
  });

  it("keeps the latched source when that is the address it names", () => {
    latchTo(PRIVATE, NAT, 61_000);
    expect(latch.certain).toBe(false);
    latch.expect({ address: NAT, port: 61_000 });
    expect(latch).toMatchObject({ latched: true, certain: true });
  });

  it("goes back to an address that was left before", () => {
    latchTo(HOST);
    latch.expect({ address: NAT, port: 5000 });
    admit(NAT, 5000, 20, 8);
    latch.expect({ address: HOST, port: 4000 });
    expect(admit(NAT, 5000, 40, 8)).toBe(false);
    expect(admit(HOST, 4000, 60)).toBe(true);
  });

  it("of zeros is a hold: the source stays", () => {
    latchTo(HOST);
    expect(latch.expect({ address: "0.0.0.0", port: 4000 })).toBe(false);
    expect(latch.expect({ address: HOST, port: 0 })).toBe(false);
    expect(latch).toMatchObject({ address: HOST, port: 4000, latched: true });
  });
});

describe("S8: without symmetric RTP", () => {
  it("media goes to the signalled address whatever port the other side sends from", () => {
    latch.expect({ address: HOST, port: 4000, symmetricRtp: false });
    expect(admit(HOST, 4100, 0)).toBe(true);
    expect(latch).toMatchObject({ address: HOST, port: 4000, latched: true, certain: false });
  });

  it("one source port serves every description", () => {
    latch.expect({ address: HOST, port: 4000, symmetricRtp: false });
    admit(HOST, 4100, 0);
    latch.expect({ address: HOST, port: 5000, symmetricRtp: false });
    expect(admit(HOST, 4100, 20)).toBe(true);
    expect(latch).toMatchObject({ address: HOST, port: 5000 });
  });

  it("may be switched on and off by a description of the same address", () => {
    latchTo(HOST, HOST, 4100);
    expect(latch.expect({ address: HOST, port: 4000, symmetricRtp: false })).toBe(false);
    expect(latch.port).toBe(4000);
    latch.expect({ address: HOST, port: 4000 });
    expect(latch.port).toBe(4100);
  });
});
