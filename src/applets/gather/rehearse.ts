import { REQUEST_DEADLINE_MS } from "../../call/limits.ts";
import {
  type Pace,
  REHEARSED_PROMPT_MS,
  type Rehearsal,
  type RehearsalPlan,
  rehearsePrompt,
  TIMES_OUT,
} from "../../call/rehearsal.ts";
import { type GatherAnswer, judgeGatherBody } from "../../contract/gather-answer.ts";
import { type GatherDocument, LONGEST_TIMEOUT_S } from "./schema.ts";

/** Scripts for the two exits of a Gather and its longest silence. */
export function rehearseGather({ url, parameters }: GatherDocument, { goal, pace }: RehearsalPlan): Rehearsal | null {
  if (url !== undefined && (goal === "silence" || (goal === "nothing_entered" && pace === "silent"))) {
    const asked = [url.primary, url.fallback].filter((each) => each !== undefined);
    return { urls: asked.map((each) => [each, TIMES_OUT] as const), takesMs: asked.length * REQUEST_DEADLINE_MS };
  }
  const json = url === undefined ? parameters : answerFor(pace);
  const judged = judgeGatherBody(json, "strict");
  if (!judged.usable) return goal === "nothing_entered" ? { takesMs: 0 } : null;
  const course = rehearseAnswer(judged.answer, goal);
  return url === undefined ? course : { ...course, urls: [[url.primary, { status: 200, json }]] };
}

/** What its URL answers so that it goes briskly, or as slowly as it may. */
function answerFor(pace: Pace): Readonly<Record<string, unknown>> {
  const isBrisk = pace === "brisk";
  return {
    gather_prompt: { text: "Please enter your number." },
    max_input_digits: isBrisk ? 1 : 2,
    input_timeout: isBrisk ? 1 : LONGEST_TIMEOUT_S,
  };
}

function rehearseAnswer(answer: GatherAnswer, goal: string): Rehearsal {
  const { prompt, repeatPrompt, maxInputDigits, inputTimeoutS, repeatMenu, finishOnKey } = answer;
  const said = bothPrompts(rehearsePrompt(prompt), rehearsePrompt(repeatPrompt ?? prompt));
  const timeoutMs = inputTimeoutS * 1000;
  if (goal !== "digits_entered") return { ...said, takesMs: (REHEARSED_PROMPT_MS + timeoutMs) * (repeatMenu + 1) };
  // One digit behind the prompt, at the last moment; then the time for the next runs out, unless one is enough.
  const afterMs = REHEARSED_PROMPT_MS + timeoutMs - 1;
  const digits = finishOnKey === "1" ? "2" : "1";
  return { ...said, presses: [{ afterMs, digits }], takesMs: afterMs + (maxInputDigits === 1 ? 0 : timeoutMs) };
}

/** In a rehearsal all prompts take the same time. */
function bothPrompts(first: Rehearsal, second: Rehearsal): Rehearsal {
  const urls = [...(first.urls ?? []), ...(second.urls ?? [])];
  return { urls, sounds: { ...first.sounds, ...second.sounds }, takesMs: first.takesMs };
}
