import { describe, expect, it } from "vitest";
import type { TraceEntry } from "../../call/trace.ts";
import { Drive } from "../../engine/testing/drive.ts";

const A = "+919900000011";
const B = "+919900000012";
const BYE = { type: "hangup" };
const EXITS = { conversation_ended: "bye", nobody_answered: "bye", nobody_dialed: "bye" };
const URL_ONLY = { url: { primary: "https://app.example/connect" }, exits: EXITS };
const AGAIN = { fetch_after_attempt: true };
const WHISPER = { start_call_playback: { playback_to: "callee", type: "text", value: "A call" } };
const PASS = { type: "passthru", url: "https://app.example/pass", exits: {} };
const WAV = { ok: true, status: 200, contentType: "audio/wav", body: "" } as const;

interface Story {
  /** The Connect; by default with a URL, and `bye` at every exit. */
  readonly connect?: object;
  /** The applet after it; by default the call is hung up. */
  readonly bye?: object;
  readonly happens: (call: Drive) => void;
  /** The decisions in the trace, in order. */
  readonly expected: readonly string[];
}

const OVER = "decision APP-8 The flow hangs the call up.";
const UNANSWERED = ["exit.taken EXIT-3 sales nobody_answered bye", OVER];
const NOBODY_LEFT = "decision REF-1 Nobody on the list answered, and nobody is left to dial.";
const BUSY = "attempt.ended DIAL-1 2 busy";
const REFETCH = "decision REF-2 Nobody answered and fetch_after_attempt is true: the URL is asked again.";
const FAILED = "The answer has status 500; only 200 is usable: it cannot be used.";
const HUNG_UP = "decision COMMAND The call was hung up by command.";
const TALKED = "conversation.ended EXIT-2 2 caller 5000";
const CALLER_ENDED = "attempt.ended EXIT-2 2 completed The caller ended the conversation.";

function hangUp(call: Drive): void {
  call.event({ kind: "command", command: "hang_up" });
}

function startConversation(call: Drive): void {
  call.dial([A]);
  call.answer(2);
  call.now += 5000;
}

const STORIES: Readonly<Record<string, Story>> = {
  "DIAL-1: nobody on a list answers": {
    happens: (call) => {
      call.dial([A, B]);
      call.event({ kind: "leg_failed", leg: 2, sip: 486, detail: "Busy Here" });
      call.refuse(3, 404);
    },
    expected: [`${BUSY} Busy Here`, "attempt.ended DIAL-1 3 failed", NOBODY_LEFT, ...UNANSWERED],
  },
  "DIAL-2: nobody answers in time": {
    happens: (call) => {
      call.dial([A], { max_ringing_duration: 12 });
      call.after(12_000);
    },
    expected: [
      "attempt.ended DIAL-2 2 no-answer Rang for 12 s, the limit (max_ringing_duration).",
      NOBODY_LEFT,
      ...UNANSWERED,
    ],
  },
  "DIAL-3, DIAL-12: one of two callees answers, then leaves": {
    happens: (call) => {
      call.dial([A, B], { parallel_ringing: { activate: true } });
      call.answer(3);
      call.now += 1500;
      call.hangUp(3);
    },
    expected: [
      "attempt.ended DIAL-3 2 canceled Leg 3 answered first.",
      "conversation.ended DIAL-12 3 callee 1500",
      "attempt.ended DIAL-12 3 completed The callee ended the conversation.",
      "exit.taken EXIT-2 sales conversation_ended bye",
      OVER,
    ],
  },
  "DIAL-5: the conversation reaches its limit": {
    happens: (call) => {
      call.dial([A], { max_conversation_duration: 60 });
      call.answer(2);
      call.after(60_000);
    },
    expected: [
      "decision DIAL-5 The conversation reached 60 s, its limit (max_conversation_duration): both are hung up.",
      "conversation.ended DIAL-5 2 platform 60000",
      "attempt.ended DIAL-5 2 completed The platform ended the conversation.",
      "exit.taken EXIT-2 sales conversation_ended bye",
    ],
  },
  "EXIT-2: the caller leaves the conversation": {
    happens: (call) => {
      startConversation(call);
      call.hangUp();
    },
    expected: [TALKED, CALLER_ENDED, "exit.taken EXIT-2 sales conversation_ended bye"],
  },
  "EXIT-2, DIAL-11: a Passthru after a conversation that the caller left is notified": {
    bye: PASS,
    happens: (call) => {
      startConversation(call);
      call.hangUp();
    },
    expected: [
      TALKED,
      CALLER_ENDED,
      "exit.taken EXIT-2 sales conversation_ended bye",
      'decision EXIT-2 The flow does not go on, but "bye" directly after this exit is still notified once.',
    ],
  },
  "COMMAND: the conversation is hung up by command": {
    happens: (call) => {
      startConversation(call);
      hangUp(call);
    },
    expected: [
      HUNG_UP,
      "conversation.ended COMMAND 2 platform 5000",
      "attempt.ended COMMAND 2 completed The platform ended the conversation.",
      "exit.taken EXIT-2 sales conversation_ended bye",
    ],
  },
  "DIAL-11: the caller leaves during the ringing, and a Passthru after the Connect is notified": {
    bye: PASS,
    happens: (call) => {
      call.dial([A]);
      call.hangUp();
    },
    expected: [
      "attempt.ended DIAL-11 2 canceled The caller hung up.",
      'decision DIAL-11 The flow does not go on, but "bye" directly after this exit is still notified once.',
    ],
  },
  "DIAL-11: the caller leaves before anyone was dialled, and no Passthru is notified": {
    bye: PASS,
    happens: (call) => call.hangUp(),
    expected: ["decision REF-8 Request f1 is cancelled: its answer is no longer needed."],
  },
  "COMMAND: the call is hung up by command during the ringing": {
    happens: (call) => {
      call.dial([A]);
      hangUp(call);
    },
    expected: [HUNG_UP, "attempt.ended COMMAND 2 canceled The call was hung up by command."],
  },
  "DIAL-8: the callee leaves during the announcement": {
    happens: (call) => {
      call.dial([A], WHISPER);
      call.answer(2);
      call.hangUp(2);
    },
    expected: [
      "attempt.ended DIAL-8 2 completed The callee hung up during start_call_playback: answered, but no conversation.",
      NOBODY_LEFT,
      ...UNANSWERED,
    ],
  },
  "DIAL-8: the announcement cannot be played": {
    happens: (call) => {
      call.dial([A], WHISPER);
      call.answer(2);
      call.played("no voice");
      call.now += 1000;
      call.hangUp(2);
    },
    expected: [
      "answer.finding DIAL-8 start_call_playback cannot be played (no voice): it is skipped, and the call is put through.",
      "conversation.ended DIAL-12 2 callee 1000",
      "attempt.ended DIAL-12 2 completed The callee ended the conversation.",
      "exit.taken EXIT-2 sales conversation_ended bye",
      OVER,
    ],
  },
  "DIAL-8: an announcement that does not end neither cuts short nor repeats the conversation": {
    happens: (call) => {
      call.dial([A], { ...WHISPER, max_conversation_duration: 4500 });
      call.answer(2);
      call.after(600_000);
      call.after(700_000);
      call.hangUp(2);
    },
    expected: [
      "answer.finding DIAL-8 start_call_playback cannot be played (it did not end in time): it is skipped, and the call is put through.",
      "conversation.ended DIAL-12 2 callee 700000",
      "attempt.ended DIAL-12 2 completed The callee ended the conversation.",
      "exit.taken EXIT-2 sales conversation_ended bye",
      OVER,
    ],
  },
  "DIAL-8: the limit of an announcement that ended in time does not fire later": {
    happens: (call) => {
      call.dial([A], { ...WHISPER, max_conversation_duration: 4500 });
      call.answer(2);
      call.played();
      call.after(700_000);
      call.hangUp(2);
    },
    expected: [
      "conversation.ended DIAL-12 2 callee 700000",
      "attempt.ended DIAL-12 2 completed The callee ended the conversation.",
      "exit.taken EXIT-2 sales conversation_ended bye",
      OVER,
    ],
  },
  "DIAL-7: the caller hears a leg, and then our own tone": {
    happens: (call) => {
      call.dial([A], { music_on_hold: { type: "operator_tone" } });
      call.event({ kind: "leg_early_media", leg: 2 });
      call.refuse(2);
    },
    expected: ["decision DIAL-7 The caller hears leg 2 as it is (operator_tone).", BUSY, NOBODY_LEFT, ...UNANSWERED],
  },
  "DIAL-7: the custom tone cannot be played": {
    happens: (call) => {
      call.dial([A], { music_on_hold: { type: "custom_tone", value: "https://cdn.example/hold.wav" } });
      call.outcome(WAV);
      call.event({ kind: "playback_ended", id: call.of("play")[0]?.id ?? "", failure: "no such codec" });
      call.refuse(2);
    },
    expected: [
      "answer.finding DIAL-7 music_on_hold cannot be played (no such codec): the default tone plays instead.",
      BUSY,
      NOBODY_LEFT,
      ...UNANSWERED,
    ],
  },
  "DIAL-7: the custom tone ends although it should loop": {
    happens: (call) => {
      call.dial([A], { music_on_hold: { type: "custom_tone", value: "https://cdn.example/hold.wav" } });
      call.outcome(WAV);
      call.event({ kind: "playback_ended", id: call.of("play")[0]?.id ?? "", failure: null });
      call.refuse(2);
    },
    expected: [
      "answer.finding DIAL-7 music_on_hold cannot be played (it ended): the default tone plays instead.",
      BUSY,
      NOBODY_LEFT,
      ...UNANSWERED,
    ],
  },
  "RES-3: an empty list": {
    happens: (call) => call.dial([]),
    expected: ["decision RES-3 The answer leaves nobody to dial.", "exit.taken EXIT-4 sales nobody_dialed bye", OVER],
  },
  "EXIT-4: no applet at nobody_dialed, but one at nobody_answered": {
    connect: { ...URL_ONLY, exits: { nobody_answered: "bye" } },
    happens: (call) => call.dial([]),
    expected: [
      "decision RES-3 The answer leaves nobody to dial.",
      "decision EXIT-4 No applet is set at nobody_dialed: the flow goes on at nobody_answered.",
      "exit.taken EXIT-4 sales nobody_answered bye",
      OVER,
    ],
  },
  "EXIT-5: no applet at either exit": {
    connect: { ...URL_ONLY, exits: {} },
    happens: (call) => call.dial([]),
    expected: [
      "decision RES-3 The answer leaves nobody to dial.",
      "exit.taken EXIT-4 sales nobody_dialed",
      'decision EXIT-5 No applet is set at "nobody_dialed" of "sales": the call is hung up.',
    ],
  },
  "REF-4: the same list again": {
    happens: (call) => {
      call.dial([A], AGAIN);
      call.refuse(2);
      call.dial([A], AGAIN);
    },
    expected: [
      BUSY,
      REFETCH,
      "decision REF-4 Two successive answers name the same destinations: nobody is dialled again.",
      ...UNANSWERED,
    ],
  },
  "REF-6: nobody on the second list": {
    happens: (call) => {
      call.dial([A], AGAIN);
      call.refuse(2);
      call.dial([], AGAIN);
    },
    expected: [BUSY, REFETCH, "decision REF-6 The answer leaves nobody to dial.", ...UNANSWERED],
  },
  "EXIT-1: no usable answer": {
    happens: (call) => call.status(500),
    expected: [
      `answer.finding RES-1 ${FAILED}`,
      `decision EXIT-1 ${FAILED}`,
      "exit.taken EXIT-4 sales nobody_dialed bye",
      OVER,
    ],
  },
  "REF-6: no usable answer the second time": {
    happens: (call) => {
      call.dial([A], AGAIN);
      call.refuse(2);
      call.status(500);
    },
    expected: [BUSY, REFETCH, `answer.finding RES-1 ${FAILED}`, `decision REF-6 ${FAILED}`, ...UNANSWERED],
  },
  "APP-7: a group that the account does not have": {
    connect: { dial_whom: { group: "sales" }, exits: EXITS },
    happens: () => undefined,
    expected: [
      'answer.finding APP-7 dial_whom.group is "sales"; allowed is a group of the account, which has none: nobody is dialled.',
      "decision RES-3 The answer leaves nobody to dial.",
      "exit.taken EXIT-4 sales nobody_dialed bye",
      OVER,
    ],
  },
};

/** Entries that say what was decided; the others say what was done. */
const DECISION_TYPES: readonly string[] = [
  "decision",
  "exit.taken",
  "answer.finding",
  "attempt.ended",
  "conversation.ended",
];

const SHOWN = ["rule", "leg", "applet", "exit", "next", "outcome", "by", "duration_ms", "message"];

/** `type rule … message`, without fields that an entry does not have. */
function line(entry: TraceEntry): string {
  const fields = new Map(Object.entries(entry));
  const shown = SHOWN.map((name) => fields.get(name)).filter((value) => value !== undefined && value !== null);
  return [entry.type, ...shown].join(" ").trim();
}

describe("the trace of a Connect", () => {
  it.each(Object.entries(STORIES))("%s", (_, { connect = URL_ONLY, bye = BYE, happens, expected }) => {
    const applets = { sales: { type: "connect", ...connect }, bye };
    const call = new Drive({ flow: { flow: "1", start: "sales", applets } });
    happens(call);
    expect(call.trace.filter(({ type }) => DECISION_TYPES.includes(type)).map(line)).toEqual(expected);
  });
});
