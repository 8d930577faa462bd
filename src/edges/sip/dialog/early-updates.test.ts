import { describe, expect, it } from "vitest";
import { type SipRequestParts } from "../message/build.ts";
import { Peer, PEER_INVITE, peerRequest } from "../testing/peer.ts";
import { ALL_TIMERS_MS, ANSWER, type Dialled, isIdle, type Party, Rig } from "../testing/rig.ts";

const EARLY = ANSWER.replace("5000", "5002");
const MOVED = ANSWER.replace("5000", "5004");
const SDP = { contentType: "application/sdp" } as const;

describe("S18: an UPDATE with an offer while a call of ours rings", () => {
  interface Ringing {
    readonly rig: Rig;
    readonly alice: Party;
    readonly peer: Peer;
    readonly dialled: Dialled;
    readonly update: SipRequestParts;
  }

  /** The peer answers early with `sdp`, reliably or not. */
  async function ringing(sdp: string | null, reliably: boolean): Promise<Ringing> {
    const rig = new Rig();
    const alice = await rig.endpoint("10.0.0.1");
    const peer = await Peer.at(rig, "10.0.0.9");
    const dialled = alice.dial("10.0.0.9");
    await rig.pass(50);
    const invite = peer.request("INVITE");
    const headers = reliably
      ? ([
          ["Require", "100rel"],
          ["RSeq", "1"],
        ] as const)
      : [];
    peer.respond(invite, 183, { headers, ...(sdp === null ? {} : { body: sdp }) });
    await rig.pass(50);
    if (reliably) peer.respond(peer.request("PRACK"), 200);
    const update = {
      method: "UPDATE",
      uri: "sip:alice@10.0.0.1:5060",
      from: "<sip:bob@10.0.0.9>;tag=peer",
      to: invite.headers.get("from") ?? "",
      callId: invite.headers.get("call-id") ?? "",
      cseq: 7,
      contact: "<sip:peer@10.0.0.9:5060>",
      body: MOVED,
      ...SDP,
    };
    return { rig, alice, peer, dialled, update };
  }

  for (const reliably of [true, false])
    it(`is answered by the user, and media stays there when a 200 without SDP arrives (183 ${reliably ? "" : "not "}reliable)`, async () => {
      const { rig, alice, peer, dialled, update } = await ringing(EARLY, reliably);
      peer.send(update);
      await rig.pass(50);
      expect([peer.statuses("UPDATE"), peer.response("UPDATE").body.toString()]).toEqual([[200], ANSWER]);
      expect(dialled.updates).toEqual([{ sdp: MOVED, tag: "peer" }]);
      peer.respond(peer.request("INVITE"), 200);
      await rig.pass(50);
      expect(dialled.answers).toEqual([MOVED]);
      expect(dialled.call?.snapshot().localSdp).toBe(ANSWER);
      dialled.call?.hangUp();
      await rig.pass(ALL_TIMERS_MS);
      expect(isIdle(alice)).toBe(true);
    });

  it("takes precedence over the older answer that the 200 repeats", async () => {
    const { rig, peer, dialled, update } = await ringing(EARLY, true);
    peer.send(update);
    await rig.pass(50);
    peer.respond(peer.request("INVITE"), 200, { body: EARLY });
    await rig.pass(50);
    expect(dialled.answers).toEqual([MOVED]);
  });

  it("waits for a user who needs time; meanwhile a second one gets 500", async () => {
    const { rig, peer, dialled, update } = await ringing(EARLY, true);
    let decide: (sdp: string) => void = () => {};
    dialled.log.reply = () => new Promise((resolve) => (decide = resolve));
    peer.send(update);
    peer.send({ ...update, cseq: 8 });
    await rig.pass(50);
    expect(peer.statuses("UPDATE")).toEqual([500]);
    decide(ANSWER);
    await rig.pass(50);
    expect(peer.statuses("UPDATE")).toEqual([500, 200]);
  });

  it("that the user refuses changes nothing", async () => {
    const { rig, peer, dialled, update } = await ringing(EARLY, true);
    dialled.log.reply = () => ({ status: 488, headers: [["Warning", '305 t "x"']] });
    peer.send(update);
    await rig.pass(50);
    expect([peer.statuses("UPDATE"), peer.response("UPDATE").headers.get("warning")]).toEqual([[488], '305 t "x"']);
    peer.respond(peer.request("INVITE"), 200);
    await rig.pass(50);
    expect(dialled.answers).toEqual([EARLY]);
  });

  it("gets 491 while our own offer is unanswered", async () => {
    const { rig, peer, dialled, update } = await ringing(null, true);
    peer.send(update);
    await rig.pass(50);
    expect([peer.statuses("UPDATE"), dialled.updates]).toEqual([[491], []]);
  });

  it("gets 500 when the call is cancelled while the user is still deciding", async () => {
    const { rig, alice, peer, dialled, update } = await ringing(EARLY, true);
    dialled.log.reply = () => new Promise(() => {});
    peer.send(update);
    await rig.pass(50);
    dialled.out.cancel();
    await rig.pass(50);
    expect(peer.statuses("UPDATE")).toEqual([500]);
    await rig.pass(ALL_TIMERS_MS);
    expect(isIdle(alice)).toBe(true);
  });
});

describe("S18: an UPDATE with an offer while an incoming call rings", () => {
  async function arrived(): Promise<{
    rig: Rig;
    alice: Party;
    peer: Peer;
    inDialog: (method: string, cseq: number) => SipRequestParts;
  }> {
    const rig = new Rig();
    const alice = await rig.endpoint("10.0.0.1");
    const peer = await Peer.at(rig, "10.0.0.9");
    peer.send({ ...PEER_INVITE, headers: [["Require", "100rel"]] }, "10.0.0.1");
    await rig.pass(50);
    alice.invites[0]?.ring(183, ANSWER);
    await rig.pass(50);
    const to = peer.response("INVITE").headers.get("to");
    return { rig, alice, peer, inDialog: (method, cseq) => peerRequest(method, cseq, to) };
  }

  it("gets 500 until a PRACK arrives; then the user answers it, and the 200 to the INVITE has no SDP", async () => {
    const { rig, alice, peer, inDialog } = await arrived();
    const seen: string[] = [];
    const call = alice.invites[0];
    call?.onOffer((sdp) => {
      seen.push(sdp);
      return EARLY;
    });
    peer.send({ ...inDialog("UPDATE", 2), body: MOVED, ...SDP });
    await rig.pass(50);
    const rack = `${peer.response("INVITE").headers.get("rseq")} 1 INVITE`;
    peer.send({ ...inDialog("PRACK", 3), headers: [["RAck", rack]] });
    peer.send({ ...inDialog("UPDATE", 4), body: MOVED, ...SDP });
    await rig.pass(50);
    expect([peer.statuses("UPDATE"), seen]).toEqual([[500, 200], [MOVED]]);
    expect(peer.response("UPDATE").body.toString()).toBe(EARLY);
    const session = call?.answer(ANSWER);
    await rig.pass(50);
    expect([peer.response("INVITE").status, peer.response("INVITE").body.length]).toEqual([200, 0]);
    expect(session?.snapshot().localSdp).toBe(EARLY);
  });
});
