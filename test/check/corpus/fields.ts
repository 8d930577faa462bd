import { always, withFields } from "../sample.ts";
import type { Sample } from "../sample.ts";

function numbers(...list: readonly unknown[]): Sample["endpoint"] {
  return always({ destination: { numbers: list } });
}

/** Mistakes in the fields of a JSON answer. */
export const fields: Readonly<Record<string, Sample>> = {
  "forgets destination": {
    expect: ["error RES-2 numbers-missing", "warning RES-7 unknown-key"],
    endpoint: always({ numbers: [] }),
  },

  "gives one number as a string": {
    expect: ["error RES-2 numbers-missing"],
    endpoint: always({ destination: { numbers: "+919900000001" } }),
  },

  "names a hundred and one people": {
    expect: ["error REQ-8 too-many-numbers"],
    endpoint: numbers(...Array.from({ length: 101 }, (_, i) => `+9199000${String(i).padStart(5, "0")}`)),
  },

  "names nobody": { expect: ["warning RES-3 nobody"], endpoint: numbers() },

  "names an extension and nothing else": {
    expect: ["warning RES-4 number-undialable", "warning RES-3 nobody"],
    endpoint: numbers("100"),
  },

  "writes numbers in national form": {
    expect: ["warning RES-24 number-form"],
    endpoint: numbers("09900000001", "99000 00002", "919900000003"),
  },

  "writes numbers as JSON integers": {
    expect: ["warning RES-24 number-form"],
    endpoint: numbers("+919900000001", 919900000002),
  },

  "dials the account's own number": {
    expect: ["warning RES-25 own-exophone"],
    endpoint: numbers("+918047100000", "+919900000001"),
  },

  "names a person twice": {
    expect: ["warning RES-26 duplicate"],
    endpoint: numbers("+919900000001", "+919900000002", "+919900000001"),
  },

  "lets phones ring for two minutes": {
    expect: ["error RES-5 field"],
    lenient: ["warning RES-5 field"],
    endpoint: withFields({ max_ringing_duration: 120 }),
  },

  "puts booleans and numbers in quotes": {
    expect: ["warning RES-6 coerced"],
    endpoint: withFields({ record: "true" }),
  },

  "writes null for what it does not set": {
    expect: ["warning RES-28 null-field"],
    endpoint: withFields({ music_on_hold: null }),
  },

  "allows no parallel attempts, with parallel ringing off": {
    expect: ["warning RES-29 switched-off"],
    endpoint: withFields({ parallel_ringing: { activate: false, max_parallel_attempts: 0 } }),
  },

  "misspells a key": {
    expect: ["warning RES-7 unknown-key"],
    endpoint: withFields({ max_ring_duration: 20 }),
  },

  "asks for custom music without a URL": {
    expect: ["error RES-17 music"],
    lenient: ["warning RES-17 music"],
    endpoint: withFields({ music_on_hold: { type: "custom_tone" } }),
  },

  "gives a path instead of a URL for the dial events": {
    expect: ["warning RES-20 event-url"],
    endpoint: withFields({ dial_passthru_event_url: "/events" }),
  },

  "plays to the caller only": {
    expect: ["error RES-21 playback-to"],
    lenient: ["warning RES-21 playback-to"],
    endpoint: withFields({ start_call_playback: { playback_to: "caller", type: "text", value: "Hello" } }),
  },

  "plays an unknown type": {
    expect: ["error RES-22 playback-type"],
    lenient: ["warning RES-22 playback-type"],
    endpoint: withFields({ start_call_playback: { playback_to: "both", type: "mp3", value: "Hello" } }),
  },

  "plays an empty text": {
    expect: ["error RES-23 playback-value"],
    lenient: ["warning RES-23 playback-value"],
    endpoint: withFields({ start_call_playback: { playback_to: "both", type: "text", value: " " } }),
  },

  "calls out with a number of another account": {
    expect: ["warning DIAL-6 outgoing-number"],
    endpoint: withFields({ outgoing_phone_number: "+918047199999" }),
  },
};
