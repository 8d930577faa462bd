import { describe, expect, it } from "vitest";
import { cseq, from, to, topVia } from "../message/message.ts";
import { Peer } from "../testing/peer.ts";
import { ALL_TIMERS_MS, ANSWER, answering, isIdle, type Party, Rig } from "../testing/rig.ts";
import type { PreparedInvite, RingingSnapshot } from "./types.ts";

const EARLY = ANSWER.replace("5000", "5002");

async function world(seed = 1): Promise<{ rig: Rig; alice: Party; peer: Peer }> {
  const rig = new Rig(seed);
  return { rig, alice: await rig.endpoint("10.0.0.1"), peer: await Peer.at(rig, "10.0.0.9") };
}

describe("an INVITE that is prepared", () => {
  async function prepared(): Promise<{ rig: Rig; alice: Party; peer: Peer; out: PreparedInvite }> {
    const { rig, alice, peer } = await world();
    const out = alice.endpoint.prepare({
      target: { uri: "sip:bob@10.0.0.9", address: "10.0.0.9", port: 5060, protocol: "udp" },
      from: { uri: "sip:alice@10.0.0.1" },
      to: { uri: "sip:bob@10.0.0.9" },
      sdp: ANSWER,
      handlers: { onProgress() {}, onAnswered() {}, onFailed() {} },
    });
    await rig.pass(60_000);
    return { rig, alice, peer, out };
  }

  it("is sent by send, no matter how late that is, and rings as long as any other", async () => {
    const { rig, peer, out } = await prepared();
    expect(peer.received).toEqual([]);
    out.send();
    await rig.pass(100);
    expect(peer.requests("INVITE")).toHaveLength(1);
    peer.respond(peer.request("INVITE"), 180);
    await rig.pass(599_000);
    expect(peer.requests("CANCEL")).toEqual([]);
    await rig.pass(1_200);
    expect(peer.requests("CANCEL")).toHaveLength(1);
  });

  it("is never sent once it has been cancelled, and leaves nothing behind", async () => {
    const { rig, alice, peer, out } = await prepared();
    out.cancel();
    out.send();
    await rig.pass(ALL_TIMERS_MS);
    expect(peer.received).toEqual([]);
    expect(isIdle(alice)).toBe(true);
  });
});

describe("cancelling a call that we make", () => {
  it("sends no CANCEL before a 1xx, and one as soon as that arrives", async () => {
    const { rig, alice, peer } = await world();
    const dialled = alice.dial("10.0.0.9");
    dialled.out.cancel();
    await rig.pass(5_000);
    expect(peer.requests("CANCEL")).toHaveLength(0);
    peer.respond(peer.request("INVITE"), 100, { toTag: "none", contact: false });
    await rig.pass(100);
    expect(topVia(peer.request("CANCEL")).branch).toBe(topVia(peer.request("INVITE")).branch);
  });

  it("acknowledges the 487 long after the cancel, and reports nothing", async () => {
    const { rig, alice, peer } = await world();
    const dialled = alice.dial("10.0.0.9");
    await rig.pass(100);
    peer.respond(peer.request("INVITE"), 180);
    await rig.pass(100);
    dialled.out.cancel([["Reason", 'SIP;cause=200;text="Call completed elsewhere"']]);
    await rig.pass(20_000);
    expect(peer.request("CANCEL").headers.get("reason")).toContain("cause=200");
    peer.respond(peer.request("CANCEL"), 200);
    peer.respond(peer.request("INVITE"), 487);
    await rig.pass(100);
    expect(cseq(peer.request("ACK")).number).toBe(cseq(peer.request("INVITE")).number);
    expect([dialled.failures, dialled.answers]).toEqual([[], []]);
    await rig.pass(ALL_TIMERS_MS);
    expect(isIdle(alice)).toBe(true);
  });

  it("acknowledges and ends a 2xx that crosses the CANCEL, along the route set", async () => {
    const { rig, alice, peer } = await world();
    const proxy = await Peer.at(rig, "10.0.0.8");
    const dialled = alice.dial("10.0.0.9");
    await rig.pass(100);
    peer.respond(peer.request("INVITE"), 180);
    await rig.pass(100);
    dialled.out.cancel();
    const route = [["Record-Route", "<sip:10.0.0.8;lr>"]] as const;
    peer.respond(peer.request("INVITE"), 200, { body: ANSWER, headers: route });
    await rig.pass(100);
    expect(proxy.received.map((one) => (one.kind === "request" ? one.method : one.status))).toEqual(["ACK", "BYE"]);
    expect(proxy.request("BYE").uriText).toBe("sip:peer@10.0.0.9:5060");
    expect(dialled.answers).toEqual([]);
    proxy.respond(proxy.request("BYE"), 200);
    await rig.pass(ALL_TIMERS_MS);
    expect(isIdle(alice)).toBe(true);
  });

  it("drops the INVITE when no final response comes within 64·T1 of the CANCEL", async () => {
    const { rig, alice, peer } = await world();
    const dialled = alice.dial("10.0.0.9");
    await rig.pass(100);
    peer.respond(peer.request("INVITE"), 180);
    await rig.pass(100);
    dialled.out.cancel();
    await rig.pass(33_000);
    expect(isIdle(alice)).toBe(true);
  });

  it("hangs up when the call is already answered", async () => {
    const { rig, alice, peer } = await world();
    const dialled = alice.dial("10.0.0.9");
    await rig.pass(100);
    peer.respond(peer.request("INVITE"), 200, { body: ANSWER });
    await rig.pass(100);
    dialled.out.cancel();
    await rig.pass(100);
    expect(peer.requests("BYE")).toHaveLength(1);
    expect(dialled.log.ends).toEqual(["hung_up"]);
  });
});

describe("early media", () => {
  it("keeps the far end's audio when a 180 without SDP follows a 183 with SDP, and uses it when the 200 has none", async () => {
    const { rig, alice, peer } = await world();
    const dialled = alice.dial("10.0.0.9");
    await rig.pass(100);
    const invite = peer.request("INVITE");
    peer.respond(invite, 183, { body: EARLY });
    await rig.pass(100);
    peer.respond(invite, 180);
    await rig.pass(100);
    peer.respond(invite, 200);
    await rig.pass(100);
    expect(dialled.progress.map(({ status, sdp }) => [status, sdp])).toEqual([
      [183, EARLY],
      [180, null],
    ]);
    expect(dialled.answers).toEqual([EARLY]);
  });

  it("lets the 200's SDP win over the preview in a 183", async () => {
    const { rig, alice, peer } = await world();
    const dialled = alice.dial("10.0.0.9");
    await rig.pass(100);
    peer.respond(peer.request("INVITE"), 183, { body: EARLY });
    await rig.pass(100);
    peer.respond(peer.request("INVITE"), 200, { body: ANSWER });
    await rig.pass(100);
    expect(dialled.answers).toEqual([ANSWER]);
  });

  it("tells forks apart by To tag and takes the SDP of the one that answers", async () => {
    const { rig, alice, peer } = await world();
    const dialled = alice.dial("10.0.0.9");
    await rig.pass(100);
    const invite = peer.request("INVITE");
    peer.respond(invite, 183, { toTag: "one", body: EARLY });
    peer.respond(invite, 183, { toTag: "two", body: ANSWER });
    await rig.pass(100);
    expect(dialled.progress.map(({ tag, sdp }) => [tag, sdp])).toEqual([
      ["one", EARLY],
      ["two", ANSWER],
    ]);
    peer.respond(invite, 200, { toTag: "one" });
    await rig.pass(100);
    expect(dialled.answers).toEqual([EARLY]);
  });

  it("reports a repeated 180 once", async () => {
    const { rig, alice, peer } = await world();
    const dialled = alice.dial("10.0.0.9");
    await rig.pass(100);
    peer.respond(peer.request("INVITE"), 180);
    peer.respond(peer.request("INVITE"), 180);
    await rig.pass(100);
    expect(dialled.progress).toHaveLength(1);
  });
});

describe("the answer to our INVITE", () => {
  it("gets an ACK with a new branch and the same CSeq number, and the same ACK again for each repeat", async () => {
    const { rig, alice, peer } = await world();
    alice.dial("10.0.0.9");
    await rig.pass(100);
    const invite = peer.request("INVITE");
    for (let i = 0; i < 3; i++) {
      peer.respond(invite, 200, { body: ANSWER });
      await rig.pass(500);
    }
    const acks = peer.requests("ACK");
    expect(acks).toHaveLength(3);
    expect(new Set(acks.map((ack) => topVia(ack).branch)).size).toBe(1);
    expect(topVia(peer.request("ACK")).branch).not.toBe(topVia(invite).branch);
    expect(cseq(peer.request("ACK"))).toEqual({ number: cseq(invite).number, method: "ACK" });
  });

  it("is the first of several forks; each other 2xx is acknowledged and ended in its own dialog", async () => {
    const { rig, alice, peer } = await world();
    const dialled = alice.dial("10.0.0.9");
    await rig.pass(100);
    peer.respond(peer.request("INVITE"), 200, { toTag: "one", body: ANSWER });
    peer.respond(peer.request("INVITE"), 200, { toTag: "two", body: ANSWER });
    await rig.pass(100);
    expect(peer.requests("ACK").map((ack) => to(ack).tag)).toEqual(["one", "two"]);
    expect(peer.requests("BYE").map((bye) => to(bye).tag)).toEqual(["two"]);
    expect([dialled.answers, dialled.log.ends]).toEqual([[ANSWER], []]);
  });

  it("reverses Record-Route and sends to the topmost Route, including the ACK; strict routers become the target", async () => {
    const { rig, alice, peer } = await world();
    const proxy = await Peer.at(rig, "10.0.0.8");
    const dialled = alice.dial("10.0.0.9");
    await rig.pass(100);
    const recorded = [["Record-Route", "<sip:far@10.0.0.7;lr>, <sip:near@10.0.0.8>"]] as const;
    peer.respond(peer.request("INVITE"), 200, { body: ANSWER, headers: recorded });
    await rig.pass(100);
    dialled.call?.hangUp();
    await rig.pass(100);
    for (const method of ["ACK", "BYE"]) {
      expect(proxy.request(method).uriText).toBe("sip:near@10.0.0.8");
      expect(proxy.request(method).headers.all("route")).toEqual(["<sip:far@10.0.0.7;lr>", "<sip:peer@10.0.0.9:5060>"]);
    }
  });

  it("takes the transport from the Route, not from the call so far", async () => {
    const { rig, alice, peer } = await world();
    const proxy = await rig.endpoint("10.0.0.8");
    alice.dial("10.0.0.9");
    await rig.pass(100);
    const recorded = [["Record-Route", "<sip:10.0.0.8;transport=tcp;lr>"]] as const;
    peer.respond(peer.request("INVITE"), 200, { body: ANSWER, headers: recorded });
    await rig.pass(100);
    expect(proxy.endpoint.stats).toMatchObject({ connections: 1, received: 1 });
  });
});

describe("reliable 1xx of the far side", () => {
  const reliable = (rseq: number): readonly (readonly [string, string])[] => [
    ["Require", "100rel"],
    ["RSeq", String(rseq)],
  ];

  it("are acknowledged once each, in order, in the early dialog: its To tag, Contact and route", async () => {
    const { rig, alice, peer } = await world();
    const dialled = alice.dial("10.0.0.9");
    await rig.pass(100);
    const invite = peer.request("INVITE");
    expect(invite.headers.get("supported")).toContain("100rel");
    peer.respond(invite, 183, { toTag: "fork", headers: reliable(7), body: EARLY });
    peer.respond(invite, 183, { toTag: "fork", headers: reliable(7), body: EARLY });
    peer.respond(invite, 180, { toTag: "fork", headers: reliable(9) });
    await rig.pass(100);
    expect(peer.requests("PRACK")).toHaveLength(1);
    const prack = peer.request("PRACK");
    expect([prack.uriText, to(prack).tag]).toEqual(["sip:peer@10.0.0.9:5060", "fork"]);
    expect(prack.headers.get("rack")).toBe(`7 ${cseq(invite).number} INVITE`);
    expect(dialled.progress).toHaveLength(1);
    peer.respond(prack, 200);
    peer.respond(invite, 180, { toTag: "fork", headers: reliable(8) });
    await rig.pass(100);
    expect(peer.request("PRACK", 1).headers.get("rack")).toBe(`8 ${cseq(invite).number} INVITE`);
    expect(dialled.progress.map(({ status }) => status)).toEqual([183, 180]);
  });

  it("count separately in each fork, and the CSeq of later requests continues after the PRACKs", async () => {
    const { rig, alice, peer } = await world();
    const dialled = alice.dial("10.0.0.9");
    await rig.pass(100);
    const invite = peer.request("INVITE");
    peer.respond(invite, 183, { toTag: "one", headers: reliable(1), body: EARLY });
    peer.respond(invite, 183, { toTag: "two", headers: reliable(50), body: EARLY });
    await rig.pass(100);
    expect(peer.requests("PRACK").map((prack) => to(prack).tag)).toEqual(["one", "two"]);
    for (const prack of peer.requests("PRACK")) peer.respond(prack, 200);
    peer.respond(invite, 200, { toTag: "two" });
    await rig.pass(100);
    dialled.call?.hangUp();
    await rig.pass(100);
    expect(cseq(peer.request("BYE")).number).toBeGreaterThan(cseq(peer.request("PRACK", 1)).number);
    expect(cseq(peer.request("ACK")).number).toBe(cseq(invite).number);
  });
});

describe("requests in an early dialog of ours", () => {
  it("are answered: UPDATE without SDP with 200, with an offer while ours is open with 491, re-INVITE with 491, BYE with 481", async () => {
    const { rig, alice, peer } = await world();
    alice.dial("10.0.0.9");
    await rig.pass(100);
    const invite = peer.request("INVITE");
    peer.respond(invite, 180);
    await rig.pass(100);
    const base = {
      uri: "sip:alice@10.0.0.1",
      from: `${to(invite).toString()};tag=peer`,
      to: invite.headers.get("from") ?? "",
      callId: invite.headers.get("call-id") ?? "",
    };
    peer.send({ ...base, method: "UPDATE", cseq: 1 });
    peer.send({ ...base, method: "UPDATE", cseq: 2, body: ANSWER, contentType: "application/sdp" });
    peer.send({ ...base, method: "INVITE", cseq: 3, contact: "<sip:peer@10.0.0.9>" });
    peer.send({ ...base, method: "BYE", cseq: 4 });
    peer.send({ ...base, method: "INFO", cseq: 2 });
    await rig.pass(100);
    expect(peer.statuses("UPDATE")).toEqual([200, 491]);
    expect([peer.statuses("BYE"), peer.statuses("INFO")]).toEqual([[481], [500]]);
    expect(peer.statuses("INVITE")[0]).toBe(491);
  });
});

describe("digest", () => {
  const challenge = [["WWW-Authenticate", 'Digest realm="r", nonce="n1", qop="auth"']] as const;
  const credentials = { username: "u", password: "p" };

  it("answers 401 on the same flow: CSeq+1, new branch, same Call-ID and From tag, no To tag; the ACK repeats it", async () => {
    const { rig, alice, peer } = await world();
    alice.dial("10.0.0.9", { credentials });
    await rig.pass(100);
    const first = peer.request("INVITE");
    peer.respond(first, 401, { headers: challenge });
    await rig.pass(100);
    const second = peer.request("INVITE", 1);
    expect(cseq(second).number).toBe(cseq(first).number + 1);
    expect(topVia(second).branch).not.toBe(topVia(first).branch);
    expect([from(second).tag, to(second).tag]).toEqual([from(first).tag, null]);
    expect(second.headers.get("call-id")).toBe(first.headers.get("call-id"));
    expect(second.headers.get("authorization")).toContain('username="u"');
    peer.respond(second, 200, { body: ANSWER });
    await rig.pass(100);
    expect(peer.request("ACK", 1).headers.get("authorization")).toBe(second.headers.get("authorization"));
  });

  it("also answers 407 in a dialog", async () => {
    const { rig, alice, peer } = await world();
    const dialled = alice.dial("10.0.0.9", { credentials });
    await rig.pass(100);
    peer.respond(peer.request("INVITE"), 200, { body: ANSWER });
    await rig.pass(100);
    dialled.call?.hangUp();
    await rig.pass(100);
    peer.respond(peer.request("BYE"), 407, { headers: [["Proxy-Authenticate", 'Digest realm="r", nonce="n2"']] });
    await rig.pass(100);
    const again = peer.request("BYE", 1);
    expect(again.headers.get("proxy-authorization")).toContain('nonce="n2"');
    expect(cseq(again).number).toBe(cseq(peer.request("BYE")).number + 1);
  });

  it("fails with the status when the password is wrong or missing", async () => {
    const { rig, alice, peer } = await world();
    const dialled = alice.dial("10.0.0.9", { credentials });
    await rig.pass(100);
    peer.respond(peer.request("INVITE"), 401, { headers: challenge });
    await rig.pass(100);
    peer.respond(peer.request("INVITE", 1), 401, { headers: challenge });
    await rig.pass(100);
    expect(dialled.failures).toEqual([{ status: 401, reason: "Unauthorized" }]);
    const plain = alice.dial("10.0.0.9");
    await rig.pass(100);
    peer.respond(peer.request("INVITE", 2), 401, { headers: challenge });
    await rig.pass(100);
    expect(plain.failures).toEqual([{ status: 401, reason: "Unauthorized" }]);
  });
});

describe("how an attempt fails", () => {
  it.each([302, 404, 486, 503, 603])("reports a %i with status and response", async (status) => {
    const { rig, alice, peer } = await world();
    const dialled = alice.dial("10.0.0.9");
    await rig.pass(100);
    peer.respond(peer.request("INVITE"), status);
    await rig.pass(100);
    expect(dialled.failures.map((failure) => failure.status)).toEqual([status]);
    expect(peer.requests("ACK")).toHaveLength(1);
  });

  it("tries again after 422 with the longer interval, and does not count it as a failure", async () => {
    const { rig, alice, peer } = await world();
    const dialled = alice.dial("10.0.0.9");
    await rig.pass(100);
    peer.respond(peer.request("INVITE"), 422, { headers: [["Min-SE", "3600"]] });
    await rig.pass(100);
    const again = peer.request("INVITE", 1);
    expect([again.headers.get("session-expires"), again.headers.get("min-se")]).toEqual(["3600", "3600"]);
    expect(cseq(again).number).toBe(cseq(peer.request("INVITE")).number + 1);
    expect(dialled.failures).toEqual([]);
  });

  it("reports silence after timer B with no status", async () => {
    const { rig, alice } = await world();
    const dialled = alice.dial("10.0.0.77");
    await rig.pass(33_000);
    expect(dialled.failures).toEqual([{ status: null, reason: "no response" }]);
  });

  it("is cancelled and reported after ten minutes of ringing", async () => {
    const { rig, alice, peer } = await world();
    const dialled = alice.dial("10.0.0.9");
    await rig.pass(100);
    peer.respond(peer.request("INVITE"), 180);
    await rig.pass(600_000);
    expect([dialled.failures, peer.requests("CANCEL").length > 0]).toEqual([
      [{ status: null, reason: "no final response" }],
      true,
    ]);
    await rig.pass(ALL_TIMERS_MS);
    expect(isIdle(alice)).toBe(true);
  });

  it("survives a handler that throws: it is logged, and other calls continue", async () => {
    const rig = new Rig();
    const errors: string[] = [];
    const log = { debug() {}, info() {}, warn() {}, error: (_: object, message: string) => void errors.push(message) };
    const alice = await rig.endpoint("10.0.0.1", { log });
    const broken = (): never => {
      throw new Error("broken");
    };
    alice.dial("10.0.0.77", { handlers: { onProgress: broken, onAnswered: broken, onFailed: broken } });
    const other = alice.dial("10.0.0.78");
    await rig.pass(40_000);
    expect([errors, other.failures.length]).toEqual([["a SIP timer failed"], 1]);
  });

  it("reports a protocol without a listener, later and not inside dial", async () => {
    const { rig } = await world();
    const carol = await rig.endpoint("10.0.0.3", { listeners: [{ protocol: "udp", host: "10.0.0.3", port: 5060 }] });
    const dialled = carol.dial("10.0.0.9", { protocol: "tcp" });
    expect(dialled.failures).toEqual([]);
    await rig.pass(0);
    expect(dialled.failures).toEqual([{ status: null, reason: "no tcp listener for 10.0.0.9" }]);
  });
});

describe("a target with several addresses", () => {
  const resolver = () =>
    Promise.resolve([
      { address: "10.0.0.8", port: 5060 },
      { address: "10.0.0.9", port: 5060 },
    ]);
  const target = { uri: "sip:bob@trunk.example", address: "trunk.example", port: null, protocol: "udp" } as const;

  async function trunk(): Promise<{ rig: Rig; alice: Party; first: Peer; second: Peer }> {
    const rig = new Rig();
    const alice = await rig.endpoint("10.0.0.1", { resolver });
    return { rig, alice, first: await Peer.at(rig, "10.0.0.8"), second: await Peer.at(rig, "10.0.0.9") };
  }

  it("is tried at the next one on 503, with a new branch", async () => {
    const { rig, alice, first, second } = await trunk();
    const dialled = alice.dial("trunk.example", { target });
    await rig.pass(100);
    first.respond(first.request("INVITE"), 503);
    await rig.pass(100);
    expect(topVia(second.request("INVITE")).branch).not.toBe(topVia(first.request("INVITE")).branch);
    expect(dialled.failures).toEqual([]);
  });

  it("is tried at the next one when no response comes in time; a late answer from the first is ended", async () => {
    const { rig, alice, first, second } = await trunk();
    const dialled = alice.dial("trunk.example", { target, noProvisionalTimeoutMs: 3_000 });
    await rig.pass(3_100);
    second.respond(second.request("INVITE"), 200, { body: ANSWER });
    await rig.pass(100);
    expect(dialled.answers).toEqual([ANSWER]);
    first.respond(first.request("INVITE"), 200, { toTag: "late", body: ANSWER });
    await rig.pass(100);
    expect([first.requests("ACK").length, first.requests("BYE").length]).toEqual([1, 1]);
    expect(second.requests("BYE")).toHaveLength(0);
  });

  it("stays where it rings: a failure after a 180 is the end", async () => {
    const { rig, alice, first, second } = await trunk();
    const dialled = alice.dial("trunk.example", { target });
    await rig.pass(100);
    first.respond(first.request("INVITE"), 180);
    await rig.pass(100);
    first.respond(first.request("INVITE"), 503);
    await rig.pass(100);
    expect([second.received.length, dialled.failures.length]).toEqual([0, 1]);
  });

  it("fails with the last refusal when none is left", async () => {
    const { rig, alice, first } = await trunk();
    const dialled = alice.dial("trunk.example", { target, noProvisionalTimeoutMs: 3_000 });
    await rig.pass(100);
    first.respond(first.request("INVITE"), 503);
    await rig.pass(4_000);
    expect(dialled.failures).toEqual([{ status: 503, reason: "Service Unavailable" }]);
  });

  it("fails without an address", async () => {
    const rig = new Rig();
    const alice = await rig.endpoint("10.0.0.1");
    const dialled = alice.dial("trunk.example", { target });
    await rig.pass(100);
    expect(dialled.failures).toEqual([{ status: null, reason: "no such name" }]);
  });

  it("moves on when a connection is refused", async () => {
    const rig = new Rig();
    const alice = await rig.endpoint("10.0.0.1", { resolver });
    const bob = await rig.endpoint("10.0.0.9");
    alice.dial("trunk.example", { target: { ...target, protocol: "tcp" } });
    await rig.pass(200);
    expect(bob.invites).toHaveLength(1);
  });
});

describe("IPv6", () => {
  it("stands in brackets in URIs and Via, and without them in addresses", async () => {
    const rig = new Rig();
    const alice = await rig.endpoint("2001:db8::1");
    const bob = await rig.endpoint("2001:db8::2");
    const { calls, logs } = answering(bob);
    const target = { uri: "sip:bob@[2001:db8::2]", address: "[2001:db8::2]", port: null, protocol: "udp" } as const;
    const dialled = alice.dial("", {
      target,
      from: { uri: "sip:alice@[2001:db8::1]" },
      to: { uri: "sip:bob@[2001:db8::2]" },
    });
    await rig.pass(100);
    expect(bob.invites[0]?.request.headers.get("contact")).toBe("<sip:alice@[2001:db8::1]:5060>");
    expect(bob.invites[0]?.source.address).toBe("2001:db8::1");
    calls[0]?.hangUp();
    await rig.pass(100);
    expect([dialled.log.ends, logs[0]?.ends]).toEqual([["remote_bye"], ["hung_up"]]);
  });
});

describe("a large INVITE", () => {
  const headers = [["X-Large", "x".repeat(1_200)]] as const;

  it("is sent over TCP if the target accepts that", async () => {
    const rig = new Rig();
    const alice = await rig.endpoint("10.0.0.1");
    const bob = await rig.endpoint("10.0.0.9");
    const target = {
      uri: "sip:bob@10.0.0.9",
      address: "10.0.0.9",
      port: 5060,
      protocol: "udp",
      largeByTcp: true,
    } as const;
    alice.dial("10.0.0.9", { target, headers });
    await rig.pass(100);
    expect(bob.invites[0]?.source.protocol).toBe("tcp");
  });

  it("is sent over UDP anyway if it does not, and is logged", async () => {
    const rig = new Rig();
    const warnings: string[] = [];
    const log = {
      debug() {},
      info() {},
      error() {},
      warn: (_: object, message: string) => void warnings.push(message),
    };
    const alice = await rig.endpoint("10.0.0.1", { log });
    const bob = await rig.endpoint("10.0.0.9");
    alice.dial("10.0.0.9", { headers });
    await rig.pass(100);
    expect(bob.invites[0]?.source.protocol).toBe("udp");
    expect(warnings).toEqual(["an INVITE larger than 1,300 octets is sent over UDP"]);
  });
});

describe("a ringing INVITE that is stored and cancelled by another process", () => {
  /** A phone rings; the process that rang it has died, and its successor cancels the INVITE. */
  async function cancelled(): Promise<{ rig: Rig; again: Party; peer: Peer }> {
    const rig = new Rig();
    const alice = await rig.endpoint("10.0.0.1");
    const peer = await Peer.at(rig, "10.0.0.9");
    const { out } = alice.dial("10.0.0.9");
    await rig.pass(50);
    peer.respond(peer.request("INVITE"), 180, { toTag: "peer" });
    await rig.pass(50);
    const written = JSON.parse(JSON.stringify(out.snapshot())) as RingingSnapshot;
    expect(written).toEqual(out.snapshot());
    await alice.endpoint.stop();
    const again = await rig.endpoint("10.0.0.1");
    again.endpoint.cancel(written);
    await rig.pass(50);
    return { rig, again, peer };
  }

  it("gets a CANCEL with the INVITE's branch, and its 487 is acknowledged", async () => {
    const { rig, again, peer } = await cancelled();
    const [invite, cancel] = [peer.request("INVITE"), peer.request("CANCEL")];
    for (const name of ["via", "from", "to", "call-id"])
      expect(cancel.headers.get(name)).toBe(invite.headers.get(name));
    expect([cancel.uriText, cseq(cancel).number]).toEqual([invite.uriText, cseq(invite).number]);
    peer.respond(cancel, 200);
    peer.respond(invite, 487, { toTag: "peer" });
    await rig.pass(50);
    expect(peer.request("ACK").headers.get("via")).toBe(invite.headers.get("via"));
    expect(peer.requests("INVITE")).toHaveLength(1);
    await rig.pass(ALL_TIMERS_MS);
    expect(isIdle(again)).toBe(true);
  });

  it("is acknowledged and hung up if it was answered before the CANCEL arrived", async () => {
    const { rig, again, peer } = await cancelled();
    peer.respond(peer.request("INVITE"), 200, { body: ANSWER, toTag: "peer" });
    peer.respond(peer.request("CANCEL"), 481);
    await rig.pass(50);
    expect([to(peer.request("ACK")).tag, to(peer.request("BYE")).tag]).toEqual(["peer", "peer"]);
    peer.respond(peer.request("BYE"), 200);
    await rig.pass(ALL_TIMERS_MS);
    expect(isIdle(again)).toBe(true);
  });

  it("is forgotten after 64·T1 when the phone stays silent", async () => {
    const { rig, again } = await cancelled();
    await rig.pass(ALL_TIMERS_MS);
    expect(isIdle(again)).toBe(true);
  });

  it("has no snapshot once it has been answered, refused or cancelled", async () => {
    const rig = new Rig();
    const alice = await rig.endpoint("10.0.0.1");
    const peer = await Peer.at(rig, "10.0.0.9");
    const outs = [200, 486, null].map((final) => ({ final, out: alice.dial("10.0.0.9").out }));
    await rig.pass(50);
    for (const [at, { final, out }] of outs.entries()) {
      const invite = peer.request("INVITE", at);
      peer.respond(invite, 180, { toTag: "peer" });
      await rig.pass(50);
      expect(out.snapshot()?.callId).toBe(out.callId);
      if (final === null) out.cancel();
      else peer.respond(invite, final, { toTag: "peer", ...(final === 200 ? { body: ANSWER } : {}) });
      await rig.pass(50);
      expect(out.snapshot()).toBeNull();
    }
  });
});
