import { describe, expect, it } from "vitest";
import { cseq } from "../../edges/sip/message/message.ts";
import { ANSWER } from "../../edges/sip/testing/rig.ts";
import { CALLEE, CallRig } from "../../../test/support/call-rig.ts";

const OTHER = "+919900000012";
const EARLY = ANSWER.replace("5000", "5002");

/** A call whose callee has received its INVITE. */
async function ringing(options: Parameters<typeof CallRig.start>[0] = {}) {
  const stage = await CallRig.start(options);
  const caller = await stage.call();
  return { stage, caller, callee: stage.callee, pass: (ms: number) => stage.pass(ms) };
}

describe("the attempts of a call", () => {
  it("O3: each records its trunk, target, URI, Call-ID and final response", async () => {
    const { stage, callee, pass } = await ringing();
    const invite = callee.request("INVITE");
    callee.respond(invite, 486, { toTag: "a" });
    await pass(50);
    expect(stage.store.trace().find(({ type }) => type === "attempt.dialed")).toMatchObject({
      leg: 2,
      trunk: "main",
      target: "10.0.0.9:5060",
      uri: `sip:${CALLEE}@10.0.0.9:5060`,
      call_id: invite.headers.get("call-id"),
      reason: null,
    });
    expect(stage.store.trace().find(({ type }) => type === "attempt.ended")).toMatchObject({
      sip: 486,
      message: "Busy Here",
    });
  });

  it("S16: the losers of a parallel round are cancelled as completed elsewhere", async () => {
    const { callee, pass } = await ringing({
      numbers: [CALLEE, OTHER],
      parameters: { parallel_ringing: { activate: true } },
    });
    for (const invite of callee.requests("INVITE")) callee.respond(invite, 180, { toTag: "a" });
    await pass(50);
    callee.respond(callee.request("INVITE", 1), 200, { body: ANSWER, toTag: "b" });
    await pass(50);
    expect(callee.request("CANCEL").headers.get("reason")).toBe('SIP;cause=200;text="Call completed elsewhere"');
  });

  it("S16: a phone that rings too long is cancelled without that reason", async () => {
    const { callee, pass } = await ringing({ parameters: { max_ringing_duration: 1 } });
    callee.respond(callee.request("INVITE"), 180, { toTag: "a" });
    await pass(1200);
    expect(callee.request("CANCEL").headers.get("reason")).toBeUndefined();
  });

  it.each([
    [480, "busy", 17],
    [503, "busy", 17],
  ])("S20, REQ-29: a %i with Q.850 cause 17 is busy", async (status, outcome, cause) => {
    const { stage, callee, pass } = await ringing();
    const headers = [["Reason", 'Q.850;cause=17;text="User busy"']] as const;
    callee.respond(callee.request("INVITE"), status, { toTag: "a", headers });
    await pass(50);
    const ended = stage.store.trace().find(({ type }) => type === "attempt.ended");
    expect(ended).toMatchObject({ outcome, cause_code: cause, sip: status });
    expect(ended).toMatchObject({ message: expect.stringContaining("(Q.850 cause 17, User busy)") });
  });

  it("S20, REQ-29: the Q.850 cause of a BYE is the cause of the leg", async () => {
    const { stage, callee, pass } = await ringing();
    const invite = callee.request("INVITE");
    callee.respond(invite, 200, { body: ANSWER, toTag: "a" });
    await pass(50);
    callee.sendInDialog(invite, "a", { method: "BYE", cseq: 1, headers: [["Reason", "Q.850;cause=27"]] });
    await pass(50);
    expect(stage.store.trace().find(({ type }) => type === "attempt.ended")).toMatchObject({
      outcome: "completed",
      cause_code: 27,
      cause: "DESTINATION_OUT_OF_ORDER",
    });
  });
});

describe("S17: a 3xx", () => {
  const contacts = (...uris: string[]) => ({
    toTag: "a",
    contact: false,
    headers: uris.map((uri) => ["Contact", uri] as const),
  });

  it("is followed in the order of q, with a trace entry for each INVITE", async () => {
    const { stage, callee, pass } = await ringing();
    callee.respond(
      callee.request("INVITE"),
      302,
      contacts(`<sip:+919900000013@elsewhere>;q=0.2`, `<sip:${OTHER}@elsewhere>;q=0.9`),
    );
    await pass(50);
    expect(callee.requests("INVITE").map(({ uriText }) => uriText)).toEqual([
      `sip:${CALLEE}@10.0.0.9:5060`,
      `sip:${OTHER}@10.0.0.9:5060`,
    ]);
    callee.respond(callee.request("INVITE", 1), 486, { toTag: "b" });
    await pass(50);
    expect(callee.request("INVITE", 2).uriText).toBe("sip:+919900000013@10.0.0.9:5060");
    callee.respond(callee.request("INVITE", 2), 200, { body: ANSWER, toTag: "c" });
    await pass(50);
    const dialed = stage.store.trace().filter((entry) => entry.type === "attempt.dialed");
    expect(dialed.map(({ reason }) => reason)).toEqual([null, "302 Moved Temporarily", "302 Moved Temporarily"]);
    expect(stage.store.trace().some(({ type }) => type === "conversation.started")).toBe(true);
    expect(stage.store.trace().filter(({ type }) => type === "attempt.started")).toHaveLength(1);
  });

  it("fails with its reason if the account may dial none of its Contacts", async () => {
    const { stage, callee, pass } = await ringing({ account: { dialPrefixes: ["+9199"] } });
    callee.respond(callee.request("INVITE"), 302, contacts("<sip:+14155552671@elsewhere>", "<sip:bob@elsewhere>"));
    await pass(50);
    expect(callee.requests("INVITE")).toHaveLength(1);
    expect(stage.store.trace().find(({ type }) => type === "attempt.ended")).toMatchObject({
      outcome: "failed",
      sip: 302,
      message: "Moved Temporarily: it names no other destination that this account may dial",
    });
  });

  it("is followed at most five times, and never back to an earlier target", async () => {
    const { callee, pass } = await ringing();
    for (let i = 0; i < 10; i++) {
      const invite = callee.requests("INVITE").at(i);
      if (invite === undefined) break;
      callee.respond(invite, 302, contacts(`<sip:${CALLEE}@x>`, `<sip:+9199000001${i + 20}@x>`));
      await pass(50);
    }
    expect(callee.requests("INVITE")).toHaveLength(6);
  });

  it("for a leg that has since been cancelled is not followed", async () => {
    const { caller, callee, pass } = await ringing();
    callee.respond(callee.request("INVITE"), 180, { toTag: "a" });
    await pass(20);
    caller.call?.hangUp();
    await pass(20);
    callee.respond(callee.request("INVITE"), 302, contacts(`<sip:${OTHER}@x>`));
    await pass(50);
    expect(callee.requests("INVITE")).toHaveLength(1);
  });
});

describe("S12: with operator_tone", () => {
  const operator = { parameters: { music_on_hold: { type: "operator_tone" } } };
  const forwarded = (ops: readonly string[]): boolean => ops.some((op) => op === "route 2 1 true");

  it("our ringback plays to the caller until early media arrives, announced or not", async () => {
    const { stage, callee, pass } = await ringing(operator);
    callee.respond(callee.request("INVITE"), 183, { toTag: "a", body: EARLY });
    await pass(3000);
    expect(forwarded(stage.media.ops)).toBe(false);
    stage.mediaEvent({ event: "first_rtp", leg: 2 });
    await pass(20);
    expect(forwarded(stage.media.ops)).toBe(true);
  });

  it("audio that arrives before the 183 counts once the 183 has come", async () => {
    const { stage, callee, pass } = await ringing(operator);
    stage.mediaEvent({ event: "first_rtp", leg: 2 });
    await pass(20);
    expect(forwarded(stage.media.ops)).toBe(false);
    callee.respond(callee.request("INVITE"), 183, { toTag: "a", body: EARLY });
    await pass(20);
    expect(forwarded(stage.media.ops)).toBe(true);
  });
});

describe("what a leg's session description says", () => {
  const named = ANSWER.replace(/c=IN IP4 \S+/, "c=IN IP4 media.trunk.example");

  it("S6: a host name is looked up before the leg is put through", async () => {
    const { stage, callee, pass } = await ringing({
      resolveHost: () => Promise.resolve(["2001:db8::7", "192.0.2.77"]),
    });
    callee.respond(callee.request("INVITE"), 200, { toTag: "a", body: named });
    await pass(50);
    expect(stage.media.remotes.find(({ leg }) => leg === 2)?.remote.address).toBe("192.0.2.77");
    expect(stage.store.trace().some(({ type }) => type === "conversation.started")).toBe(true);
    expect(callee.requests("ACK")).toHaveLength(1);
  });

  it("S6: a name server that does not answer fails the attempt after one second", async () => {
    const { stage, callee, pass } = await ringing({ resolveHost: () => new Promise(() => undefined) });
    callee.respond(callee.request("INVITE"), 200, { toTag: "a", body: named });
    await pass(1100);
    expect(stage.store.trace().find(({ type }) => type === "attempt.ended")).toMatchObject({ sip: 488 });
    expect(callee.received.map((one) => cseq(one).method)).toEqual(["INVITE", "ACK", "BYE"]);
  });

  it("S8: a trunk without symmetric RTP gets media where it signals", async () => {
    const { stage, callee, pass } = await ringing({ trunk: { symmetricRtp: false } });
    callee.respond(callee.request("INVITE"), 200, { toTag: "a", body: ANSWER });
    await pass(50);
    expect(stage.media.remotes.find(({ leg }) => leg === 2)?.remote).toMatchObject({
      symmetricRtp: false,
      sipHost: "10.0.0.9",
    });
    expect(stage.media.remotes.find(({ leg }) => leg === 1)?.remote).toMatchObject({ sipHost: "10.0.0.5" });
  });

  it("A2: where audio comes from is in the trace", async () => {
    const { stage, callee, pass } = await ringing();
    callee.respond(callee.request("INVITE"), 200, { toTag: "a", body: ANSWER });
    await pass(50);
    stage.mediaEvent({ event: "source_latched", leg: 2, address: "192.0.2.2", port: 5000, match: "exact" } as never);
    stage.mediaEvent({ event: "source_refused", leg: 2, address: "2001:db8::9", port: 7, reason: "x" } as never);
    await pass(20);
    expect(stage.store.trace().filter(({ type }) => type === "media.source")).toMatchObject([
      { leg: 2, change: "latched", source: "192.0.2.2:5000" },
      { leg: 2, change: "refused", source: "[2001:db8::9]:7" },
    ]);
  });
});
