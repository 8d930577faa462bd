import { describe, expect, it } from "vitest";
import type { ExampleScript, ExampleScriptPlan } from "../../call/example-script.ts";
import { connect } from "./connect.ts";

const PRIMARY = "https://app.example/connect";
const FALLBACK = "https://backup.example/connect";
const WHOM = "https://app.example/whom";
const WAV_URL = "https://cdn.example/hello.wav";
const A = "+919900000011";
const B = "+919900000012";
const C = "+919900000013";
/** The numbers that a scripted URL or group names. */
const FIRST_CALLEE = "+919900199001";
const SECOND_CALLEE = "+919900199002";
const HUNDRED = Array.from({ length: 100 }, (_, i) => `+9199001${String(i).padStart(5, "0")}`);

const URL_ONLY = { url: { primary: PRIMARY } };
const TWO_URLS = { url: { primary: PRIMARY, fallback: FALLBACK } };
const WHOM_URL = { dial_whom: { url: WHOM } };
const GROUP = { dial_whom: { group: "sales" } };
const PARALLEL = { parallel_ringing: { activate: true, max_parallel_attempts: 2 } };
const AUDIO = {
  parameters: { destination: { numbers: [A] }, start_call_playback: { type: "audio_url", value: WAV_URL } },
};
const TEXT = { parameters: { destination: { numbers: [A] }, start_call_playback: { type: "text", value: "Hello" } } };

const TALKS = { answer_after_ms: 1000, talk_ms: 1000 };
const BUSY = { busy_after_ms: 1000 };
const GONE = { fail_after_ms: 0 };
const RINGS = { ring_after_ms: 300 };
const TIMEOUT = { error: "timeout" };
const WAV = { status: 200, headers: { "content-type": "audio/wav" } };

function listing(numbers: readonly string[], more: object = {}): object {
  return { parameters: { destination: { numbers }, ...more } };
}

/** The URL's answer in a script. */
function answer(numbers: readonly string[], more: object = {}) {
  const json = { destination: { numbers }, max_ringing_duration: 60, ...more };
  return [PRIMARY, { status: 200, json }] as const;
}

function ringing(numbers: readonly string[]) {
  return numbers.map((each) => [each, RINGS] as const);
}

/** Document, target and timing; then the script. */
type Row = readonly [
  document: object,
  target: string,
  timing: ExampleScriptPlan["timing"],
  script: ExampleScript | null,
];

const ROWS: Readonly<Record<string, Row>> = {
  "a conversation with the number the URL names": [
    TWO_URLS,
    "conversation_ended",
    "fast",
    { urls: [answer([FIRST_CALLEE])], phones: [[FIRST_CALLEE, TALKS]], takesMs: 2000 },
  ],
  "a conversation with the first of a list": [
    listing(["abc", `tel:${C}`, `${C}x`, A, B, A, "09900000013"]),
    "conversation_ended",
    "slow",
    { urls: [], sounds: {}, phones: [[A, TALKS]], takesMs: 2000 },
  ],
  "a conversation with the first of a parallel round": [
    listing([A, B, C], PARALLEL),
    "conversation_ended",
    "fast",
    {
      urls: [],
      sounds: {},
      phones: [
        [A, TALKS],
        [B, GONE],
      ],
      takesMs: 2000,
    },
  ],
  "a conversation after audio": [
    AUDIO,
    "conversation_ended",
    "fast",
    { urls: [[WAV_URL, WAV]], sounds: { [WAV_URL]: 1000 }, phones: [[A, TALKS]], takesMs: 3000 },
  ],
  "a conversation after a text": [
    TEXT,
    "conversation_ended",
    "fast",
    { urls: [], sounds: { Hello: 1000 }, phones: [[A, TALKS]], takesMs: 3000 },
  ],
  "a conversation after an announcement whose value is not a text": [
    listing([A], { start_call_playback: { type: "text", value: 7 } }),
    "conversation_ended",
    "fast",
    { urls: [], sounds: {}, phones: [[A, TALKS]], takesMs: 2000 },
  ],
  "a conversation after an announcement that is null": [
    listing([A], { start_call_playback: null }),
    "conversation_ended",
    "fast",
    { urls: [], sounds: {}, phones: [[A, TALKS]], takesMs: 2000 },
  ],
  "a conversation with the number a Dial-Whom URL names, after audio": [
    { ...WHOM_URL, parameters: { music_on_hold: { type: "custom_tone", value: WAV_URL } } },
    "conversation_ended",
    "fast",
    {
      urls: [
        [WHOM, { status: 200, text: FIRST_CALLEE }],
        [WAV_URL, WAV],
      ],
      sounds: { [WAV_URL]: 1000 },
      phones: [[FIRST_CALLEE, TALKS]],
      takesMs: 2000,
    },
  ],
  "a conversation with a member of a group": [
    GROUP,
    "conversation_ended",
    "fast",
    { urls: [], sounds: {}, groups: { sales: [FIRST_CALLEE] }, phones: [[FIRST_CALLEE, TALKS]], takesMs: 2000 },
  ],
  "no conversation with an empty list": [listing([]), "conversation_ended", "fast", null],
  "nobody on a list answers": [
    listing([A, B]),
    "nobody_answered",
    "fast",
    {
      urls: [],
      sounds: {},
      phones: [
        [A, BUSY],
        [B, GONE],
      ],
      takesMs: 1000,
    },
  ],
  "nobody the URL names answers": [
    URL_ONLY,
    "nobody_answered",
    "slow",
    { urls: [answer([FIRST_CALLEE])], phones: [[FIRST_CALLEE, BUSY]], takesMs: 1000 },
  ],
  "nobody answers without a sound": [
    TWO_URLS,
    "nobody_answered",
    "silent",
    {
      urls: [
        [PRIMARY, TIMEOUT],
        [FALLBACK, TIMEOUT],
      ],
      takesMs: 10_000,
    },
  ],
  "EXIT-4: nobody is dialled, and nobody_answered replaces that exit": [
    listing(["abc"]),
    "nobody_answered",
    "fast",
    { urls: [], sounds: {}, takesMs: 0 },
  ],
  "EXIT-4: nobody is dialled, and that exit has its own applet": [
    { ...listing(["abc"]), exits: { nobody_dialed: "bye" } },
    "nobody_answered",
    "fast",
    null,
  ],
  "a URL names nobody": [URL_ONLY, "nobody_dialed", "fast", { urls: [answer([])], takesMs: 0 }],
  "a Dial-Whom URL names nobody": [
    WHOM_URL,
    "nobody_dialed",
    "fast",
    { urls: [[WHOM, { status: 200, text: "" }]], sounds: {}, takesMs: 0 },
  ],
  "a group has nobody": [GROUP, "nobody_dialed", "fast", { takesMs: 0 }],
  "an empty list has nobody": [listing([]), "nobody_dialed", "slow", { urls: [], sounds: {}, takesMs: 0 }],
  "nothing: a list is always dialled": [listing([A]), "nobody_dialed", "fast", null],
  "a Dial-Whom URL names nobody, without a sound": [
    WHOM_URL,
    "nobody_dialed",
    "silent",
    { urls: [[WHOM, TIMEOUT]], takesMs: 5000 },
  ],
  "the silence while audio is checked": [AUDIO, "silence", "slow", { urls: [[WAV_URL, TIMEOUT]], takesMs: 5000 }],
  "the silence of a list that names nobody": [listing([]), "silence", "slow", { urls: [], sounds: {}, takesMs: 0 }],
  "no silence for a list": [listing([A]), "silence", "slow", null],
  "the longest ringing of a URL": [
    URL_ONLY,
    "ringing",
    "fast",
    {
      urls: [
        ...Array.from({ length: 19 }, (_, i) =>
          answer([i % 2 === 0 ? FIRST_CALLEE : SECOND_CALLEE], { fetch_after_attempt: true }),
        ),
        answer(HUNDRED),
      ],
      phones: ringing([FIRST_CALLEE, SECOND_CALLEE, ...HUNDRED]),
      takesMs: 7_140_000,
    },
  ],
  "the longest ringing of a list": [
    listing([A, B], { max_ringing_duration: 10 }),
    "ringing",
    "fast",
    { urls: [], sounds: {}, phones: ringing([A, B]), takesMs: 20_000 },
  ],
  "the longest ringing of a Dial-Whom URL": [
    WHOM_URL,
    "ringing",
    "fast",
    {
      urls: [[WHOM, { status: 200, text: HUNDRED.join(",") }]],
      sounds: {},
      phones: ringing(HUNDRED),
      takesMs: 3_000_000,
    },
  ],
  "the longest ringing of a group": [
    GROUP,
    "ringing",
    "fast",
    { urls: [], sounds: {}, groups: { sales: HUNDRED }, phones: ringing(HUNDRED), takesMs: 3_000_000 },
  ],
  "no ringing of an empty list": [listing([]), "ringing", "fast", null],
  "nothing for an exit that a Connect does not have": [URL_ONLY, "keys.1", "fast", null],
};

describe("the example calls of a Connect", () => {
  it.each(Object.entries(ROWS))("scripts %s", (_, [document, target, timing, script]) => {
    const plan = { target, timing, select: null };
    expect(connect.exampleScript({ type: "connect", exits: {}, ...document }, plan)).toEqual(script);
  });

  it("C23: the longest ringing of a group of two rings two", () => {
    const two = HUNDRED.slice(0, 2);
    const plan = { target: "ringing", timing: "fast", select: null, groups: { sales: 2 } } as const;
    const script = connect.exampleScript({ type: "connect", exits: {}, ...GROUP }, plan);
    expect(script).toMatchObject({ groups: { sales: two }, phones: ringing(two), takesMs: 60_000 });
  });
});
