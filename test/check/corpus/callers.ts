import { GOOD } from "../sample.ts";
import type { Ask, Sample } from "../sample.ts";

function isNational({ query }: Ask): boolean {
  return /^0\d{10}$/.test(query.get("CallFrom") ?? "");
}

/** Endpoints that do not answer every kind of call: the check finds that, and goes on. */
export const callers: Readonly<Record<string, Sample>> = {
  "knows national numbers only": {
    expect: ["warning REQ-32 caller-form"],
    endpoint: () => (ask) => ({ status: isNational(ask) ? 200 : 400, body: GOOD }),
  },

  "reads a + as a space": {
    expect: ["warning REQ-32 caller-form"],
    endpoint: () => (ask) => ({ status: /^[ +]/.test(ask.query.get("CallFrom") ?? "") ? 422 : 200, body: GOOD }),
  },

  "breaks on the + of a number": {
    expect: ["warning REQ-32 caller-form"],
    endpoint: () => (ask) => ({ status: ask.query.get("CallFrom")?.startsWith("+") === true ? 500 : 200, body: GOOD }),
  },

  "answers calls by API only, and always names the same list again": {
    expect: [
      "error RES-1 status",
      "warning RES-7 unknown-key",
      "warning REQ-30 conditional-parameter",
      "warning REF-4 constant-list",
    ],
    endpoint: () => (ask) => {
      if (!ask.query.has("CustomField")) return { status: 400, body: { error: "CustomField?" } };
      return { body: { ...GOOD, fetch_after_attempt: true, max_ring_duration: 20 } };
    },
  },

  "answers after a menu only": {
    expect: ["error RES-1 status", "warning REQ-30 conditional-parameter"],
    endpoint: () => (ask) => ({ status: ask.query.has("digits") ? 200 : 404, body: GOOD }),
  },

  "has a field out of range in an answer that asks for re-fetches of the same list": {
    expect: ["error RES-5 field", "warning RES-24 number-form", "warning REF-4 constant-list"],
    lenient: ["warning RES-24 number-form", "warning RES-5 field", "warning REF-4 constant-list"],
    endpoint: () => () => ({
      body: {
        fetch_after_attempt: true,
        max_ringing_duration: 90,
        destination: { numbers: ["09900000001", "+919900000002"] },
      },
    }),
  },

  "sends JSON as text/html, with a field out of range and audio that is not there": {
    expect: ["error RES-1 content-type", "error RES-5 field", "error RES-27 audio"],
    endpoint: () => (ask) => {
      if (ask.path === "/gone.wav") return { status: 404, body: "" };
      const music = { type: "custom_tone", value: `${ask.base}/gone.wav` };
      const answer = { ...GOOD, max_ringing_duration: 90, music_on_hold: music };
      return { type: "text/html", body: JSON.stringify(answer) };
    },
  },
};
