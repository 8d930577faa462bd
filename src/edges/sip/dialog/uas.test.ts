import { describe, expect, it } from "vitest";
import type { SipRequestParts } from "../message/build.ts";
import { cseq, hasToken, to } from "../message/message.ts";
import { Peer } from "../testing/peer.ts";
import { ALL_TIMERS_MS, ANSWER, answering, CallLog, isIdle, OFFER, type Party, Rig } from "../testing/rig.ts";

const INVITE: SipRequestParts = {
  method: "INVITE",
  uri: "sip:bob@10.0.0.2",
  from: "<sip:peer@10.0.0.9>;tag=peer",
  to: "<sip:bob@10.0.0.2>",
  callId: "call-1",
  cseq: 1,
  contact: "<sip:peer@10.0.0.9:5060>",
  body: OFFER,
  contentType: "application/sdp",
};
const { contact: _contact, body: _body, contentType: _type, ...PLAIN } = INVITE;

async function world(): Promise<{ rig: Rig; bob: Party; peer: Peer }> {
  const rig = new Rig();
  return { rig, bob: await rig.endpoint("10.0.0.2"), peer: await Peer.at(rig, "10.0.0.9") };
}

/** The caller's next request in the dialog that our response created. */
function inDialog(peer: Peer, method: string, cseq_: number): SipRequestParts {
  return { ...PLAIN, method, cseq: cseq_, to: peer.response("INVITE").headers.get("to") ?? "" };
}

describe("an incoming INVITE", () => {
  it("gets 100 at once without a To tag, then 180 with the tag, Contact and Allow", async () => {
    const { rig, bob, peer } = await world();
    peer.send(INVITE, "10.0.0.2");
    await rig.pass(50);
    expect([peer.statuses("INVITE"), to(peer.response("INVITE")).tag]).toEqual([[100], null]);
    bob.invites[0]?.ring();
    await rig.pass(50);
    const ringing = peer.response("INVITE");
    expect([ringing.status, ringing.headers.get("contact")]).toEqual([180, "<sip:bob@10.0.0.2:5060>"]);
    expect([to(ringing).tag === null, hasToken(ringing, "allow", "UPDATE")]).toEqual([false, true]);
  });

  it("is answered with a 200 that is repeated at T1, doubling up to T2, until the ACK", async () => {
    const { rig, bob, peer } = await world();
    const { logs } = answering(bob);
    peer.send(INVITE, "10.0.0.2");
    await rig.pass(4_000);
    expect(peer.statuses("INVITE")).toEqual([100, 200, 200, 200, 200]);
    peer.send(inDialog(peer, "ACK", 1));
    await rig.pass(60_000);
    expect(peer.statuses("INVITE")).toHaveLength(5);
    expect(logs[0]?.ends).toEqual([]);
  });

  it("ends with BYE when no ACK comes within 64·T1", async () => {
    const { rig, bob, peer } = await world();
    const { logs } = answering(bob);
    peer.send(INVITE, "10.0.0.2");
    await rig.pass(31_900);
    expect([peer.requests("BYE").length, logs[0]?.ends]).toEqual([0, []]);
    await rig.pass(200);
    expect([peer.requests("BYE").length, logs[0]?.ends]).toEqual([1, ["no_ack"]]);
  });

  it("is hung up with a BYE that waits for the ACK (RFC 3261 15)", async () => {
    const { rig, bob, peer } = await world();
    const { calls, logs } = answering(bob);
    peer.send(INVITE, "10.0.0.2");
    await rig.pass(100);
    calls[0]?.hangUp();
    expect(logs[0]?.ends).toEqual(["hung_up"]);
    await rig.pass(1_000);
    expect(peer.requests("BYE")).toHaveLength(0);
    peer.send(inDialog(peer, "ACK", 1));
    await rig.pass(100);
    expect(peer.requests("BYE")).toHaveLength(1);
  });

  it("forgets a BYE that waited for the ACK when the caller's own BYE comes first", async () => {
    const { rig, bob, peer } = await world();
    const { calls } = answering(bob);
    peer.send(INVITE, "10.0.0.2");
    await rig.pass(100);
    calls[0]?.hangUp();
    peer.send(inDialog(peer, "BYE", 2));
    await rig.pass(ALL_TIMERS_MS);
    expect([peer.statuses("BYE"), peer.requests("BYE").length, isIdle(bob)]).toEqual([[200], 0, true]);
  });

  it("is ended by the caller's BYE before the ACK: nothing is repeated after that (RFC 5407 3.1.3)", async () => {
    const { rig, bob, peer } = await world();
    const { logs } = answering(bob);
    peer.send(INVITE, "10.0.0.2");
    await rig.pass(100);
    peer.send(inDialog(peer, "BYE", 2));
    await rig.pass(10_000);
    expect([peer.statuses("INVITE"), peer.statuses("BYE"), logs[0]?.ends]).toEqual([[100, 200], [200], ["remote_bye"]]);
  });

  it("may be followed by a re-INVITE before the ACK (RFC 5407 3.1.4)", async () => {
    const { rig, bob, peer } = await world();
    const { logs } = answering(bob);
    peer.send(INVITE, "10.0.0.2");
    await rig.pass(100);
    peer.send({ ...INVITE, ...inDialog(peer, "INVITE", 2) });
    await rig.pass(100);
    peer.send(inDialog(peer, "ACK", 2));
    await rig.pass(60_000);
    expect([peer.statuses("INVITE"), logs[0]?.offers.length, logs[0]?.ends]).toEqual([[100, 200, 200], 1, []]);
  });

  it("is refused with the reason and headers of the user, and the refusal is repeated until its ACK", async () => {
    const { rig, bob, peer } = await world();
    bob.onInvite = (invite) => invite.reject(503, "Too Busy", [["Retry-After", "7"]]);
    const branch = peer.send(INVITE, "10.0.0.2");
    await rig.pass(1_000);
    expect(peer.statuses("INVITE")).toEqual([100, 503, 503]);
    expect([peer.response("INVITE").reason, peer.response("INVITE").headers.get("retry-after")]).toEqual([
      "Too Busy",
      "7",
    ]);
    peer.send(inDialog(peer, "ACK", 1), undefined, branch);
    await rig.pass(10_000);
    expect(peer.statuses("INVITE")).toHaveLength(3);
  });

  it("gets its 180 again every minute while it rings, so that no proxy cancels it", async () => {
    const { rig, bob, peer } = await world();
    bob.onInvite = (invite) => invite.ring();
    peer.send(INVITE, "10.0.0.2");
    await rig.pass(180_100);
    expect(peer.statuses("INVITE")).toEqual([100, 180, 180, 180, 180]);
    bob.invites[0]?.answer(ANSWER);
    await rig.pass(50);
    peer.send(inDialog(peer, "ACK", 1));
    await rig.pass(180_000);
    expect(peer.statuses("INVITE").slice(5)).toEqual([200]);
  });

  it("gets 500 when the user's handler throws", async () => {
    const { rig, bob, peer } = await world();
    bob.onInvite = () => {
      throw new Error("broken");
    };
    peer.send(INVITE, "10.0.0.2");
    await rig.pass(100);
    expect(peer.statuses("INVITE")).toEqual([100, 500]);
  });

  it("gets 415 with a body that is not SDP, and is understood when the SDP is one of several parts", async () => {
    const { rig, bob, peer } = await world();
    peer.send({ ...INVITE, contentType: "text/plain" }, "10.0.0.2");
    await rig.pass(100);
    expect([peer.statuses("INVITE"), bob.invites.length]).toEqual([[415], 0]);
    const body = `--b\r\nContent-Type: application/isup\r\n\r\nx\r\n--b\r\nContent-Type: application/sdp\r\n\r\n${OFFER}\r\n--b--\r\n`;
    peer.send({ ...INVITE, callId: "call-2", body, contentType: 'multipart/mixed; boundary="b"' }, "10.0.0.2");
    await rig.pass(100);
    expect(bob.invites[0]?.offer).toBe(OFFER);
  });
});

describe("an INVITE without an offer", () => {
  const { body: _offer, contentType: _sdp, ...OFFERLESS } = INVITE;

  it("gets our offer in the 200, and the ACK brings the answer", async () => {
    const { rig, bob, peer } = await world();
    const { logs } = answering(bob);
    peer.send(OFFERLESS, "10.0.0.2");
    await rig.pass(100);
    expect([bob.invites[0]?.offer, peer.response("INVITE").body.toString()]).toEqual([null, ANSWER]);
    peer.send({ ...inDialog(peer, "ACK", 1), body: OFFER, contentType: "application/sdp" });
    await rig.pass(100);
    expect([logs[0]?.answers, logs[0]?.ends]).toEqual([[OFFER], []]);
  });

  it("is ended with BYE when the ACK has no answer", async () => {
    const { rig, bob, peer } = await world();
    const { logs } = answering(bob);
    peer.send(OFFERLESS, "10.0.0.2");
    await rig.pass(100);
    peer.send(inDialog(peer, "ACK", 1));
    await rig.pass(100);
    expect([logs[0]?.ends, peer.requests("BYE").length]).toEqual([["no_answer_in_ack"], 1]);
  });

  it("gets 491 for a re-INVITE before the answer has arrived", async () => {
    const { rig, bob, peer } = await world();
    answering(bob);
    peer.send(OFFERLESS, "10.0.0.2");
    await rig.pass(100);
    peer.send({ ...INVITE, ...inDialog(peer, "INVITE", 2) });
    await rig.pass(100);
    expect(peer.response("INVITE").status).toBe(491);
  });
});

describe("a caller who cancels", () => {
  it("with CANCEL gets 200 for it and 487 for the INVITE", async () => {
    const { rig, bob, peer } = await world();
    let cancelled = 0;
    bob.onInvite = (invite) => invite.onCancelled(() => cancelled++);
    const branch = peer.send(INVITE, "10.0.0.2");
    await rig.pass(50);
    peer.send({ ...PLAIN, method: "CANCEL" }, undefined, branch);
    await rig.pass(50);
    expect([peer.statuses("CANCEL"), peer.statuses("INVITE"), cancelled]).toEqual([[200], [100, 487], 1]);
    const call = bob.invites[0]?.answer(ANSWER);
    const log = new CallLog();
    if (call !== undefined) call.handlers = log;
    await rig.pass(ALL_TIMERS_MS);
    expect([log.ends, peer.requests("BYE").length, isIdle(bob)]).toEqual([["remote_bye"], 0, true]);
  });

  it("with a CANCEL from behind a NAT that changed its sent-by is still understood", async () => {
    const { rig, peer } = await world();
    const moved = await Peer.at(rig, "10.0.0.10");
    const branch = peer.send(INVITE, "10.0.0.2");
    await rig.pass(50);
    moved.send({ ...PLAIN, method: "CANCEL" }, "10.0.0.2", branch);
    await rig.pass(50);
    expect([moved.statuses("CANCEL"), peer.statuses("INVITE")]).toEqual([[200], [100, 487]]);
  });

  it("after our 200 gets 200 for the CANCEL and nothing else", async () => {
    const { rig, bob, peer } = await world();
    const { logs } = answering(bob);
    const branch = peer.send(INVITE, "10.0.0.2");
    await rig.pass(50);
    peer.send({ ...PLAIN, method: "CANCEL" }, undefined, branch);
    await rig.pass(50);
    expect([peer.statuses("CANCEL"), peer.statuses("INVITE"), logs[0]?.ends]).toEqual([[200], [100, 200], []]);
  });

  it("with a CANCEL that matches nothing gets 481 and costs no memory", async () => {
    const { rig, bob, peer } = await world();
    peer.send({ ...PLAIN, method: "CANCEL" }, "10.0.0.2");
    await rig.pass(50);
    expect([peer.statuses("CANCEL"), bob.endpoint.stats.transactions]).toEqual([[481], 0]);
  });

  it("by the Expires of the INVITE gets 487 when the time has passed, but not once it is answered", async () => {
    const { rig, bob, peer } = await world();
    let cancelled = 0;
    bob.onInvite = (invite) => invite.onCancelled(() => cancelled++);
    peer.send({ ...INVITE, headers: [["Expires", "30"]] }, "10.0.0.2");
    await rig.pass(29_900);
    expect([peer.statuses("INVITE"), cancelled]).toEqual([[100], 0]);
    await rig.pass(200);
    expect([peer.response("INVITE").status, cancelled]).toEqual([487, 1]);
    const { logs } = answering(bob);
    peer.send({ ...INVITE, callId: "call-2", headers: [["Expires", "30"]] }, "10.0.0.2");
    await rig.pass(50);
    peer.send({ ...inDialog(peer, "ACK", 1), callId: "call-2" });
    await rig.pass(60_000);
    expect(logs[0]?.ends).toEqual([]);
  });

  it("with BYE in the early dialog ends it with 487", async () => {
    const { rig, bob, peer } = await world();
    let cancelled = 0;
    bob.onInvite = (invite) => {
      invite.onCancelled(() => cancelled++);
      invite.ring();
    };
    peer.send(INVITE, "10.0.0.2");
    await rig.pass(50);
    peer.send(inDialog(peer, "BYE", 2));
    await rig.pass(50);
    expect([peer.statuses("BYE"), peer.statuses("INVITE"), cancelled]).toEqual([[200], [100, 180, 487], 1]);
  });
});

describe("a caller who requires reliable 1xx (RFC 3262)", () => {
  const RELIABLE: SipRequestParts = { ...INVITE, headers: [["Require", "100rel"]] };

  function prack(peer: Peer, sequence: number): SipRequestParts {
    const response = peer.responses("INVITE").findLast((one) => one.headers.has("rseq"));
    return { ...inDialog(peer, "PRACK", sequence), headers: [["RAck", `${response?.headers.get("rseq")} 1 INVITE`]] };
  }

  it("gets a 183 repeated until its PRACK, and a 200 that waits for it when the 183 had SDP", async () => {
    const { rig, bob, peer } = await world();
    bob.onInvite = (invite) => {
      invite.ring(183, ANSWER);
      invite.answer(ANSWER);
    };
    peer.send(RELIABLE, "10.0.0.2");
    await rig.pass(2_000);
    expect(peer.statuses("INVITE")).toEqual([100, 183, 183, 183]);
    expect(peer.response("INVITE").headers.get("require")).toBe("100rel");
    peer.send(prack(peer, 2));
    await rig.pass(100);
    expect([peer.statuses("PRACK"), peer.response("INVITE").status]).toEqual([[200], 200]);
    peer.send(inDialog(peer, "ACK", 1));
    await rig.pass(100);
    peer.send(inDialog(peer, "BYE", 3));
    await rig.pass(ALL_TIMERS_MS);
    expect(isIdle(bob)).toBe(true);
  });

  it("gets one at a time, with RSeq rising by one; a 200 does not wait for a 180 without SDP", async () => {
    const { rig, bob, peer } = await world();
    bob.onInvite = (invite) => {
      invite.ring(183, ANSWER);
      invite.ring(180);
    };
    peer.send(RELIABLE, "10.0.0.2");
    await rig.pass(100);
    expect(peer.statuses("INVITE")).toEqual([100, 183]);
    peer.send(prack(peer, 2));
    await rig.pass(100);
    const [, first, second] = peer.responses("INVITE").map((one) => Number(one.headers.get("rseq")));
    expect([peer.response("INVITE").status, (second ?? 0) - (first ?? 0)]).toEqual([180, 1]);
    bob.invites[0]?.answer(ANSWER);
    await rig.pass(100);
    expect(peer.response("INVITE").status).toBe(200);
  });

  it("gets 481 for a PRACK that acknowledges nothing", async () => {
    const { rig, bob, peer } = await world();
    bob.onInvite = (invite) => invite.ring();
    peer.send(RELIABLE, "10.0.0.2");
    await rig.pass(100);
    peer.send({ ...inDialog(peer, "PRACK", 2), headers: [["RAck", "1 1 INVITE"]] });
    await rig.pass(100);
    expect(peer.statuses("PRACK")).toEqual([481]);
  });

  it("gets a 5xx when no PRACK comes for 64·T1, and the user is notified", async () => {
    const { rig, bob, peer } = await world();
    let cancelled = 0;
    bob.onInvite = (invite) => {
      invite.onCancelled(() => cancelled++);
      invite.ring();
    };
    peer.send(RELIABLE, "10.0.0.2");
    await rig.pass(32_100);
    expect([peer.response("INVITE").status, cancelled]).toEqual([504, 1]);
  });

  it("without an offer gets ours in the reliable 183, and the PRACK brings the answer", async () => {
    const { rig, bob, peer } = await world();
    const log = new CallLog();
    bob.onInvite = (invite) => {
      invite.ring(180);
      invite.ring(183, ANSWER);
      invite.answer(ANSWER).handlers = log;
    };
    const { body: _offer, contentType: _sdp, ...offerless } = RELIABLE;
    peer.send(offerless, "10.0.0.2");
    await rig.pass(100);
    expect(peer.statuses("INVITE")).toEqual([100, 183]);
    peer.send({ ...prack(peer, 2), body: OFFER, contentType: "application/sdp" });
    await rig.pass(100);
    expect([log.answers, peer.response("INVITE").body.length]).toEqual([[OFFER], 0]);
  });

  it("is refused with 480 when the user hangs up before the PRACK", async () => {
    const { rig, bob, peer } = await world();
    const log = new CallLog();
    bob.onInvite = (invite) => {
      invite.ring(183, ANSWER);
      const call = invite.answer(ANSWER);
      call.handlers = log;
      call.hangUp();
    };
    peer.send(RELIABLE, "10.0.0.2");
    await rig.pass(100);
    expect([peer.response("INVITE").status, log.ends]).toEqual([480, ["hung_up"]]);
  });

  it("who cancels while the 200 waits ends the call", async () => {
    const { rig, bob, peer } = await world();
    const log = new CallLog();
    bob.onInvite = (invite) => {
      invite.ring(183, ANSWER);
      invite.answer(ANSWER).handlers = log;
    };
    const branch = peer.send(RELIABLE, "10.0.0.2");
    await rig.pass(100);
    peer.send({ ...PLAIN, method: "CANCEL" }, undefined, branch);
    await rig.pass(100);
    expect([peer.response("INVITE").status, log.ends, peer.requests("BYE").length]).toEqual([487, ["remote_bye"], 0]);
  });
});

describe("requests in a ringing dialog", () => {
  it("are answered: UPDATE with 200 or (with an offer) 500, INFO and OPTIONS with 200, re-INVITE with 500, REFER with 405, an old CSeq with 500", async () => {
    const { rig, bob, peer } = await world();
    bob.onInvite = (invite) => invite.ring();
    peer.send(INVITE, "10.0.0.2");
    await rig.pass(50);
    peer.send(inDialog(peer, "UPDATE", 2));
    peer.send({ ...inDialog(peer, "UPDATE", 3), body: OFFER, contentType: "application/sdp" });
    peer.send(inDialog(peer, "INFO", 4));
    peer.send(inDialog(peer, "OPTIONS", 5));
    peer.send(inDialog(peer, "REFER", 6));
    peer.send({ ...INVITE, ...inDialog(peer, "INVITE", 7) });
    peer.send(inDialog(peer, "INFO", 3));
    await rig.pass(50);
    expect([peer.statuses("UPDATE"), peer.statuses("INFO"), peer.statuses("OPTIONS")]).toEqual([
      [200, 500],
      [200, 500],
      [200],
    ]);
    expect([peer.statuses("REFER"), peer.response("INVITE").status]).toEqual([[405], 500]);
  });
});

describe("a session timer that the caller wants (RFC 4028)", () => {
  const timed = (value: string): SipRequestParts => ({
    ...INVITE,
    headers: [
      ["Session-Expires", value],
      ["Supported", "timer"],
      ["Allow", "INVITE, UPDATE, BYE"],
    ],
  });

  it("is refused with 422 and Min-SE when it is too short", async () => {
    const { rig, bob, peer } = await world();
    peer.send(timed("30"), "10.0.0.2");
    await rig.pass(50);
    expect([peer.response("INVITE").status, peer.response("INVITE").headers.get("min-se")]).toEqual([422, "90"]);
    expect(bob.invites).toHaveLength(0);
  });

  it("is agreed with the caller as refresher, and the call ends shortly before it expires if no refresh comes", async () => {
    const { rig, bob, peer } = await world();
    const { logs } = answering(bob);
    peer.send(timed("90"), "10.0.0.2");
    await rig.pass(50);
    expect(peer.response("INVITE").headers.get("session-expires")).toBe("90;refresher=uac");
    expect(peer.response("INVITE").headers.get("require")).toBe("timer");
    peer.send(inDialog(peer, "ACK", 1));
    await rig.pass(55_000);
    peer.send({
      ...inDialog(peer, "UPDATE", 2),
      headers: [
        ["Session-Expires", "90;refresher=uac"],
        ["Supported", "timer"],
      ],
    });
    await rig.pass(50);
    expect(peer.response("UPDATE").headers.get("session-expires")).toBe("90;refresher=uac");
    await rig.pass(59_000);
    expect(logs[0]?.ends).toEqual([]);
    await rig.pass(1_200);
    expect([logs[0]?.ends, peer.requests("BYE").length]).toEqual([["session_expired"], 1]);
  });

  it("is refreshed by us at half time with an UPDATE if the caller wants that, for as long as the refreshes are answered", async () => {
    const { rig, bob, peer } = await world();
    const { logs } = answering(bob);
    peer.send(timed("100;refresher=uas"), "10.0.0.2");
    await rig.pass(50);
    peer.send(inDialog(peer, "ACK", 1));
    await rig.pass(50_000);
    const update = peer.request("UPDATE");
    expect([update.headers.get("session-expires"), update.body.length]).toEqual(["100;refresher=uac", 0]);
    peer.respond(update, 200, { headers: [["Session-Expires", "100;refresher=uac"]] });
    await rig.pass(50_100);
    expect(peer.requests("UPDATE")).toHaveLength(2);
    peer.respond(peer.request("UPDATE", 1), 481);
    await rig.pass(50);
    expect([logs[0]?.ends, peer.requests("BYE").length]).toEqual([["lost"], 1]);
  });

  it("is refreshed by a re-INVITE with the same SDP when the caller allows no UPDATE", async () => {
    const { rig, bob, peer } = await world();
    const { logs } = answering(bob);
    const headers = [
      ["Session-Expires", "100;refresher=uas"],
      ["Supported", "timer"],
      ["Allow", "INVITE, BYE"],
    ] as const;
    peer.send({ ...INVITE, headers }, "10.0.0.2");
    await rig.pass(50);
    peer.send(inDialog(peer, "ACK", 1));
    await rig.pass(50_000);
    const reinvite = peer.request("INVITE");
    expect([reinvite.body.toString(), reinvite.headers.get("session-expires")]).toEqual([ANSWER, "100;refresher=uac"]);
    peer.respond(reinvite, 422, { headers: [["Min-SE", "200"]] });
    await rig.pass(50);
    expect(peer.request("INVITE", 1).headers.get("min-se")).toBe("200");
    peer.respond(peer.request("INVITE", 1), 200, { body: OFFER, headers: [["Session-Expires", "1800;refresher=uas"]] });
    await rig.pass(50);
    expect([logs[0]?.answers, cseq(peer.request("ACK", 1)).number]).toEqual([
      [OFFER],
      cseq(peer.request("INVITE", 1)).number,
    ]);
    await rig.pass(1_700_000);
    expect(peer.requests("INVITE")).toHaveLength(2);
  });
});
