import { describe, expect, it } from "vitest";
import type { CallEvent } from "./events.ts";
import { readStoredEvent, readStoredEvents } from "./stored-event.ts";

const stored = (event: unknown, seq = 1, version = 2) => ({ seq, version, json: JSON.stringify(event) });
const arrived: CallEvent = {
  kind: "call_arrived",
  at: 1000,
  callSid: "c",
  from: "+919812345678",
  to: "+918047100000",
  direction: "incoming",
  customField: null,
};
const outcome = { ok: true, status: 200, contentType: null, body: "{}" } as const;
const every: readonly CallEvent[] = [
  { kind: "fetched", at: 1, id: "f1", outcome, elapsedMs: 3 },
  { kind: "fetched", at: 1, id: "f1", outcome: { ok: false, reason: "dns", detail: "no such host" }, elapsedMs: 3 },
  { kind: "audio_checked", at: 1, id: "a1", outcome, elapsedMs: 3 },
  {
    kind: "invite_sent",
    at: 1,
    leg: 2,
    trunk: "main",
    target: "127.0.0.1:5080",
    uri: "sip:+919900000011@127.0.0.1",
    sipCallId: "x",
    reason: null,
  },
  { kind: "media_source", at: 1, leg: 2, change: "latched", source: "127.0.0.1:4000" },
  { kind: "leg_ringing", at: 1, leg: 2 },
  { kind: "leg_early_media", at: 1, leg: 2 },
  { kind: "leg_answered", at: 1, leg: 2 },
  { kind: "leg_failed", at: 1, leg: 2, sip: null, detail: "no route" },
  { kind: "leg_ended", at: 1, leg: 2, detail: "BYE" },
  { kind: "playback_ended", at: 1, id: "p1", failure: null },
  { kind: "digit", at: 1, leg: 1, digit: "5" },
  { kind: "timer", at: 1, id: "ring" },
  { kind: "recording_ready", at: 1, id: "r1", durationMs: 10, failure: null },
  { kind: "command", at: 1, command: "recover" },
  { kind: "command", at: 1, command: "redirect", applet: "desk" },
  { kind: "command", at: 1, command: "start_recording", layout: "dual" },
  { kind: "command", at: 1, command: "send_digits", to: "callee", digits: "12#" },
  { kind: "command", at: 1, command: "play", to: "both", what: { kind: "tone", tone: "beep" } },
];

describe("a journalled event", () => {
  it("of an earlier version is read under its present name", () => {
    const played = { kind: "played", at: 1000, id: "p1", failure: null };
    expect(readStoredEvent(stored(played, 1, 1))).toEqual({ ok: true, value: { ...played, kind: "playback_ended" } });
  });

  it.each([arrived, ...every])("of this version is read as it was written: $kind", (event) => {
    expect(readStoredEvent(stored(event))).toEqual({ ok: true, value: event });
  });

  it.each([
    ["text that is not JSON", { seq: 1, version: 2, json: '{"kind":"tim' }, "is not JSON"],
    ["a text sealed with another secret", { seq: 1, version: 2, json: "sealed:1:AAAA" }, "is not JSON"],
    ["a list", stored([]), "is not an event"],
    ["null", stored(null), "is not an event"],
    ["an unknown kind", stored({ kind: "telepathy", at: 1 }), "unknown kind"],
    ["a kind that every object has", stored({ kind: "constructor", at: 1 }), "unknown kind"],
    ["no time", stored({ kind: "timer", id: "ring" }), "is a timer whose at is not of type number"],
    ["a field of another type", stored({ kind: "digit", at: 1, leg: "1", digit: "5" }), "leg is not of type number"],
    ["half an outcome", stored({ ...every[0], outcome: { ok: true } }), "outcome is not of type outcome"],
    ["a command of a newer version", stored({ kind: "command", at: 1, command: "sing" }), "command that is not known"],
    ["a command that every object has", stored({ kind: "command", at: 1, command: "constructor" }), "is not known"],
    ["half a command", stored({ kind: "command", at: 1, command: "redirect" }), "lacks a field"],
    ["a newer format", stored(arrived, 1, 3), "newer version (format 3)"],
  ])("M3: with %s is unreadable, which is returned as an error and not thrown", (_, step, error) => {
    const read = readStoredEvent(step);
    expect(read.ok ? "" : read.error).toContain(error);
  });
});

describe("the journal of a call", () => {
  it("is read completely", () => {
    const steps = [arrived, ...every].map((event, index) => stored(event, index + 1));
    expect(readStoredEvents(steps)).toEqual({ ok: true, value: [arrived, ...every] });
  });

  it.each([
    ["no row", [], "no row"],
    ["no beginning", [stored({ kind: "leg_ringing", at: 1, leg: 2 }, 2)], "row 1 is missing"],
    ["a hole", [stored(arrived), stored({ kind: "leg_ringing", at: 1, leg: 2 }, 3)], "row 2 is missing"],
    [
      "another event for its beginning",
      [stored({ kind: "leg_ringing", at: 1, leg: 2 })],
      "row 1 is not the call_arrived that begins a call",
    ],
    ["a second beginning", [stored(arrived), stored(arrived, 2)], "row 2 is a second call_arrived"],
    ["an unreadable row", [stored(arrived), { seq: 2, version: 2, json: "" }], "journal row 2 is not JSON"],
  ])("M3: with %s says what is wrong", (_, steps, error) => {
    const read = readStoredEvents(steps);
    expect(read.ok ? "" : read.error).toContain(error);
  });
});
