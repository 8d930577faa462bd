import { describe, expect, it } from "vitest";
import { ACCOUNT, CREATED_MS, FACTS } from "../../../test/fixtures/contract.ts";
import { outcomes, outcomeOfSip } from "./outcome.ts";
import { connectQuery, dialEventQuery } from "./request.ts";
import { dialCallDuration, formatCreated } from "./wire.ts";

const OBSERVED = { ...ACCOUNT, wire: "observed" } as const;

describe("wire", () => {
  it("C19, REQ-14, REQ-33: Created is written as documented, or as observed", () => {
    expect(formatCreated(CREATED_MS, ACCOUNT)).toBe("2024-09-03 11:44:54");
    expect(formatCreated(CREATED_MS, OBSERVED)).toBe("Tue, 03 Sep 2024 11:44:54");
    const event = { ...FACTS, destination: { kind: "number", e164: "+919900000011" }, event: "Dial" } as const;
    expect(dialEventQuery(OBSERVED, event)).toContainEqual(["Created", "Tue, 03 Sep 2024 11:44:54"]);
  });

  it("C19, REQ-15, REQ-33: DialCallDuration counts the ringing of a leg nobody answered, or is 0", () => {
    expect(dialCallDuration(30, false, "documented")).toBe(30);
    expect(dialCallDuration(30, false, "observed")).toBe(0);
    expect([dialCallDuration(30, true, "documented"), dialCallDuration(30, true, "observed")]).toEqual([30, 30]);
  });

  it.each([
    ["cancelled", outcomes.canceled, "487 ORIGINATOR_CANCEL", "1003 RING_TIMEOUT"],
    ["timed out", outcomes.ringTimeout, "1003 RING_TIMEOUT", "1003 RING_TIMEOUT"],
    ["busy", outcomeOfSip(486), "17 USER_BUSY", "17 USER_BUSY"],
    ["answered", outcomes.completed, "16 NORMAL_CLEARING", "16 NORMAL_CLEARING"],
  ])("C19, REQ-29, REQ-33: the cause of a leg that was %s", (_, { cause }, documented, observed) => {
    const leg = { number: { kind: "number", e164: "+919900000011" }, onCallDurationS: 0, callerId: "", cause } as const;
    const sent = (account: typeof ACCOUNT): string => {
      const values = new Map(connectQuery(account, { ...FACTS, legs: [leg] }));
      return `${values.get("Legs[0][Cause]")} ${values.get("Legs[0][CauseCode]")}`;
    };
    expect([sent(ACCOUNT), sent(OBSERVED)]).toEqual([documented, observed]);
  });
});
