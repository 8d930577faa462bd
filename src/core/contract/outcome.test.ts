import { describe, expect, it } from "vitest";
import { outcomeOfAnswered, outcomeOfSip, outcomes } from "./outcome.ts";

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

  it.each([
    [480, 17, "busy", 17, "USER_BUSY"],
    [503, 17, "busy", 17, "USER_BUSY"],
    [486, 19, "no-answer", 19, "NO_ANSWER"],
    [404, 20, "no-answer", 20, "SUBSCRIBER_ABSENT"],
    [480, 21, "busy", 21, "CALL_REJECTED"],
    [500, 34, "failed", 34, "NORMAL_CIRCUIT_CONGESTION"],
    [480, 1, "failed", 1, "UNALLOCATED_NUMBER"],
  ])("S20, REQ-29: a %i with the Q.850 cause %i is %s, %i %s", (sip, q850, status, code, name) => {
    expect(outcomeOfSip(sip, q850)).toEqual({ status, cause: { code, name } });
  });

  it.each([16, 31, 127, 0, 500])(
    "S20, REQ-29: the Q.850 cause %i says nothing about the failure: SIP decides",
    (q850) => {
      expect(outcomeOfSip(486, q850)).toEqual({ status: "busy", cause: { code: 17, name: "USER_BUSY" } });
    },
  );

  it("S20, REQ-29: the Q.850 cause of a BYE names the cause of an attempt that was answered", () => {
    expect(outcomeOfAnswered(17)).toEqual({ status: "completed", cause: { code: 17, name: "USER_BUSY" } });
    expect(outcomeOfAnswered(16)).toEqual(outcomes.completed);
    expect(outcomeOfAnswered(null)).toEqual(outcomes.completed);
  });
});
