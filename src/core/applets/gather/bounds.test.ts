import { describe, expect, it } from "vitest";
import { gather } from "./gather.ts";

const PRIMARY = "https://app.example/gather";
const BOTH = { primary: PRIMARY, fallback: "https://backup.example/gather" };
const TEXT = { gather_prompt: { text: "Your number?" } };
const AUDIO = { gather_prompt: { audio_url: "https://cdn.example/ask.wav" } };
/** A lenient flow takes the 600 s that are allowed, a strict one refuses it. */
const TOO_LONG = { ...TEXT, input_timeout: 900 };

interface Proof {
  readonly document: object;
  /** Silence at its beginning. */
  readonly silenceMs: number;
  /** Silence behind the last digit, and behind the time for the first: since a sound, or throughout. */
  readonly behindDigits: readonly [afterSound: number | null, throughout: number | null];
  readonly behindNothing: readonly [afterSound: number | null, throughout: number | null];
  /** Whether the second exit takes time (APP-9). */
  readonly waits: boolean;
}

const PROOFS: Readonly<Record<string, Proof>> = {
  "a URL": {
    document: { url: { primary: PRIMARY } },
    silenceMs: 5000,
    behindDigits: [600_000, null],
    behindNothing: [600_000, 5000],
    waits: true,
  },
  "a URL with a Fallback": {
    document: { url: BOTH },
    silenceMs: 10_000,
    behindDigits: [600_000, null],
    behindNothing: [600_000, 10_000],
    waits: true,
  },
  "a text of its own": {
    document: { parameters: { ...TEXT, input_timeout: 7 } },
    silenceMs: 0,
    behindDigits: [7000, null],
    behindNothing: [7000, null],
    waits: true,
  },
  "one digit": {
    document: { parameters: { ...TEXT, max_input_digits: 1 } },
    silenceMs: 0,
    behindDigits: [0, null],
    behindNothing: [5000, null],
    waits: true,
  },
  "audio, which is looked at first": {
    document: { parameters: AUDIO },
    silenceMs: 5000,
    behindDigits: [5000, null],
    behindNothing: [5000, null],
    waits: true,
  },
  "parameters that only a lenient flow uses": {
    document: { parameters: TOO_LONG },
    silenceMs: 0,
    behindDigits: [600_000, null],
    behindNothing: [600_000, 0],
    waits: false,
  },
  "parameters that no flow uses": {
    document: { parameters: {} },
    silenceMs: 0,
    behindDigits: [null, null],
    behindNothing: [null, 0],
    waits: false,
  },
};

describe("what is proved of a Gather", () => {
  it.each(Object.entries(PROOFS))("APP-2, APP-9: its exits and its silence: %s", (_, proof) => {
    const document = { type: "gather", exits: { digits_entered: "pass" }, ...proof.document };
    const silence = ([afterSound, throughout]: Proof["behindDigits"]) => ({ afterSound, throughout });
    expect(gather.exits(document)).toEqual([
      {
        name: "digits_entered",
        label: "digits entered",
        target: "pass",
        path: ["exits", "digits_entered"],
        waits: true,
        silence: silence(proof.behindDigits),
        optional: false,
      },
      {
        name: "nothing_entered",
        label: "nothing entered",
        target: null,
        path: ["exits", "nothing_entered"],
        waits: proof.waits,
        silence: silence(proof.behindNothing),
        optional: false,
      },
    ]);
    expect(gather.times(document)).toEqual({
      ringMs: 0,
      ringsBecause: "It dials nobody.",
      silenceMs: proof.silenceMs,
      silentBecause: "Its URLs may take 5 s each to say what to ask for.",
    });
  });
});
