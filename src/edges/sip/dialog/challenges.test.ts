import { describe, expect, it } from "vitest";
import { cseq, type SipRequest } from "../message/message.ts";
import { Peer, PEER_INVITE, peerRequest } from "../testing/peer.ts";
import { ALL_TIMERS_MS, ANSWER, answering, type Dialled, isIdle, OFFER, type Party, Rig } from "../testing/rig.ts";

const credentials = { username: "u", password: "p" };

function challenge(nonce: string): { readonly headers: readonly (readonly [string, string])[] } {
  return { headers: [["Proxy-Authenticate", `Digest realm="r", nonce="${nonce}", qop="auth"`]] };
}

const nonceOf = (request: SipRequest): string | undefined =>
  /nonce="([^"]*)"/.exec(request.headers.get("proxy-authorization") ?? "")?.[1];

interface World {
  readonly rig: Rig;
  readonly alice: Party;
  readonly peer: Peer;
  readonly dialled: Dialled;
}

/** A call of ours that was challenged with nonce n0 and then answered. */
async function up(): Promise<World> {
  const rig = new Rig();
  const alice = await rig.endpoint("10.0.0.1");
  const peer = await Peer.at(rig, "10.0.0.9");
  const dialled = alice.dial("10.0.0.9", { credentials });
  await rig.pass(50);
  peer.respond(peer.request("INVITE"), 407, challenge("n0"));
  await rig.pass(50);
  const allow = [["Allow", "INVITE, ACK, BYE, UPDATE, INFO"]] as const;
  peer.respond(peer.request("INVITE", 1), 200, { body: ANSWER, headers: allow });
  await rig.pass(50);
  return { rig, alice, peer, dialled };
}

describe("S9: a request in a dialog that is challenged although it carried credentials", () => {
  it.each(["BYE", "INFO", "INVITE"] as const)("%s is sent again with the new nonce, once", async (method) => {
    const { rig, peer, dialled } = await up();
    const { call } = dialled;
    if (method === "BYE") call?.hangUp();
    else if (method === "INFO") void call?.info("application/dtmf", "1");
    else void call?.reinvite(OFFER);
    await rig.pass(50);
    const before = method === "INVITE" ? 2 : 0;
    const first = peer.request(method, before);
    expect(nonceOf(first)).toBe("n0");
    peer.respond(first, 407, challenge("n1"));
    await rig.pass(50);
    const second = peer.request(method, before + 1);
    expect([nonceOf(second), cseq(second).number]).toEqual(["n1", cseq(first).number + 1]);
    peer.respond(second, 407, challenge("n2"));
    await rig.pass(50);
    expect(peer.requests(method)).toHaveLength(before + 2);
  });

  it("a BYE ends the leg here at once, whatever the far side replies, and reaches the far side with credentials", async () => {
    const { rig, alice, peer, dialled } = await up();
    dialled.call?.hangUp();
    expect(dialled.log.ends).toEqual(["hung_up"]);
    await rig.pass(50);
    peer.respond(peer.request("BYE"), 407, challenge("n1"));
    await rig.pass(50);
    peer.respond(peer.request("BYE", 1), 200);
    await rig.pass(ALL_TIMERS_MS);
    expect([peer.requests("BYE").length, isIdle(alice)]).toEqual([2, true]);
  });

  it("a peer that keeps refusing gets a few tries", async () => {
    const { rig, alice, peer, dialled } = await up();
    dialled.call?.hangUp();
    await rig.pass(50);
    for (let i = 0; i < 20; i++) {
      const last = peer.requests("BYE").length - 1;
      const stale = `Digest realm="r${i}", nonce="n${i}", stale=true`;
      peer.respond(peer.request("BYE", last), 407, { headers: [["Proxy-Authenticate", stale]] });
      await rig.pass(50);
    }
    expect(peer.requests("BYE").length).toBeLessThan(8);
    await rig.pass(ALL_TIMERS_MS);
    expect(isIdle(alice)).toBe(true);
  });
});

describe("S9: a BYE of ours in an incoming call", () => {
  it("is sent again with credentials if the call was answered with some", async () => {
    const rig = new Rig();
    const alice = await rig.endpoint("10.0.0.1");
    const peer = await Peer.at(rig, "10.0.0.9");
    const { calls, logs } = answering(alice, credentials);
    peer.send(PEER_INVITE, "10.0.0.1");
    await rig.pass(50);
    peer.send(peerRequest("ACK", 1, peer.response("INVITE").headers.get("to")));
    await rig.pass(50);
    calls[0]?.hangUp();
    await rig.pass(50);
    peer.respond(peer.request("BYE"), 407, challenge("n0"));
    await rig.pass(50);
    expect([nonceOf(peer.request("BYE", 1)), logs[0]?.ends]).toEqual(["n0", ["hung_up"]]);
  });
});
