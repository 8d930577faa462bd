import { unreachable } from "../../../base/never.ts";
import { type AppletEvent, type AppletKind, defineApplet } from "../../call/applet.ts";
import {
  sendRequest,
  type CustomerRequestState,
  abandonRequest,
  noRequest,
  onRequestEvent,
  type RequestPolicy,
  type RequestOutcome,
  evaluateFlowAnswer,
} from "../../call/customer-request.ts";
import type { FixedPrompt } from "../../call/effects.ts";
import { MAX_FETCHES_PER_CONNECT } from "../../call/limits.ts";
import { stopPrompt, isPromptOver, onPromptEvent, type PromptState, playPrompts } from "../../call/prompt.ts";
import type { StepContext } from "../../call/step-context.ts";
import {
  effectiveGather,
  type GatherAnswer,
  validateGatherAnswer,
  validateGatherBody,
} from "../../contract/gather-answer.ts";
import { ACCEPT_JSON } from "../../contract/request.ts";
import { inParameters } from "../../contract/finding.ts";
import { gatherForm } from "./form.ts";
import { gatherExits, gatherTimes } from "./bounds.ts";
import { gatherExampleScript } from "./example-script.ts";
import { type GatherDocument, gatherSchema } from "./schema.ts";

/** The state until an answer is in use. */
interface AskingState {
  readonly request: CustomerRequestState<GatherAnswer>;
  readonly answer: null;
}

/** The state once an answer is in use. */
interface GatheringState {
  readonly answer: GatherAnswer;
  readonly prompt: PromptState;
  readonly digits: string;
  readonly repeats: number;
}

type GatherState = AskingState | GatheringState;

const INPUT_TIMER = "input";

/** APP-2: asks for digits; what to play and when to stop comes from a URL, like Connect's answer, or is written into the flow. */
const kind: AppletKind<GatherDocument, GatherState> = {
  type: "gather",
  schema: gatherSchema,
  needsCaller: true,
  dials: false,
  docs: "gather.md",
  form: gatherForm,
  exits: gatherExits,
  times: gatherTimes,
  review: ({ url, parameters }, mode) =>
    url === undefined ? validateGatherBody(parameters, mode).findings.map(inParameters) : [],
  prompts: gatherPrompts,
  exampleScript: gatherExampleScript,
  enter(context, document) {
    const request: CustomerRequestState<GatherAnswer> = noRequest();
    const policy = policyOf(context, document);
    if (document.url !== undefined)
      return proceed(context, request, sendRequest(context, request, policy, context.query()));
    const evaluated = validateGatherBody(document.parameters, context.flow.validation);
    return proceed(context, request, evaluateFlowAnswer(context, request, policy, evaluated));
  },
  on(context, document, state, event) {
    return state.answer === null ? onReply(context, document, state, event) : onInput(context, state, event);
  },
  close(context, _document, state, ending) {
    if (state.answer === null) abandonRequest(context, { ...state.request }, ending);
    return null;
  },
};

export const gather = defineApplet(kind);

function policyOf(context: StepContext, { url }: GatherDocument): RequestPolicy<GatherAnswer> {
  return {
    purpose: "gather",
    primary: url?.primary ?? "",
    fallback: url?.fallback ?? null,
    versionHeader: true,
    accept: ACCEPT_JSON,
    maxRequests: MAX_FETCHES_PER_CONNECT,
    evaluate: (outcome) => validateGatherAnswer(outcome, context.flow.validation),
    // A prompt that cannot be fetched is skipped when it is due: digits can still be asked for.
    withoutAudio: (answer) => answer,
  };
}

/** The text of an answer that is written into the flow. */
function gatherPrompts({ parameters }: GatherDocument, language: string): readonly FixedPrompt[] {
  const evaluated = validateGatherBody(parameters, "lenient");
  if (!evaluated.usable || evaluated.answer.prompt.kind !== "text") return [];
  return [{ kind: "text", text: evaluated.answer.prompt.value, language }];
}

/** Digits entered before the answer arrives are type-ahead. */
function onReply(context: StepContext, document: GatherDocument, state: AskingState, event: AppletEvent): GatherState {
  if (event.kind === "digit") context.addTypeAhead(event.digit);
  const request = { ...state.request };
  const reply = onRequestEvent(context, request, policyOf(context, document), event);
  return reply === null ? state : proceed(context, request, reply);
}

function proceed(
  context: StepContext,
  request: CustomerRequestState<GatherAnswer>,
  reply: RequestOutcome<GatherAnswer>,
): GatherState {
  const state: AskingState = { request, answer: null };
  switch (reply.kind) {
    case "waiting":
      return state;
    case "unusable":
      context.decide("APP-2", `No digits can be asked for: ${reply.message}`);
      leaveWithNothing(context);
      return state;
    case "answer":
      context.trace({ type: "answer.used", id: reply.id, answer: effectiveGather(reply.answer) });
      return begin(context, reply.answer, 0);
    default:
      return unreachable(reply);
  }
}

/** Plays the prompt, unless digits were typed ahead: those are taken first, and no prompt is needed. */
function begin(context: StepContext, answer: GatherAnswer, repeats: number): GatherState {
  const state: GatheringState = { answer, prompt: { request: null, play: null }, digits: "", repeats };
  const ahead = context.takeTypeAhead();
  if (ahead !== "") return takeDigits(context, state, ahead);
  const prompt = repeats === 0 ? answer.prompt : (answer.repeatPrompt ?? answer.prompt);
  return listen(context, { ...state, prompt: playPrompts(context, [prompt]) });
}

function onInput(context: StepContext, state: GatheringState, event: AppletEvent): GatherState {
  // A digit ends the prompt.
  if (event.kind === "digit")
    return takeDigits(context, { ...state, prompt: stopPrompt(context, state.prompt) }, event.digit);
  if (event.kind === "timer" && event.id === INPUT_TIMER)
    return finish(context, state, "No further digit came in time.");
  const field = state.repeats > 0 && state.answer.repeatPrompt !== null ? "repeat_gather_prompt" : "gather_prompt";
  const prompt = onPromptEvent(context, state.prompt, event, field);
  return prompt === null ? state : listen(context, { ...state, prompt });
}

/** The time for a digit counts from the end of the prompt, or from the previous digit. */
function listen(context: StepContext, state: GatheringState): GatherState {
  if (isPromptOver(state.prompt)) context.setTimer(INPUT_TIMER, state.answer.inputTimeoutS * 1000);
  return state;
}

/** The finish digit, or enough digits, end the input. Any left over are kept for the next prompt. */
function takeDigits(context: StepContext, state: GatheringState, entered: string): GatherState {
  const { answer } = state;
  let { digits } = state;
  for (let i = 0; i < entered.length; i++) {
    const digit = entered.charAt(i);
    const isFinish = digit === answer.finishOnKey;
    if (!isFinish) digits += digit;
    if (!isFinish && digits.length < answer.maxInputDigits) continue;
    for (const rest of entered.slice(i + 1)) context.addTypeAhead(rest);
    const how = isFinish ? `The caller entered ${digit}.` : `${digits.length} digits are enough.`;
    return finish(context, { ...state, digits }, how);
  }
  return listen(context, { ...state, digits });
}

function finish(context: StepContext, state: GatheringState, how: string): GatherState {
  const { digits, answer, repeats } = state;
  context.clearTimer(INPUT_TIMER);
  if (digits !== "") {
    context.trace({ type: "digits", digits, message: how });
    context.updateFacts({ digits });
    context.leave("digits_entered", "APP-2");
    return state;
  }
  if (repeats < answer.repeatMenu) {
    context.decide("APP-2", "Nothing was entered: the prompt plays again.");
    return begin(context, answer, repeats + 1);
  }
  leaveWithNothing(context);
  return state;
}

/** REQ-25: the digits of an earlier prompt are not sent again after a prompt that got none. */
function leaveWithNothing(context: StepContext): void {
  context.updateFacts({ digits: null });
  context.leave("nothing_entered", "APP-2");
}
