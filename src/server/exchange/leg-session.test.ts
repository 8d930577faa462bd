import { describe, expect, it } from "vitest";
import { ANSWER, OFFER } from "../../edges/sip/testing/rig.ts";
import { CallRig } from "../../../test/support/call-rig.ts";

const EVENTS = "a=rtpmap:101 telephone-event/8000\r\n";
const WITH_EVENTS = `${ANSWER.replace("RTP/AVP 8", "RTP/AVP 8 101")}${EVENTS}`;

/** A call in conversation; `inDialog` sends the callee's requests. */
async function talking(answer = ANSWER) {
  const stage = await CallRig.start();
  const caller = await stage.call();
  const invite = stage.callee.request("INVITE");
  stage.callee.respond(invite, 200, { toTag: "a", body: answer });
  await stage.pass(50);
  let sequence = 0;
  const inDialog = async (method: string, contentType?: string, body?: string): Promise<void> => {
    stage.callee.sendInDialog(invite, "a", {
      method,
      cseq: method === "ACK" ? sequence : ++sequence,
      headers: [["Contact", "<sip:peer@10.0.0.9:5060>"]],
      ...(body === undefined || contentType === undefined ? {} : { body, contentType }),
    });
    await stage.pass(50);
  };
  const digits = (): readonly string[] => stage.media.ops.filter((op) => op.startsWith("sendDigits"));
  return { stage, caller, inDialog, digits };
}

const mediaDigit = (leg: number, digit: string) =>
  ({ event: "digit", leg, digit, startedAtMs: 0, ms: 20, via: "rfc4733" }) as const;

describe("S13: a digit by INFO during a conversation", () => {
  it("reaches the other leg, sent by media", async () => {
    const { inDialog, digits } = await talking();
    await inDialog("INFO", "application/dtmf-relay", "Signal=5\r\nDuration=160\r\n");
    await inDialog("INFO", "application/dtmf", "#");
    expect(digits()).toEqual(["sendDigits 1 5", "sendDigits 1 #"]);
  });

  it("reaches by INFO a leg that uses INFO itself and takes no telephone-events", async () => {
    const { stage, caller, inDialog, digits } = await talking();
    await inDialog("INFO", "application/dtmf", "1");
    void caller.call?.info("application/dtmf-relay", "Signal=7\r\nDuration=100\r\n");
    await stage.pass(50);
    expect(stage.callee.request("INFO").body.toString()).toBe("Signal=7\r\nDuration=160\r\n");
    expect(digits()).toEqual(["sendDigits 1 1"]);
  });

  it("that also comes by RTP, before or after, is relayed once", async () => {
    const { stage, inDialog, digits } = await talking(WITH_EVENTS);
    stage.mediaEvent(mediaDigit(2, "5"));
    await inDialog("INFO", "application/dtmf", "5");
    await inDialog("INFO", "application/dtmf", "6");
    stage.mediaEvent(mediaDigit(2, "6"));
    await stage.pass(1000);
    expect(digits()).toEqual([]);
    await inDialog("INFO", "application/dtmf", "9");
    expect(digits()).toEqual([]);
    await stage.pass(400);
    expect(digits()).toEqual(["sendDigits 1 9"]);
  });

  it("is not relayed before or after a conversation", async () => {
    const stage = await CallRig.start();
    const caller = await stage.call();
    void caller.call?.info("application/dtmf", "3");
    await stage.pass(50);
    expect(stage.media.ops.filter((op) => op.startsWith("sendDigits"))).toEqual([]);
  });
});

describe("S19: a re-offer that fails", () => {
  it.each([
    ["without a codec we speak", OFFER.replace("RTP/AVP 8", "RTP/AVP 18")],
    ["of the other IP version", OFFER.replaceAll("IP4 192.0.2.1", "IP6 2001:db8::1")],
    ["that cannot be read", "nonsense"],
  ])("%s leaves the session as it was", async (_, offer) => {
    const { stage, caller, inDialog } = await talking();
    const before = stage.media.remotes.length;
    await inDialog("INVITE", "application/sdp", offer);
    await stage.pass(1000);
    expect(stage.callee.statuses("INVITE").at(-1)).toBe(488);
    expect(stage.media.remotes).toHaveLength(before);
    expect(caller.log.ends).toEqual([]);
    expect(stage.callee.requests("BYE")).toEqual([]);
  });

  it("with an answer in the ACK that we can't use leaves the session as it was", async () => {
    const { stage, caller, inDialog } = await talking();
    await inDialog("INVITE");
    expect(stage.callee.statuses("INVITE").at(-1)).toBe(200);
    await inDialog("ACK", "application/sdp", ANSWER.replace("RTP/AVP 8", "RTP/AVP 18"));
    await stage.pass(1000);
    expect(caller.log.ends).toEqual([]);
    expect(stage.callee.requests("BYE")).toEqual([]);
  });
});

it("S18: media follows an early UPDATE, and a 200 without a description leaves it there", async () => {
  const stage = await CallRig.start();
  await stage.call();
  const invite = stage.callee.request("INVITE");
  stage.callee.respond(invite, 183, { toTag: "a", body: ANSWER });
  await stage.pass(20);
  stage.callee.sendInDialog(invite, "a", {
    method: "UPDATE",
    cseq: 1,
    headers: [["Contact", "<sip:peer@10.0.0.9:5060>"]],
    body: ANSWER.replace("5000", "5008").replace("b 1 1", "b 1 2"),
    contentType: "application/sdp",
  });
  await stage.pass(50);
  expect(stage.callee.statuses("UPDATE")).toEqual([200]);
  stage.callee.respond(invite, 200, { toTag: "a" });
  await stage.pass(50);
  expect(stage.media.remotes.findLast(({ leg }) => leg === 2)?.remote.port).toBe(5008);
  expect(stage.store.trace().some(({ type }) => type === "conversation.started")).toBe(true);
});
