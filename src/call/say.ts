import { z } from "zod";
import { judgeGreetingText } from "../contract/text-answers.ts";
import type { Prompt } from "../contract/prompt.ts";
import { isHttpUrl } from "../contract/query.ts";
import { greetingQuery } from "../contract/request.ts";
import type { AppletEvent } from "./applet.ts";
import type { Playable } from "./effects.ts";
import { CALLER } from "./legs.ts";
import { MAX_PROMPT_MS } from "./limits.ts";
import type { Turn } from "./turn.ts";

const httpUrl = z.string().refine(isHttpUrl, "must be an absolute http or https URL");

/** Characters of one prompt: about ten minutes of speech. */
const MAX_TEXT = 5000;

/**
 * `say` of a flow document: a text to speak, audio behind a URL, an uploaded file by its name, or a URL that answers with
 * the text or with audio URLs (APP-1).
 */
export const saySchema = z
  .strictObject({
    text: z.string().min(1).max(MAX_TEXT).optional(),
    audio_url: httpUrl.optional(),
    audio_file: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, "must be the name of an uploaded file, such as welcome.wav")
      .optional(),
    url: httpUrl.optional(),
  })
  .refine((say) => Object.values(say).filter((each) => each !== undefined).length === 1, {
    message: "must hold exactly one of `text`, `audio_url`, `audio_file` and `url`",
  });

export type Say = z.infer<typeof saySchema>;

/** Something is being said to the caller: plain JSON, part of an applet's state. Both null: it is over. */
export interface Saying {
  /** The request whose answer will be said. */
  readonly request: string | null;
  readonly play: string | null;
}

const SAID: Saying = { request: null, play: null };

/** Ends a prompt whose end is never reported. */
const PROMPT_TIMER = "prompt";

/** Begins to say something; nothing at all is over at once. */
export function say(turn: Turn, what: Say | undefined): Saying {
  if (what === undefined) return SAID;
  if (what.url !== undefined) return askForWords(turn, what.url);
  return sayAll(turn, [playableOf(turn, what)]);
}

/** Says prompts of a customer's answer. */
export function sayPrompts(turn: Turn, prompts: readonly Prompt[]): Saying {
  return sayAll(
    turn,
    prompts.map((prompt): Playable => {
      if (prompt.kind === "audio_url") return { kind: "url", url: prompt.value };
      return { kind: "text", text: prompt.value, language: turn.setup.account.language };
    }),
  );
}

export function isSaid(saying: Saying): boolean {
  return saying.request === null && saying.play === null;
}

/** Takes an event that belongs to what is being said; null: it belongs to something else. */
export function onSaying(turn: Turn, saying: Saying, event: AppletEvent): Saying | null {
  if (event.kind === "fetched" && event.id === saying.request) return sayAnswer(turn, event);
  if (event.kind === "played" && event.id === saying.play) {
    if (event.failure !== null) turn.decide("APP-1", `Warning: what was to be said is skipped (${event.failure}).`);
    turn.clearTimer(PROMPT_TIMER);
    return SAID;
  }
  if (event.kind !== "timer" || event.id !== PROMPT_TIMER || saying.play === null) return null;
  turn.decide("APP-1", "Warning: what was to be said did not end in time and is cut short.");
  return hush(turn, saying);
}

/** Stops saying it: somebody pressed a key. */
export function hush(turn: Turn, saying: Saying): Saying {
  if (saying.request !== null) turn.abandon(saying.request, "APP-1");
  if (saying.play !== null) turn.stopPlaying(saying.play);
  turn.clearTimer(PROMPT_TIMER);
  return SAID;
}

function sayAll(turn: Turn, items: readonly Playable[]): Saying {
  if (items.length === 0) return SAID;
  const play = turn.play([CALLER], items, false, "APP-1");
  turn.setTimer(PROMPT_TIMER, MAX_PROMPT_MS);
  return { request: null, play };
}

function playableOf(turn: Turn, what: Say): Playable {
  if (what.audio_url !== undefined) return { kind: "url", url: what.audio_url };
  if (what.audio_file !== undefined) return { kind: "file", file: what.audio_file };
  return { kind: "text", text: what.text ?? "", language: turn.setup.account.language };
}

/** APP-1: `GET` with CallSid, From, To, DialWhomNumber, CustomField. */
function askForWords(turn: Turn, url: string): Saying {
  const { callSid, from, to, customField, facts } = turn.call;
  const told = { callSid, callFrom: from, callTo: to, dialWhomNumber: facts.dialWhomNumber, customField };
  const query = greetingQuery(turn.setup.account, told);
  const asking = { purpose: "greeting", role: null, attempt: 1, url, query } as const;
  return { request: turn.fetch({ ...asking, versionHeader: false, accept: "text/plain" }), play: null };
}

/** An answer that cannot be used is skipped: a greeting never costs the call. */
function sayAnswer(turn: Turn, event: Extract<AppletEvent, { kind: "fetched" }>): Saying {
  const { id, outcome, elapsedMs } = event;
  const judged = judgeGreetingText(outcome);
  const [first] = judged.findings;
  turn.findings(id, judged.findings);
  if (!judged.usable) {
    const message = first?.message ?? "The answer cannot be used.";
    turn.result({ id, result: judged.result, outcome, elapsedMs }, first?.rule ?? null, message);
    turn.decide("APP-1", "Nothing usable came from the URL: nothing is said.");
    return SAID;
  }
  turn.result({ id, result: "usable", outcome, elapsedMs }, null, "The answer is said to the caller.");
  return sayPrompts(turn, judged.prompts);
}
