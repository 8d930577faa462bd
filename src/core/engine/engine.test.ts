import { describe, expect, it } from "vitest";
import { CALLER } from "../call/legs.ts";
import { MAX_APPLETS_PER_CALL, MAX_TRACE_ENTRIES } from "../call/limits.ts";
import type { CallEvent } from "../call/events.ts";
import type { CallSetup } from "../call/setup.ts";
import { type StepResult, step } from "./engine.ts";
import { CALLER_NUMBER, connectFlow, Drive, EXOPHONE, START_MS } from "./testing/drive.ts";

const A = "+919900000011";

/** A flow of one applet that refuses or hangs up. */
const HANGUP = { flow: "1", start: "bye", applets: { bye: { type: "hangup" } } };

describe("the start of a call", () => {
  it("answers the caller and asks the URL in the same step", () => {
    const call = new Drive();
    expect(call.kinds).toEqual(["set_timer", "answer", "fetch"]);
  });

  it("APP-8: a caller who was not answered is refused, not answered and hung up", () => {
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

  it("the trace starts with who called which number, and that the caller was answered", () => {
    const call = new Drive();
    expect(call.trace.slice(0, 3)).toEqual([
      {
        seq: 1,
        at_ms: 0,
        type: "call.started",
        call_sid: call.call.callSid,
        account: "acme",
        flow: "11754",
        from: CALLER_NUMBER,
        to: EXOPHONE,
        direction: "incoming",
        started_at: "2026-01-05T04:30:00.000Z",
      },
      { seq: 2, at_ms: 0, type: "applet.entered", applet: "sales", kind: "connect" },
      { seq: 3, at_ms: 0, type: "call.answered" },
    ]);
  });
});

describe("a caller who hangs up", () => {
  it.each<[string, (call: Drive) => void]>([
    ["while the URL is asked", () => {}],
    [
      "while audio is checked",
      (call) => call.dial([A], { music_on_hold: { type: "custom_tone", value: "https://cdn.example/a.wav" } }),
    ],
    ["during the ringing", (call) => call.dial([A])],
    [
      "during the ringing, with operator_tone",
      (call) => {
        call.dial([A], { music_on_hold: { type: "operator_tone" } });
        call.event({ kind: "leg_early_media", leg: 2 });
      },
    ],
    [
      "while the callee hears an announcement",
      (call) => {
        call.dial([A], { start_call_playback: { playback_to: "callee", type: "text", value: "hi" } });
        call.answer(2);
      },
    ],
    [
      "in the conversation",
      (call) => {
        call.dial([A]);
        call.answer(2);
      },
    ],
  ])("%s leaves nothing behind", (_, begin) => {
    const call = new Drive();
    begin(call);
    call.hangUp();
    expect(call.call.ended).toBe(true);
    expect(call.open).toEqual([]);
    expect(call.kinds.at(-1)).toBe("end");
    expect(call.of("hang_up").map((effect) => effect.leg)).not.toContain(CALLER);
    expect(call.of("end")[0]?.record.ended_by).toBe("caller");
  });

  it("is recorded in the trace with the reason", () => {
    const call = new Drive();
    call.event({ kind: "leg_failed", leg: CALLER, sip: null, detail: "connection lost" });
    expect(call.traced("caller.left")).toMatchObject([{ message: "connection lost" }]);
    expect(call.of("end")[0]?.record).toMatchObject({ status: "completed", ended_by: "caller" });
    expect(call.rules).toEqual(["REF-8"]);
  });

  it("ends the call; nothing else that the caller's leg reports does", () => {
    const call = new Drive();
    for (const kind of ["leg_ringing", "leg_early_media", "leg_answered"] as const) call.event({ kind, leg: CALLER });
    expect(call.call.ended).toBe(false);
    expect(call.kinds).toEqual([]);
  });

  it("before being answered makes the call no-answer", () => {
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
    call.answer(2);
    call.now += 4000;
    return call;
  }

  it("are waited for: the call ends after the last of them", () => {
    const call = recording();
    call.hangUp();
    expect(call.call.ended).toBe(false);
    expect(call.kinds).toContain("stop_recording");
    call.now += 300;
    call.recorded();
    expect(call.kinds).toEqual(["clear_timer", "end"]);
    expect(call.of("end")[0]?.record).toEqual({
      status: "completed",
      ended_by: "caller",
      dial_call_status: "completed",
      call_type: "completed",
      conversation_s: 4,
      duration_s: 4,
      duration_ms: 4100,
    });
    expect(call.traced("recording.closed")).toMatchObject([{ duration_ms: 1000, failure: null }]);
  });

  it("are waited for even if something else is reported meanwhile", () => {
    const call = recording();
    call.event({ kind: "command", command: "hang_up" });
    const latest = call.effects.length;
    call.hangUp();
    call.event({ kind: "command", command: "hang_up" });
    call.event({ kind: "recording_ready", id: "another", durationMs: 1, failure: null });
    call.event({ kind: "timer", id: "another" });
    call.enterDigits("1");
    call.answer(CALLER);
    expect(call.effects.length).toBe(latest);
    expect(call.call.ended).toBe(false);
    call.after(4999);
    expect(call.call.ended).toBe(false);
    call.after(1);
    expect(call.of("end")[0]?.record).toMatchObject({ ended_by: "platform", duration_ms: 4100 });
    expect(call.traced("recording.closed")).toMatchObject([
      { duration_ms: 0, failure: "did not close within 5000 ms" },
    ]);
  });

  it("are not waited for longer than 5 s", () => {
    const call = recording();
    call.hangUp();
    call.after(5000);
    expect(call.call.ended).toBe(true);
    expect(call.traced("recording.closed")[0]?.failure).toContain("5000 ms");
  });

  describe("of two conversations", () => {
    /** The recording of the first has not been closed when the second ends. */
    function twice(): readonly [call: Drive, first: string, second: string] {
      const { sales } = connectFlow.applets;
      const flow = { ...connectFlow, applets: { ...connectFlow.applets, sales, talked: sales } };
      const call = new Drive({ flow });
      call.dial([A], { record: true });
      call.answer(2);
      call.hangUp(2);
      call.dial([A], { record: true });
      call.answer(3);
      const [first = "", second = ""] = call.of("record").map((effect) => effect.id);
      return [call, first, second];
    }

    function closes(call: Drive, id: string, failure: string | null): void {
      call.event({ kind: "recording_ready", id, durationMs: 1000, failure });
    }

    it("are both waited for", () => {
      const [call, first, second] = twice();
      call.hangUp();
      closes(call, second, null);
      expect(call.call.ended).toBe(false);
      closes(call, second, null);
      expect(call.call.ended).toBe(false);
      closes(call, first, null);
      expect(call.call.ended).toBe(true);
      expect(call.traced("recording.closed").map((entry) => entry.id)).toEqual([second, first]);
    });

    it("REQ-30: the failure of the first does not remove the URL of the second, its own failure does", () => {
      const [call, first, second] = twice();
      call.hangUp(3);
      const url = `https://rec.example/${second}.wav`;
      expect(call.call.facts.recordingUrl).toBe(url);
      closes(call, first, "disk full");
      expect(call.call.facts.recordingUrl).toBe(url);
      closes(call, second, "disk full");
      expect(call.call.facts.recordingUrl).toBeNull();
    });

    it("REQ-30: the URL of a recording that closed without failure is kept", () => {
      const [call, first, second] = twice();
      call.hangUp(3);
      closes(call, first, null);
      closes(call, second, null);
      expect(call.call.facts.recordingUrl).toBe(`https://rec.example/${second}.wav`);
    });
  });

  it("a leg that answers meanwhile is hung up", () => {
    const call = new Drive();
    call.dial([A, "+919900000012"], { record: true, parallel_ringing: { activate: true } });
    call.answer(2);
    call.hangUp();
    call.answer(3);
    expect(call.kinds).toEqual(["hang_up"]);
  });

  it("recover during the wait asks for them once more", () => {
    const call = recording();
    call.hangUp();
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
    expect(call.of("cancel")).toEqual([{ kind: "cancel", leg: 2, reason: "call_ended" }]);
    expect(call.of("hang_up")).toEqual([{ kind: "hang_up", leg: CALLER }]);
    expect(call.of("end")[0]?.record).toMatchObject({ ended_by: "platform", call_type: "incomplete" });
    expect(call.traced("decision")).toMatchObject([{ rule: "COMMAND", message: "The call was hung up by command." }]);
  });

  it("recover closes everything a crash left open, and the trace says so", () => {
    const call = new Drive();
    call.dial([A], { record: true, dial_passthru_event_url: "https://app.example/events" });
    call.answer(2);
    call.event({ kind: "command", command: "recover" });
    expect(call.of("hang_up").map((effect) => effect.leg)).toEqual([2, CALLER]);
    expect(call.outcomes).toEqual([`${A} completed`]);
    expect(call.traced("dial_event").at(-1)?.event).toBe("Terminal");
    expect(call.traced("decision")).toMatchObject([
      {
        rule: "RECOVER",
        message: "The control process restarted and lost this call's legs: everything still open is closed.",
      },
    ]);
    call.recorded();
    expect(call.of("end")[0]?.record).toMatchObject({ ended_by: "platform", call_type: "completed" });
  });
});

describe("limits", () => {
  /** One Connect that comes back to itself at `exit`. */
  function loopAt(exit: string) {
    const sales = { type: "connect", url: { primary: "https://app.example/connect" }, exits: { [exit]: "sales" } };
    return { ...connectFlow, applets: { sales } };
  }

  it("APP-9: a call executes at most 200 applets", () => {
    const call = new Drive({ flow: loopAt("nobody_dialed") });
    call.thorough = false;
    for (let i = 0; i < 1000 && !call.call.ended; i++) call.dial([]);
    expect(call.applets).toHaveLength(MAX_APPLETS_PER_CALL);
    expect(call.traced("decision").at(-1)).toMatchObject({
      rule: "APP-9",
      message: "The call has run 200 applets: the flow goes round in a loop, the call is hung up.",
    });
    expect(call.of("end")[0]?.record.ended_by).toBe("platform");
    expect(call.open).toEqual([]);
  });

  it("APP-9: a Passthru after the last of them is not notified either when the caller leaves (DIAL-11)", () => {
    const callOf = (loops: number) => {
      const menu = { type: "menu", say: { text: "?" }, keys: { "1": "menu", "2": "sales" } };
      const sales = { ...connectFlow.applets.sales, exits: { nobody_answered: "pass" } };
      const pass = { type: "passthru", url: "https://app.example/pass", exits: {} };
      const drive = new Drive({ flow: { flow: "1", start: "menu", applets: { menu, sales, pass } } });
      drive.thorough = false;
      for (let i = 0; i < loops; i++) drive.enterDigits("1");
      drive.enterDigits("2");
      drive.dial([A]);
      drive.hangUp();
      return drive;
    };
    expect(callOf(197).applets.slice(-2)).toEqual(["sales", "pass"]);
    const full = callOf(198);
    expect(full.applets).toHaveLength(MAX_APPLETS_PER_CALL);
    expect(full.applets.at(-1)).toBe("sales");
  });

  it("a call ends at its time limit", () => {
    const call = new Drive({ call: { timeLimitMs: 60_000 } });
    call.dial([A]);
    call.answer(2);
    call.after(59_900);
    expect(call.call.ended).toBe(true);
    expect(call.of("end")[0]?.record).toMatchObject({ ended_by: "platform", duration_ms: 60_000 });
    expect(call.traced("decision")).toMatchObject([{ rule: "LIMIT", message: "The call reached its time limit." }]);
  });

  it.each([
    ["is not set", undefined],
    ["is too high", 99_000_000],
  ])("API-1: a time limit that %s is four hours", (_, timeLimitMs) => {
    const call = new Drive(timeLimitMs === undefined ? {} : { call: { timeLimitMs } });
    expect(call.call.timers).toEqual([{ id: "call", at: START_MS + 14_400_000 }]);
  });

  it("a call dials at most 500 legs", () => {
    const call = new Drive({ flow: loopAt("nobody_answered") });
    call.thorough = false;
    const numbers = Array.from({ length: 100 }, (_, i) => `+9199000${String(10_000 + i)}`);
    for (let leg = 2; leg < 1000 && !call.call.ended; leg++) {
      if (call.call.fetches.length > 0) call.dial(numbers);
      if (call.call.lastLeg >= leg) call.refuse(leg);
    }
    expect(call.call.lastLeg).toBe(501);
    expect(call.traced("decision").find((entry) => entry.rule === "LIMIT")?.message).toBe(
      "The call has dialled 500 legs and may dial no more.",
    );
  });

  it("EXIT-4: a Connect that cannot dial at all because of the leg limit has dialled nobody", () => {
    const applets = {
      sales: {
        type: "connect",
        url: { primary: "https://app.example/connect" },
        exits: { nobody_answered: "sales", nobody_dialed: "none" },
      },
      none: { type: "hangup" },
    };
    const call = new Drive({ flow: { ...connectFlow, applets } });
    call.thorough = false;
    const numbers = Array.from({ length: 100 }, (_, i) => `+9199000${String(10_000 + i)}`);
    for (let leg = 2; leg < 600 && !call.call.ended; leg++) {
      if (call.call.fetches.length > 0) call.dial(numbers);
      if (call.call.lastLeg >= leg) call.refuse(leg);
    }
    expect(call.call.lastLeg).toBe(501);
    expect(call.exits).toEqual([...Array<string>(5).fill("sales.nobody_answered"), "sales.nobody_dialed"]);
    expect(call.call.facts).toMatchObject({ callType: "incomplete", legs: [] });
  });

  it("the trace is bounded: one entry says so, and only the end follows", () => {
    const call = new Drive();
    call.dial([A, "+919900000012"]);
    call.refuse(2);
    call.thorough = false;
    // Each answer of a cancelled leg is a decision.
    for (let i = 0; i < MAX_TRACE_ENTRIES; i++) call.answer(2);
    expect(call.trace).toHaveLength(MAX_TRACE_ENTRIES - 1);
    expect(call.trace.at(-1)).toMatchObject({ type: "decision", rule: "LIMIT" });
    call.hangUp();
    expect(call.trace).toHaveLength(MAX_TRACE_ENTRIES);
    expect(call.trace.at(-1)?.type).toBe("call.ended");
  });
});

describe("timers", () => {
  it("a timer that fires early is set again", () => {
    const call = new Drive();
    call.dial([A]);
    call.now += 1000;
    call.event({ kind: "timer", id: "ring" });
    expect(call.kinds).toEqual(["set_timer"]);
    expect(call.outcomes).toEqual([]);
    call.after(29_000);
    expect(call.outcomes).toEqual([`${A} no-answer`]);
  });

  it("a clock that runs backwards does not move the call back", () => {
    const call = new Drive();
    call.dial([A]);
    call.now -= 60_000;
    call.ring(2);
    expect(call.traced("attempt.ringing")[0]?.at_ms).toBe(100);
  });
});

describe("a flow that was not checked", () => {
  const SALES = { type: "connect", url: { primary: "https://app.example/connect" }, exits: {} };

  /** The last step of a call like `Drive`'s, in a flow that holds only these applets. */
  function unchecked(
    applets: CallSetup["flow"]["applets"],
    play: (step: (event: CallEvent) => StepResult) => void,
  ): StepResult {
    const { setup, call } = new Drive();
    const broken = { ...setup, flow: { ...setup.flow, applets } };
    const arrived = { callSid: call.callSid, from: call.from, to: call.to, customField: null } as const;
    let latest = step(broken, null, { kind: "call_arrived", at: START_MS, direction: "incoming", ...arrived });
    play((event) => (latest = step(broken, latest.state, event)));
    return latest;
  }

  const fetched: CallEvent = {
    kind: "fetched",
    at: START_MS,
    id: "f1",
    outcome: {
      ok: true,
      status: 200,
      contentType: "application/json",
      body: '{"destination":{"numbers":["+919900000011"]}}',
    },
    elapsedMs: 1,
  };

  it.each([
    ["no applet to start with", {}],
    ["an applet of an unknown type", { sales: { type: "conect" } }],
  ])("EXIT-5: with %s hangs up, and the trace says so", (_, applets) => {
    const { effects } = unchecked(applets, () => {});
    expect(effects).toContainEqual(expect.objectContaining({ kind: "reject" }));
    const decided = effects.flatMap((effect) => (effect.kind === "trace" ? [effect.entry] : []));
    expect(decided).toContainEqual(
      expect.objectContaining({ type: "decision", rule: "EXIT-5", message: 'The flow has no applet "sales".' }),
    );
    expect(effects.at(-1)).toMatchObject({ kind: "end", record: { ended_by: "platform", status: "busy" } });
  });

  it("EXIT-5: with a missing applet at an exit hangs up, and nobody is notified", () => {
    const sales = { ...SALES, exits: { nobody_answered: "nothing" } };
    const unanswered = unchecked({ sales }, (next) => {
      next(fetched);
      next({ kind: "leg_failed", at: START_MS, leg: 2, sip: 486, detail: "" });
    });
    expect(unanswered.effects.at(-1)).toMatchObject({
      kind: "end",
      record: { ended_by: "platform", status: "completed" },
    });
    const left = unchecked({ sales }, (next) => {
      next(fetched);
      next({ kind: "leg_ended", at: START_MS, leg: CALLER, detail: "" });
    });
    expect(left.effects.at(-1)).toMatchObject({ kind: "end", record: { ended_by: "caller" } });
    expect(left.effects.some((effect) => effect.kind === "notify")).toBe(false);
  });
});

describe("leaving an applet", () => {
  it("an applet may be called null: nothing runs after an exit without an applet", () => {
    const applets = { null: { ...connectFlow.applets.sales, exits: {} } };
    const call = new Drive({ flow: { flow: "1", start: "null", applets } });
    call.dial([A]);
    call.refuse(2);
    expect(call.applets).toEqual(["null"]);
    expect(call.exits).toEqual(["null.nobody_answered"]);
    expect(call.of("end")[0]?.record.call_type).toBe("incomplete");
  });

  it("clears its timers, but not the time limit of the call", () => {
    const flow = { ...connectFlow, applets: { ...connectFlow.applets, talked: connectFlow.applets.sales } };
    const call = new Drive({ flow });
    call.dial([A]);
    call.answer(2);
    expect(call.call.timers.map((timer) => timer.id)).toEqual(["call", "talk"]);
    call.hangUp(2);
    expect(call.call.timers.map((timer) => timer.id)).toEqual(["call"]);
    expect(call.kinds).toContain("clear_timer");
  });

  it("DIAL-11: the request to a Passthru that is notified after the caller left is its own", () => {
    const pass = { type: "passthru", url: "https://app.example/pass", exits: {} };
    const call = new Drive({ flow: { ...connectFlow, applets: { ...connectFlow.applets, unanswered: pass } } });
    call.dial([A]);
    call.hangUp();
    expect(call.traced("request.sent").at(-1)).toMatchObject({ applet: "unanswered", purpose: "passthru" });
    expect(call.traced("exit.taken")).toEqual([]);
    expect(call.call).toMatchObject({ applet: null, appletState: null });
  });
});

describe("digits", () => {
  const MENU = { type: "menu", say: { text: "Press 1." }, keys: { "1": "bye" } };
  const flow = { flow: "1", start: "menu", applets: { menu: MENU, bye: { type: "hangup" } } };

  it.each([
    ["a digit that ordinary telephones don't have", { leg: CALLER, digit: "A" }],
    ["more than one digit at once", { leg: CALLER, digit: "11" }],
    ["a digit of another leg", { leg: 2, digit: "1" }],
  ])("%s is not for the flow", (_, digit) => {
    const call = new Drive({ flow });
    call.event({ kind: "digit", ...digit });
    expect(call.kinds).toEqual([]);
    expect(call.traced("digits")).toEqual([]);
    call.enterDigits("1");
    expect(call.exits).toEqual(["menu.1"]);
  });
});

describe("events out of place", () => {
  it("a call that arrives again, and anything after the end, changes nothing", () => {
    const call = new Drive();
    const again = { callSid: "again", from: "x", to: "y", direction: "incoming", customField: null } as const;
    expect(call.event({ kind: "call_arrived", ...again })).toEqual([]);
    call.hangUp();
    const ended = call.call;
    expect(call.event({ kind: "command", command: "recover" })).toEqual([]);
    expect(call.call).toBe(ended);
  });
});

describe("playbacks", () => {
  it("the trace says how one ended", () => {
    const GREET = { type: "greeting", say: { text: "Hello" }, next: "again" };
    const applets = { greet: GREET, again: { ...GREET, next: "bye" }, bye: { type: "hangup" } };
    const call = new Drive({ flow: { flow: "1", start: "greet", applets } });
    const [first] = call.call.plays;
    call.played();
    call.event({ kind: "playback_ended", id: first ?? "", failure: null });
    expect(call.latest).toEqual([]);
    call.played("no voice");
    expect(call.traced("playback.ended").map((entry) => entry.message)).toEqual(["played to its end", "no voice"]);
  });
});

describe("legs", () => {
  it("the answer of a cancelled leg is traced, that of a leg that never existed is not", () => {
    const call = new Drive();
    call.dial([A, "+919900000012"]);
    call.refuse(2);
    call.answer(2);
    expect(call.of("hang_up")).toEqual([{ kind: "hang_up", leg: 2 }]);
    expect(call.traced("decision").at(-1)).toMatchObject({
      rule: "DIAL-2",
      message: "Leg 2 answered after it had been cancelled: it is hung up and does not count as a conversation.",
    });
    call.answer(4);
    expect(call.latest).toEqual([]);
  });

  it("a leg answers once, and does not ring afterwards", () => {
    const call = new Drive({ account: { dialEvents: ["dial", "ringing", "answered", "terminal"] } });
    call.dial([A], { music_on_hold: { type: "operator_tone" } });
    call.answer(2);
    for (const kind of ["leg_answered", "leg_ringing", "leg_early_media"] as const) {
      call.event({ kind, leg: 2 });
      expect(call.latest).toEqual([]);
    }
  });

  it("the SIP status of a leg that failed is in the trace; one that ended has none", () => {
    const call = new Drive();
    call.dial([A, "+919900000012"]);
    call.refuse(2, 486);
    call.hangUp(3);
    expect(call.traced("attempt.ended").map((entry) => entry.sip)).toEqual([486, null]);
  });

  it("a leg that ended by itself is not hung up as well", () => {
    const call = new Drive();
    call.dial([A]);
    call.answer(2);
    call.hangUp(2);
    expect(call.of("hang_up").map((effect) => effect.leg)).toEqual([CALLER]);
  });

  it("a ringing leg that reports its end has failed, an answered one that reports failure has ended", () => {
    const call = new Drive();
    call.dial([A, "+919900000012"]);
    call.hangUp(2);
    expect(call.outcomes).toEqual([`${A} failed`]);
    call.answer(3);
    call.refuse(3);
    expect(call.exits).toEqual(["sales.conversation_ended"]);
  });
});
