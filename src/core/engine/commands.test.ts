import { describe, expect, it } from "vitest";
import { CALL_ACTIONS, type CallAction, type CallPhase, phaseOf } from "../call/call-action.ts";
import type { CallCommand } from "../call/command.ts";
import { parseFlow } from "../flow/flow.ts";
import { CALLER_NUMBER, connectFlow, Drive } from "./testing/drive.ts";

const A = "+919900000011";

const COMMANDS: Readonly<Record<CallAction, CallCommand>> = {
  hang_up: { command: "hang_up" },
  redirect: { command: "redirect", applet: "talked" },
  start_recording: { command: "start_recording", layout: "dual" },
  stop_recording: { command: "stop_recording" },
  pause_recording: { command: "pause_recording" },
  resume_recording: { command: "resume_recording" },
  send_digits: { command: "send_digits", to: "caller", digits: "12#" },
  play: { command: "play", to: "both", what: { kind: "text", text: "One minute left", language: "en" } },
};

const flow = {
  flow: "11754",
  start: "route",
  applets: {
    ...connectFlow.applets,
    // Needs no caller: the call has not been answered while it waits.
    route: { type: "passthru", url: "https://app.example/route", exits: { ok: "ask" } },
    ask: { type: "gather", parameters: { gather_prompt: { text: "?" } }, exits: { digits_entered: "sales" } },
    desk: { type: "greeting", say: { text: "The desk" }, next: "talked" },
  },
};

/** A call in each phase, in which nothing is recorded. */
const CALLS: Readonly<Record<CallPhase, () => Drive>> = {
  placing: () =>
    new Drive({
      flow,
      call: {
        placed: {
          destination: { kind: "number", e164: CALLER_NUMBER },
          ringLimitMs: 30_000,
          statusCallback: null,
          second: null,
        },
      },
    }),
  arriving: () => new Drive({ flow }),
  in_flow: () => {
    const call = CALLS.arriving();
    call.text("");
    return call;
  },
  dialing: () => {
    const call = CALLS.in_flow();
    call.enterDigits("1#");
    call.dial([A]);
    return call;
  },
  talking: () => {
    const call = CALLS.dialing();
    call.answer(2);
    return call;
  },
  ending: () => {
    const call = CALLS.in_flow();
    call.hangUp();
    return call;
  },
};

const PHASES = Object.keys(CALLS) as CallPhase[];
const ACTIONS = Object.keys(CALL_ACTIONS) as CallAction[];

function command(call: Drive, name: CallAction): readonly string[] {
  call.event({ kind: "command", ...COMMANDS[name] });
  return call.kinds;
}

describe("the table of actions", () => {
  it.each(PHASES)("has calls to try it on: %s", (phase) => {
    expect(phaseOf(CALLS[phase]().call)).toBe(phase);
  });

  it.each(ACTIONS.flatMap((action) => PHASES.map((phase) => [action, phase] as const)))(
    "decides whether %s does anything to a call that is %s",
    (action, phase) => {
      const call = CALLS[phase]();
      const needsRecording = ["running", "not paused", "paused"].includes(CALL_ACTIONS[action].recording ?? "none");
      const isLegal = CALL_ACTIONS[action].phases.includes(phase) && !needsRecording;
      expect(command(call, action).length > 0).toBe(isLegal);
      if (!isLegal && phase !== "ending")
        expect(call.traced("decision").at(-1)).toMatchObject({
          rule: "COMMAND",
          message: /^Refused: \w+ is not possible now: /,
        });
    },
  );
});

describe("redirecting a live call", () => {
  it("hangs up the callee, and the caller goes on at the applet", () => {
    const call = CALLS.talking();
    call.after(5000);
    call.event({ kind: "command", command: "redirect", applet: "desk" });
    expect(call.kinds).toEqual(["unbridge", "hang_up", "clear_timer", "play", "set_timer"]);
    expect(call.of("hang_up")).toMatchObject([{ leg: 2 }]);
    expect(call.traced("conversation.ended")).toMatchObject([{ by: "platform", duration_ms: 5000, rule: "COMMAND" }]);
    expect(call.traced("call.redirected")).toMatchObject([{ flow: "11754", applet: "desk" }]);
    expect(call.applets.at(-1)).toBe("desk");
    call.played();
    expect(call.traced("call.ended")[0]?.cdr).toMatchObject({ conversation_s: 5, call_type: "completed" });
  });

  it("cancels the legs that are ringing, and the requests of the applet", () => {
    const call = CALLS.dialing();
    call.event({ kind: "command", command: "redirect", applet: "desk" });
    expect(call.of("cancel")).toMatchObject([{ leg: 2, reason: "call_ended" }]);
    expect(call.outcomes).toEqual([`${A} canceled`]);
  });

  it("REQ-20: into another flow sends that flow's id from then on, and follows its exits", () => {
    const other = parseFlow({
      flow: "22",
      start: "pass",
      applets: {
        pass: { type: "passthru", url: "https://app.example/other", exits: { ok: "end" } },
        end: { type: "hangup" },
      },
    });
    if (!other.ok) throw new Error("flow");
    const call = CALLS.in_flow();
    call.event({ kind: "command", command: "redirect", flow: other.value, applet: other.value.start });
    expect(call.query("passthru")).toMatchObject({ flow_id: "22" });
    call.text("");
    expect(call.applets.slice(-2)).toEqual(["pass", "end"]);
    expect(call.call.ended).toBe(true);
  });

  it("to an applet that the flow does not have ends the call, and says so", () => {
    const call = CALLS.in_flow();
    call.event({ kind: "command", command: "redirect", applet: "nowhere" });
    expect(call.traced("decision").at(-1)?.message).toBe('The flow has no applet "nowhere".');
    expect(call.call.ended).toBe(true);
  });

  it("counts as an applet run: APP-9 ends a call that a program redirects endlessly", () => {
    const call = CALLS.in_flow();
    for (let i = 0; i < 200 && !call.call.ended; i++)
      call.event({ kind: "command", command: "redirect", applet: "desk" });
    expect([call.call.ended, call.rules.at(-1)]).toEqual([true, "APP-9"]);
  });
});

describe("recording by command", () => {
  it("starts, pauses, resumes and stops; the URL of the recording is known from then on", () => {
    const call = CALLS.talking();
    expect(command(call, "start_recording")).toEqual(["record"]);
    const { id = "" } = call.of("record")[0] ?? {};
    expect(command(call, "start_recording")).toEqual([]);
    expect(command(call, "resume_recording")).toEqual([]);
    expect(command(call, "pause_recording")).toEqual(["pause_recording"]);
    expect(command(call, "pause_recording")).toEqual([]);
    expect(command(call, "resume_recording")).toEqual(["pause_recording"]);
    expect(call.of("pause_recording")).toEqual([
      { kind: "pause_recording", id, paused: true },
      { kind: "pause_recording", id, paused: false },
    ]);
    expect(command(call, "stop_recording")).toEqual(["stop_recording"]);
    expect(command(call, "stop_recording")).toEqual([]);
    expect(call.call.facts.recordingUrl).toBe(`https://rec.example/${id}.wav`);
    call.recorded();
    expect(command(call, "start_recording")).toEqual(["record"]);
    call.hangUp();
    expect(call.of("stop_recording")).not.toHaveLength(1);
  });

  it("DIAL-10: stops and pauses a recording that the answer started", () => {
    const call = CALLS.in_flow();
    call.enterDigits("1#");
    call.dial([A], { record: true });
    call.answer(2);
    expect(command(call, "pause_recording")).toEqual(["pause_recording"]);
    expect(command(call, "stop_recording")).toEqual(["stop_recording"]);
  });
});

describe("sound and digits by command", () => {
  it.each([
    ["caller", [1]],
    ["callee", [2]],
    ["both", [1, 2]],
  ] as const)("plays to the %s", (to, legs) => {
    const call = CALLS.talking();
    call.event({ kind: "command", command: "play", to, what: { kind: "tone", tone: "beep" } });
    expect(call.of("play").at(-1)).toMatchObject({ legs, loop: false });
    // Its end changes nothing for the Connect.
    call.played("no such file");
    expect([call.kinds, phaseOf(call.call)]).toEqual([[], "talking"]);
  });

  it.each([
    ["caller", 1],
    ["callee", 2],
  ] as const)("sends digits to the %s, and keeps them out of the trace", (to, leg) => {
    const call = CALLS.talking();
    call.event({ kind: "command", command: "send_digits", to, digits: "9876#" });
    expect(call.of("send_digits")).toEqual([{ kind: "send_digits", leg, digits: "9876#" }]);
    expect(JSON.stringify(call.trace)).not.toContain("9876");
  });

  it("sends no digits to a callee who is not connected to the caller", () => {
    const call = CALLS.dialing();
    call.event({ kind: "command", command: "send_digits", to: "callee", digits: "1" });
    expect(call.kinds).toEqual([]);
  });
});
