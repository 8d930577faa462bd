import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SipRequestParts } from "../message/build.ts";
import { to, topVia } from "../message/message.ts";
import { Peer } from "../testing/peer.ts";
import { ALL_TIMERS_MS, answering, isIdle, OFFER, type Party, Rig } from "../testing/rig.ts";

const OPTIONS: SipRequestParts = {
  method: "OPTIONS",
  uri: "sip:bob@10.0.0.2",
  from: "<sip:peer@10.0.0.9>;tag=peer",
  to: "<sip:bob@10.0.0.2>",
  callId: "call-1",
  cseq: 1,
};
const INVITE: SipRequestParts = {
  ...OPTIONS,
  method: "INVITE",
  contact: "<sip:peer@10.0.0.9>",
  body: OFFER,
  contentType: "application/sdp",
};

async function world(): Promise<{ rig: Rig; bob: Party; peer: Peer }> {
  const rig = new Rig();
  return { rig, bob: await rig.endpoint("10.0.0.2"), peer: await Peer.at(rig, "10.0.0.9") };
}

describe("requests outside of a dialog", () => {
  it("OPTIONS gets 200 with Allow, Accept, Supported and Contact", async () => {
    const { rig, peer } = await world();
    peer.send(OPTIONS, "10.0.0.2");
    await rig.pass(50);
    const { status, headers } = peer.response("OPTIONS");
    expect(status).toBe(200);
    expect(headers.get("allow")).toContain("INVITE");
    expect(headers.get("accept")).toContain("application/sdp");
    expect(headers.get("supported")).toContain("100rel");
    expect(headers.get("contact")).toBe("<sip:bob@10.0.0.2:5060>");
  });

  it("get 405 for a known method, 501 for an unknown one, 481 if they belong in a dialog", async () => {
    const { rig, bob, peer } = await world();
    for (const method of ["MESSAGE", "BREW", "BYE", "UPDATE"])
      peer.send({ ...OPTIONS, method, callId: method }, "10.0.0.2");
    await rig.pass(50);
    const statuses = ["MESSAGE", "BREW", "BYE", "UPDATE"].map((method) => peer.statuses(method)[0]);
    expect(statuses).toEqual([405, 501, 481, 481]);
    expect(bob.endpoint.stats.transactions).toBe(1);
  });

  it("of other kinds go to the handler for them", async () => {
    const rig = new Rig();
    const peer = await Peer.at(rig, "10.0.0.9");
    const seen: string[] = [];
    await rig.endpoint("10.0.0.2", {
      handlers: {
        admits: () => "accept",
        onInvite() {},
        onRequest: (request) => {
          seen.push(request.request.method);
          request.respond(200, null, [["X-Seen", "1"]], { contentType: "text/plain", content: "hello" });
          request.respond(500);
        },
      },
    });
    peer.send({ ...OPTIONS, method: "REGISTER" }, "10.0.0.2");
    await rig.pass(50);
    const { status, headers, body } = peer.response("REGISTER");
    expect([seen, peer.statuses("REGISTER")]).toEqual([["REGISTER"], [200]]);
    expect([status, headers.get("x-seen"), headers.get("content-type"), body.toString()]).toEqual([
      200,
      "1",
      "text/plain",
      "hello",
    ]);
  });

  it("that need an extension that we lack get a 420 that names it", async () => {
    const { rig, peer } = await world();
    peer.send({ ...INVITE, headers: [["Require", "100rel, replaces"]] }, "10.0.0.2");
    await rig.pass(50);
    expect([peer.statuses("INVITE"), peer.response("INVITE").headers.get("unsupported")]).toEqual([[420], "replaces"]);
  });

  it("that came by two paths get 482 for the second, until the first is refused", async () => {
    const { rig, bob, peer } = await world();
    const first = peer.send(INVITE, "10.0.0.2");
    peer.send(INVITE, "10.0.0.2");
    await rig.pass(50);
    expect([peer.statuses("INVITE").toSorted((a, b) => a - b), bob.invites.length]).toEqual([[100, 482], 1]);
    bob.invites[0]?.reject(503);
    await rig.pass(50);
    peer.send({ ...OPTIONS, method: "ACK", to: peer.response("INVITE").headers.get("to") ?? "" }, undefined, first);
    peer.send(INVITE, "10.0.0.2");
    await rig.pass(50);
    expect(bob.invites).toHaveLength(2);
  });
});

describe("a source that is not admitted", () => {
  it("gets 403 without any state, and the same To tag each time", async () => {
    const { rig, bob, peer } = await world();
    bob.admits = () => "reject";
    const branch = peer.send(INVITE, "10.0.0.2");
    peer.send(INVITE, "10.0.0.2", branch);
    await rig.pass(50);
    const tags = new Set(peer.responses("INVITE").map((response) => to(response).tag));
    expect([peer.statuses("INVITE"), tags.size, bob.invites.length]).toEqual([[403, 403], 1, 0]);
    expect(bob.endpoint.stats.transactions).toBe(0);
  });

  it("or gets no answer, even if it is malformed", async () => {
    const { rig, bob, peer } = await world();
    bob.admits = () => "drop";
    peer.send(INVITE, "10.0.0.2");
    peer.sendRaw(
      "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKx\r\nCall-ID: a b\r\n\r\n",
      "10.0.0.2",
    );
    await rig.pass(50);
    expect([peer.received.length, bob.endpoint.stats.dropped]).toEqual([0, 2]);
  });
});

describe("malformed messages", () => {
  it("is answered with 400 if possible, and never crashes the endpoint", async () => {
    const { rig, bob, peer } = await world();
    peer.send({ ...OPTIONS, to: "<sip:bob@10.0.0.2", callId: "bad" }, "10.0.0.2");
    await rig.pass(50);
    expect(peer.statuses("OPTIONS")).toEqual([400]);
    for (const text of ["\0\0\0\0", "\r\n\r\n", "jaK", "", "HTTP/1.1 200 OK\r\n\r\n", "x".repeat(3_000)])
      peer.sendRaw(text, "10.0.0.2");
    peer.send({ ...OPTIONS, callId: "good" }, "10.0.0.2");
    await rig.pass(50);
    expect([peer.statuses("OPTIONS"), bob.endpoint.stats.transactions]).toEqual([[400, 200], 1]);
  });

  it("as an unmatched ACK or response is dropped, never answered", async () => {
    const { rig, bob, peer } = await world();
    peer.send({ ...OPTIONS, method: "ACK" }, "10.0.0.2");
    peer.sendRaw(
      "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKnone\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n\r\n",
      "10.0.0.2",
    );
    await rig.pass(50);
    expect([peer.received.length, isIdle(bob)]).toEqual([0, true]);
  });

  it("as random damage to a real INVITE throws nothing and leaves nothing behind", async () => {
    const rig = new Rig();
    const errors: object[] = [];
    const log = { debug() {}, info() {}, warn() {}, error: (fields: object) => void errors.push(fields) };
    const bob = await rig.endpoint("10.0.0.2", { log });
    const peer = await Peer.at(rig, "10.0.0.9");
    answering(bob);
    const sample = `INVITE sip:bob@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;rport;branch=z9hG4bKq\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:b@c>\r\nCall-ID: q\r\nCSeq: 1 INVITE\r\nContact: <sip:a@10.0.0.9>\r\nSession-Expires: 90\r\nContent-Type: application/sdp\r\nContent-Length: ${OFFER.length}\r\n\r\n${OFFER}`;
    const damage = fc.array(fc.tuple(fc.nat(sample.length - 1), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(damage, (changes) => {
        const octets = Buffer.from(sample);
        for (const [at, value] of changes) octets[at] = value;
        peer.sendRaw(octets, "10.0.0.2");
        rig.clock.advance(20);
      }),
      { numRuns: 500 },
    );
    // Twice, because a BYE to a damaged Contact waits for a name server.
    await rig.pass(ALL_TIMERS_MS);
    await rig.pass(ALL_TIMERS_MS);
    expect([isIdle(bob), errors]).toEqual([true, []]);
  });
});

describe("where responses go", () => {
  const via = (text: string): SipRequestParts => ({
    ...OPTIONS,
    via: `SIP/2.0/UDP ${text};branch=z9hG4bKv`,
    callId: text,
  });

  async function sendFrom9(
    text: string,
  ): Promise<{ at9: number; at9other: number; top: ReturnType<typeof topVia> | undefined }> {
    const { rig, peer } = await world();
    const seen: number[] = [];
    rig.network.gate = ({ from, to: target }) => {
      if (from.host === "10.0.0.2") seen.push(target.port);
      return true;
    };
    peer.send(via(text), "10.0.0.2");
    await rig.pass(50);
    const top = peer.responses("OPTIONS")[0];
    return {
      at9: seen.filter((port) => port === 5060).length,
      at9other: seen.filter((port) => port !== 5060).length,
      top: top && topVia(top),
    };
  }

  it("is the source when the request has rport, with received and rport filled in", async () => {
    const { at9, top } = await sendFrom9("192.168.1.1:9999;rport");
    expect([at9, top?.received, top?.rport]).toEqual([1, "10.0.0.9", 5060]);
  });

  it("is the source's port, not the Via's, when the request has rport, even without NAT", async () => {
    const { at9, at9other } = await sendFrom9("10.0.0.9:5099;rport");
    expect([at9, at9other]).toEqual([1, 0]);
  });

  it("is the Via's port when it did not ask and is not behind a NAT", async () => {
    const { at9, at9other } = await sendFrom9("10.0.0.9:5099");
    expect([at9, at9other]).toEqual([0, 1]);
  });

  it("is the source when a NAT changed the address, with or without rport", async () => {
    const { at9 } = await sendFrom9("192.168.1.1:5099");
    expect(at9).toBe(1);
  });
});

describe("an RFC 2543 element, whose branches are not unique", () => {
  it("is matched by tags, Call-ID, CSeq and Via: repeats absorbed, ACK of a refusal and CANCEL understood", async () => {
    const { rig, bob, peer } = await world();
    const via = "SIP/2.0/UDP 10.0.0.9:5060";
    peer.send({ ...INVITE, via }, "10.0.0.2");
    peer.send({ ...INVITE, via }, "10.0.0.2");
    await rig.pass(50);
    expect([bob.invites.length, peer.statuses("INVITE")]).toEqual([1, [100, 100]]);
    peer.send({ ...OPTIONS, method: "CANCEL", via });
    await rig.pass(50);
    expect([peer.statuses("CANCEL"), peer.response("INVITE").status]).toEqual([[200], 487]);
    peer.send({ ...OPTIONS, method: "ACK", via, to: peer.response("INVITE").headers.get("to") ?? "" });
    await rig.pass(10_000);
    expect(peer.statuses("INVITE").filter((status) => status === 487)).toHaveLength(1);
  });
});

describe("connections", () => {
  it("are used in both directions: the callee's BYE comes back on the one that brought the INVITE", async () => {
    const rig = new Rig();
    const alice = await rig.endpoint("10.0.0.1");
    const bob = await rig.endpoint("10.0.0.2");
    const { calls } = answering(bob);
    const dialled = alice.dial("10.0.0.2", { protocol: "tcp" });
    await rig.pass(100);
    calls[0]?.hangUp();
    await rig.pass(100);
    expect(dialled.log.ends).toEqual(["remote_bye"]);
    expect([alice.endpoint.stats.connections, bob.endpoint.stats.connections]).toEqual([1, 1]);
    alice.dial("10.0.0.2", { protocol: "tcp" });
    await rig.pass(100);
    expect(alice.endpoint.stats.connections).toBe(1);
  });

  it("that break while a call is being made end the attempt at once", async () => {
    const rig = new Rig();
    const alice = await rig.endpoint("10.0.0.1");
    const bob = await rig.endpoint("10.0.0.2");
    const dialled = alice.dial("10.0.0.2", { protocol: "tcp" });
    await rig.pass(100);
    await bob.endpoint.stop();
    await rig.pass(100);
    expect(dialled.failures).toEqual([{ status: null, reason: "closed by the other end" }]);
    expect(isIdle(alice)).toBe(true);
  });

  it("that break before a 200 is repeated are reopened for its ACK", async () => {
    const rig = new Rig();
    const alice = await rig.endpoint("10.0.0.1");
    const bob = await rig.endpoint("10.0.0.2");
    const { logs } = answering(bob);
    let acks = 0;
    rig.network.gate = ({ octets }) => !octets.toString().startsWith("ACK") || ++acks > 1;
    const dialled = alice.dial("10.0.0.2", { protocol: "tcp" });
    await rig.pass(100);
    rig.network.breakConnections();
    await rig.pass(40_000);
    expect([acks, logs[0]?.ends, dialled.log.ends]).toEqual([2, [], []]);
  });

  it("that are closed when a call must be ended are reopened", async () => {
    const rig = new Rig();
    const alice = await rig.endpoint("10.0.0.1");
    const bob = await rig.endpoint("10.0.0.2");
    const { logs } = answering(bob);
    const dialled = alice.dial("10.0.0.2", { protocol: "tcp" });
    await rig.pass(100);
    const snapshot = dialled.call?.snapshot();
    await alice.endpoint.stop();
    await rig.pass(100);
    expect(bob.endpoint.stats).toMatchObject({ connections: 0, calls: 1 });
    const again = await rig.endpoint("10.0.0.1");
    if (snapshot !== undefined) again.endpoint.adopt(snapshot).hangUp();
    await rig.pass(100);
    expect(logs[0]?.ends).toEqual(["remote_bye"]);
  });
});

describe("what we say about ourselves", () => {
  it("is the advertised address with the listener's port, in Via and Contact", async () => {
    const rig = new Rig();
    const alice = await rig.endpoint("10.0.0.1", { advertised: "sip.example.com" });
    const peer = await Peer.at(rig, "10.0.0.9");
    alice.dial("10.0.0.9");
    await rig.pass(50);
    const invite = peer.request("INVITE");
    const { host, port, rport } = topVia(invite);
    expect([host, port, rport]).toEqual(["sip.example.com", 5060, "asked"]);
    expect(invite.headers.get("contact")).toBe("<sip:alice@sip.example.com:5060>");
  });
});

describe("requests that we send outside of a dialog", () => {
  it("M8: any response answers a ping, and its duration does not depend on the wall clock", async () => {
    const { rig, bob, peer } = await world();
    const target = { uri: "sip:10.0.0.9", address: "10.0.0.9", port: 5060, protocol: "udp" } as const;
    const ping = bob.endpoint.ping(target);
    rig.clock.setWallClock(3_600_000);
    await rig.pass(20);
    peer.respond(peer.request("OPTIONS"), 404);
    await rig.pass(20);
    await expect(ping).resolves.toEqual({ alive: true, status: 404, rttMs: 30 });
    const silent = bob.endpoint.ping(target, 2_000);
    await rig.pass(2_000);
    await expect(silent).resolves.toEqual({ alive: false, reason: "no response" });
    await rig.pass(ALL_TIMERS_MS);
    expect(isIdle(bob)).toBe(true);
  });

  it("a REGISTER that is challenged is repeated with CSeq+1, and reports the last CSeq", async () => {
    const { rig, bob, peer } = await world();
    const result = bob.endpoint.request({
      method: "REGISTER",
      target: { uri: "sip:trunk.example", address: "10.0.0.9", port: 5060, protocol: "udp" },
      from: { uri: "sip:bob@trunk.example" },
      to: { uri: "sip:bob@trunk.example" },
      headers: [["Expires", "120"]],
      credentials: { username: "u", password: "p" },
      sequence: { callId: "reg", cseq: 5 },
    });
    await rig.pass(20);
    expect(peer.request("REGISTER").headers.get("contact")).toBe("<sip:bob@10.0.0.2:5060>");
    peer.respond(peer.request("REGISTER"), 401, { headers: [["WWW-Authenticate", 'Digest realm="r", nonce="n"']] });
    await rig.pass(20);
    peer.respond(peer.request("REGISTER", 1), 200);
    await rig.pass(20);
    await expect(result).resolves.toMatchObject({ ok: true, cseq: 6, source: { address: "10.0.0.9" } });
  });
});

describe("a stopped endpoint", () => {
  it("sends nothing more, whatever was going on", async () => {
    const rig = new Rig();
    const alice = await rig.endpoint("10.0.0.1");
    const bob = await rig.endpoint("10.0.0.2");
    answering(bob);
    alice.dial("10.0.0.2");
    alice.dial("10.0.0.77", { noProvisionalTimeoutMs: 9_000 });
    await rig.pass(15);
    await alice.endpoint.stop();
    await bob.endpoint.stop();
    const before = alice.endpoint.stats.sent + bob.endpoint.stats.sent;
    await rig.pass(ALL_TIMERS_MS);
    expect(alice.endpoint.stats.sent + bob.endpoint.stats.sent).toBe(before);
    expect([isIdle(alice), isIdle(bob)]).toEqual([true, true]);
  });

  it("that cannot bind all its listeners leaves none open", async () => {
    const rig = new Rig();
    await rig.endpoint("10.0.0.1");
    await expect(rig.endpoint("10.0.0.1")).rejects.toThrow("address in use");
  });
});
