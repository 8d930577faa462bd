import { GOOD, always } from "../sample.ts";
import type { Sample } from "../sample.ts";
import { wav } from "./wav.ts";

/** Endpoints without mistakes: nothing may be found. */
export const good: Readonly<Record<string, Sample>> = {
  "names two people": { expect: [], endpoint: always(GOOD) },

  "uses every field": {
    expect: [],
    endpoint: () => (ask) =>
      ask.path === "/ring.wav"
        ? { type: "audio/wav", body: wav(8000, 1) }
        : {
            type: "Application/JSON; charset=utf-8",
            body: {
              ...GOOD,
              fetch_after_attempt: false,
              outgoing_phone_number: "+918047100000",
              record: true,
              recording_channels: "dual",
              max_ringing_duration: 20,
              max_conversation_duration: 600,
              music_on_hold: { type: "custom_tone", value: `${ask.base}/ring.wav` },
              parallel_ringing: { activate: true, max_parallel_attempts: 2 },
              dial_passthru_event_url: `${ask.base}/events`,
              start_call_playback: { playback_to: "both", type: "text", value: "Please hold the line" },
            },
          },
  },

  "strips the quotes from digits and routes by them": {
    expect: [],
    endpoint: () => (ask) => {
      const digits = ask.query.get("digits")?.replaceAll('"', "");
      return { body: { destination: { numbers: [digits === "1" ? "+919900000001" : "+919900000002"] } } };
    },
  },

  "compares digits with their quotes in place": {
    expect: [],
    endpoint: () => (ask) => {
      const number = ask.query.get("digits") === '"1"' ? "+919900000001" : "+919900000002";
      return { body: { destination: { numbers: [number] } } };
    },
  },

  "asks for re-fetches and comes to an end": {
    expect: [],
    endpoint: () => (ask) => {
      const tried = [...ask.query.keys()].filter((name) => name.endsWith("[Number]")).length;
      const next = ["+919900000001", "+919900000002", "+919900000003"].slice(tried, tried + 1);
      return { body: { fetch_after_attempt: true, destination: { numbers: next } } };
    },
  },

  "gives each call to another person": {
    expect: [],
    endpoint: () => {
      let turn = 0;
      return () => ({ body: { destination: { numbers: [`+91990000000${(turn++ % 7) + 1}`] } } });
    },
  },

  "serves its audio to GET only": {
    expect: [],
    endpoint: () => (ask) => {
      if (ask.path === "/hold")
        return { status: ask.method === "HEAD" ? 405 : 200, type: "audio/x-wav", body: wav(8000, 1) };
      return { body: { ...GOOD, music_on_hold: { type: "custom_tone", value: `${ask.base}/hold` } } };
    },
  },

  "is a good Fallback": { as: "fallback", expect: [], endpoint: always(GOOD) },
};
