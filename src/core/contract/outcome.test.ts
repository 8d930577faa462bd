import { describe, expect, it } from "vitest";
import { outcomeOfSip, outcomes } from "./outcome.ts";

describe("how an attempt ended", () => {
  it.each([
    [486, "busy", 17, "USER_BUSY"],
    [600, "busy", 17, "USER_BUSY"],
    [603, "busy", 21, "CALL_REJECTED"],
    [408, "no-answer", 19, "NO_ANSWER"],
    [480, "no-answer", 19, "NO_ANSWER"],
    [487, "no-answer", 19, "NO_ANSWER"],
    [404, "failed", 1, "UNALLOCATED_NUMBER"],
    [410, "failed", 1, "UNALLOCATED_NUMBER"],
    [484, "failed", 1, "UNALLOCATED_NUMBER"],
    [604, "failed", 1, "UNALLOCATED_NUMBER"],
    [403, "failed", 21, "CALL_REJECTED"],
    [400, "failed", 38, "NETWORK_OUT_OF_ORDER"],
    [488, "failed", 38, "NETWORK_OUT_OF_ORDER"],
    [500, "failed", 38, "NETWORK_OUT_OF_ORDER"],
    [503, "failed", 38, "NETWORK_OUT_OF_ORDER"],
    [606, "failed", 38, "NETWORK_OUT_OF_ORDER"],
    [null, "failed", 38, "NETWORK_OUT_OF_ORDER"],
  ])("REQ-24, REQ-29: a final SIP status %s is %s, %i %s", (sip, status, code, name) => {
    expect(outcomeOfSip(sip)).toEqual({ status, cause: { code, name } });
  });

  it("REQ-24, REQ-29: outcomes that no SIP status decides", () => {
    expect(outcomes).toEqual({
      completed: { status: "completed", cause: { code: 16, name: "NORMAL_CLEARING" } },
      ringTimeout: { status: "no-answer", cause: { code: 1003, name: "RING_TIMEOUT" } },
      canceled: { status: "canceled", cause: { code: 487, name: "ORIGINATOR_CANCEL" } },
      networkFailure: { status: "failed", cause: { code: 38, name: "NETWORK_OUT_OF_ORDER" } },
    });
  });
});
