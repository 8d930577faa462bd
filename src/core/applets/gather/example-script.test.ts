import { describe, expect, it } from "vitest";
import type { ExampleScript, ExampleScriptPlan } from "../../call/example-script.ts";
import { gather } from "./gather.ts";

const PRIMARY = "https://app.example/gather";
const FALLBACK = "https://backup.example/gather";
const ONE = { url: { primary: PRIMARY } };
const TWO = { url: { primary: PRIMARY, fallback: FALLBACK } };
const TEXT = { gather_prompt: { text: "Your number?" }, input_timeout: 7, repeat_menu: 2 };
const AUDIO = {
  gather_prompt: { audio_url: "https://cdn.example/ask.wav" },
  repeat_gather_prompt: { audio_url: "https://cdn.example/again.wav" },
  repeat_menu: 1,
};

const TIMEOUT = { error: "timeout" };
const WAV = { status: 200, headers: { "content-type": "audio/wav" } };
const SOUNDS = { "Please enter your number.": 1000 };

/** The URL's answer in a script. */
function answer(digits: number, timeoutS: number): NonNullable<ExampleScript["urls"]> {
  const prompt = { text: "Please enter your number." };
  const json = { gather_prompt: prompt, max_input_digits: digits, input_timeout: timeoutS };
  return [[PRIMARY, { status: 200, json }]];
}

/** Document, target and timing; then the script. */
type Row = readonly [
  document: object,
  target: string,
  timing: ExampleScriptPlan["timing"],
  script: ExampleScript | null,
];

const ROWS: Readonly<Record<string, Row>> = {
  "a digit, as soon as possible": [
    TWO,
    "digits_entered",
    "fast",
    { urls: answer(1, 1), sounds: SOUNDS, presses: [{ afterMs: 1999, digits: "1" }], takesMs: 1999 },
  ],
  "a digit at the last moment, and none after it": [
    TWO,
    "digits_entered",
    "slow",
    { urls: answer(2, 600), sounds: SOUNDS, presses: [{ afterMs: 600_999, digits: "1" }], takesMs: 1_200_999 },
  ],
  "a digit after a silence, which its prompt ends": [
    TWO,
    "digits_entered",
    "silent",
    { urls: answer(2, 600), sounds: SOUNDS, presses: [{ afterMs: 600_999, digits: "1" }], takesMs: 1_200_999 },
  ],
  "nothing, as soon as possible": [
    TWO,
    "nothing_entered",
    "fast",
    { urls: answer(1, 1), sounds: SOUNDS, takesMs: 2000 },
  ],
  "nothing, as late as possible": [
    TWO,
    "nothing_entered",
    "slow",
    { urls: answer(2, 600), sounds: SOUNDS, takesMs: 601_000 },
  ],
  "nothing, without a sound": [ONE, "nothing_entered", "silent", { urls: [[PRIMARY, TIMEOUT]], takesMs: 5000 }],
  "silence of a URL": [ONE, "silence", "silent", { urls: [[PRIMARY, TIMEOUT]], takesMs: 5000 }],
  "silence of both URLs": [
    TWO,
    "silence",
    "slow",
    {
      urls: [
        [PRIMARY, TIMEOUT],
        [FALLBACK, TIMEOUT],
      ],
      takesMs: 10_000,
    },
  ],
  "a digit for parameters": [
    { parameters: TEXT },
    "digits_entered",
    "slow",
    {
      urls: [],
      sounds: { "Your number?": 1000 },
      presses: [{ afterMs: 7999, digits: "1" }],
      takesMs: 14_999,
    },
  ],
  "the only digit for parameters, where 1 would end the input": [
    { parameters: { ...TEXT, max_input_digits: 1, finish_on_key: "1" } },
    "digits_entered",
    "slow",
    { urls: [], sounds: { "Your number?": 1000 }, presses: [{ afterMs: 7999, digits: "2" }], takesMs: 7999 },
  ],
  "nothing for parameters, asked three times": [
    { parameters: TEXT },
    "nothing_entered",
    "silent",
    { urls: [], sounds: { "Your number?": 1000 }, takesMs: 24_000 },
  ],
  "silence of parameters with audio for both prompts": [
    { parameters: AUDIO },
    "silence",
    "slow",
    {
      urls: [
        ["https://cdn.example/ask.wav", WAV],
        ["https://cdn.example/again.wav", WAV],
      ],
      sounds: { "https://cdn.example/ask.wav": 1000, "https://cdn.example/again.wav": 1000 },
      takesMs: 12_000,
    },
  ],
  "nothing for parameters that cannot be used": [{ parameters: {} }, "nothing_entered", "slow", { takesMs: 0 }],
  "no digit for parameters that cannot be used": [{ parameters: {} }, "digits_entered", "slow", null],
  "no digit for parameters that a strict flow refuses": [
    { parameters: { ...TEXT, input_timeout: 900 } },
    "digits_entered",
    "slow",
    null,
  ],
};

describe("the example calls of a Gather", () => {
  it.each(Object.entries(ROWS))("APP-2: scripts %s", (_, [document, target, timing, script]) => {
    const plan = { target, timing, select: null };
    expect(gather.exampleScript({ type: "gather", exits: {}, ...document }, plan)).toEqual(script);
  });
});
