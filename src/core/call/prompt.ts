import { validateGreetingText } from "../contract/text-answers.ts";
import { quote, warning } from "../contract/finding.ts";
import type { Prompt } from "../contract/prompt.ts";
import { ACCEPT_TEXT, greetingQuery } from "../contract/request.ts";
import type { Playable } from "./effects.ts";
import type { AppletEvent } from "./events.ts";
import { CALLER } from "./legs.ts";
import { MAX_PROMPT_MS } from "./limits.ts";
import type { Say } from "./say.ts";
import type { StepContext } from "./step-context.ts";

export { type Say, saySchema } from "./say.ts";

/** A prompt in progress: plain JSON, part of an applet's state. Both null: it is over. */
export interface PromptState {
  /** The request whose answer will be played. */
  readonly request: string | null;
  readonly play: string | null;
}

const NO_PROMPT: PromptState = { request: null, play: null };

/** Ends a prompt whose end is never reported. */
const PROMPT_TIMER = "prompt";

/** Starts a prompt; one without content is over at once. */
export function startPrompt(context: StepContext, what: Say | undefined): PromptState {
  if (what === undefined) return NO_PROMPT;
  if (what.url !== undefined) return fetchPrompt(context, what.url);
  return playItems(context, [playableOf(context, what)]);
}

/** Plays the prompts of a customer's answer. */
export function playPrompts(context: StepContext, prompts: readonly Prompt[]): PromptState {
  return playItems(
    context,
    prompts.map((prompt): Playable => {
      if (prompt.kind === "audio_url") return { kind: "url", url: prompt.value };
      return { kind: "text", text: prompt.value, language: context.setup.account.language };
    }),
  );
}

export function isPromptOver(prompt: PromptState): boolean {
  return prompt.request === null && prompt.play === null;
}

/**
 * Handles an event of this prompt; null: it belongs to something else. A prompt that cannot be played is
 * skipped with a warning; `field` names it in the warning (`say`, `gather_prompt`).
 */
export function onPromptEvent(
  context: StepContext,
  prompt: PromptState,
  event: AppletEvent,
  field = "say",
): PromptState | null {
  if (event.kind === "fetched" && event.id === prompt.request) return playAnswer(context, event);
  if (event.kind === "playback_ended" && event.id === prompt.play) {
    if (event.failure !== null) warnSkipped(context, prompt.play, field, event.failure);
    context.clearTimer(PROMPT_TIMER);
    return NO_PROMPT;
  }
  if (event.kind !== "timer" || event.id !== PROMPT_TIMER || prompt.play === null) return null;
  const found = `still playing after ${MAX_PROMPT_MS / 1000} s`;
  const parts = { rule: "APP-1", path: field, found, allowed: "a prompt that ends", problem: `is ${found}` };
  context.findings(prompt.play, [warning({ ...parts, consequence: "it is cut short" })]);
  return stopPrompt(context, prompt);
}

/** APP-1: the call goes on without the prompt, and its owner sees why (RES-9). */
function warnSkipped(context: StepContext, play: string, field: string, failure: string): void {
  const parts = { rule: "APP-1", path: field, found: quote(failure), allowed: "a prompt that can be played" };
  const problem = `cannot be played (${failure})`;
  context.findings(play, [warning({ ...parts, problem, consequence: "it is skipped" })]);
}

/** Stops the prompt: the caller entered a digit. */
export function stopPrompt(context: StepContext, prompt: PromptState): PromptState {
  if (prompt.request !== null) context.cancelRequest(prompt.request, "APP-1");
  if (prompt.play !== null) context.stopPlaying(prompt.play);
  context.clearTimer(PROMPT_TIMER);
  return NO_PROMPT;
}

function playItems(context: StepContext, items: readonly Playable[]): PromptState {
  if (items.length === 0) return NO_PROMPT;
  const play = context.play([CALLER], items, false, "APP-1");
  context.setTimer(PROMPT_TIMER, MAX_PROMPT_MS);
  return { request: null, play };
}

function playableOf(context: StepContext, what: Say): Playable {
  if (what.audio_url !== undefined) return { kind: "url", url: what.audio_url };
  if (what.audio_file !== undefined) return { kind: "file", file: what.audio_file };
  return { kind: "text", text: what.text ?? "", language: context.setup.account.language };
}

/** APP-1: `GET` with CallSid, From, To, DialWhomNumber, CustomField. */
function fetchPrompt(context: StepContext, url: string): PromptState {
  const { callSid, from, to, customField, facts } = context.call;
  const { dialWhomNumber } = facts;
  const query = greetingQuery(context.setup.account, { callSid, callFrom: from, to, dialWhomNumber, customField });
  const spec = { purpose: "greeting", role: null, attempt: 1, url, query } as const;
  return { request: context.fetch({ ...spec, versionHeader: false, accept: ACCEPT_TEXT }), play: null };
}

/** An answer that cannot be used is skipped: it never ends the call. */
function playAnswer(context: StepContext, event: Extract<AppletEvent, { kind: "fetched" }>): PromptState {
  const { id, outcome, elapsedMs } = event;
  const verdict = validateGreetingText(outcome);
  const [first] = verdict.findings;
  context.findings(id, verdict.findings);
  if (!verdict.usable) {
    const message = first?.message ?? "The answer cannot be used.";
    context.result({ id, result: verdict.result, outcome, elapsedMs }, first?.rule ?? null, message);
    context.decide("APP-1", "The URL's answer cannot be used: nothing is played.");
    return NO_PROMPT;
  }
  context.result({ id, result: "usable", outcome, elapsedMs }, null, "The answer is played to the caller.");
  return playPrompts(context, verdict.prompts);
}
