import type { Random } from "../../../base/random.ts";

/** Ids of a random flow, in the order in which they are made. */
function idsOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `a${i}`);
}

/** A random flow document that may have mistakes; small enough that random calls reach all of it. */
export function randomFlow(random: Random): Readonly<Record<string, unknown>> {
  const ids = idsOf(whole(random, 1, 7));
  return {
    flow: "1",
    start: "a0",
    validation: random.next() < 0.2 ? "lenient" : "strict",
    applets: Object.fromEntries(ids.map((id) => [id, randomApplet(random, ids)])),
  };
}

type Json = Readonly<Record<string, unknown>>;

function randomApplet(random: Random, ids: readonly string[]): Json {
  const make = pick(random, MAKERS);
  return make(random, (name) => (random.next() < 0.7 ? { [name]: pick(random, ids) } : {}));
}

/** A target for an exit, or none. */
type Exit = (name: string) => Json;

const MAKERS: readonly ((random: Random, exit: Exit) => Json)[] = [
  (random, exit) => ({
    type: "connect",
    ...connectSource(random),
    exits: {
      ...exit("conversation_ended"),
      ...exit("nobody_answered"),
      ...(random.next() < 0.5 ? exit("nobody_dialed") : {}),
    },
  }),
  (random, exit) => ({ type: "greeting", say: say(random), ...exit("next") }),
  (random, exit) => ({
    type: "menu",
    say: say(random),
    input_timeout: whole(random, 1, 6),
    repeat: whole(random, 0, 2),
    keys: { ...exit("1"), ...exit("2") },
    ...exit("no_input"),
    ...exit("invalid"),
  }),
  (random, exit) => ({
    type: "gather",
    ...gatherSource(random),
    exits: { ...exit("digits_entered"), ...exit("nothing_entered") },
  }),
  (random, exit) => ({
    type: "passthru",
    url: url(random),
    mode: random.next() < 0.7 ? "sync" : "async",
    exits: { ...exit("ok"), ...exit("otherwise") },
  }),
  (_random, exit) => ({ type: "switch", cases: { ...exit("vip"), ...exit("normal") }, ...exit("default") }),
  (random, exit) => ({
    type: "time_condition",
    open: [pick(random, ["mon-fri 09:00-18:00", "sat 10:00-14:00", "00:00-24:00"])],
    exits: { ...exit("open"), ...exit("closed") },
  }),
  (random, exit) => ({ type: "voicemail", ...(random.next() < 0.7 ? { say: say(random) } : {}), ...exit("next") }),
  () => ({ type: "hangup" }),
];

function connectSource(random: Random): Json {
  const numbers = Array.from({ length: whole(random, 0, 4) }, () => `+9199000000${whole(random, 11, 15)}`);
  const parameters = {
    ...maybe(random, 0.5, () => ({ max_ringing_duration: pick(random, [1, 7, "20", 60]) })),
    ...maybe(random, 0.3, () => ({ parallel_ringing: { activate: true, max_parallel_attempts: whole(random, 1, 3) } })),
    ...maybe(random, 0.3, () => ({ music_on_hold: music(random) })),
    ...maybe(random, 0.3, () => ({ start_call_playback: playback(random) })),
    ...maybe(random, 0.2, () => ({ fetch_after_attempt: true })),
  };
  switch (whole(random, 0, 4)) {
    case 0:
      return { url: { primary: url(random) } };
    case 1:
      return { url: { primary: url(random), fallback: url(random) } };
    case 2:
      return { parameters: { ...parameters, destination: { numbers } } };
    case 3:
      return { dial_whom: { group: "sales" }, parameters };
    default:
      return { dial_whom: numbers.length === 0 ? { url: url(random) } : { numbers }, parameters };
  }
}

function music(random: Random): Json {
  return pick(random, [{ type: "operator_tone" }, { type: "custom_tone", value: "https://cdn.example/hold.wav" }]);
}

function playback(random: Random): Json {
  const playback_to = pick(random, ["callee", "both"]);
  const what = [
    { type: "text", value: "A call for you" },
    { type: "audio_url", value: "https://cdn.example/announcement.wav" },
  ];
  return { playback_to, ...pick(random, what) };
}

function gatherSource(random: Random): Json {
  if (random.next() < 0.3) return { url: { primary: url(random) } };
  const parameters = {
    gather_prompt: { text: "Your number please" },
    ...maybe(random, 0.5, () => ({ max_input_digits: whole(random, 1, 3) })),
    ...maybe(random, 0.5, () => ({ input_timeout: whole(random, 1, 9) })),
    ...maybe(random, 0.3, () => ({ repeat_menu: whole(random, 1, 2) })),
    ...maybe(random, 0.2, () => ({ finish_on_key: "1" })),
    ...maybe(random, 0.2, () => ({ repeat_gather_prompt: { text: "Again" } })),
  };
  return { parameters: random.next() < 0.1 ? {} : parameters };
}

function say(random: Random): Json {
  return pick(random, [
    { text: "Good morning" },
    { audio_url: "https://cdn.example/words.wav" },
    { audio_file: "words.wav" },
    { url: "https://app.example/words" },
  ]);
}

function url(random: Random): string {
  return `https://app.example/u${whole(random, 1, 4)}`;
}

function maybe(random: Random, probability: number, make: () => Json): Json {
  return random.next() < probability ? make() : {};
}

function whole(random: Random, from: number, to: number): number {
  return from + Math.floor(random.next() * (to - from + 1));
}

function pick<T>(random: Random, list: readonly T[]): T {
  const chosen = list[whole(random, 0, list.length - 1)];
  if (chosen === undefined) throw new Error("picked from an empty list");
  return chosen;
}
