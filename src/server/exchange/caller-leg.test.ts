import { expect, it } from "vitest";
import { EXOPHONE } from "../../../test/fixtures/contract.ts";
import { CallRig } from "../../../test/support/call-rig.ts";
import { Peer } from "../../edges/sip/testing/peer.ts";
import { OFFER } from "../../edges/sip/testing/rig.ts";

it("S9: a BYE challenged by the caller's trunk is repeated with the trunk's credentials", async () => {
  const stage = await CallRig.start({ trunk: { credentials: { username: "acme", password: "secret" } } });
  const caller = await Peer.at(stage.rig, "10.0.0.6");
  caller.send(
    {
      method: "INVITE",
      uri: `sip:${EXOPHONE.number}@10.0.0.1`,
      from: "<sip:+919812345678@10.0.0.6>;tag=c",
      to: `<sip:${EXOPHONE.number}@10.0.0.1>`,
      callId: "c1",
      cseq: 1,
      headers: [["Contact", "<sip:caller@10.0.0.6:5060>"]],
      body: OFFER,
      contentType: "application/sdp",
    },
    "10.0.0.1",
  );
  await stage.pass(20);
  const answer = caller.response("INVITE");
  const to = answer.headers.get("to") ?? "";
  const from = "<sip:+919812345678@10.0.0.6>;tag=c";
  caller.send({ method: "ACK", uri: "sip:plugboard@10.0.0.1:5060", from, to, callId: "c1", cseq: 1 }, "10.0.0.1");
  await stage.pass(20);
  stage.exchange.hangUp(stage.store.sids[0] ?? "");
  await stage.pass(50);
  const challenge = [["WWW-Authenticate", 'Digest realm="trunk", nonce="n1"']] as const;
  caller.respond(caller.request("BYE"), 401, { toTag: "c", headers: challenge });
  await stage.pass(50);
  expect(caller.request("BYE", 1).headers.get("authorization")).toMatch(/username="acme"/);
});
