import { GOOD } from "../sample.ts";
import type { Sample } from "../sample.ts";
import { wav } from "./wav.ts";

/** Mistakes of timing: slow answers, and none at all. */
export const times: Readonly<Record<string, Sample>> = {
  "wakes up slowly": {
    expect: ["warning REQ-6 slow-start"],
    endpoint: () => {
      let awake = false;
      return (ask) => {
        if (!awake) ask.takes(4200);
        awake = true;
        return { body: GOOD };
      };
    },
  },

  "looks digits up slowly": {
    expect: ["warning REQ-6 slow"],
    endpoint: () => (ask) => {
      if (ask.query.get("digits") === '"12"') ask.takes(3500);
      return { body: GOOD };
    },
  },

  "leaves too little time for its audio": {
    expect: ["warning REQ-6 slow"],
    endpoint: () => (ask) => {
      ask.takes(ask.path === "/hold.wav" ? 2500 : 1000);
      if (ask.path === "/hold.wav") return { type: "audio/wav", body: wav(8000, 1) };
      return { body: { ...GOOD, music_on_hold: { type: "custom_tone", value: `${ask.base}/hold.wav` } } };
    },
  },

  "forgets to answer a call by API": {
    expect: ["error REQ-6 timeout"],
    endpoint: () => (ask) => {
      if (ask.query.get("Direction") === "incoming") return { body: GOOD };
      ask.takes(5000);
      return { body: null };
    },
  },

  "never answers": {
    expect: ["error REQ-6 timeout"],
    endpoint: () => (ask) => {
      ask.takes(5000);
      return { body: null };
    },
  },
};
