import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../../base/virtual-clock.ts";
import { buildRequest, buildResponse } from "../message/build.ts";
import type { SipRequest } from "../message/message.ts";
import type { TransportFlow } from "../transport/types.ts";
import { ClientTransaction } from "./client.ts";
import { InviteClientTransaction } from "./client-invite.ts";
import type { TransactionHost } from "./host.ts";
import { ServerTransaction } from "./server.ts";
import { InviteServerTransaction } from "./server-invite.ts";
import { DEFAULT_TIMERS } from "./timers.ts";

/** The host of one machine: virtual time, and when which octets were sent. */
class World implements TransactionHost {
  readonly clock = new VirtualClock();
  readonly timers = DEFAULT_TIMERS;
  readonly sentAt: number[] = [];
  readonly sentLines: string[] = [];
  endedAt: number | null = null;
  readonly flow: TransportFlow;
  spare: TransportFlow | null = null;

  constructor(reliable: boolean) {
    this.flow = flow(reliable, true);
  }

  transmit(_flow: TransportFlow, octets: Buffer): void {
    this.sentAt.push(this.clock.now());
    this.sentLines.push(octets.toString().split("\r\n", 1)[0] ?? "");
  }

  replacement(): TransportFlow | null {
    return this.spare;
  }

  ended(): void {
    this.endedAt = this.clock.now();
  }

  refused(): void {}
}

function flow(reliable: boolean, usable: boolean): TransportFlow {
  const here = { host: "10.0.0.1", port: 5060 };
  const remote = { address: "10.0.0.2", port: 5060 };
  return { protocol: reliable ? "tcp" : "udp", local: here, remote, reliable, usable, send() {}, close() {} };
}

function request(method: string): SipRequest {
  return buildRequest({
    method,
    uri: "sip:b@10.0.0.2",
    via: "SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1",
    from: "<sip:a@10.0.0.1>;tag=a",
    to: "<sip:b@10.0.0.2>",
    callId: "c",
    cseq: 1,
  });
}

function answer(method: string, status: number): ReturnType<typeof buildResponse> {
  return buildResponse(request(method), status, undefined, { toTag: "b" });
}

function inviteClient(world: World): { transaction: InviteClientTransaction; reports: string[] } {
  const reports: string[] = [];
  const transaction = new InviteClientTransaction(world, "k", request("INVITE"), world.flow, {
    onProvisional: (response) => reports.push(`1xx ${response.status}`),
    onSuccess: (response) => reports.push(`2xx ${response.status}`),
    onRefused: (response) => reports.push(`refused ${response.status}`),
    onNoResponse: (reason) => reports.push(reason),
  });
  transaction.start();
  return { transaction, reports };
}

describe("the INVITE client transaction", () => {
  it("resends at T1, doubling without bound (timer A), and ends after 64·T1 (timer B)", () => {
    const world = new World(false);
    const { reports } = inviteClient(world);
    world.clock.advance(40_000);
    expect(world.sentAt).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500]);
    expect(reports).toEqual(["no response"]);
    expect(world.endedAt).toBe(32_000);
  });

  it("resends nothing over a reliable transport", () => {
    const world = new World(true);
    const { reports } = inviteClient(world);
    world.clock.advance(40_000);
    expect([world.sentAt, reports]).toEqual([[0], ["no response"]]);
  });

  it("stops timers A and B with the first 1xx", () => {
    const world = new World(false);
    const { transaction, reports } = inviteClient(world);
    world.clock.advance(600);
    transaction.onResponse(answer("INVITE", 180));
    world.clock.advance(100_000);
    expect([world.sentAt, reports, world.endedAt]).toEqual([[0, 500], ["1xx 180"], null]);
  });

  it("acknowledges a refusal, and every repeat of it until timer D", () => {
    const world = new World(false);
    const { transaction, reports } = inviteClient(world);
    for (let i = 0; i < 3; i++) transaction.onResponse(answer("INVITE", 486));
    expect(world.sentLines.slice(1)).toEqual(Array<string>(3).fill("ACK sip:b@10.0.0.2 SIP/2.0"));
    expect(reports).toEqual(["refused 486"]);
    world.clock.advance(31_999);
    expect(world.endedAt).toBeNull();
    world.clock.advance(1);
    expect(world.endedAt).toBe(32_000);
  });

  it("has no timer D over a reliable transport", () => {
    const world = new World(true);
    inviteClient(world).transaction.onResponse(answer("INVITE", 486));
    expect(world.endedAt).toBe(0);
  });

  it("passes every 2xx on for 64·T1 and sends no ACK of its own (RFC 6026)", () => {
    const world = new World(false);
    const { transaction, reports } = inviteClient(world);
    transaction.onResponse(answer("INVITE", 200));
    world.clock.advance(20_000);
    transaction.onResponse(answer("INVITE", 200));
    transaction.onResponse(answer("INVITE", 486));
    expect(reports).toEqual(["2xx 200", "2xx 200"]);
    world.clock.advance(12_000);
    expect([world.endedAt, world.sentAt]).toEqual([32_000, [0]]);
  });

  it("reports a broken flow while it waits, but not once it is answered", () => {
    const waiting = inviteClient(new World(true));
    waiting.transaction.onFlowFailed("reset");
    const answered = inviteClient(new World(true));
    answered.transaction.onResponse(answer("INVITE", 200));
    answered.transaction.onFlowFailed("reset");
    expect([waiting.reports, answered.reports]).toEqual([["reset"], ["2xx 200"]]);
  });
});

function client(world: World): { transaction: ClientTransaction; reports: string[] } {
  const reports: string[] = [];
  const transaction = new ClientTransaction(world, "k", request("BYE"), world.flow, {
    onFinal: (response) => reports.push(String(response.status)),
    onNoResponse: (reason) => reports.push(reason),
  });
  transaction.start();
  return { transaction, reports };
}

describe("the non-INVITE client transaction", () => {
  it("resends at T1, doubling up to T2 (timer E), and ends after 64·T1 (timer F)", () => {
    const world = new World(false);
    const { reports } = client(world);
    world.clock.advance(40_000);
    expect(world.sentAt).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    expect([reports, world.endedAt]).toEqual([["no response"], 32_000]);
  });

  it("goes on resending at T2 after a 1xx, with timer F still running", () => {
    const world = new World(false);
    const { transaction, reports } = client(world);
    world.clock.advance(100);
    transaction.onResponse(answer("BYE", 100));
    world.clock.advance(40_000);
    expect(world.sentAt.slice(0, 4)).toEqual([0, 500, 4500, 8500]);
    expect(reports).toEqual(["no response"]);
  });

  it("reports one final response and absorbs its repeats until timer K", () => {
    const world = new World(false);
    const { transaction, reports } = client(world);
    transaction.onResponse(answer("BYE", 200));
    transaction.onResponse(answer("BYE", 200));
    expect(reports).toEqual(["200"]);
    world.clock.advance(10_000);
    expect(world.endedAt).toBe(5_000);
  });
});

describe("the INVITE server transaction", () => {
  const server = (world: World): InviteServerTransaction =>
    new InviteServerTransaction(world, "k", null, { flow: world.flow, port: 5060 });

  it("answers a repeated INVITE with its last 1xx", () => {
    const world = new World(false);
    const transaction = server(world);
    transaction.onRepeat();
    transaction.respond(answer("INVITE", 100));
    transaction.respond(answer("INVITE", 180));
    transaction.onRepeat();
    expect(world.sentLines).toEqual(["SIP/2.0 100 Trying", "SIP/2.0 180 Ringing", "SIP/2.0 180 Ringing"]);
  });

  it("resends a refusal at T1, doubling up to T2 (timer G), until 64·T1 (timer H)", () => {
    const world = new World(false);
    server(world).respond(answer("INVITE", 486));
    world.clock.advance(40_000);
    expect(world.sentAt).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    expect(world.endedAt).toBe(32_000);
  });

  it("falls silent with the ACK and absorbs its repeats until timer I", () => {
    const world = new World(false);
    const transaction = server(world);
    transaction.respond(answer("INVITE", 486));
    world.clock.advance(100);
    expect([transaction.onAck(), transaction.onAck()]).toEqual([true, true]);
    transaction.onRepeat();
    world.clock.advance(10_000);
    expect([world.sentAt, world.endedAt]).toEqual([[0], 5_100]);
  });

  it("leaves the repeating of a 2xx and its ACKs to the dialog, and absorbs INVITEs until timer L (RFC 6026)", () => {
    const world = new World(false);
    const transaction = server(world);
    transaction.respond(answer("INVITE", 200));
    transaction.onRepeat();
    expect(transaction.onAck()).toBe(false);
    world.clock.advance(40_000);
    expect([world.sentAt, world.endedAt]).toEqual([[0], 32_000]);
  });

  it("answers over a new connection when the one that brought the INVITE is closed", () => {
    const world = new World(true);
    const dead = flow(true, false);
    const transaction = new InviteServerTransaction(world, "k", null, { flow: dead, port: 5060 });
    transaction.respond(answer("INVITE", 180));
    expect(world.sentLines).toEqual([]);
    world.spare = flow(true, true);
    transaction.respond(answer("INVITE", 486));
    expect(world.sentLines).toEqual(["SIP/2.0 486 Busy Here"]);
  });
});

describe("the non-INVITE server transaction", () => {
  it("absorbs repeats before its answer and repeats the answer after it, until timer J", () => {
    const world = new World(false);
    const transaction = new ServerTransaction(world, "k", null, { flow: world.flow, port: 5060 });
    transaction.onRepeat();
    expect(world.sentAt).toEqual([]);
    transaction.respond(answer("BYE", 200));
    transaction.respond(answer("BYE", 481));
    transaction.onRepeat();
    expect(world.sentLines).toEqual(["SIP/2.0 200 OK", "SIP/2.0 200 OK"]);
    world.clock.advance(40_000);
    expect(world.endedAt).toBe(32_000);
  });

  it("sends no late 408: without an answer it just ends after 64·T1 (RFC 4320)", () => {
    const world = new World(false);
    const transaction = new ServerTransaction(world, "k", null, { flow: world.flow, port: 5060 });
    world.clock.advance(40_000);
    transaction.respond(answer("BYE", 408));
    expect([world.sentAt, world.endedAt]).toEqual([[], 32_000]);
  });
});

describe("the 100 of an INVITE", () => {
  function arrived(): { world: World; transaction: InviteServerTransaction; invite: SipRequest } {
    const world = new World(false);
    const invite = request("INVITE");
    const route = { flow: world.flow, port: 5060 };
    const transaction = new InviteServerTransaction(world, "k", null, route);
    transaction.tryLater(() => buildResponse(invite, 100));
    return { world, transaction, invite };
  }

  it("is sent when no other response was sent for 200 ms (RFC 3261 17.2.1)", () => {
    const { world } = arrived();
    world.clock.advance(199);
    expect(world.sentLines).toEqual([]);
    world.clock.advance(1);
    expect(world.sentLines).toEqual(["SIP/2.0 100 Trying"]);
  });

  it("is left out when the answer is quicker", () => {
    const { world, transaction, invite } = arrived();
    world.clock.advance(20);
    transaction.respond(buildResponse(invite, 200));
    world.clock.advance(1000);
    expect(world.sentLines).toEqual(["SIP/2.0 200 OK"]);
  });

  it("is sent at once for a repeated INVITE, and only once", () => {
    const { world, transaction } = arrived();
    transaction.onRepeat();
    world.clock.advance(1000);
    expect(world.sentLines).toEqual(["SIP/2.0 100 Trying"]);
  });
});
