import { describe, expect, it } from "vitest";
import { maxForwards } from "../message/message.ts";
import { Peer, PEER_INVITE, peerRequest } from "../testing/peer.ts";
import { ANSWER, answering, CallLog, type Party, Rig } from "../testing/rig.ts";

interface World {
  readonly rig: Rig;
  readonly alice: Party;
  readonly peer: Peer;
}

async function world(): Promise<World> {
  const rig = new Rig();
  return { rig, alice: await rig.endpoint("10.0.0.1"), peer: await Peer.at(rig, "10.0.0.9") };
}

describe("S10: hops", () => {
  it("are counted down in what is dialled, along with Diversion and History-Info", async () => {
    const { rig, alice, peer } = await world();
    alice.dial("10.0.0.9", {
      maxForwards: 12,
      headers: [
        ["Diversion", "<sip:+911@a>;reason=unconditional;counter=2"],
        ["History-Info", "<sip:+911@a>;index=1"],
      ],
    });
    await rig.pass(50);
    const { headers } = peer.request("INVITE");
    expect([headers.get("max-forwards"), headers.get("diversion"), headers.get("history-info")]).toEqual([
      "12",
      "<sip:+911@a>;reason=unconditional;counter=2",
      "<sip:+911@a>;index=1",
    ]);
  });

  it("of an incoming call can be read; 70 if it does not say", async () => {
    const { rig, alice, peer } = await world();
    peer.send({ ...PEER_INVITE, maxForwards: 3 }, "10.0.0.1");
    await rig.pass(50);
    expect([alice.invites[0]?.maxForwards, maxForwards(peer.response("INVITE", 0))]).toEqual([3, null]);
  });

  it("that are used up are refused with 483, and reported", async () => {
    const { rig, alice, peer } = await world();
    peer.send({ ...PEER_INVITE, maxForwards: 0 }, "10.0.0.1");
    await rig.pass(50);
    expect([peer.statuses("INVITE"), alice.invites]).toEqual([[483], []]);
    expect(alice.refusedRequests).toEqual([{ method: "INVITE", status: 483 }]);
  });
});

describe("S20: the Reason of an end", () => {
  it("comes with the refusal of a dialled call", async () => {
    const { rig, alice, peer } = await world();
    const dialled = alice.dial("10.0.0.9");
    await rig.pass(50);
    const headers = [
      ["Reason", 'Q.850;cause=17;text="User busy"'],
      ["Retry-After", "7 (soon)"],
      ["Warning", '399 gw "no circuit"'],
    ] as const;
    peer.respond(peer.request("INVITE"), 480, { headers });
    await rig.pass(50);
    expect(dialled.finals).toEqual([
      {
        status: 480,
        reasonPhrase: "Temporarily Unavailable",
        reasons: [{ protocol: "Q.850", cause: 17, text: "User busy" }],
        contacts: [],
        retryAfterS: 7,
        warnings: ['399 gw "no circuit"'],
      },
    ]);
  });

  it("comes with the last 503 when no address is left", async () => {
    const { rig, alice, peer } = await world();
    const dialled = alice.dial("10.0.0.9");
    await rig.pass(50);
    peer.respond(peer.request("INVITE"), 503, { headers: [["Reason", "Q.850;cause=34"]] });
    await rig.pass(50);
    expect(dialled.finals[0]?.reasons).toEqual([{ protocol: "Q.850", cause: 34, text: null }]);
  });

  it("is absent when no final response came", async () => {
    const { rig, alice } = await world();
    const dialled = alice.dial("10.0.0.9", { noProvisionalTimeoutMs: 1_000 });
    await rig.pass(2_000);
    expect([dialled.failures, dialled.finals]).toEqual([[{ status: null, reason: "no response" }], [null]]);
  });

  it("comes with a BYE", async () => {
    const { rig, alice, peer } = await world();
    const { logs } = answering(alice);
    peer.send(PEER_INVITE, "10.0.0.1");
    await rig.pass(50);
    const to = peer.response("INVITE").headers.get("to");
    peer.send(peerRequest("ACK", 1, to));
    peer.send({ ...peerRequest("BYE", 2, to), headers: [["Reason", "Q.850;cause=31"]] });
    await rig.pass(50);
    expect([logs[0]?.ends, logs[0]?.reasons]).toEqual([["remote_bye"], [{ protocol: "Q.850", cause: 31, text: null }]]);
  });

  for (const answered of [false, true])
    it(`comes with a CANCEL ${answered ? "of a call whose answer waits for a PRACK" : "of a call that rings"}`, async () => {
      const { rig, alice, peer } = await world();
      const headers = answered ? ([["Require", "100rel"]] as const) : [];
      const branch = peer.send({ ...PEER_INVITE, headers }, "10.0.0.1");
      await rig.pass(50);
      const seen: unknown[] = [];
      const invite = alice.invites[0];
      invite?.ring(183, ANSWER);
      invite?.onCancelled((reasons) => void seen.push(reasons));
      const log = new CallLog();
      if (answered && invite !== undefined) invite.answer(ANSWER).handlers = log;
      const cancel = peerRequest("CANCEL", 1, undefined);
      peer.send({ ...cancel, headers: [["Reason", "SIP;cause=200"]] }, undefined, branch);
      await rig.pass(50);
      expect(answered ? [log.reasons] : seen).toEqual([[{ protocol: "SIP", cause: 200, text: null }]]);
    });
});

describe("S16: a Reason of ours", () => {
  const ELSEWHERE = [["Reason", 'SIP;cause=200;text="Call completed elsewhere"']] as const;

  it("is in a CANCEL that waits for the 1xx, both now and at the address tried before", async () => {
    const { rig, peer } = await world();
    const other = await Peer.at(rig, "10.0.0.8");
    const addresses = ["10.0.0.9", "10.0.0.8"].map((address) => ({ address, port: 5060 }));
    const bob = await rig.endpoint("10.0.0.2", { resolver: () => Promise.resolve(addresses) });
    const target = { uri: "sip:bob@example.org", address: "example.org", port: 5060, protocol: "udp" } as const;
    const dialled = bob.dial("10.0.0.9", { target, noProvisionalTimeoutMs: 1_000 });
    await rig.pass(1_500);
    dialled.out.cancel(ELSEWHERE);
    for (const one of [peer, other]) one.respond(one.request("INVITE"), 180);
    await rig.pass(50);
    const reasons = [peer, other].map((one) => one.request("CANCEL").headers.get("reason"));
    expect(reasons).toEqual([ELSEWHERE[0][1], ELSEWHERE[0][1]]);
  });

  it("is in the BYE to a phone that answered while the CANCEL was being sent", async () => {
    const { rig, alice, peer } = await world();
    const dialled = alice.dial("10.0.0.9");
    await rig.pass(50);
    peer.respond(peer.request("INVITE"), 180);
    await rig.pass(50);
    dialled.out.cancel(ELSEWHERE);
    peer.respond(peer.request("INVITE"), 200, { body: ANSWER });
    await rig.pass(50);
    expect(peer.request("BYE").headers.get("reason")).toBe(ELSEWHERE[0][1]);
  });

  it("is in the CANCEL of an INVITE from an earlier process", async () => {
    const { rig, alice, peer } = await world();
    const dialled = alice.dial("10.0.0.9");
    await rig.pass(50);
    peer.respond(peer.request("INVITE"), 180);
    await rig.pass(50);
    const ringing = dialled.out.snapshot();
    await alice.endpoint.stop();
    const next = await rig.endpoint("10.0.0.1");
    if (ringing !== null) next.endpoint.cancel(ringing, ELSEWHERE);
    await rig.pass(50);
    expect(peer.request("CANCEL").headers.get("reason")).toBe(ELSEWHERE[0][1]);
  });
});

describe("O1: a source that is not accepted", () => {
  it("gets no answer and is reported with its method, readable or not", async () => {
    const { rig, alice, peer } = await world();
    alice.admits = () => "drop";
    peer.send(PEER_INVITE, "10.0.0.1");
    peer.sendRaw("INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1\r\nbroken\r\n\r\n", "10.0.0.1");
    peer.send({ ...PEER_INVITE, method: "OPTIONS", cseq: 2 }, "10.0.0.1");
    await rig.pass(50);
    const source = { protocol: "udp", address: "10.0.0.9", port: 5060 };
    expect(alice.refusedSources).toEqual(["INVITE", "INVITE", "OPTIONS"].map((method) => ({ source, method })));
    expect([peer.received, alice.refusedRequests]).toEqual([[], []]);
  });
});

describe("S21: a request that the stack itself refuses", () => {
  it.each([
    [415, { body: "hello", contentType: "text/plain" }],
    [420, { headers: [["Require", "teleport"]] as const }],
    [
      422,
      {
        headers: [
          ["Session-Expires", "10"],
          ["Supported", "timer"],
        ] as const,
      },
    ],
    [400, { method: "INVITE", contact: "<nonsense" }],
  ])("is reported: %i", async (status, parts) => {
    const { rig, alice, peer } = await world();
    peer.send({ ...PEER_INVITE, ...parts }, "10.0.0.1");
    await rig.pass(50);
    expect([peer.statuses("INVITE")[0], alice.refusedRequests]).toEqual([status, [{ method: "INVITE", status }]]);
  });
});

describe("the ACK of an incoming call", () => {
  it("is reported to the user of the call, once", async () => {
    const { rig, alice, peer } = await world();
    const { logs } = answering(alice);
    peer.send(PEER_INVITE, "10.0.0.1");
    await rig.pass(50);
    const before = logs[0]?.acknowledged;
    const to = peer.response("INVITE").headers.get("to");
    for (let i = 0; i < 2; i++) peer.send(peerRequest("ACK", 1, to));
    await rig.pass(50);
    expect([before, logs[0]?.acknowledged]).toEqual([0, 1]);
  });
});
