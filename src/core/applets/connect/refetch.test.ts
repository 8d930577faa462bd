import { describe, expect, it } from "vitest";
import { Drive } from "../../engine/testing/drive.ts";

const A = "+919900000011";
const B = "+919900000012";
const C = "+919900000013";
const AGAIN = { fetch_after_attempt: true };

describe("without fetch_after_attempt", () => {
  it("REF-1: the first answer serves every attempt, and the URL is asked once", () => {
    const call = new Drive();
    call.dial([A, B, C]);
    call.refuse(2);
    call.refuse(3);
    call.refuse(4);
    expect(call.dialled).toEqual([A, B, C]);
    expect(call.asked).toEqual(["https://app.example/connect"]);
    expect(call.exits).toEqual(["sales.nobody_answered"]);
  });
});

describe("with fetch_after_attempt", () => {
  it("REF-2: after an unsuccessful attempt the new answer decides, with all its fields", () => {
    const call = new Drive();
    call.dial([A, B], { ...AGAIN, max_ringing_duration: 10 });
    call.refuse(2);
    expect(call.dialled).toEqual([A]);
    call.dial([C], { max_ringing_duration: 20, record: true });
    expect(call.traced("attempt.started").at(-1)).toMatchObject({ destination: C, ring_limit_ms: 20_000 });
    call.answer(3);
    expect(call.kinds).toContain("record");
    expect(call.traced("request.sent").map((entry) => entry.attempt)).toEqual([1, 2]);
  });

  it("REF-2: a whole parallel round is one attempt", () => {
    const call = new Drive();
    call.dial([A, B, C], { ...AGAIN, parallel_ringing: { activate: true, max_parallel_attempts: 2 } });
    call.refuse(2);
    expect(call.asked).toHaveLength(1);
    call.refuse(3);
    expect(call.asked).toHaveLength(2);
    expect(call.dialled).toEqual([A, B]);
  });

  it("REF-2: after a conversation the URL is not asked again", () => {
    const call = new Drive();
    call.dial([A], AGAIN);
    call.answer(2);
    call.hangUp(2);
    expect(call.asked).toHaveLength(1);
    expect(call.exits).toEqual(["sales.conversation_ended"]);
  });

  it("REF-2: the caller keeps hearing the hold audio while the URL is asked", () => {
    const call = new Drive();
    call.dial([A], AGAIN);
    call.refuse(2);
    call.dial([B], AGAIN);
    expect(call.of("play")).toHaveLength(1);
    expect(call.of("stop_playing")).toHaveLength(0);
  });

  it("REF-2: no timer of the previous round is left while the URL is asked", () => {
    const call = new Drive();
    call.dial([A], AGAIN);
    call.refuse(2);
    expect(call.call.timers.map((timer) => timer.id)).toEqual(["call"]);
    call.after(60_000);
    expect(call.outcomes).toEqual([`${A} busy`]);
  });

  it("REF-3: the re-fetch reports all attempts so far and the previous list", () => {
    const call = new Drive();
    call.dial([A, B], AGAIN);
    call.after(30_000);
    call.dial([B, C], AGAIN);
    call.now += 4000;
    call.refuse(3);
    const query = call.query("connect");
    expect(query).toMatchObject({
      CallType: "incomplete",
      DialCallStatus: "busy",
      DialCallDuration: "4",
      DialWhomNumber: "09900000012",
      OutgoingPhoneNumber: "08047100000",
      "Legs[0][Number]": "09900000011",
      "Legs[0][CauseCode]": "RING_TIMEOUT",
      "Legs[0][Cause]": "1003",
      "Legs[1][Number]": "09900000012",
      "Legs[1][CauseCode]": "USER_BUSY",
      numbers: "09900000012,09900000013",
    });
    expect(query["Legs[2][Number]"]).toBeUndefined();
  });

  it("REF-3: the first fetch names no numbers", () => {
    expect(new Drive().query("connect")).not.toHaveProperty("numbers");
  });

  it("REF-4: the same set of destinations, in any order and notation, is not dialled again", () => {
    const call = new Drive();
    call.dial([A, B], AGAIN);
    call.refuse(2);
    call.dial(["09900000012", B, A], AGAIN);
    expect(call.dialled).toEqual([A]);
    expect(call.rules).toContain("REF-4");
    expect(call.exits).toEqual(["sales.nobody_answered"]);
  });

  it("REF-4: a subset of the previous set is a different set", () => {
    const call = new Drive();
    call.dial([A, B], AGAIN);
    call.refuse(2);
    call.dial([B], AGAIN);
    call.refuse(3);
    call.dial([B, C], AGAIN);
    expect(call.dialled).toEqual([A, B, B]);
  });

  it("REF-4: a set that differs from the previous answer is dialled, even if an earlier answer had it", () => {
    const call = new Drive();
    call.dial([A], AGAIN);
    call.refuse(2);
    call.dial([B], AGAIN);
    call.refuse(3);
    call.dial([A], AGAIN);
    expect(call.dialled).toEqual([A, B, A]);
  });

  it("REF-5: a re-fetch that answers false dials its whole list and is not followed by another", () => {
    const call = new Drive();
    call.dial([A], AGAIN);
    call.refuse(2);
    call.dial([B, C]);
    call.refuse(3);
    call.refuse(4);
    expect(call.dialled).toEqual([A, B, C]);
    expect(call.asked).toHaveLength(2);
    expect(call.exits).toEqual(["sales.nobody_answered"]);
  });

  it("REF-6: a re-fetch that leaves nobody to dial ends in nobody answers", () => {
    const call = new Drive();
    call.dial([A], AGAIN);
    call.refuse(2);
    call.dial(["nonsense"], AGAIN);
    expect(call.rules).toContain("REF-6");
    expect(call.exits).toEqual(["sales.nobody_answered"]);
    expect(call.call.dialStatus).toBe("busy");
  });

  it("REF-6: a re-fetch whose Primary and Fallback both fail ends in nobody answers", () => {
    const call = new Drive();
    call.dial([A], AGAIN);
    call.refuse(2);
    call.status(500);
    call.fail();
    expect(call.asked.slice(1)).toEqual(["https://app.example/connect", "https://backup.example/connect"]);
    expect(call.exits).toEqual(["sales.nobody_answered"]);
  });

  it("REF-7: a Connect asks at most 20 times, no matter how often the answers change", () => {
    const call = new Drive();
    for (let i = 0; call.call.fetches.length > 0; i++) {
      call.dial([i % 2 === 0 ? A : B], AGAIN);
      call.refuse(2 + i);
    }
    expect(call.asked).toHaveLength(20);
    expect(call.dialled).toHaveLength(20);
    expect(call.rules).toContain("REF-7");
    expect(call.traced("decision").at(-2)?.message).toBe("This Connect has sent 20 requests and may send no more.");
    expect(call.exits).toEqual(["sales.nobody_answered"]);
  });

  it("REF-7: the Fallback's requests count too", () => {
    const call = new Drive();
    for (let i = 0; call.call.fetches.length > 0; i++) {
      if (call.asked.at(-1) === "https://app.example/connect") call.status(500);
      else {
        call.dial([i % 4 === 1 ? A : B], AGAIN);
        call.refuse(call.call.lastLeg);
      }
    }
    expect(call.asked).toHaveLength(20);
  });

  it("REF-8: a caller who hangs up while the URL is asked again cancels the request", () => {
    const call = new Drive();
    call.dial([A], AGAIN);
    call.refuse(2);
    call.hangUp();
    expect(call.kinds).toContain("cancel_request");
    expect(call.call.ended).toBe(true);
    expect(call.open).toEqual([]);
    expect(call.asked).toHaveLength(2);
  });

  it("REF-8: when the caller hangs up while a destination rings, the URL is not asked again", () => {
    const call = new Drive();
    call.dial([A], AGAIN);
    call.hangUp();
    expect(call.asked).toHaveLength(1);
    expect(call.outcomes).toEqual([`${A} canceled`]);
  });
});
