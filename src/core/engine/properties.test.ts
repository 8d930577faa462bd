import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CallEvent } from "../call/events.ts";
import { CALLER } from "../call/legs.ts";
import type { Destination } from "../contract/destination.ts";
import type { StatusEvent } from "../contract/placed-call.ts";
import type { HttpOutcome } from "../contract/http.ts";
import { parseFlow } from "../flow/flow.ts";
import { Drive, type DriveOptions, type Untimed } from "./testing/drive.ts";

/** All numbers in the answers; few, so that lists contain duplicates. */
const NUMBERS = ["+919900000011", "+919900000012", "+919900000013", "09900000014", "sip:anil", "nonsense"];

const answer = fc.record(
  {
    destination: fc.record({ numbers: fc.array(fc.constantFrom(...NUMBERS), { maxLength: 5 }) }),
    fetch_after_attempt: fc.boolean(),
    record: fc.boolean(),
    recording_channels: fc.constantFrom("single", "dual"),
    max_ringing_duration: fc.integer({ min: 1, max: 60 }),
    max_conversation_duration: fc.integer({ min: 1, max: 4500 }),
    music_on_hold: fc.constantFrom(
      { type: "default_tone" },
      { type: "operator_tone" },
      { type: "custom_tone", value: "https://cdn.example/hold.wav" },
    ),
    parallel_ringing: fc.record({ activate: fc.boolean(), max_parallel_attempts: fc.integer({ min: 1, max: 10 }) }),
    dial_passthru_event_url: fc.constant("https://app.example/events"),
    start_call_playback: fc.record({
      playback_to: fc.constantFrom("callee", "both"),
      type: fc.constantFrom("text", "audio_url"),
      value: fc.constant("https://cdn.example/whisper.wav"),
    }),
  },
  { requiredKeys: ["destination"] },
);

const outcome: fc.Arbitrary<HttpOutcome> = fc.oneof(
  {
    weight: 6,
    arbitrary: answer.map((body) => ({
      ok: true as const,
      status: 200,
      contentType: "application/json",
      body: JSON.stringify(body),
    })),
  },
  fc.constantFrom<HttpOutcome[]>(
    { ok: true, status: 500, contentType: "text/html", body: "" },
    { ok: true, status: 200, contentType: "audio/wav", body: "" },
    { ok: true, status: 200, contentType: "text/plain", body: "09900000011" },
    { ok: false, reason: "timeout", detail: "" },
  ),
);

const sip = fc.constantFrom(404, 408, 480, 486, 503, 600, 603, null);

/** One thing that happens. `pick` chooses among what is open, so that most events concern something. */
type Happening = (drive: Drive, pick: number) => void;

const happenings: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 5,
    arbitrary: outcome.map(
      (each): Happening =>
        (drive, pick) =>
          answerOne(drive, pick, each),
    ),
  },
  { weight: 4, arbitrary: fc.constant<Happening>((drive, pick) => onLeg(drive, pick, "leg_answered")) },
  { weight: 2, arbitrary: fc.constant<Happening>((drive, pick) => onLeg(drive, pick, "leg_ringing")) },
  { weight: 2, arbitrary: fc.constant<Happening>((drive, pick) => onLeg(drive, pick, "leg_early_media")) },
  { weight: 2, arbitrary: fc.constant<Happening>((drive, pick) => onLeg(drive, pick, "leg_ended")) },
  { weight: 3, arbitrary: fc.constant<Happening>((drive) => void drive.event({ kind: "leg_answered", leg: CALLER })) },
  { weight: 1, arbitrary: fc.constant<Happening>((drive) => void drive.event({ kind: "leg_ringing", leg: CALLER })) },
  {
    weight: 2,
    arbitrary: command().map(
      (each): Happening =>
        (drive) =>
          void drive.event(each),
    ),
  },
  {
    weight: 3,
    arbitrary: sip.map(
      (code): Happening =>
        (drive, pick) =>
          onLeg(drive, pick, "leg_failed", code),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.nat({ max: 70_000 }).map(
      (ms): Happening =>
        (drive) =>
          drive.after(ms),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.boolean().map(
      (ok): Happening =>
        (drive, pick) =>
          playOne(drive, pick, ok),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.boolean().map(
      (ok): Happening =>
        (drive, pick) =>
          recordOne(drive, pick, ok),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("1", "5", "*", "#").map(
      (digit): Happening =>
        (drive) =>
          drive.enterDigits(digit),
    ),
  },
  {
    weight: 1,
    arbitrary: strayEvent().map(
      (event): Happening =>
        (drive) =>
          void drive.event(event),
    ),
  },
);

/** People and programs give commands at any time, possible or not. */
function command(): fc.Arbitrary<Untimed> {
  const to = fc.constantFrom("caller" as const, "callee" as const);
  const named = fc
    .constantFrom("stop_recording" as const, "pause_recording" as const, "resume_recording" as const)
    .map((name) => ({ kind: "command" as const, command: name }));
  return fc.oneof(
    named,
    fc.record({
      kind: fc.constant("command" as const),
      command: fc.constant("redirect" as const),
      applet: fc.constantFrom("a", "again", "first", "nowhere"),
    }),
    fc.record({
      kind: fc.constant("command" as const),
      command: fc.constant("start_recording" as const),
      layout: fc.constantFrom("mono" as const, "dual" as const),
    }),
    fc.record({
      kind: fc.constant("command" as const),
      command: fc.constant("send_digits" as const),
      to,
      digits: fc.constant("12#"),
    }),
    fc.record({
      kind: fc.constant("command" as const),
      command: fc.constant("play" as const),
      to: fc.oneof(to, fc.constant("both" as const)),
      what: fc.constant({ kind: "tone" as const, tone: "beep" as const }),
    }),
  );
}

function answerOne(drive: Drive, pick: number, answered: HttpOutcome): void {
  const id = among(drive.call.fetches, pick);
  if (id === null) return;
  drive.after(10);
  drive.event({ kind: id.startsWith("a") ? "audio_checked" : "fetched", id, outcome: answered, elapsedMs: 10 });
}

/** Any leg ever dialled, even one that is gone: late and impossible events must do no harm. */
function onLeg(drive: Drive, pick: number, kind: `leg_${string}` & CallEvent["kind"], code: number | null = 486): void {
  const leg = 2 + (pick % Math.max(1, drive.call.lastLeg - CALLER));
  if (kind === "leg_failed") drive.event({ kind, leg, sip: code, detail: "" });
  else if (kind === "leg_ended") drive.event({ kind, leg, detail: "" });
  else drive.event({ kind, leg });
}

function playOne(drive: Drive, pick: number, ok: boolean): void {
  const id = among(drive.call.plays, pick);
  if (id !== null) drive.event({ kind: "playback_ended", id, failure: ok ? null : "no such file" });
}

function recordOne(drive: Drive, pick: number, ok: boolean): void {
  const id = among(drive.call.recordings, pick)?.id;
  if (id !== undefined) drive.event({ kind: "recording_ready", id, durationMs: 5, failure: ok ? null : "disk full" });
}

function among<T>(list: readonly T[], pick: number): T | null {
  return list[pick % Math.max(1, list.length)] ?? null;
}

/** Events that belong to nothing, or come at the wrong time. */
function strayEvent(): fc.Arbitrary<Untimed> {
  const ok: HttpOutcome = { ok: true, status: 200, contentType: null, body: "" };
  return fc.constantFrom<Untimed[]>(
    { kind: "fetched", id: "f999", outcome: ok, elapsedMs: 1 },
    { kind: "audio_checked", id: "f1", outcome: ok, elapsedMs: 1 },
    { kind: "leg_answered", leg: 999 },
    { kind: "leg_answered", leg: CALLER },
    { kind: "leg_ringing", leg: 0 },
    { kind: "leg_failed", leg: -1, sip: 200, detail: "" },
    { kind: "playback_ended", id: "p999", failure: null },
    { kind: "timer", id: "ring" },
    { kind: "timer", id: "closing" },
    { kind: "timer", id: "nothing" },
    { kind: "recording_ready", id: "x", durationMs: 0, failure: null },
    { kind: "digit", leg: 2, digit: "5" },
    {
      kind: "call_arrived",
      callSid: "again",
      from: "x",
      to: "y",
      direction: "incoming",
      customField: null,
    },
  );
}

/** Stray events of the caller are left out where the caller is a leg that we dial. */
function concernsCaller(event: Untimed): boolean {
  return "leg" in event && event.leg === CALLER;
}

/** Answers everything that is open, without anyone hanging up. True when the call has ended. */
function settle(drive: Drive): boolean {
  for (let i = 0; i < 10_000 && !drive.call.ended; i++) {
    const [fetch] = drive.call.fetches;
    if (fetch !== undefined) {
      drive.fail("timeout");
      continue;
    }
    const [recording] = drive.call.recordings;
    if (recording?.closing === true) drive.recorded();
    if (drive.call.ended) break;
    const due = drive.call.timers.toSorted((a, b) => a.at - b.at)[0];
    if (due !== undefined && !drive.call.ended) drive.after(due.at - drive.now);
  }
  return drive.call.ended;
}

const FLOWS = {
  url: {
    type: "connect",
    url: { primary: "https://app.example/connect", fallback: "https://backup.example/connect" },
    exits: { conversation_ended: "again", nobody_answered: "again", nobody_dialed: "bye" },
  },
  static: {
    type: "connect",
    parameters: {
      destination: { numbers: ["+919900000011", "+919900000012", "+919900000013"] },
      parallel_ringing: { activate: true, max_parallel_attempts: 2 },
      record: true,
    },
    exits: { conversation_ended: "again", nobody_answered: "again" },
  },
  whom: {
    type: "connect",
    dial_whom: { url: "https://app.example/whom" },
    exits: { conversation_ended: "bye", nobody_answered: "again" },
  },
};

/** A Connect followed by another: long calls with much dialling. */
const connects = fc.constantFrom(FLOWS.url, FLOWS.static, FLOWS.whom).map((first) => ({
  flow: "1",
  start: "first",
  applets: { first, again: FLOWS.url, bye: { type: "hangup" } },
}));

const IDS = ["a", "b", "c", "d", "e"];
const to = fc.option(fc.constantFrom(...IDS), { nil: undefined });
const say = fc.constantFrom(
  { text: "Hello" },
  { audio_url: "https://cdn.example/a.wav" },
  { url: "https://app.example/words" },
);

const anyApplet = fc.oneof(
  fc
    .record({ conversation_ended: to, nobody_answered: to, nobody_dialed: to })
    .map((exits) => ({ ...FLOWS.url, exits })),
  fc.record({ type: fc.constant("greeting"), say, next: to }),
  fc.record({ type: fc.constant("voicemail"), say, max_duration: fc.constantFrom(5, 120), next: to }),
  fc.record({
    type: fc.constant("menu"),
    say,
    repeat: fc.nat({ max: 2 }),
    keys: fc.record({ "1": fc.constantFrom(...IDS), "#": fc.constantFrom(...IDS) }),
    no_input: to,
    invalid: to,
  }),
  fc.record({
    type: fc.constant("gather"),
    parameters: fc.constantFrom({ gather_prompt: { text: "?" }, max_input_digits: 2, repeat_menu: 1 }, {}),
    exits: fc.record({ digits_entered: to, nothing_entered: to }),
  }),
  fc.record({
    type: fc.constant("passthru"),
    url: fc.constant("https://app.example/pass"),
    mode: fc.constantFrom("sync", "async"),
    exits: fc.record({ ok: to, otherwise: to }),
  }),
  fc.record({ type: fc.constant("switch"), cases: fc.record({ vip: fc.constantFrom(...IDS) }), default: to }),
  fc.record({
    type: fc.constant("time_condition"),
    open: fc.constantFrom(["mon 09:00-18:00"], ["sun 00:00-24:00"]),
    exits: fc.record({ open: to, closed: to }),
  }),
);

const mixed = fc
  .tuple(anyApplet, anyApplet, anyApplet, anyApplet)
  .map(([a, b, c, d]) => ({ flow: "1", start: "a", applets: { a, b, c, d, e: { type: "hangup" } } }))
  .filter((document) => parseFlow(document).ok);

const flow = fc.oneof(connects, mixed);

const eventList = fc.array(fc.tuple(happenings, fc.nat({ max: 20 })), { maxLength: 40 });

/** Undefined for an incoming call. */
const placed: fc.Arbitrary<DriveOptions["call"]> = fc
  .option(
    fc.record({
      destination: fc.constant<Destination>({ kind: "number", e164: "+919812345678" }),
      ringLimitMs: fc.constantFrom(1000, 30_000, 60_000),
      statusCallback: fc.option(
        fc.record({
          url: fc.constant("https://app.example/status"),
          events: fc.subarray<StatusEvent>(["ringing", "answered", "terminal"]),
          form: fc.constantFrom("multipart" as const, "json" as const),
        }),
      ),
      second: fc.constant(null),
    }),
    { nil: undefined },
  )
  .map((each) => (each === undefined ? {} : { direction: "outbound-dial", placed: each }));

/** What ends a call that its flow has not ended yet. */
const ending = fc.constantFrom("nothing", "caller leaves", "hang_up", "recover");

describe("any call, with any events in any order", () => {
  // Drive throws on the first broken invariant, and if a state that went through JSON continues differently.
  it("no invariant is broken, and the call ends", () => {
    fc.assert(
      fc.property(flow, placed, eventList, ending, (document, call, events, how) => {
        const drive = new Drive({
          flow: document,
          ...(call === undefined ? {} : { call }),
          account: { dialEvents: ["dial", "ringing", "answered", "terminal"] },
        });
        for (const [happening, pick] of events) happening(drive, pick);
        if (how === "caller leaves") drive.hangUp();
        else if (how !== "nothing") drive.event({ kind: "command", command: how });
        expect(settle(drive)).toBe(true);
        expect(drive.event({ kind: "command", command: "recover" })).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it("an event that names nothing open changes only the time", () => {
    fc.assert(
      fc.property(flow, placed, eventList, strayEvent(), (document, call, events, stray) => {
        fc.pre(stray.kind !== "timer" && !(call?.placed !== undefined && concernsCaller(stray)));
        const drive = new Drive({ flow: document, ...(call === undefined ? {} : { call }) });
        for (const [happening, pick] of events) happening(drive, pick);
        const before = drive.call;
        expect(drive.event(stray)).toEqual([]);
        expect(drive.call).toEqual({ ...before, now: drive.call.now });
      }),
      { numRuns: 200 },
    );
  });
});
