import { describe, expect, it } from "vitest";
import { CALLER } from "../../call/legs.ts";
import type { ExampleScriptPlan } from "../../call/example-script.ts";
import { Drive } from "../../engine/testing/drive.ts";
import { voicemail } from "./voicemail.ts";

function voicemailFlow(more: Record<string, unknown> = {}) {
  const vm = { type: "voicemail", say: { text: "Leave a message" }, max_duration: 60, next: "pass", ...more };
  return { flow: "1", start: "vm", applets: { vm, pass: { type: "passthru", url: "https://app.example/pass" } } };
}

/** A caller who has heard prompt and beep. */
function recording(more: Record<string, unknown> = {}): Drive {
  const call = new Drive({ flow: voicemailFlow(more) });
  call.played();
  call.played();
  return call;
}

describe("a voicemail", () => {
  it("APP-6: prompt, beep, then the recording of the caller only, with its limits", () => {
    const call = new Drive({ flow: voicemailFlow({ max_silence: 4 }) });
    expect(call.of("play")[0]?.items).toMatchObject([{ kind: "text", text: "Leave a message" }]);
    expect(call.of("record")).toEqual([]);
    call.played();
    expect(call.of("play")[1]).toMatchObject({ legs: [CALLER], items: [{ kind: "tone", tone: "beep" }] });
    call.played();
    expect(call.of("record")).toMatchObject([{ legs: [CALLER], layout: "mono", maxMs: 60_000, silenceMs: 4000 }]);
  });

  it("APP-6: without a prompt it starts with the beep", () => {
    const call = new Drive({ flow: voicemailFlow({ say: undefined }) });
    expect(call.of("play")[0]?.items).toEqual([{ kind: "tone", tone: "beep" }]);
  });

  it("APP-6: # ends it, and the next request carries the recording", () => {
    const call = recording();
    call.enterDigits("5");
    expect(call.exits).toEqual([]);
    call.enterDigits("#");
    expect(call.of("stop_recording")).toHaveLength(1);
    expect(call.query("passthru")).toMatchObject({
      CallType: "voicemail",
      RecordingUrl: `https://rec.example/${call.of("record")[0]?.id}.wav`,
    });
  });

  it("APP-6: silence or the limit end it: the recording closes by itself", () => {
    const call = recording();
    call.recorded();
    expect(call.exits).toEqual(["vm.next"]);
    expect(call.of("stop_recording")).toEqual([]);
  });

  it("APP-6: a caller who hangs up ends it; the exit is taken and a Passthru after it is notified once", () => {
    const call = recording();
    call.hangUp();
    expect(call.exits).toEqual(["vm.next"]);
    expect(call.of("notify")).toHaveLength(1);
    expect(call.query("passthru")).toMatchObject({ CallType: "voicemail" });
    expect(call.call.ended).toBe(false);
    call.recorded();
    expect(call.of("end")[0]?.record).toMatchObject({ call_type: "voicemail", ended_by: "caller" });
  });

  it("APP-6: a caller who hangs up during the prompt has left no message", () => {
    const call = new Drive({ flow: voicemailFlow() });
    call.hangUp();
    expect(call.exits).toEqual([]);
    expect(call.of("notify")).toEqual([]);
    expect(call.of("end")[0]?.record.call_type).toBe("call-attempt");
  });

  it("REQ-27, REQ-30: a failed recording is not reported", () => {
    const call = recording();
    call.recorded("disk full");
    expect(call.query("passthru")).not.toHaveProperty("RecordingUrl");
  });

  it("a recording that never reports its end does not hold the caller forever", () => {
    const call = recording();
    call.after(64_999);
    expect(call.exits).toEqual([]);
    call.after(1);
    expect(call.exits).toEqual(["vm.next"]);
  });

  it("a beep that never reports its end is cut, and the recording begins", () => {
    const call = new Drive({ flow: voicemailFlow() });
    call.played();
    call.after(3000);
    expect(call.kinds.slice(0, 2)).toEqual(["stop_playing", "record"]);
  });

  it("digits entered before it do not answer a prompt after it", () => {
    const flow = voicemailFlow();
    const greet = { type: "greeting", say: { text: "Hello" }, next: "vm" };
    const menu = { type: "menu", say: { text: "Press 1" }, keys: { "1": "pass" } };
    const vm = { ...flow.applets.vm, next: "menu" };
    const call = new Drive({ flow: { ...flow, start: "greet", applets: { ...flow.applets, greet, vm, menu } } });
    call.enterDigits("1");
    call.played();
    call.played();
    call.played();
    call.recorded();
    expect(call.applets).toEqual(["greet", "vm", "menu"]);
  });

  it("# during the prompt goes on to the beep", () => {
    const call = new Drive({ flow: voicemailFlow() });
    call.enterDigits("#");
    expect(call.kinds).toEqual(["stop_playing", "clear_timer", "set_timer", "play"]);
  });

  it("APP-6: any other digit changes nothing, neither during the prompt nor during the beep", () => {
    const call = new Drive({ flow: voicemailFlow() });
    call.enterDigits("1");
    expect(call.kinds).toEqual([]);
    call.played();
    call.enterDigits("1#");
    expect(call.of("record")).toEqual([]);
    call.played();
    expect(call.of("record")).toHaveLength(1);
  });

  it("APP-6: the recording of an earlier conversation that closes late does not end the message", () => {
    const exits = { conversation_ended: "vm" };
    const sales = { type: "connect", url: { primary: "https://app.example/connect" }, exits };
    const flow = voicemailFlow({ say: undefined });
    const call = new Drive({ flow: { ...flow, start: "sales", applets: { ...flow.applets, sales } } });
    call.dial(["+919900000011"], { record: true });
    call.answer(2);
    call.hangUp(2);
    call.played();
    expect(call.call.recordings).toHaveLength(2);
    call.recorded();
    expect(call.exits).toEqual(["sales.conversation_ended"]);
    call.recorded();
    expect(call.exits).toEqual(["sales.conversation_ended", "vm.next"]);
  });
});

/** What an operator reads about the voicemail: prompt, beep, recording, exit. */
function traceLines(call: Drive): string[] {
  const from = call.trace.findIndex((entry) => entry.type === "playback.started");
  const to = call.trace.findIndex((entry) => entry.type === "exit.taken");
  return call.trace.slice(from, to + 1).map((entry) => {
    const { type, rule, what, layout, exit, message } = { ...entry } as Record<string, unknown>;
    return [type, rule, what, layout, exit, message]
      .filter((each) => typeof each === "string" && each !== "")
      .join(" ");
  });
}

const UNTIL_RECORDED = [
  "playback.started APP-1 text: Leave a message",
  "playback.ended played to its end",
  "playback.started APP-6 beep tone",
  "playback.ended played to its end",
  "recording.started mono",
];

describe("the trace of a voicemail", () => {
  it.each<[string, (call: Drive) => void, string[]]>([
    ["the caller enters #", (call) => call.enterDigits("#"), ["exit.taken APP-6 next"]],
    ["the recording closes", (call) => call.recorded(), ["recording.closed", "exit.taken APP-6 next"]],
    ["the recording never closes", (call) => call.after(65_000), ["exit.taken APP-6 next"]],
    ["the caller hangs up", (call) => call.hangUp(), ["caller.left", "exit.taken APP-6 next"]],
  ])("APP-6: shows prompt, beep, recording and exit when %s", (_, endMessage, expected) => {
    const call = recording();
    endMessage(call);
    expect(traceLines(call)).toEqual([...UNTIL_RECORDED, ...expected]);
  });
});

const WITH_URL = { type: "voicemail", say: { url: "https://app.example/words" } };
const WITH_TEXT = { type: "voicemail", say: { text: "Leave a message" }, next: "pass" };

describe("the bounds of a voicemail", () => {
  it("APP-6, APP-9: it waits for the caller, who has always heard the beep", () => {
    expect(voicemail.exits(WITH_TEXT)).toEqual([
      {
        name: "next",
        label: "after the message",
        target: "pass",
        path: ["next"],
        waits: true,
        silence: { afterSound: 0, throughout: null },
        optional: false,
      },
    ]);
    expect(voicemail.exits(WITH_URL)[0]?.target).toBeNull();
  });

  it.each([
    ["no prompt", { type: "voicemail" }, 0],
    ["a prompt of its own", WITH_TEXT, 0],
    ["a URL, which may take the time of a request", WITH_URL, 5000],
  ])("APP-6: how long it is silent with %s", (_, document, silenceMs) => {
    const silentBecause = "Its URL may take 5 s to answer.";
    const dialsNobody = { ringMs: 0, ringsBecause: "It dials nobody." };
    expect(voicemail.times(document)).toEqual({ ...dialsNobody, silenceMs, silentBecause });
  });

  it.each<[ExampleScriptPlan["timing"], object]>([
    ["fast", { urls: [[WITH_URL.say.url, { status: 200, text: "Hello" }]], sounds: { Hello: 1000 }, takesMs: 3000 }],
    ["slow", { urls: [[WITH_URL.say.url, { status: 200, text: "Hello" }]], sounds: { Hello: 1000 }, takesMs: 3000 }],
    ["silent", { urls: [[WITH_URL.say.url, { error: "timeout" }]], takesMs: 7000 }],
  ])("APP-6: its example call is ended by # two seconds after the prompt: %s", (timing, script) => {
    const afterMs = timing === "silent" ? 7000 : 3000;
    const presses = [{ afterMs, digits: "#" }];
    expect(voicemail.exampleScript(WITH_URL, { target: "next", timing, select: null })).toEqual({ ...script, presses });
  });
});
