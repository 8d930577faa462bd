import { describe, expect, it } from "vitest";
import { Drive } from "../../engine/testing/drive.ts";
import { connect } from "./connect.ts";

const PRIMARY = "https://app.example/connect";
const BOTH = { primary: PRIMARY, fallback: "https://backup.example/connect" };
const WHOM = "https://app.example/whom";
const A = "+919900000011";
const B = "+919900000012";
const C = "+919900000013";
const TWELVE = Array.from({ length: 12 }, (_, i) => `+9199000000${10 + i}`);
const HOLD = { music_on_hold: { type: "custom_tone", value: "https://cdn.example/hold.wav" } };
const WHISPER = { start_call_playback: { type: "audio_url", value: "https://cdn.example/hello.wav" } };

/** An applet at the second exit only, which replaces the third. */
const STANDS_IN = { nobody_answered: "bye" };

/** Parameters with a list. */
function listing(numbers: unknown, more: object = {}): object {
  return { parameters: { destination: { numbers }, ...more } };
}

interface BoundsCase {
  readonly document: object;
  readonly exits?: object;
  readonly ringMs: number;
  readonly ringsBecause: string;
  readonly silenceMs: number;
  readonly silentBecause?: string;
  /** Silence after a conversation and after ringing: since a sound, or throughout. */
  readonly afterConversation?: Silence;
  readonly afterRinging?: Silence;
  /** Whether the second and the third exit take time (APP-9). */
  readonly waits?: readonly [boolean, boolean];
}

type Silence = readonly [afterSound: number | null, throughout: number | null];

const URL_RINGS = {
  ringMs: 7_140_000,
  ringsBecause: "Its URL may answer 20 times, at last with 100 numbers that each ring for 60 s.",
};
const ONE_RINGS = { ringMs: 30_000, ringsBecause: "1 number may each ring for 30 s.", silenceMs: 0 };
const NOBODY_RINGS = { ringMs: 0, ringsBecause: "0 numbers may each ring for 30 s.", silenceMs: 0 };
const NEVER: Silence = [null, null];

const CASES: Readonly<Record<string, BoundsCase>> = {
  "a URL": {
    document: { url: { primary: PRIMARY } },
    ...URL_RINGS,
    silenceMs: 5000,
    silentBecause: "Its URL may take 5 s to name nobody.",
  },
  "a URL with a Fallback, and one applet for the last two exits": {
    document: { url: BOTH },
    exits: STANDS_IN,
    ...URL_RINGS,
    silenceMs: 10_000,
    silentBecause: "Its URLs may take 5 s each to name nobody.",
    afterRinging: [0, 10_000],
  },
  "a URL with an applet for each exit": {
    document: { url: { primary: PRIMARY } },
    exits: { conversation_ended: "talked", nobody_answered: "bye", nobody_dialed: "sorry" },
    ...URL_RINGS,
    silenceMs: 5000,
    silentBecause: "Its URL may take 5 s to name nobody.",
  },
  "a number of its own": { document: listing([A]), exits: STANDS_IN, ...ONE_RINGS },
  "RES-26: a list with duplicates and an entry that is not a text": {
    document: listing([A, B, A, 7, C], { max_ringing_duration: 45 }),
    ringMs: 135_000,
    ringsBecause: "3 numbers may each ring for 45 s.",
    silenceMs: 0,
  },
  "RES-19: a list that rings in parallel, with the default number at once": {
    document: listing(TWELVE, { parallel_ringing: { activate: true } }),
    ringMs: 90_000,
    ringsBecause: "12 numbers in rounds of 5 may each ring for 30 s.",
    silenceMs: 0,
  },
  "RES-6: numbers and booleans in strings": {
    document: listing([A, B, C], {
      max_ringing_duration: "45",
      parallel_ringing: { activate: "true", max_parallel_attempts: "2" },
    }),
    ringMs: 90_000,
    ringsBecause: "3 numbers in rounds of 2 may each ring for 45 s.",
    silenceMs: 0,
  },
  "RES-18: parallel ringing that is not turned on": {
    document: listing([A, B], { parallel_ringing: { activate: false, max_parallel_attempts: 2 } }),
    ringMs: 60_000,
    ringsBecause: "2 numbers may each ring for 30 s.",
    silenceMs: 0,
  },
  "no list at all": {
    document: { parameters: {} },
    ...NOBODY_RINGS,
    afterConversation: NEVER,
    afterRinging: NEVER,
    waits: [true, false],
  },
  "a destination that is null": {
    document: { parameters: { destination: null } },
    exits: STANDS_IN,
    ...NOBODY_RINGS,
    afterConversation: NEVER,
    afterRinging: [null, 0],
    waits: [false, false],
  },
  "numbers that are not a list": {
    document: listing(A),
    ...NOBODY_RINGS,
    afterConversation: NEVER,
    afterRinging: NEVER,
    waits: [true, false],
  },
  "a list that cannot be dialled": { document: listing(["abc"]), ...ONE_RINGS, waits: [true, false] },
  "a list that cannot be dialled, and one applet for the last two exits": {
    document: listing(["abc"]),
    exits: STANDS_IN,
    ...ONE_RINGS,
    afterRinging: [0, 0],
    waits: [false, false],
  },
  "a list with one number that can be dialled": {
    document: listing(["abc", A]),
    exits: STANDS_IN,
    ringMs: 60_000,
    ringsBecause: "2 numbers may each ring for 30 s.",
    silenceMs: 0,
  },
  "hold audio that is checked first": { document: listing([A], HOLD), ...ONE_RINGS, silenceMs: 5000 },
  "an announcement that is checked first, and one applet for the last two exits": {
    document: listing([A], WHISPER),
    exits: STANDS_IN,
    ...ONE_RINGS,
    silenceMs: 5000,
    afterRinging: [0, 5000],
  },
  "an announcement that is spoken": {
    document: listing([A], { start_call_playback: { type: "text", value: "hello" }, music_on_hold: { value: 7 } }),
    ...ONE_RINGS,
  },
  "APP-7: numbers, with parameters that name different ones": {
    document: { dial_whom: { numbers: [A, B] }, ...listing([C], { max_ringing_duration: 10 }) },
    ringMs: 20_000,
    ringsBecause: "2 numbers may each ring for 10 s.",
    silenceMs: 0,
  },
  "APP-7: a Dial-Whom URL": {
    document: { dial_whom: { url: WHOM } },
    ringMs: 3_000_000,
    ringsBecause: "100 numbers may each ring for 30 s.",
    silenceMs: 5000,
    silentBecause: "Its URL may take 5 s to answer.",
  },
  "APP-7: a Dial-Whom URL with parameters, and one applet for the last two exits": {
    document: {
      dial_whom: { url: WHOM },
      parameters: { max_ringing_duration: 10, parallel_ringing: { activate: true, max_parallel_attempts: 4 } },
    },
    exits: STANDS_IN,
    ringMs: 250_000,
    ringsBecause: "100 numbers in rounds of 4 may each ring for 10 s.",
    silenceMs: 5000,
    silentBecause: "Its URL may take 5 s to answer.",
    afterRinging: [0, 5000],
  },
  "APP-7: a group": {
    document: { dial_whom: { group: "sales" } },
    ringMs: 3_000_000,
    ringsBecause: 'As many as 100 people of the group "sales" may each ring for 30 s.',
    silenceMs: 0,
    waits: [true, false],
  },
  "APP-7: a group, and one applet for the last two exits": {
    document: { dial_whom: { group: "sales" } },
    exits: STANDS_IN,
    ringMs: 3_000_000,
    ringsBecause: 'As many as 100 people of the group "sales" may each ring for 30 s.',
    silenceMs: 0,
    afterRinging: [0, 0],
    waits: [false, false],
  },
};

describe("the bounds of a Connect", () => {
  it.each(Object.entries(CASES))("APP-9: its exits, with %s", (_, row) => {
    const exits: Readonly<Record<string, string>> = { ...row.exits };
    const [answered, undialled] = row.waits ?? [true, true];
    const exit = (name: string, label: string) => {
      return { name, label, target: exits[name] ?? null, path: ["exits", name] };
    };
    const silence = ([afterSound, throughout]: Silence) => ({ afterSound, throughout });
    expect(connect.exits({ type: "connect", ...row.document, exits })).toEqual([
      {
        ...exit("conversation_ended", "after the conversation ends"),
        waits: true,
        silence: silence(row.afterConversation ?? [0, null]),
        optional: false,
      },
      {
        ...exit("nobody_answered", "nobody answers"),
        waits: answered,
        silence: silence(row.afterRinging ?? [0, null]),
        optional: false,
      },
      {
        ...exit("nobody_dialed", "we didn't dial anyone"),
        waits: undialled,
        silence: silence([null, row.silenceMs]),
        optional: true,
      },
    ]);
  });

  it.each(Object.entries(CASES))("DIAL-2, DIAL-3: its ringing and its silence, with %s", (_, row) => {
    const { document, ringMs, ringsBecause, silenceMs } = row;
    expect(connect.times({ type: "connect", exits: {}, ...document })).toEqual({
      ringMs,
      ringsBecause,
      silenceMs,
      silentBecause: row.silentBecause ?? "The check of its audio may take 5 s.",
    });
  });

  it.each([
    [{ sales: 2 }, {}, 60_000, '2 people of the group "sales" may each ring for 30 s.'],
    [{ sales: 1 }, {}, 30_000, '1 person of the group "sales" may each ring for 30 s.'],
    [{ support: 2 }, {}, 0, '0 people of the group "sales" may each ring for 30 s.'],
    [
      { sales: 3 },
      { parallel_ringing: { activate: true, max_parallel_attempts: 2 } },
      60_000,
      '3 people of the group "sales" in rounds of 2 may each ring for 30 s.',
    ],
  ])("C23: in an account with the groups %j a group counts its members", (groups, parameters, ringMs, ringsBecause) => {
    const document = { type: "connect", exits: {}, dial_whom: { group: "sales" }, parameters };
    expect(connect.times(document, groups)).toMatchObject({ ringMs, ringsBecause });
  });

  it.each([
    ["too much", { max_ringing_duration: 90, parallel_ringing: { activate: true, max_parallel_attempts: 99 } }],
    ["too little", { max_ringing_duration: 0, parallel_ringing: { activate: true, max_parallel_attempts: 0 } }],
    ["a fraction", { max_ringing_duration: 45.5, parallel_ringing: { activate: true, max_parallel_attempts: 2.5 } }],
    ["in a string", { max_ringing_duration: " 10 ", parallel_ringing: { activate: 1, max_parallel_attempts: "1e1" } }],
    ["not in an object", { parallel_ringing: true }],
  ])("RES-5: with a number that is %s the bound is what a lenient flow rings", (_, more) => {
    const sales = { type: "connect", exits: {}, ...listing(TWELVE, more) };
    const call = new Drive({ flow: { flow: "1", validation: "lenient", start: "sales", applets: { sales } } });
    while (!call.call.ended) call.after(1000);
    expect(call.dialled).toEqual(TWELVE);
    expect(connect.times(sales).ringMs).toBe(call.of("end")[0]?.record.duration_ms);
  });
});
