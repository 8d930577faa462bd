import { unreachable } from "../../base/never.ts";
import { type AppletEvent, type AppletKind, defineApplet } from "../../call/applet.ts";
import {
  ask,
  type Asking,
  leaveAsking,
  notAsked,
  onAsking,
  type Question,
  type Reply,
  weighFlow,
} from "../../call/asking.ts";
import { MAX_FETCHES_PER_CONNECT } from "../../call/limits.ts";
import { hush, isSaid, onSaying, type Saying, sayPrompts } from "../../call/say.ts";
import type { Turn } from "../../call/turn.ts";
import {
  effectiveGather,
  type GatherAnswer,
  judgeGatherAnswer,
  judgeGatherBody,
} from "../../contract/gather-answer.ts";
import { gatherForm } from "./form.ts";
import { gatherExits, gatherTimes } from "./proofs.ts";
import { rehearseGather } from "./rehearse.ts";
import { type GatherDocument, gatherSchema } from "./schema.ts";

/** Until an answer is in use. */
interface AskingState {
  readonly asking: Asking<GatherAnswer>;
  readonly answer: null;
}

/** From then on. */
interface GatheringState {
  readonly answer: GatherAnswer;
  readonly saying: Saying;
  readonly digits: string;
  readonly repeats: number;
}

type GatherState = AskingState | GatheringState;

const INPUT_TIMER = "input";

/** APP-2: asks for digits; what to say and when to stop comes from a URL, like Connect's answer, or stands in the flow. */
const kind: AppletKind<GatherDocument, GatherState> = {
  type: "gather",
  schema: gatherSchema,
  needsCaller: true,
  dials: false,
  docs: "gather.md",
  form: gatherForm,
  exits: gatherExits,
  times: gatherTimes,
  review: ({ url, parameters }, mode) => (url === undefined ? judgeGatherBody(parameters, mode).findings : []),
  rehearse: rehearseGather,
  enter(turn, document) {
    const asking: Asking<GatherAnswer> = notAsked();
    const question = questionOf(turn, document);
    if (document.url !== undefined) return proceed(turn, asking, ask(turn, asking, question, turn.query()));
    const judged = judgeGatherBody(document.parameters, turn.setup.flow.validation);
    return proceed(turn, asking, weighFlow(turn, asking, question, judged));
  },
  on(turn, document, state, event) {
    return state.answer === null ? onReply(turn, document, state, event) : onInput(turn, state, event);
  },
  close(turn, _document, state, ending) {
    if (state.answer === null) leaveAsking(turn, { ...state.asking }, ending);
    return null;
  },
};

export const gather = defineApplet(kind);

function questionOf(turn: Turn, { url }: GatherDocument): Question<GatherAnswer> {
  return {
    purpose: "gather",
    primary: url?.primary ?? "",
    fallback: url?.fallback ?? null,
    versionHeader: true,
    accept: "application/json",
    maxRequests: MAX_FETCHES_PER_CONNECT,
    judge: (outcome) => judgeGatherAnswer(outcome, turn.setup.flow.validation),
    // A prompt that is not there is skipped when it is played: the digits can still be asked for.
    withoutAudio: (answer) => answer,
  };
}

/** While nobody knows yet what to ask for, digits are pressed ahead. */
function onReply(turn: Turn, document: GatherDocument, state: AskingState, event: AppletEvent): GatherState {
  if (event.kind === "digit") turn.keepDigit(event.digit);
  const asking = { ...state.asking };
  const reply = onAsking(turn, asking, questionOf(turn, document), event);
  return reply === null ? state : proceed(turn, asking, reply);
}

function proceed(turn: Turn, asking: Asking<GatherAnswer>, reply: Reply<GatherAnswer>): GatherState {
  const state: AskingState = { asking, answer: null };
  switch (reply.kind) {
    case "waiting":
      return state;
    case "unusable":
      turn.decide("APP-2", `No digits can be asked for: ${reply.message}`);
      turn.leave("nothing_entered", "APP-2");
      return state;
    case "answer":
      turn.trace({ type: "answer.used", id: reply.id, answer: effectiveGather(reply.answer) });
      return begin(turn, reply.answer, 0);
    default:
      return unreachable(reply);
  }
}

/** Says the prompt; digits pressed ahead are taken first, and make it superfluous. */
function begin(turn: Turn, answer: GatherAnswer, repeats: number): GatherState {
  const state: GatheringState = { answer, saying: { request: null, play: null }, digits: "", repeats };
  const ahead = turn.takeTyped();
  if (ahead !== "") return takeDigits(turn, state, ahead);
  const prompt = repeats === 0 ? answer.prompt : (answer.repeatPrompt ?? answer.prompt);
  return listen(turn, { ...state, saying: sayPrompts(turn, [prompt]) });
}

function onInput(turn: Turn, state: GatheringState, event: AppletEvent): GatherState {
  // A digit ends the prompt.
  if (event.kind === "digit") return takeDigits(turn, { ...state, saying: hush(turn, state.saying) }, event.digit);
  if (event.kind === "timer" && event.id === INPUT_TIMER) return finish(turn, state, "No further digit came in time.");
  const saying = onSaying(turn, state.saying, event);
  return saying === null ? state : listen(turn, { ...state, saying });
}

/** The time for a digit counts from the end of the prompt, or from the digit before. */
function listen(turn: Turn, state: GatheringState): GatherState {
  if (isSaid(state.saying)) turn.setTimer(INPUT_TIMER, state.answer.inputTimeoutS * 1000);
  return state;
}

/** The finish key, or enough digits, end the input. What is left over is for the next prompt. */
function takeDigits(turn: Turn, state: GatheringState, pressed: string): GatherState {
  const { answer } = state;
  let { digits } = state;
  for (let i = 0; i < pressed.length; i++) {
    const digit = pressed.charAt(i);
    const isFinish = digit === answer.finishOnKey;
    if (!isFinish) digits += digit;
    if (!isFinish && digits.length < answer.maxInputDigits) continue;
    for (const rest of pressed.slice(i + 1)) turn.keepDigit(rest);
    const how = isFinish ? `The caller pressed ${digit}.` : `${digits.length} digits are enough.`;
    return finish(turn, { ...state, digits }, how);
  }
  return listen(turn, { ...state, digits });
}

function finish(turn: Turn, state: GatheringState, how: string): GatherState {
  const { digits, answer, repeats } = state;
  turn.clearTimer(INPUT_TIMER);
  if (digits !== "") {
    turn.trace({ type: "digits", digits, message: how });
    turn.learn({ digits });
    turn.leave("digits_entered", "APP-2");
    return state;
  }
  if (repeats < answer.repeatMenu) {
    turn.decide("APP-2", "Nothing was entered: the prompt is said again.");
    return begin(turn, answer, repeats + 1);
  }
  turn.leave("nothing_entered", "APP-2");
  return state;
}
