import type { Prompt } from "../contract/prompt.ts";
import type { GroupSizes } from "./setup.ts";
import type { Say } from "./say.ts";

/**
 * What has to happen for an applet to be left by one of its exits, as parts of a scenario document (answers of URLs,
 * behaviours of phones, digits, playing times), for the example calls of a flow's verification.
 */
export interface ExampleScript {
  /** One answer per request, in the order asked; the form of `urls` in a scenario. */
  readonly urls?: readonly (readonly [url: string, answer: Readonly<Record<string, unknown>>])[];
  /** One behaviour per INVITE; the form of `phones` in a scenario. */
  readonly phones?: readonly (readonly [destination: string, behaviour: Readonly<Record<string, unknown>>])[];
  /** Numbers of the users in an account's groups, which a flow only names. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  /** Playing times in ms by text, file or URL. */
  readonly sounds?: Readonly<Record<string, number>>;
  /** Digits, in ms from the start of the applet. */
  readonly presses?: readonly { readonly afterMs: number; readonly digits: string }[];
  /** From the start of the applet to its exit. */
  readonly takesMs: number;
  /** Whether the applet takes this exit at that time; absent: at any time. */
  readonly when?: (atMs: number, timezone: string) => boolean;
}

/**
 * How long an applet takes: `fast` no time; `slow` as long as the contract allows after it played something; `silent` as
 * long as the contract allows without any sound.
 */
export type Timing = "fast" | "slow" | "silent";

/** What to write a script for. */
export interface ExampleScriptPlan {
  /** The name of an exit; `ringing`, `silence`: the applet's worst case, whatever exit it leads to. */
  readonly target: string;
  readonly timing: Timing;
  /** APP-5: the case that a later Switch has to take; null: none. */
  readonly select: string | null;
  /** The account's groups; absent or null if the account is not known. */
  readonly groups?: GroupSizes | null;
}

/** How long every prompt takes in a script. */
export const EXAMPLE_PROMPT_MS = 1000;

/** A request that gets no answer within the 5 s of REQ-6. */
export const TIMES_OUT: Readonly<Record<string, unknown>> = { error: "timeout" };

/** What it takes to play a `say`, or, if `silent`, to skip it after the longest time. */
export function exampleScriptOfSay(say: Say | undefined, silent: boolean): ExampleScript {
  if (say === undefined) return { takesMs: 0 };
  if (say.url === undefined)
    return exampleScriptOfSound(say.text ?? say.audio_url ?? say.audio_file ?? "", say.audio_url);
  if (silent) return { urls: [[say.url, TIMES_OUT]], takesMs: 5000 };
  const text = "Hello";
  return { ...exampleScriptOfSound(text, undefined), urls: [[say.url, { status: 200, text }]] };
}

/** What it takes to play a customer's prompt. */
export function exampleScriptOfPrompt(prompt: Prompt): ExampleScript {
  return exampleScriptOfSound(prompt.value, prompt.kind === "audio_url" ? prompt.value : undefined);
}

function exampleScriptOfSound(name: string, url: string | undefined): ExampleScript {
  const sounds = { [name]: EXAMPLE_PROMPT_MS };
  if (url === undefined) return { sounds, takesMs: EXAMPLE_PROMPT_MS };
  return {
    sounds,
    urls: [[url, { status: 200, headers: { "content-type": "audio/wav" } }]],
    takesMs: EXAMPLE_PROMPT_MS,
  };
}
