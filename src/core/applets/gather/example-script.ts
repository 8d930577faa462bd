import { REQUEST_DEADLINE_MS } from "../../call/limits.ts";
import {
  type Timing,
  EXAMPLE_PROMPT_MS,
  type ExampleScript,
  type ExampleScriptPlan,
  exampleScriptOfPrompt,
  TIMES_OUT,
} from "../../call/example-script.ts";
import { type GatherAnswer, validateGatherBody } from "../../contract/gather-answer.ts";
import { type GatherDocument, LONGEST_TIMEOUT_S } from "./schema.ts";

/** Scripts for the two exits of a Gather and its longest silence. */
export function gatherExampleScript(
  { url, parameters }: GatherDocument,
  { target, timing }: ExampleScriptPlan,
): ExampleScript | null {
  if (url !== undefined && (target === "silence" || (target === "nothing_entered" && timing === "silent"))) {
    const asked = [url.primary, url.fallback].filter((each) => each !== undefined);
    return { urls: asked.map((each) => [each, TIMES_OUT] as const), takesMs: asked.length * REQUEST_DEADLINE_MS };
  }
  const json = url === undefined ? parameters : answerFor(timing);
  const evaluated = validateGatherBody(json, "strict");
  if (!evaluated.usable) return target === "nothing_entered" ? { takesMs: 0 } : null;
  const script = exampleScriptOfAnswer(evaluated.answer, target);
  return url === undefined ? script : { ...script, urls: [[url.primary, { status: 200, json }]] };
}

/** What its URL answers to make the call as fast, or as slow, as possible. */
function answerFor(timing: Timing): Readonly<Record<string, unknown>> {
  const isFast = timing === "fast";
  return {
    gather_prompt: { text: "Please enter your number." },
    max_input_digits: isFast ? 1 : 2,
    input_timeout: isFast ? 1 : LONGEST_TIMEOUT_S,
  };
}

function exampleScriptOfAnswer(answer: GatherAnswer, target: string): ExampleScript {
  const { prompt, repeatPrompt, maxInputDigits, inputTimeoutS, repeatMenu, finishOnKey } = answer;
  const prompts = bothPrompts(exampleScriptOfPrompt(prompt), exampleScriptOfPrompt(repeatPrompt ?? prompt));
  const timeoutMs = inputTimeoutS * 1000;
  if (target !== "digits_entered") return { ...prompts, takesMs: (EXAMPLE_PROMPT_MS + timeoutMs) * (repeatMenu + 1) };
  // One digit after the prompt, at the last moment; then the time for the next runs out, unless one is enough.
  const afterMs = EXAMPLE_PROMPT_MS + timeoutMs - 1;
  const digits = finishOnKey === "1" ? "2" : "1";
  return { ...prompts, presses: [{ afterMs, digits }], takesMs: afterMs + (maxInputDigits === 1 ? 0 : timeoutMs) };
}

/** In a script all prompts take the same time. */
function bothPrompts(first: ExampleScript, second: ExampleScript): ExampleScript {
  const urls = [...(first.urls ?? []), ...(second.urls ?? [])];
  return { urls, sounds: { ...first.sounds, ...second.sounds }, takesMs: first.takesMs };
}
