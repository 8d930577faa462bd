import { unreachable } from "../../base/never.ts";
import { type AppletKind, defineApplet } from "../../call/applet.ts";
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

interface GatherState {
  readonly asking: Asking<GatherAnswer>;
  /** Null until an answer is in use. */
  readonly answer: GatherAnswer | null;
  readonly saying: Saying;
  readonly digits: string;
  readonly repeats: number;
}

const INPUT_TIMER = "input";
const NOT_SAYING: Saying = { request: null, play: null };

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
    const state: GatherState = { asking, answer: null, saying: NOT_SAYING, digits: "", repeats: 0 };
    const question = questionOf(turn, document);
    if (document.url !== undefined) return proceed(turn, state, ask(turn, asking, question, turn.query()));
    const judged = judgeGatherBody(document.parameters, turn.setup.flow.validation);
    return proceed(turn, state, weighFlow(turn, asking, question, judged));
  },
  on(turn, document, state, event) {
    if (event.kind === "digit") return onDigit(turn, state, event.digit);
    if (event.kind === "timer" && event.id === INPUT_TIMER)
      return finish(turn, state, "No further digit came in time.");
    const asking = { ...state.asking };
    const reply = onAsking(turn, asking, questionOf(turn, document), event);
    if (reply !== null) return proceed(turn, { ...state, asking }, reply);
    const saying = onSaying(turn, state.saying, event);
    return saying === null ? state : listen(turn, { ...state, saying });
  },
  close(turn, _document, state, ending) {
    leaveAsking(turn, { ...state.asking }, ending);
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

function proceed(turn: Turn, state: GatherState, reply: Reply<GatherAnswer>): GatherState {
  switch (reply.kind) {
    case "waiting":
      return state;
    case "unusable":
      turn.decide("APP-2", `No digits can be asked for: ${reply.message}`);
      turn.leave("nothing_entered", "APP-2");
      return state;
    case "answer":
      turn.trace({ type: "answer.used", id: reply.id, answer: effectiveGather(reply.answer) });
      return begin(turn, { ...state, answer: reply.answer });
    default:
      return unreachable(reply);
  }
}

/** Says the prompt; digits pressed ahead are taken first, and make it superfluous. */
function begin(turn: Turn, state: GatherState): GatherState {
  const { answer, repeats } = state;
  if (answer === null) return state;
  const ahead = turn.takeTyped();
  if (ahead !== "") return takeDigits(turn, state, answer, ahead);
  const prompt = repeats === 0 ? answer.prompt : (answer.repeatPrompt ?? answer.prompt);
  return listen(turn, { ...state, saying: sayPrompts(turn, [prompt]) });
}

/** The time for a digit counts from the end of the prompt, or from the digit before. */
function listen(turn: Turn, state: GatherState): GatherState {
  if (isSaid(state.saying)) turn.setTimer(INPUT_TIMER, (state.answer?.inputTimeoutS ?? 0) * 1000);
  return state;
}

function onDigit(turn: Turn, state: GatherState, digit: string): GatherState {
  if (state.answer !== null) return takeDigits(turn, state, state.answer, digit);
  turn.keepDigit(digit);
  return state;
}

/** A digit ends the prompt; the finish key, or enough digits, end the input. What is left over is for the next prompt. */
function takeDigits(turn: Turn, state: GatherState, answer: GatherAnswer, pressed: string): GatherState {
  const saying = hush(turn, state.saying);
  let { digits } = state;
  for (let i = 0; i < pressed.length; i++) {
    const digit = pressed.charAt(i);
    const isFinish = digit === answer.finishOnKey;
    if (!isFinish) digits += digit;
    if (!isFinish && digits.length < answer.maxInputDigits) continue;
    for (let rest = i + 1; rest < pressed.length; rest++) turn.keepDigit(pressed.charAt(rest));
    const how = isFinish ? `The caller pressed ${digit}.` : `${digits.length} digits are enough.`;
    return finish(turn, { ...state, saying, digits }, how);
  }
  return listen(turn, { ...state, saying, digits });
}

function finish(turn: Turn, state: GatherState, how: string): GatherState {
  const { digits, answer, repeats } = state;
  turn.clearTimer(INPUT_TIMER);
  if (digits !== "") {
    turn.trace({ type: "digits", digits, message: how });
    turn.learn({ digits });
    turn.leave("digits_entered", "APP-2");
    return state;
  }
  if (repeats < (answer?.repeatMenu ?? 0)) {
    turn.decide("APP-2", "Nothing was entered: the prompt is said again.");
    return begin(turn, { ...state, repeats: repeats + 1 });
  }
  turn.leave("nothing_entered", "APP-2");
  return state;
}
