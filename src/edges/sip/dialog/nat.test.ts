import { describe, expect, it } from "vitest";
import { Peer } from "../testing/peer.ts";
import { ANSWER, OFFER, Rig } from "../testing/rig.ts";
import type { Party } from "../testing/rig.ts";

const US = "192.0.2.1";
const TRUNK = "10.0.0.5";
/** An address in a private network that is neither ours nor the trunk's. */
const FOREIGN = "<sip:peer@192.168.7.7:5060>";

async function rigBehindNat(isBehindNat: boolean): Promise<{ rig: Rig; us: Party; peer: Peer }> {
  const rig = new Rig();
  const handlers = { admits: () => "accept" as const, onInvite: () => undefined, isBehindNat: () => isBehindNat };
  const us: Party = await rig.endpoint(US, { handlers: { ...handlers, onInvite: (invite) => us.onInvite(invite) } });
  return { rig, us, peer: await Peer.at(rig, TRUNK) };
}

describe("a trunk whose Contact names a foreign private network", () => {
  it.each([true, false])("S23: gets the ACK and BYE of an outgoing call at its own address: nat %s", async (nat) => {
    const { rig, us, peer } = await rigBehindNat(nat);
    const dialled = us.dial(TRUNK);
    await rig.pass(20);
    const headers = [["Contact", FOREIGN]] as const;
    peer.respond(peer.request("INVITE"), 200, { contact: false, headers, body: ANSWER });
    await rig.pass(20);
    dialled.call?.hangUp();
    await rig.pass(20);
    expect(peer.received.filter(({ kind }) => kind === "request").length).toBe(nat ? 3 : 1);
    if (nat)
      expect([peer.request("ACK").uriText, peer.request("BYE").uriText]).toEqual(
        Array(2).fill("sip:peer@192.168.7.7:5060"),
      );
  });

  it.each([true, false])(
    "S23: gets the BYE of an incoming call at the address the INVITE came from: nat %s",
    async (nat) => {
      const { rig, us, peer } = await rigBehindNat(nat);
      us.onInvite = (invite) => {
        invite.answer(ANSWER).handlers = {
          onEnded: () => undefined,
          onOffer: () => ({ status: 488 }),
          onAnswer: () => undefined,
          onInfo: () => undefined,
          onAcknowledged() {},
        };
      };
      const invite = {
        method: "INVITE",
        uri: `sip:us@${US}`,
        from: "<sip:a@x>;tag=a",
        to: `<sip:us@${US}>`,
        callId: "c",
      };
      peer.send({ ...invite, cseq: 1, contact: FOREIGN, body: OFFER, contentType: "application/sdp" }, US);
      await rig.pass(20);
      // Nobody acknowledges: after a while the call is ended with a BYE.
      await rig.pass(40_000);
      expect(peer.requests("BYE").length > 0).toBe(nat);
    },
  );
});
