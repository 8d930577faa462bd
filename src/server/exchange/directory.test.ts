import { describe, expect, it } from "vitest";
import { ACCOUNT, EXOPHONE } from "../../../test/fixtures/contract.ts";
import type { AccountConfig, Trunk } from "./account-config.ts";
import { Directory } from "./directory.ts";
import { testConfig, testTrunk } from "../../../test/support/exchange-config.ts";
import type { InviteParts } from "../../../test/support/invite.ts";
import { inviteRequest } from "../../../test/support/invite.ts";

function routed(config: AccountConfig, parts: InviteParts, source = "192.0.2.1"): string | null {
  const route = new Directory({ accounts: [config], flows: new Map() }).inboundRoute(inviteRequest(parts), source);
  return "exophone" in route ? `${route.exophone.number} over ${route.trunk.name}` : null;
}

describe("the ExoPhone that an inbound call is for", () => {
  it.each(["+918000000002", "918000000002", "00918000000002", "08000000002", "8000000002", "+91-80-0000-0002"])(
    "is found by %s",
    (user) => {
      expect(routed(testConfig(), { uri: `sip:${user}@192.0.2.9` })).toBe("+918000000002 over main");
    },
  );

  it("is not found from an address that its account's trunks do not accept", () => {
    expect(routed(testConfig(), {}, "198.51.100.1")).toBeNull();
  });

  it("S23: is read from where the trunk's number_in says", () => {
    const parts = { uri: "sip:reg-77@192.0.2.9", to: `<sip:${EXOPHONE.number}@192.0.2.9>` };
    expect(routed(testConfig(), parts)).toBeNull();
    expect(routed(testConfig({ trunks: [testTrunk({ numberIn: "to" })] }), parts)).toBe("+918000000002 over main");
    const header = { uri: parts.uri, headers: [["P-Called-Party-ID", `<tel:${EXOPHONE.number}>`]] as const };
    const trunk = testTrunk({ numberIn: "p-called-party-id" });
    expect(routed(testConfig({ trunks: [trunk] }), header)).toBe("+918000000002 over main");
  });

  it("is reached over its own trunk when several accept the source", () => {
    const trunks = [testTrunk({ name: "other" }), testTrunk({ name: "main" })];
    expect(routed(testConfig({ trunks }), {})).toBe("+918000000002 over main");
  });

  it("is not found in an account that has no such number", () => {
    expect(routed(testConfig({ account: { ...ACCOUNT, exophones: [] } }), {})).toBeNull();
  });
});

describe("S23: a trunk with nat", () => {
  const behind = (trunk: Partial<Trunk>, source: string): boolean =>
    new Directory({ accounts: [testConfig({ trunks: [testTrunk(trunk)] })], flows: new Map() }).isBehindNat(source);

  it("is recognised by its address and by those it may call from", () => {
    expect(behind({ nat: true, host: "198.51.100.7" }, "198.51.100.7")).toBe(true);
    expect(behind({ nat: true, host: "trunk.example" }, "192.0.2.1")).toBe(true);
    expect(behind({ nat: true }, "203.0.113.1")).toBe(false);
    expect(behind({ nat: false }, "192.0.2.1")).toBe(false);
  });
});
