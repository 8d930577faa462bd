import {
  checkKeys,
  isObject,
  isUsable,
  readInteger,
  readOptional,
  reportByMode,
  reportError,
  type ValidationContext,
  type KnownKeys,
  type ValidationMode,
} from "./fields.ts";
import { describe, warning, type Finding } from "./finding.ts";
import type { HttpOutcome } from "./http.ts";
import type { Prompt } from "./prompt.ts";
import { isHttpUrl, maskCredentials } from "./query.ts";
import { readJsonResponse, unusable } from "./http-response.ts";
import type { EvaluatedAnswer } from "./verdict.ts";

/** What a Gather does (APP-2), every default filled in. `finishOnKey` is one of `0-9*#`, or empty for none. */
export interface GatherAnswer {
  readonly prompt: Prompt;
  readonly maxInputDigits: number;
  readonly finishOnKey: string;
  readonly inputTimeoutS: number;
  readonly repeatMenu: number;
  /** Played instead of `prompt` from the second time on; null: `prompt` is repeated. */
  readonly repeatPrompt: Prompt | null;
}

export type GatherVerdict = EvaluatedAnswer<GatherAnswer>;

const SHAPE = {
  "": ["gather_prompt", "max_input_digits", "finish_on_key", "input_timeout", "repeat_menu", "repeat_gather_prompt"],
  gather_prompt: ["text", "audio_url"],
  repeat_gather_prompt: ["text", "audio_url"],
} satisfies KnownKeys;

const DIGITS = { rule: "APP-2", path: "max_input_digits", min: 1, max: 255, defaultValue: 255 };
/** Waiting any longer than ten minutes for input would hold a line for nothing. */
const TIMEOUT = { rule: "APP-2", path: "input_timeout", min: 1, max: 600, defaultValue: 5 };
/** A caller does not listen to a prompt more than twenty times. */
const REPEAT = { rule: "APP-2", path: "repeat_menu", min: 0, max: 20, defaultValue: 0 };
const FINISH_KEY = "#";

/** Validates what a Gather's Primary or Fallback URL answered (APP-2), by the rules of section 2. Never throws. */
export function validateGatherAnswer(outcome: HttpOutcome, mode: ValidationMode): GatherVerdict {
  const context: ValidationContext = { mode, findings: [] };
  const received = readJsonResponse(context, outcome);
  return received.usable ? validateBody(context, received.value) : received;
}

/** Validates the same shape written in a flow document (`parameters`). Never throws. */
export function validateGatherBody(value: unknown, mode: ValidationMode): GatherVerdict {
  return validateBody({ mode, findings: [] }, value);
}

function validateBody(context: ValidationContext, value: unknown): GatherVerdict {
  if (!isObject(value)) return unusable("invalid", { rule: "RES-1", found: describe(value), allowed: "a JSON object" });
  const { findings } = context;
  const optional = (key: string): unknown => readOptional(context, "", value, key);
  const prompt = readPrompt(context, "gather_prompt", value["gather_prompt"], null);
  const answer = {
    maxInputDigits: readInteger(context, DIGITS, optional("max_input_digits")),
    finishOnKey: readFinishKey(context, optional("finish_on_key")),
    inputTimeoutS: readInteger(context, TIMEOUT, optional("input_timeout")),
    repeatMenu: readInteger(context, REPEAT, optional("repeat_menu")),
    repeatPrompt: readRepeatPrompt(context, optional("repeat_gather_prompt")),
  };
  checkKeys(context, SHAPE, "", value);
  if (prompt === null || !isUsable(context)) return { usable: false, result: "invalid", findings };
  const urls = [prompt, answer.repeatPrompt].flatMap((each) => (each?.kind === "audio_url" ? [each.value] : []));
  return { usable: true, answer: { prompt, ...answer }, audioUrls: [...new Set(urls)], findings };
}

function readRepeatPrompt(context: ValidationContext, value: unknown): Prompt | null {
  return value === undefined ? null : readPrompt(context, "repeat_gather_prompt", value, "gather_prompt is repeated");
}

/** A prompt: `{ text }` or `{ audio_url }`. `dropped` null: it is mandatory, and no mode can do without it. */
function readPrompt(
  context: ValidationContext,
  path: "gather_prompt" | "repeat_gather_prompt",
  value: unknown,
  dropped: string | null,
): Prompt | null {
  const object = isObject(value) ? value : {};
  const text = readOptional(context, path, object, "text");
  const url = readOptional(context, path, object, "audio_url");
  const prompt = promptOf(text, url);
  if (prompt === null) reportPrompt(context, path, value, dropped);
  else if (text !== undefined && url !== undefined) context.findings.push(twoPrompts(path));
  checkKeys(context, SHAPE, path, object);
  return prompt;
}

/** The text, where there is one; a text that is a URL is audio, as in RES-23. */
function promptOf(text: unknown, url: unknown): Prompt | null {
  if (typeof text === "string" && text.trim() !== "")
    return isHttpUrl(text.trim()) ? { kind: "audio_url", value: text.trim() } : { kind: "text", value: text };
  return text === undefined && typeof url === "string" && isHttpUrl(url) ? { kind: "audio_url", value: url } : null;
}

function reportPrompt(context: ValidationContext, path: string, value: unknown, dropped: string | null): void {
  const allowed = "an object with text, or with audio_url (http or https)";
  if (dropped === null) reportError(context, { rule: "APP-2", path }, value, allowed);
  else reportByMode(context, "APP-2", path, describe(value), allowed, dropped);
}

function twoPrompts(path: string): Finding {
  const parts = { rule: "APP-2", path, found: "text and audio_url", allowed: "one of them" };
  return warning({ ...parts, consequence: "text is used" });
}

function readFinishKey(context: ValidationContext, value: unknown): string {
  if (value === undefined) return FINISH_KEY;
  if (typeof value === "string" && /^[0-9*#]?$/.test(value)) return value;
  const allowed = 'one of 0-9, * and #, or "" for none (APP-2)';
  reportByMode(context, "RES-5", "finish_on_key", describe(value), allowed, `${FINISH_KEY} is used instead`);
  return FINISH_KEY;
}

/** The effective answer for traces: wire names, every default filled in, credentials masked. */
export function effectiveGather(answer: GatherAnswer): Record<string, unknown> {
  return {
    gather_prompt: effectivePrompt(answer.prompt),
    max_input_digits: answer.maxInputDigits,
    finish_on_key: answer.finishOnKey,
    input_timeout: answer.inputTimeoutS,
    repeat_menu: answer.repeatMenu,
    repeat_gather_prompt: answer.repeatPrompt === null ? null : effectivePrompt(answer.repeatPrompt),
  };
}

function effectivePrompt(prompt: Prompt): Record<string, unknown> {
  return { [prompt.kind]: prompt.kind === "text" ? prompt.value : maskCredentials(prompt.value) };
}
