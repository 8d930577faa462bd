import { expect, it } from "vitest";
import { OFFER } from "../../edges/sip/testing/rig.ts";
import { LegMedia, readOffer } from "./leg-media.ts";

const OFFER_6 = OFFER.replaceAll("IP4 192.0.2.1", "IP6 2001:db8::1");

it("S4: an IPv6 offer is answered from an IPv6 address, and only from there", () => {
  expect(readOffer(OFFER_6, "2001:db8::9")).toMatchObject({ ok: true, value: { codec: "PCMA" } });
  expect(readOffer(OFFER_6, "192.0.2.9")).toMatchObject({ ok: false, error: { code: 301 } });
  expect(readOffer(OFFER, "2001:db8::9")).toMatchObject({ ok: false, error: { code: 301 } });
  const answer = new LegMedia("2001:db8::9", 4000, "1", "PCMA").answer(OFFER_6);
  expect(answer).toMatchObject({ ok: true, value: { remote: { address: "2001:db8::1", port: 4000 } } });
});

it("S6: a call is not refused because its offer has a host name", () => {
  expect(readOffer(OFFER.replace("c=IN IP4 192.0.2.1", "c=IN IP4 pbx.example"), "192.0.2.9").ok).toBe(true);
});
