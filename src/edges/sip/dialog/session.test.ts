import { describe, expect, it } from "vitest";
import { buildRequest, type SipRequestParts, serialize } from "../message/build.ts";
import { cseq, to, topVia } from "../message/message.ts";
import { Peer } from "../testing/peer.ts";
import {
  ALL_TIMERS_MS,
  ANSWER,
  answering,
  type CallLog,
  type Dialled,
  isIdle,
  OFFER,
  type Party,
  Rig,
  settle,
} from "../testing/rig.ts";
import type { ReinviteResult, SipCall } from "./types.ts";

const OTHER = OFFER.replace("4000", "4444");
const SDP = { body: OTHER, contentType: "application/sdp" } as const;

interface World {
  readonly rig: Rig;
  readonly alice: Party;
  readonly peer: Peer;
  readonly dialled: Dialled;
  readonly log: CallLog;
  readonly call: SipCall;
}

/** A call from Alice that the scripted peer answered. */
async function up(options: Parameters<Party["dial"]>[1] = {}, allow = "INVITE, ACK, BYE, UPDATE"): Promise<World> {
  const rig = new Rig();
  const alice = await rig.endpoint("10.0.0.1");
  const peer = await Peer.at(rig, "10.0.0.9");
  const dialled = alice.dial("10.0.0.9", options);
  await rig.pass(50);
  peer.respond(peer.request("INVITE"), 200, { body: ANSWER, headers: [["Allow", allow]] });
  await rig.pass(50);
  const { call, log } = dialled;
  if (call === null) throw new Error("not answered");
  return { rig, alice, peer, dialled, log, call };
}

/** The peer's request in that dialog. */
function theirs(peer: Peer, method: string, sequence: number): SipRequestParts {
  const ack = peer.request("ACK");
  return {
    method,
    uri: "sip:alice@10.0.0.1:5060",
    from: ack.headers.get("to") ?? "",
    to: ack.headers.get("from") ?? "",
    callId: ack.headers.get("call-id") ?? "",
    cseq: sequence,
    ...(method === "INVITE" || method === "UPDATE" ? { contact: "<sip:peer@10.0.0.9:5060>" } : {}),
  };
}

/** Exposes the value of a promise once it resolves. */
function watch(promise: Promise<ReinviteResult>): { value: ReinviteResult | null } {
  const box: { value: ReinviteResult | null } = { value: null };
  void promise.then((value) => (box.value = value));
  return box;
}

describe("S19: a re-offer that fails leaves the session as it was", () => {
  const REFRESH = [
    ["Session-Expires", "1800;refresher=uac"],
    ["Supported", "timer"],
  ] as const;

  it("a re-INVITE without SDP whose ACK has none", async () => {
    const { rig, peer, log, call } = await up();
    const before = call.snapshot().localSdp;
    log.reply = () => OTHER;
    peer.send(theirs(peer, "INVITE", 1));
    await rig.pass(50);
    expect([peer.response("INVITE").body.toString(), call.snapshot().localSdp]).toEqual([OTHER, OTHER]);
    peer.send(theirs(peer, "ACK", 1));
    await rig.pass(50);
    expect([log.ends, log.answers, call.snapshot().localSdp]).toEqual([[], [], before]);
    expect(peer.requests("BYE")).toEqual([]);
    // And either side can make offers again.
    peer.send({ ...theirs(peer, "INVITE", 2), ...SDP });
    await rig.pass(50);
    expect(peer.response("INVITE").status).toBe(200);
  });

  it.each(["INVITE", "UPDATE"])(
    "an %s that is refused does not change the session timer or the target either",
    async (method) => {
      const { rig, peer, log, call } = await up();
      peer.send({ ...theirs(peer, "UPDATE", 1), headers: REFRESH });
      await rig.pass(50);
      const { session, remoteTarget, localSdp } = call.snapshot();
      expect(session).not.toBeNull();
      log.reply = () => ({ status: 488 });
      peer.send({ ...theirs(peer, method, 2), ...SDP, contact: "<sip:elsewhere@10.0.0.7>" });
      await rig.pass(50);
      expect(peer.response(method).status).toBe(488);
      expect([call.snapshot().session, call.snapshot().remoteTarget, call.snapshot().localSdp]).toEqual([
        session,
        remoteTarget,
        localSdp,
      ]);
    },
  );

  it.each([400, 488, 500, 603])("a re-INVITE of ours that gets %i", async (status) => {
    const { rig, peer, log, call } = await up();
    const before = call.snapshot();
    const result = watch(call.reinvite(OTHER));
    await rig.pass(50);
    peer.respond(peer.request("INVITE", 1), status);
    await rig.pass(50);
    expect([result.value?.ok, log.ends, call.snapshot().localSdp]).toEqual([false, [], before.localSdp]);
  });

  it("a re-INVITE of ours whose 200 has no answer", async () => {
    const { rig, peer, log, call } = await up();
    const before = call.snapshot();
    const result = watch(call.reinvite(OTHER));
    await rig.pass(50);
    peer.respond(peer.request("INVITE", 1), 200);
    await rig.pass(50);
    expect([result.value?.ok, log.ends, call.snapshot().localSdp]).toEqual([false, [], before.localSdp]);
  });
});

describe("A6: a session interval that no timer can hold", () => {
  it.each(["2147484", "4294967295", "99999999999999999999"])("of %s s ends no call", async (seconds) => {
    const { rig, peer, log, call } = await up();
    const headers = [
      ["Session-Expires", `${seconds};refresher=uas`],
      ["Supported", "timer"],
      ["Min-SE", seconds],
    ] as const;
    peer.send({ ...theirs(peer, "UPDATE", 1), headers });
    await rig.pass(50);
    expect(Number.parseInt(peer.response("UPDATE").headers.get("session-expires") ?? "", 10)).toBeLessThanOrEqual(
      86_400,
    );
    expect(rig.longestDelayMs).toBeLessThan(2 ** 31);
    await rig.pass(60_000);
    expect([log.ends, call.ended]).toEqual([[], false]);
  });

  it("in the 200 to an INVITE of ours ends no call", async () => {
    const rig = new Rig();
    const alice = await rig.endpoint("10.0.0.1");
    const peer = await Peer.at(rig, "10.0.0.9");
    const dialled = alice.dial("10.0.0.9");
    await rig.pass(50);
    peer.respond(peer.request("INVITE"), 200, {
      body: ANSWER,
      headers: [["Session-Expires", "4294967295;refresher=uas"]],
    });
    await rig.pass(60_000);
    expect([dialled.log.ends, rig.longestDelayMs < 2 ** 31]).toEqual([[], true]);
  });

  it("that a 422 demands is not requested by us", async () => {
    const rig = new Rig();
    const alice = await rig.endpoint("10.0.0.1");
    const peer = await Peer.at(rig, "10.0.0.9");
    alice.dial("10.0.0.9");
    await rig.pass(50);
    peer.respond(peer.request("INVITE"), 422, { headers: [["Min-SE", "4294967295"]] });
    await rig.pass(50);
    expect(peer.request("INVITE", 1).headers.get("session-expires")).toBe("86400");
  });
});

describe("the end of a call", () => {
  it("answers a BYE with 200 and notifies the user once", async () => {
    const { rig, alice, peer, log, call } = await up();
    const branch = peer.send(theirs(peer, "BYE", 1));
    peer.send(theirs(peer, "BYE", 1), undefined, branch);
    await rig.pass(50);
    expect([peer.statuses("BYE"), log.ends]).toEqual([[200, 200], ["remote_bye"]]);
    call.hangUp();
    await rig.pass(ALL_TIMERS_MS);
    expect([peer.requests("BYE").length, isIdle(alice)]).toEqual([0, true]);
  });

  it("answers a BYE that crosses ours with 200", async () => {
    const { rig, alice, peer, log, call } = await up();
    call.hangUp();
    peer.send(theirs(peer, "BYE", 1));
    await rig.pass(50);
    expect([peer.statuses("BYE"), log.ends]).toEqual([[200], ["hung_up"]]);
    peer.respond(peer.request("BYE"), 481);
    await rig.pass(ALL_TIMERS_MS);
    expect(isIdle(alice)).toBe(true);
  });

  it("answers 481 to a re-INVITE that crosses our BYE, and cancels our own re-INVITE when a BYE crosses it", async () => {
    const first = await up();
    first.call.hangUp();
    first.peer.send({ ...theirs(first.peer, "INVITE", 1), ...SDP });
    await first.rig.pass(50);
    expect(first.peer.statuses("INVITE")).toEqual([481]);
    const second = await up();
    const result = watch(second.call.reinvite(OTHER));
    second.peer.send(theirs(second.peer, "BYE", 1));
    await second.rig.pass(50);
    expect([second.peer.statuses("BYE"), second.log.ends, result.value?.ok]).toEqual([[200], ["remote_bye"], false]);
    second.peer.respond(second.peer.request("INVITE", 1), 487);
    await second.rig.pass(ALL_TIMERS_MS);
    expect(isIdle(second.alice)).toBe(true);
  });

  it("hands the BYE to the user", async () => {
    const { rig, peer, log } = await up();
    const reasons: (string | undefined)[] = [];
    log.onEnded = (_end, bye) => void reasons.push(bye?.headers.get("reason"));
    peer.send({ ...theirs(peer, "BYE", 1), headers: [["Reason", "Q.850;cause=16"]] });
    await rig.pass(50);
    expect(reasons).toEqual(["Q.850;cause=16"]);
  });

  it("accepts a BYE whose CSeq is older than the last one", async () => {
    const { rig, peer, log } = await up();
    peer.send(theirs(peer, "OPTIONS", 9));
    await rig.pass(50);
    peer.send(theirs(peer, "BYE", 2));
    await rig.pass(50);
    expect([peer.statuses("OPTIONS"), peer.statuses("BYE"), log.ends]).toEqual([[200], [200], ["remote_bye"]]);
  });

  it("answers 481 to a BYE of an unknown dialog, and to one with a wrong tag", async () => {
    const { rig, peer } = await up();
    const bye = theirs(peer, "BYE", 1);
    peer.send({ ...bye, callId: "another" });
    peer.send({ ...bye, from: "<sip:bob@10.0.0.9>;tag=wrong" });
    await rig.pass(50);
    expect(peer.statuses("BYE")).toEqual([481, 481]);
  });

  it("is removed from the table even when the far side never answers our BYE", async () => {
    const { rig, alice, call } = await up();
    call.hangUp();
    await rig.pass(33_000);
    expect(alice.endpoint.stats.calls).toBe(0);
  });
});

describe("requests in a call", () => {
  it("are recognised by their tags, wherever they come from", async () => {
    const { rig, alice, peer, call } = await up();
    const moved = await Peer.at(rig, "10.0.0.77");
    moved.send(theirs(peer, "INFO", 1), "10.0.0.1");
    await rig.pass(50);
    expect([moved.statuses("INFO"), call.source.address]).toEqual([[200], "10.0.0.77"]);
    expect(alice.endpoint.stats.calls).toBe(1);
  });

  it("get 500 when they come out of order, and the order is remembered", async () => {
    const { rig, peer } = await up();
    peer.send(theirs(peer, "INFO", 5));
    await rig.pass(50);
    peer.send(theirs(peer, "INFO", 4));
    await rig.pass(50);
    peer.send(theirs(peer, "INFO", 6));
    await rig.pass(50);
    expect(peer.statuses("INFO")).toEqual([200, 500, 200]);
  });

  it("deliver digits by INFO, but no packages", async () => {
    const { rig, peer, log } = await up();
    peer.send({ ...theirs(peer, "INFO", 1), body: "Signal=5\r\n", contentType: "application/dtmf-relay" });
    peer.send({ ...theirs(peer, "INFO", 2), headers: [["Info-Package", "x"]] });
    await rig.pass(50);
    expect([peer.statuses("INFO"), log.infos]).toEqual([[200, 469], ["application/dtmf-relay Signal=5\r\n"]]);
  });

  it("get 405 with Allow if the method is not supported here, and 481 for a PRACK", async () => {
    const { rig, peer } = await up();
    peer.send(theirs(peer, "REFER", 1));
    peer.send(theirs(peer, "PRACK", 2));
    await rig.pass(50);
    expect([peer.statuses("REFER"), peer.statuses("PRACK")]).toEqual([[405], [481]]);
    expect(peer.response("REFER").headers.get("allow")).toContain("INVITE");
  });

  it("of ours: INFO reports the status; a 481 ends the call", async () => {
    const { rig, peer, log, call } = await up();
    const first = call.info("application/dtmf-relay", "Signal=1\r\n");
    await rig.pass(50);
    peer.respond(peer.request("INFO"), 200);
    await rig.pass(50);
    await expect(first).resolves.toBe(200);
    const second = call.info("application/dtmf-relay", "Signal=2\r\n");
    await rig.pass(50);
    peer.respond(peer.request("INFO", 1), 481);
    await rig.pass(50);
    await expect(second).resolves.toBe(481);
    expect(log.ends).toEqual(["lost"]);
    await expect(call.info("a/b", "c")).resolves.toBe(481);
  });
});

describe("an offer of the far side in a call", () => {
  it("by re-INVITE is answered by the user and refreshes the target, and its 200 is repeated until the ACK", async () => {
    const { rig, peer, log, call } = await up();
    const moved = await Peer.at(rig, "10.0.0.8");
    log.reply = () => OFFER;
    peer.send({ ...theirs(peer, "INVITE", 1), ...SDP, contact: "<sip:new@10.0.0.8>" });
    await rig.pass(1_000);
    expect([peer.statuses("INVITE"), log.offers]).toEqual([[200, 200], [OTHER]]);
    expect(peer.response("INVITE").body.toString()).toBe(OFFER);
    peer.send({ ...theirs(peer, "ACK", 1) });
    await rig.pass(10_000);
    expect(peer.statuses("INVITE")).toHaveLength(2);
    call.hangUp();
    await rig.pass(50);
    expect(moved.request("BYE").uriText).toBe("sip:new@10.0.0.8");
  });

  it("by UPDATE is answered by the user; without SDP it only refreshes", async () => {
    const { rig, peer, log } = await up();
    peer.send({ ...theirs(peer, "UPDATE", 1), ...SDP });
    peer.send(theirs(peer, "UPDATE", 2));
    await rig.pass(50);
    expect([peer.statuses("UPDATE"), log.offers]).toEqual([[200, 200], [OTHER]]);
    expect(peer.responses("UPDATE").map((one) => one.body.toString())).toEqual([ANSWER, ""]);
  });

  it("that is refused leaves the call as it was", async () => {
    const { rig, peer, log } = await up();
    log.reply = () => ({ status: 488 });
    peer.send({ ...theirs(peer, "INVITE", 1), ...SDP });
    await rig.pass(50);
    expect(peer.statuses("INVITE")).toEqual([488]);
    log.reply = () => Promise.reject(new Error("broken"));
    peer.send({ ...theirs(peer, "UPDATE", 2), ...SDP });
    await rig.pass(50);
    await rig.pass(50);
    expect([peer.statuses("UPDATE"), log.ends]).toEqual([[500], []]);
    log.reply = () => ANSWER;
    peer.send({ ...theirs(peer, "UPDATE", 3), ...SDP });
    await rig.pass(50);
    expect(peer.statuses("UPDATE")).toEqual([500, 200]);
  });

  it("that the user answers late gets 100; a second one meanwhile gets 500 with Retry-After", async () => {
    const { rig, peer, log } = await up();
    let decide: (sdp: string) => void = () => {};
    log.reply = () => new Promise<string>((resolve) => (decide = resolve));
    peer.send({ ...theirs(peer, "INVITE", 1), ...SDP });
    await rig.pass(50);
    peer.send({ ...theirs(peer, "UPDATE", 2), ...SDP });
    await rig.pass(50);
    expect([peer.statuses("INVITE"), peer.statuses("UPDATE")]).toEqual([[100], [500]]);
    expect(Number(peer.response("UPDATE").headers.get("retry-after"))).toBeLessThanOrEqual(10);
    peer.send({ ...theirs(peer, "INVITE", 3), ...SDP });
    await rig.pass(50);
    expect(peer.statuses("INVITE")).toEqual([100, 500]);
    decide(ANSWER);
    await rig.pass(50);
    expect(peer.statuses("INVITE")).toEqual([100, 500, 200]);
  });

  it("that is cancelled before the user has decided gets 487", async () => {
    const { rig, peer, log } = await up();
    log.reply = () => new Promise<string>(() => {});
    const reinvite = theirs(peer, "INVITE", 1);
    const branch = peer.send({ ...reinvite, ...SDP });
    await rig.pass(50);
    peer.send({ ...theirs(peer, "CANCEL", 1) }, undefined, branch);
    await rig.pass(50);
    expect([peer.statuses("INVITE"), peer.statuses("CANCEL"), log.ends]).toEqual([[100, 487], [200], []]);
    log.reply = () => ANSWER;
    peer.send({ ...theirs(peer, "UPDATE", 2), ...SDP });
    await rig.pass(50);
    expect(peer.statuses("UPDATE")).toEqual([200]);
  });

  it("that is still open when the call ends gets 487", async () => {
    const { rig, peer, log, call } = await up();
    log.reply = () => new Promise<string>(() => {});
    peer.send({ ...theirs(peer, "INVITE", 1), ...SDP });
    await rig.pass(50);
    call.hangUp();
    await rig.pass(50);
    expect([peer.statuses("INVITE"), peer.requests("BYE").length]).toEqual([[100, 487], 1]);
  });

  it("that is missing from a re-INVITE is made by us, and the ACK brings the answer", async () => {
    const { rig, peer, log } = await up();
    peer.send(theirs(peer, "INVITE", 1));
    await rig.pass(50);
    expect([log.offers, peer.response("INVITE").body.toString()]).toEqual([[null], ANSWER]);
    peer.send({ ...theirs(peer, "UPDATE", 2), ...SDP });
    await rig.pass(50);
    expect(peer.statuses("UPDATE")).toEqual([491]);
    peer.send({ ...theirs(peer, "ACK", 1), ...SDP });
    await rig.pass(50);
    expect(log.answers).toEqual([OTHER]);
  });

  it("after a lost ACK is accepted: a peer that sends the next INVITE has seen our 200", async () => {
    const { rig, peer, log } = await up();
    peer.send({ ...theirs(peer, "INVITE", 1), ...SDP });
    await rig.pass(50);
    peer.send({ ...theirs(peer, "INVITE", 2), ...SDP });
    await rig.pass(50);
    peer.send(theirs(peer, "ACK", 2));
    await rig.pass(60_000);
    expect([peer.statuses("INVITE"), log.ends]).toEqual([[200, 200], []]);
  });

  it("may make the far side the refresher of the session timer", async () => {
    const { rig, peer } = await up();
    peer.send({
      ...theirs(peer, "INVITE", 1),
      ...SDP,
      headers: [
        ["Session-Expires", "600;refresher=uac"],
        ["Supported", "timer"],
      ],
    });
    await rig.pass(50);
    expect(peer.response("INVITE").headers.get("session-expires")).toBe("600;refresher=uac");
    peer.send({
      ...theirs(peer, "UPDATE", 2),
      ...SDP,
      headers: [
        ["Session-Expires", "30"],
        ["Supported", "timer"],
      ],
    });
    await rig.pass(50);
    expect(peer.response("UPDATE").status).toBe(422);
  });
});

describe("an offer of ours in a call", () => {
  it("by re-INVITE brings the answer, is acknowledged, and refreshes the target", async () => {
    const { rig, peer, call } = await up();
    const result = watch(call.reinvite(OTHER));
    await rig.pass(50);
    const reinvite = peer.request("INVITE", 1);
    expect([to(reinvite).tag, reinvite.body.toString()]).toEqual(["peer", OTHER]);
    for (let i = 0; i < 2; i++) peer.respond(reinvite, 200, { body: ANSWER });
    await rig.pass(50);
    expect(result.value).toEqual({ ok: true, sdp: ANSWER });
    expect(peer.requests("ACK").map((ack) => cseq(ack).number - cseq(reinvite).number)).toEqual([-1, 0, 0]);
  });

  it("that is refused leaves the call as it was", async () => {
    const { rig, peer, log, call } = await up();
    const result = watch(call.reinvite(OTHER));
    await rig.pass(50);
    peer.respond(peer.request("INVITE", 1), 488);
    await rig.pass(50);
    expect(result.value).toEqual({ ok: false, status: 488, reason: "Not Acceptable Here" });
    expect(log.ends).toEqual([]);
    void call.reinvite(OTHER);
    await rig.pass(50);
    expect(peer.requests("INVITE")).toHaveLength(3);
  });

  it.each([408, 481])("that gets %i ends the call", async (status) => {
    const { rig, peer, log, call } = await up();
    const result = watch(call.reinvite(OTHER));
    await rig.pass(50);
    peer.respond(peer.request("INVITE", 1), status);
    await rig.pass(50);
    expect([log.ends, result.value?.ok, peer.requests("BYE").length]).toEqual([["lost"], false, 1]);
  });

  it("that gets no answer at all ends the call", async () => {
    const { rig, log, call } = await up();
    void call.reinvite(OTHER);
    await rig.pass(33_000);
    expect(log.ends).toEqual(["lost"]);
  });

  it("meets 491 and is tried again after 2.1 to 4 s by the owner of the Call-ID", async () => {
    const { rig, peer, call } = await up();
    const result = watch(call.reinvite(OTHER));
    await rig.pass(50);
    peer.respond(peer.request("INVITE", 1), 491);
    await rig.pass(2_000);
    expect(peer.requests("INVITE")).toHaveLength(2);
    await rig.pass(2_100);
    const again = peer.request("INVITE", 2);
    expect(cseq(again).number).toBe(cseq(peer.request("INVITE", 1)).number + 1);
    peer.respond(again, 200, { body: ANSWER });
    await rig.pass(50);
    expect(result.value?.ok).toBe(true);
  });

  it("refuses theirs with 491 while it is pending, and a second one of ours at once", async () => {
    const { rig, peer, call } = await up();
    void call.reinvite(OTHER);
    const second = watch(call.reinvite(OTHER));
    await rig.pass(50);
    expect(second.value).toEqual({ ok: false, status: 491, reason: "busy" });
    peer.send({ ...theirs(peer, "INVITE", 1), ...SDP });
    peer.send({ ...theirs(peer, "UPDATE", 2), ...SDP });
    await rig.pass(50);
    expect([peer.statuses("INVITE")[0], peer.statuses("UPDATE")]).toEqual([491, [491]]);
  });

  it("is cancelled when no final response comes for a minute, and the call goes on", async () => {
    const { rig, peer, log, call } = await up();
    const result = watch(call.reinvite(OTHER));
    await rig.pass(50);
    peer.respond(peer.request("INVITE", 1), 180);
    await rig.pass(60_100);
    expect([peer.requests("CANCEL").length, result.value?.ok, log.ends]).toEqual([1, false, []]);
  });

  it("that is pending when the call ends is cancelled; its late 200 is still acknowledged", async () => {
    const { rig, alice, peer, call } = await up();
    const result = watch(call.reinvite(OTHER));
    await rig.pass(50);
    call.hangUp();
    await rig.pass(50);
    peer.respond(peer.request("INVITE", 1), 200, { body: ANSWER });
    peer.respond(peer.request("BYE"), 200);
    await rig.pass(50);
    expect([result.value?.ok, peer.requests("ACK").length]).toEqual([false, 2]);
    await rig.pass(ALL_TIMERS_MS);
    expect(isIdle(alice)).toBe(true);
  });

  it("is challenged, retried with credentials, and tried with a longer interval after 422", async () => {
    const { rig, peer, call } = await up({ credentials: { username: "u", password: "p" } });
    const result = watch(call.reinvite(OTHER));
    await rig.pass(50);
    peer.respond(peer.request("INVITE", 1), 407, { headers: [["Proxy-Authenticate", 'Digest realm="r", nonce="n"']] });
    await rig.pass(50);
    expect(peer.request("INVITE", 2).headers.has("proxy-authorization")).toBe(true);
    peer.respond(peer.request("INVITE", 2), 422, { headers: [["Min-SE", "700"]] });
    await rig.pass(50);
    const third = peer.request("INVITE", 3);
    expect([third.headers.get("min-se"), third.headers.has("proxy-authorization")]).toEqual(["700", true]);
    peer.respond(third, 200, { body: ANSWER });
    await rig.pass(50);
    expect(result.value?.ok).toBe(true);
  });

  it("waits for the ACK to our own 200 when we answered the call", async () => {
    const rig = new Rig();
    const alice = await rig.endpoint("10.0.0.1");
    const bob = await rig.endpoint("10.0.0.2");
    const { calls } = answering(bob);
    rig.network.gate = ({ octets }) => !octets.toString().startsWith("ACK") || rig.clock.now() > 1_003_000;
    const dialled = alice.dial("10.0.0.2");
    await rig.pass(1_000);
    const result = watch(calls[0]?.reinvite(OTHER) ?? Promise.reject(new Error("no call")));
    await rig.pass(1_000);
    expect(dialled.log.offers).toEqual([]);
    await rig.pass(3_000);
    expect([dialled.log.offers, result.value]).toEqual([[OTHER], { ok: true, sdp: ANSWER }]);
  });
});

describe("two offers that cross", () => {
  it("both get 491, and both are answered in the end", async () => {
    const rig = new Rig(7);
    const alice = await rig.endpoint("10.0.0.1");
    const bob = await rig.endpoint("10.0.0.2");
    const { calls, logs } = answering(bob);
    const dialled = alice.dial("10.0.0.2");
    await rig.pass(100);
    const ours = watch(dialled.call?.reinvite(OTHER) ?? Promise.reject(new Error("no call")));
    const back = watch(calls[0]?.reinvite(OTHER) ?? Promise.reject(new Error("no call")));
    await rig.pass(15);
    expect([dialled.log.offers, logs[0]?.offers]).toEqual([[], []]);
    await rig.pass(10_000);
    expect([ours.value?.ok, back.value?.ok]).toEqual([true, true]);
    expect([dialled.log.offers, logs[0]?.offers]).toEqual([[OTHER], [OTHER]]);
  });
});

describe("a dialog that is stored and adopted by another process", () => {
  it("can be hung up: route, target, tags and CSeq continue", async () => {
    const { rig, alice, peer, call } = await up();
    const written = JSON.parse(JSON.stringify(call.snapshot())) as ReturnType<SipCall["snapshot"]>;
    expect(written).toEqual(call.snapshot());
    await alice.endpoint.stop();
    const again = await rig.endpoint("10.0.0.1");
    const adopted = again.endpoint.adopt(written);
    expect([adopted.id, again.endpoint.stats.calls]).toEqual([call.id, 1]);
    peer.send(theirs(peer, "OPTIONS", 1));
    await rig.pass(50);
    adopted.hangUp();
    await rig.pass(50);
    expect([peer.statuses("OPTIONS"), to(peer.request("BYE")).tag]).toEqual([[200], "peer"]);
    // Not just the next number: what was sent after the snapshot is not known.
    expect(cseq(peer.request("BYE")).number).toBeGreaterThan(cseq(peer.request("INVITE")).number + 100);
    peer.respond(peer.request("BYE"), 200);
    await rig.pass(ALL_TIMERS_MS);
    expect(isIdle(again)).toBe(true);
  });

  it("about which nothing is known any more: a phone that answers a dead process is acknowledged and hung up", async () => {
    const { rig, alice, peer } = await up();
    const invite = peer.request("INVITE");
    await alice.endpoint.stop();
    const again = await rig.endpoint("10.0.0.1");
    const before = peer.requests("ACK").length;
    peer.respond(invite, 200, { body: ANSWER, toTag: "late" });
    peer.respond(invite, 200, { body: ANSWER, toTag: "late" });
    await rig.pass(50);
    expect(
      peer
        .requests("ACK")
        .slice(before)
        .map((ack) => [cseq(ack).number, to(ack).tag]),
    ).toEqual([
      [cseq(invite).number, "late"],
      [cseq(invite).number, "late"],
    ]);
    expect(peer.requests("BYE").map((bye) => to(bye).tag)).toEqual(["late"]);
    peer.respond(peer.request("BYE"), 200);
    await rig.pass(ALL_TIMERS_MS);
    expect(isIdle(again)).toBe(true);
  });

  it("is not ended for a stranger", async () => {
    const { rig, alice, peer } = await up();
    await alice.endpoint.stop();
    const again = await rig.endpoint("10.0.0.1");
    again.admits = () => "drop";
    const before = peer.received.length;
    peer.respond(peer.request("INVITE"), 200, { body: ANSWER, toTag: "late" });
    await rig.pass(5000);
    expect(peer.received.length).toBe(before);
  });

  it("repeats the ACK for a 200 that still arrives, and ends another fork's call", async () => {
    const { rig, alice, peer, call } = await up();
    const snapshot = call.snapshot();
    await alice.endpoint.stop();
    const again = await rig.endpoint("10.0.0.1");
    again.endpoint.adopt(snapshot);
    const before = peer.requests("ACK").length;
    peer.respond(peer.request("INVITE"), 200, { body: ANSWER });
    peer.respond(peer.request("INVITE"), 200, { body: ANSWER, toTag: "fork" });
    await rig.pass(50);
    expect(
      peer
        .requests("ACK")
        .slice(before)
        .map((ack) => to(ack).tag),
    ).toEqual(["peer", "fork"]);
    expect(peer.requests("BYE").map((bye) => to(bye).tag)).toEqual(["fork"]);
    expect(topVia(peer.request("ACK", -1)).branch).not.toBe(topVia(peer.request("INVITE")).branch);
  });

  it("keeps the session timer's time", async () => {
    const { rig, alice, peer, call } = await up();
    peer.send({
      ...theirs(peer, "UPDATE", 1),
      headers: [
        ["Session-Expires", "90;refresher=uac"],
        ["Supported", "timer"],
      ],
    });
    await rig.pass(30_000);
    const snapshot = call.snapshot();
    await alice.endpoint.stop();
    const again = await rig.endpoint("10.0.0.1");
    again.endpoint.adopt(snapshot);
    await rig.pass(29_000);
    expect(peer.requests("BYE")).toHaveLength(0);
    await rig.pass(1_100);
    expect(peer.requests("BYE")).toHaveLength(1);
  });
});

describe("a private Contact behind a NAT", () => {
  it("is ignored in favour of the flow that the call came by", async () => {
    const rig = new Rig();
    const bob = await rig.endpoint("203.0.113.2");
    const peer = await Peer.at(rig, "203.0.113.9");
    const { calls } = answering(bob);
    const invite = {
      method: "INVITE",
      uri: "sip:bob@203.0.113.2",
      from: "<sip:phone@x>;tag=p",
      to: "<sip:bob@203.0.113.2>",
      callId: "nat",
      cseq: 1,
      contact: "<sip:phone@192.168.1.5:5062>",
      ...SDP,
    };
    peer.send(invite, "203.0.113.2");
    await rig.pass(50);
    const { contact: _contact, body: _body, contentType: _type, ...ack } = invite;
    peer.sendRaw(
      serialize(
        buildRequest({
          ...ack,
          method: "ACK",
          via: "SIP/2.0/UDP 192.168.1.5:5062;rport;branch=z9hG4bKack",
          to: peer.response("INVITE").headers.get("to") ?? "",
        }),
      ),
    );
    await rig.pass(50);
    calls[0]?.hangUp();
    await rig.pass(50);
    await settle();
    expect(peer.request("BYE").uriText).toBe("sip:phone@192.168.1.5:5062");
  });
});
