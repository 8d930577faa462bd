import { describe, expect, it } from "vitest";
import { CALLER } from "../../call/legs.ts";
import { Drive } from "../../engine/testing.ts";

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
  it("APP-6: prompt, beep, then the recording of the caller alone, with its limits", () => {
    const call = new Drive({ flow: voicemailFlow({ max_silence: 4 }) });
    expect(call.of("play")[0]?.items).toMatchObject([{ kind: "text", text: "Leave a message" }]);
    expect(call.of("record")).toEqual([]);
    call.played();
    expect(call.of("play")[1]?.items).toEqual([{ kind: "tone", tone: "beep" }]);
    call.played();
    expect(call.of("record")).toMatchObject([{ legs: [CALLER], layout: "mono", maxMs: 60_000, silenceMs: 4000 }]);
  });

  it("APP-6: without a prompt it begins with the beep", () => {
    const call = new Drive({ flow: voicemailFlow({ say: undefined }) });
    expect(call.of("play")[0]?.items).toEqual([{ kind: "tone", tone: "beep" }]);
  });

  it("APP-6: # ends it, and the next applet is told of it", () => {
    const call = recording();
    call.presses("5");
    expect(call.exits).toEqual([]);
    call.presses("#");
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

  it("APP-6: the caller hanging up ends it; the exit is taken and a Passthru behind it told once", () => {
    const call = recording();
    call.leaves();
    expect(call.exits).toEqual(["vm.next"]);
    expect(call.of("notify")).toHaveLength(1);
    expect(call.query("passthru")).toMatchObject({ CallType: "voicemail" });
    expect(call.call.ended).toBe(false);
    call.recorded();
    expect(call.of("end")[0]?.record).toMatchObject({ call_type: "voicemail", ended_by: "caller" });
  });

  it("APP-6: a caller who hangs up during the prompt has left no message", () => {
    const call = new Drive({ flow: voicemailFlow() });
    call.leaves();
    expect(call.exits).toEqual([]);
    expect(call.of("notify")).toEqual([]);
    expect(call.of("end")[0]?.record.call_type).toBe("call-attempt");
  });

  it("REQ-27, REQ-30: a recording that failed is not told", () => {
    const call = recording();
    call.recorded("disk full");
    expect(call.query("passthru")).not.toHaveProperty("RecordingUrl");
  });

  it("a recording that never reports its end does not hold the caller for ever", () => {
    const call = recording();
    call.after(65_000);
    expect(call.exits).toEqual(["vm.next"]);
  });

  it("a beep that never reports its end is cut, and the recording begins", () => {
    const call = new Drive({ flow: voicemailFlow() });
    call.played();
    call.after(3000);
    expect(call.kinds.slice(0, 2)).toEqual(["stop_playing", "record"]);
  });

  it("keys pressed before it answer no prompt behind it", () => {
    const flow = voicemailFlow();
    const greet = { type: "greeting", say: { text: "Hello" }, next: "vm" };
    const menu = { type: "menu", say: { text: "Press 1" }, keys: { "1": "pass" } };
    const vm = { ...flow.applets.vm, next: "menu" };
    const call = new Drive({ flow: { ...flow, start: "greet", applets: { ...flow.applets, greet, vm, menu } } });
    call.presses("1");
    call.played();
    call.played();
    call.played();
    call.recorded();
    expect(call.applets).toEqual(["greet", "vm", "menu"]);
  });

  it("# during the prompt goes on to the beep", () => {
    const call = new Drive({ flow: voicemailFlow() });
    call.presses("#");
    expect(call.kinds).toEqual(["stop_playing", "clear_timer", "set_timer", "play"]);
  });
});
