import { describe, expect, it } from "vitest";
import { CALLER } from "../call/legs.ts";
import { MAX_APPLETS_PER_CALL, MAX_TRACE_ENTRIES } from "../call/limits.ts";
import { step } from "./engine.ts";
import { connectFlow, Drive, START_MS } from "./testing.ts";

const A = "+919900000011";

/** A flow of one applet that refuses or hangs up. */
const HANGUP = { flow: "1", start: "bye", applets: { bye: { type: "hangup" } } };

describe("the beginning of a call", () => {
  it("answers the caller and asks the URL in the same step", () => {
    const call = new Drive();
    expect(call.kinds).toEqual(["set_timer", "answer", "fetch"]);
  });

  it("APP-8: a caller whom nothing answered is refused, not answered and hung up", () => {
    const call = new Drive({ flow: HANGUP });
    expect(call.kinds).toEqual(["set_timer", "clear_timer", "reject", "end"]);
    expect(call.of("reject")).toEqual([{ kind: "reject", sip: 603 }]);
    expect(call.of("end")[0]?.record).toMatchObject({
      status: "busy",
      ended_by: "platform",
      call_type: "call-attempt",
    });
  });

  it("cannot be anything but call_arrived", () => {
    const { setup } = new Drive();
    expect(() => step(setup, null, { kind: "digit", at: START_MS, leg: CALLER, digit: "1" })).toThrow(/call_arrived/);
  });

  it("the trace begins with who called what", () => {
    expect(new Drive().trace[0]).toMatchObject({
      seq: 1,
      at_ms: 0,
      type: "call.started",
      flow: "11754",
      started_at: "2026-01-05T04:30:00.000Z",
    });
  });
});

describe("a caller who hangs up", () => {
  it.each<[string, (call: Drive) => void]>([
    ["while the URL is asked", () => {}],
    [
      "while audio is checked",
      (call) => call.dial([A], { music_on_hold: { type: "custom_tone", value: "https://cdn.example/a.wav" } }),
    ],
    ["while it rings", (call) => call.dial([A])],
    [
      "while it rings and the operator's tone is heard",
      (call) => {
        call.dial([A], { music_on_hold: { type: "operator_tone" } });
        call.event({ kind: "leg_early_media", leg: 2 });
      },
    ],
    [
      "while the callee hears an announcement",
      (call) => {
        call.dial([A], { start_call_playback: { playback_to: "callee", type: "text", value: "hi" } });
        call.answers(2);
      },
    ],
    [
      "in the conversation",
      (call) => {
        call.dial([A]);
        call.answers(2);
      },
    ],
  ])("%s leaves nothing behind", (_, begin) => {
    const call = new Drive();
    begin(call);
    call.leaves();
    expect(call.call.ended).toBe(true);
    expect(call.open).toEqual([]);
    expect(call.kinds.at(-1)).toBe("end");
    expect(call.of("hang_up").map((effect) => effect.leg)).not.toContain(CALLER);
    expect(call.of("end")[0]?.record.ended_by).toBe("caller");
  });

  it("before he was answered did not reach anybody: no-answer", () => {
    const { setup, call } = new Drive({ flow: HANGUP });
    const unanswered = { ...call, closing: null, ended: false, callerGone: false };
    const { effects } = step(setup, unanswered, { kind: "leg_ended", at: call.now, leg: CALLER, detail: "" });
    expect(effects.at(-1)).toMatchObject({ kind: "end", record: { status: "no-answer" } });
  });
});

describe("recordings at the end of a call", () => {
  function recording(): Drive {
    const call = new Drive();
    call.dial([A], { record: true });
    call.answers(2);
    call.now += 4000;
    return call;
  }

  it("are waited for: the end comes behind the last of them", () => {
    const call = recording();
    call.leaves();
    expect(call.call.ended).toBe(false);
    expect(call.kinds).toContain("stop_recording");
    call.now += 300;
    call.recorded();
    expect(call.kinds).toEqual(["clear_timer", "end"]);
    expect(call.of("end")[0]?.record).toMatchObject({ duration_ms: 4100, conversation_s: 4 });
  });

  it("are not waited for longer than 5 s", () => {
    const call = recording();
    call.leaves();
    call.after(5000);
    expect(call.call.ended).toBe(true);
    expect(call.traced("recording.closed")[0]?.failure).toContain("5000 ms");
  });

  it("a leg that answers meanwhile is hung up", () => {
    const call = new Drive();
    call.dial([A, "+919900000012"], { record: true, parallel_ringing: { activate: true } });
    call.answers(2);
    call.leaves();
    call.answers(3);
    expect(call.kinds).toEqual(["hang_up"]);
  });

  it("recover during the wait asks for them once more", () => {
    const call = recording();
    call.leaves();
    call.event({ kind: "command", command: "recover" });
    expect(call.kinds).toEqual(["stop_recording", "set_timer"]);
    call.recorded();
    expect(call.call.ended).toBe(true);
  });
});

describe("commands", () => {
  it("hang_up ends the call as the platform", () => {
    const call = new Drive();
    call.dial([A]);
    call.event({ kind: "command", command: "hang_up" });
    expect(call.of("cancel")).toEqual([{ kind: "cancel", leg: 2 }]);
    expect(call.of("hang_up")).toEqual([{ kind: "hang_up", leg: CALLER }]);
    expect(call.of("end")[0]?.record).toMatchObject({ ended_by: "platform", call_type: "incomplete" });
    expect(call.rules).toContain("COMMAND");
  });

  it("recover closes everything a crash left open, and says so", () => {
    const call = new Drive();
    call.dial([A], { record: true, dial_passthru_event_url: "https://app.example/events" });
    call.answers(2);
    call.event({ kind: "command", command: "recover" });
    expect(call.of("hang_up").map((effect) => effect.leg)).toEqual([2, CALLER]);
    expect(call.outcomes).toEqual([`${A} completed`]);
    expect(call.traced("dial_event").at(-1)?.event).toBe("Terminal");
    expect(call.rules).toContain("RECOVER");
    call.recorded();
    expect(call.of("end")[0]?.record).toMatchObject({ ended_by: "platform", call_type: "completed" });
  });
});

describe("limits", () => {
  it("APP-9: a call executes at most 200 applets", () => {
    const flow = {
      ...connectFlow,
      applets: {
        sales: {
          type: "connect",
          url: { primary: "https://app.example/connect" },
          exits: { nobody_dialed: "sales" },
        },
      },
    };
    const call = new Drive({ flow });
    call.thorough = false;
    for (let i = 0; i < 1000 && !call.call.ended; i++) call.dial([]);
    expect(call.applets).toHaveLength(MAX_APPLETS_PER_CALL);
    expect(call.rules.at(-1)).toBe("APP-9");
    expect(call.open).toEqual([]);
  });

  it("a call ends at its time limit", () => {
    const call = new Drive({ call: { timeLimitMs: 60_000 } });
    call.dial([A]);
    call.answers(2);
    call.after(59_900);
    expect(call.call.ended).toBe(true);
    expect(call.of("end")[0]?.record).toMatchObject({ ended_by: "platform", duration_ms: 60_000 });
  });

  it("a call dials at most 500 legs", () => {
    const flow = {
      ...connectFlow,
      applets: {
        sales: {
          type: "connect",
          url: { primary: "https://app.example/connect" },
          exits: { nobody_answered: "sales" },
        },
      },
    };
    const call = new Drive({ flow });
    call.thorough = false;
    const numbers = Array.from({ length: 100 }, (_, i) => `+9199000${String(10_000 + i)}`);
    for (let leg = 2; leg < 1000 && !call.call.ended; leg++) {
      if (call.call.fetches.length > 0) call.dial(numbers);
      if (call.call.lastLeg >= leg) call.refuses(leg);
    }
    expect(call.call.lastLeg).toBe(501);
    expect(call.rules).toContain("LIMIT");
  });

  it("the trace is bounded: then one entry says so, and only the end still follows", () => {
    const call = new Drive();
    call.dial([A, "+919900000012"]);
    call.refuses(2);
    call.thorough = false;
    // A leg that was given up and answers is a decision each time.
    for (let i = 0; i < MAX_TRACE_ENTRIES; i++) call.answers(2);
    expect(call.trace).toHaveLength(MAX_TRACE_ENTRIES - 1);
    expect(call.trace.at(-1)).toMatchObject({ type: "decision", rule: "LIMIT" });
    call.leaves();
    expect(call.trace).toHaveLength(MAX_TRACE_ENTRIES);
    expect(call.trace.at(-1)?.type).toBe("call.ended");
  });
});

describe("timers", () => {
  it("one that comes before its time is armed again", () => {
    const call = new Drive();
    call.dial([A]);
    call.now += 1000;
    call.event({ kind: "timer", id: "ring" });
    expect(call.kinds).toEqual(["set_timer"]);
    expect(call.outcomes).toEqual([]);
    call.after(29_000);
    expect(call.outcomes).toEqual([`${A} no-answer`]);
  });

  it("a clock that runs backwards does not take the call with it", () => {
    const call = new Drive();
    call.dial([A]);
    call.now -= 60_000;
    call.rings(2);
    expect(call.traced("attempt.ringing")[0]?.at_ms).toBe(100);
  });
});

describe("legs", () => {
  it("a ringing leg that reports its end has failed, an answered one that reports failure has ended", () => {
    const call = new Drive();
    call.dial([A, "+919900000012"]);
    call.leaves(2);
    expect(call.outcomes).toEqual([`${A} failed`]);
    call.answers(3);
    call.refuses(3);
    expect(call.exits).toEqual(["sales.conversation_ended"]);
  });
});
