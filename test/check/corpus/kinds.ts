import { always } from "../sample.ts";
import type { Sample } from "../sample.ts";
import { wav } from "./wav.ts";

const TEXT = { type: "text/plain" } as const;
const MENU = { gather_prompt: { text: "Enter your order number" } };

/** Good URLs of the other kinds: nothing may be found. */
export const goodKinds: Readonly<Record<string, Sample>> = {
  "gathers digits": { kind: "gather", expect: [], endpoint: always(MENU) },
  "is a good Fallback of a Gather": { kind: "gather", as: "fallback", expect: [], endpoint: always(MENU) },
  "gets a notice of a call": { kind: "passthru", expect: [], endpoint: always("OK", TEXT) },
  "selects a case for a Switch": { kind: "passthru", expect: [], endpoint: always({ select: "sales" }) },
  "names people in plain text": {
    kind: "dial-whom",
    expect: [],
    endpoint: always("+919900000001, +919900000002", TEXT),
  },
  "greets the caller": { kind: "greeting", expect: [], endpoint: always("Welcome to the shop.", TEXT) },
  "greets the caller with audio": {
    kind: "greeting",
    expect: [],
    endpoint: () => (ask) =>
      ask.path === "/hello.wav"
        ? { type: "audio/wav", body: wav(8000, 1) }
        : { ...TEXT, body: `${ask.base}/hello.wav\n` },
  },
  "takes dial events": { kind: "event", expect: [], endpoint: always("", { status: 204, type: null }) },
};

/** Mistakes of URLs that are not a Connect's. */
export const brokenKinds: Readonly<Record<string, Sample>> = {
  "gathers without a prompt": {
    kind: "gather",
    expect: ["error APP-2 gather-field"],
    endpoint: always({ max_input_digits: 4 }),
  },

  "gathers too many digits with an unknown finish key": {
    kind: "gather",
    expect: ["error RES-5 field", "error RES-5 field"],
    lenient: ["warning RES-5 field", "warning RES-5 field"],
    endpoint: always({ ...MENU, max_input_digits: 300, finish_on_key: "A" }),
  },

  "gathers with audio that is not there": {
    kind: "gather",
    expect: ["error RES-27 audio"],
    lenient: ["warning RES-27 audio"],
    endpoint: () => (ask) =>
      ask.path === "/gone.wav"
        ? { status: 404, body: "" }
        : { body: { gather_prompt: { audio_url: `${ask.base}/gone.wav` } } },
  },

  "redirects a Passthru": {
    kind: "passthru",
    expect: ["warning APP-4 second-exit"],
    endpoint: always("", { status: 302, type: null, headers: { location: "/login" } }),
  },

  "selects an array of cases": {
    kind: "passthru",
    expect: ["warning APP-5 selection"],
    endpoint: always({ select: ["sales"] }),
  },

  "fails a Passthru on digits in quotes": {
    kind: "passthru",
    expect: ["warning REQ-25 digits-quotes"],
    endpoint: () => (ask) => ({ body: { select: ask.query.get("digits") === "1" ? "sales" : "support" } }),
  },

  "answers Dial-Whom with a page": {
    kind: "dial-whom",
    expect: ["error APP-7 dial-whom-text"],
    endpoint: always("<h1>+919900000001</h1>", { type: "text/html" }),
  },

  "answers Dial-Whom with a JSON list of national numbers": {
    kind: "dial-whom",
    expect: ["warning APP-7 dial-whom-text", "warning RES-24 number-form"],
    endpoint: always(["09900000001"]),
  },

  "answers Dial-Whom with nobody": {
    kind: "dial-whom",
    expect: ["warning RES-3 nobody"],
    endpoint: always("", TEXT),
  },

  "mixes text and audio in a greeting": {
    kind: "greeting",
    expect: ["warning APP-1 greeting-text"],
    endpoint: always("Welcome\nhttps://app.example/hello.wav", TEXT),
  },

  "answers events with an error": {
    kind: "event",
    expect: ["warning EVT-6 event-status"],
    endpoint: () => (ask) => ({ status: ask.query.get("EventType") === "Terminal" ? 500 : 200, body: "" }),
  },
};
