import { GOOD } from "../sample.ts";
import type { Reply, Sample } from "../sample.ts";
import { wav } from "./wav.ts";

/** An endpoint that serves its hold music like this. */
function music(file: Reply): Sample["endpoint"] {
  return () => (ask) =>
    ask.path === "/hold.wav"
      ? file
      : { body: { ...GOOD, music_on_hold: { type: "custom_tone", value: `${ask.base}/hold.wav` } } };
}

/** A quarter of a second of silence: frames of MPEG 1, layer III, 128 kbit/s, 44.1 kHz, without content. */
function mp3(): Buffer {
  const frame = Buffer.alloc(417);
  frame.writeUInt32BE(0xff_fb_90_c4);
  return Buffer.concat(Array<Buffer>(10).fill(frame));
}

/** Mistakes about the audio that an answer names. */
export const audio: Readonly<Record<string, Sample>> = {
  "names audio that is not there": {
    expect: ["error RES-27 audio"],
    lenient: ["warning RES-27 audio"],
    endpoint: music({ status: 404, type: "text/html", body: "<h1>Not Found</h1>" }),
  },

  "names a login page instead of audio": {
    expect: ["error RES-27 audio"],
    lenient: ["warning RES-27 audio"],
    endpoint: music({ type: "text/html", body: "<html>Please log in</html>" }),
  },

  "serves an HTML page as audio/wav": {
    expect: ["error RES-27 audio"],
    lenient: ["warning RES-27 audio"],
    endpoint: music({ type: "audio/wav", body: "<html>Please log in</html>" }),
  },

  "serves music in CD quality": {
    expect: ["warning RES-27 audio-format"],
    endpoint: music({ type: "audio/wav", body: wav(44_100, 2) }),
  },

  "serves an MP3": {
    expect: ["warning RES-27 audio-format"],
    endpoint: music({ type: "audio/mpeg", body: mp3() }),
  },

  "serves audio without saying what it is": {
    expect: ["warning RES-27 audio-format"],
    endpoint: music({ type: "application/octet-stream", body: wav(8000, 1) }),
  },

  "gives an audio URL as the text to speak": {
    expect: ["warning RES-23 playback-value"],
    endpoint: () => (ask) => {
      if (ask.path === "/hello.wav") return { type: "audio/wav", body: wav(8000, 1) };
      const playback = { playback_to: "callee", type: "text", value: `${ask.base}/hello.wav` };
      return { body: { ...GOOD, start_call_playback: playback } };
    },
  },
};
