import { describe, expect, it } from "vitest";
import { gather } from "./gather.ts";

const PRIMARY = "https://app.example/gather";
const BOTH = { primary: PRIMARY, fallback: "https://backup.example/gather" };
const TEXT = { gather_prompt: { text: "Your number?" } };
const AUDIO = { gather_prompt: { audio_url: "https://cdn.example/ask.wav" } };
/** A lenient flow clamps it to the allowed 600 s, a strict one refuses it. */
const TOO_LONG = { ...TEXT, input_timeout: 900 };

interface BoundsCase {
  readonly document: object;
  /** Silence at its start. */
  readonly silenceMs: number;
  /** Silence after the last digit, and after the time for the first: since a sound, or throughout. */
  readonly afterDigits: readonly [afterSound: number | null, throughout: number | null];
  readonly afterNothing: readonly [afterSound: number | null, throughout: number | null];
  /** Whether the second exit takes time (APP-9). */
  readonly waits: boolean;
}

const CASES: Readonly<Record<string, BoundsCase>> = {
  "a URL": {
    document: { url: { primary: PRIMARY } },
    silenceMs: 5000,
    afterDigits: [600_000, null],
    afterNothing: [600_000, 5000],
    waits: true,
  },
  "a URL with a Fallback": {
    document: { url: BOTH },
    silenceMs: 10_000,
    afterDigits: [600_000, null],
    afterNothing: [600_000, 10_000],
    waits: true,
  },
  "a text of its own": {
    document: { parameters: { ...TEXT, input_timeout: 7 } },
    silenceMs: 0,
    afterDigits: [7000, null],
    afterNothing: [7000, null],
    waits: true,
  },
  "one digit": {
    document: { parameters: { ...TEXT, max_input_digits: 1 } },
    silenceMs: 0,
    afterDigits: [0, null],
    afterNothing: [5000, null],
    waits: true,
  },
  "audio, which is checked first": {
    document: { parameters: AUDIO },
    silenceMs: 5000,
    afterDigits: [5000, null],
    afterNothing: [5000, null],
    waits: true,
  },
  "parameters that only a lenient flow can use": {
    document: { parameters: TOO_LONG },
    silenceMs: 0,
    afterDigits: [600_000, null],
    afterNothing: [600_000, 0],
    waits: false,
  },
  "parameters that no flow can use": {
    document: { parameters: {} },
    silenceMs: 0,
    afterDigits: [null, null],
    afterNothing: [null, 0],
    waits: false,
  },
};

describe("the bounds of a Gather", () => {
  it.each(Object.entries(CASES))("APP-2, APP-9: its exits and its silence, with %s", (_, row) => {
    const document = { type: "gather", exits: { digits_entered: "pass" }, ...row.document };
    const silence = ([afterSound, throughout]: BoundsCase["afterDigits"]) => ({ afterSound, throughout });
    expect(gather.exits(document)).toEqual([
      {
        name: "digits_entered",
        label: "digits entered",
        target: "pass",
        path: ["exits", "digits_entered"],
        waits: true,
        silence: silence(row.afterDigits),
        optional: false,
      },
      {
        name: "nothing_entered",
        label: "nothing entered",
        target: null,
        path: ["exits", "nothing_entered"],
        waits: row.waits,
        silence: silence(row.afterNothing),
        optional: false,
      },
    ]);
    expect(gather.times(document)).toEqual({
      ringMs: 0,
      ringsBecause: "It dials nobody.",
      silenceMs: row.silenceMs,
      silentBecause: "Its URLs may each take 5 s to answer.",
    });
  });
});
