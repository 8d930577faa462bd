import { unreachable } from "../../../base/never.ts";
import {
  type AppletEvent,
  type AppletKind,
  defineApplet,
  type CallEnding,
  type ClosingExit,
} from "../../call/applet.ts";
import { abandonRequest, onRequestEvent } from "../../call/customer-request.ts";
import type { LegId } from "../../call/legs.ts";
import type { StepContext } from "../../call/step-context.ts";
import { requestAnswer, requestPolicy } from "./fetch-answer.ts";
import { cancelAttempts, closeRound } from "./attempts.ts";
import { connectForm } from "./form.ts";
import { onHoldAudioFailed } from "./hold-audio.ts";
import { proceed, RING_TIMER } from "./dial-plan.ts";
import { reviewConnect } from "./review.ts";
import { onAnswered, onEarlyMedia, onFailed, onLeftDuringPlayback, onRinging, onRingLimit } from "./ring-events.ts";
import { type ConnectDocument, connectSchema } from "./schema.ts";
import { type Attempt, type ConnectState, initialState, hasDialled, activeAttempts } from "./state.ts";
import {
  closeConversation,
  onPlaybackEnded,
  onCalleeLeft,
  onConversationLimit,
  CONVERSATION_TIMER,
} from "./conversation.ts";
import { connectExampleScript } from "./example-script.ts";
import { connectExits, connectPrompts, connectTimes } from "./bounds.ts";

/**
 * Connect (contract, sections 3 to 6): asks whom to dial, dials round after round, and puts the caller through. Sequence,
 * parallel ringing and re-fetching are one machine: an answer is a list, a round is the next part of it, and what
 * follows a round without a conversation is the next round, a new answer, or an exit.
 */
const kind: AppletKind<ConnectDocument, ConnectState> = {
  type: "connect",
  schema: connectSchema,
  needsCaller: true,
  dials: true,
  docs: "connect.md",
  form: connectForm,
  exits: connectExits,
  times: connectTimes,
  review: reviewConnect,
  prompts: connectPrompts,
  exampleScript: connectExampleScript,
  enter(context, document) {
    const state = initialState();
    // Digits entered before do not answer a prompt after the conversation.
    context.takeTypeAhead();
    proceed(context, state, document, requestAnswer(context, state, document));
    return state;
  },
  on(context, document, previous, event) {
    const state = { ...previous };
    handle(context, document, state, event);
    return state;
  },
  close(context, _document, state, ending) {
    abandonRequest(context, { ...state.request }, ending);
    return close(context, { ...state }, ending);
  },
};

export const connect = defineApplet(kind);

function handle(context: StepContext, document: ConnectDocument, state: ConnectState, event: AppletEvent): void {
  switch (event.kind) {
    case "fetched":
    case "audio_checked":
      return handleReply(context, document, state, event);
    case "leg_ringing":
    case "leg_early_media":
    case "leg_answered":
    case "leg_failed":
    case "leg_ended":
      return handleLeg(context, document, state, event);
    case "playback_ended":
      return handlePlayed(context, state, event);
    case "timer":
      return handleTimer(context, document, state, event.id);
    case "digit":
    case "recording_ready":
      return;
    default:
      return unreachable(event);
  }
}

function handleReply(context: StepContext, document: ConnectDocument, state: ConnectState, event: AppletEvent): void {
  const request = { ...state.request };
  state.request = request;
  const reply = onRequestEvent(context, request, requestPolicy(context, document), event);
  if (reply !== null) proceed(context, state, document, reply);
}

function handleLeg(
  context: StepContext,
  document: ConnectDocument,
  state: ConnectState,
  event: Extract<AppletEvent, { kind: `leg_${string}` }>,
): void {
  const attempt = activeAttempts(state).find((each) => each.leg === event.leg);
  if (attempt === undefined) return;
  switch (event.kind) {
    case "leg_ringing":
      return onRinging(context, state, attempt);
    case "leg_early_media":
      return onEarlyMedia(context, state, attempt);
    case "leg_answered":
      return onAnswered(context, state, attempt);
    case "leg_failed":
      return onFailed(context, state, document, attempt, event);
    case "leg_ended":
      if (state.phase === "talking") return onCalleeLeft(context, state, attempt, event.q850 ?? null);
      return onLeftDuringPlayback(context, state, document, attempt, event.q850 ?? null);
    default:
      return unreachable(event);
  }
}

function handlePlayed(
  context: StepContext,
  state: ConnectState,
  event: Extract<AppletEvent, { kind: "playback_ended" }>,
): void {
  const leg = lastLeg(state);
  if (event.id === state.announcement && leg !== null) return onPlaybackEnded(context, state, leg, event.failure);
  // Nothing else plays in a Connect.
  onHoldAudioFailed(context, state, event.failure);
}

function handleTimer(context: StepContext, document: ConnectDocument, state: ConnectState, id: string): void {
  if (id === RING_TIMER) return onRingLimit(context, state, document);
  if (id === CONVERSATION_TIMER) return onConversationLimit(context, state);
  // The third timer is the announcement's.
  const leg = lastLeg(state);
  if (leg !== null) onPlaybackEnded(context, state, leg, "it did not end in time");
}

/** During an announcement this is the only active leg: all but the answered one have been cancelled. */
function lastLeg(state: ConnectState): LegId | null {
  return activeAttempts(state).at(-1)?.leg ?? null;
}

/** The call ends during the Connect: the caller left, a limit was reached, or a command ended it (REF-8, DIAL-5, DIAL-11). */
function close(context: StepContext, state: ConnectState, ending: CallEnding): ClosingExit | null {
  const attempt: Attempt | undefined = activeAttempts(state).at(-1);
  if (state.phase === "talking" && attempt !== undefined) {
    closeConversation(context, state, attempt, ending.by, ending.by === "caller" ? "EXIT-2" : ending.rule);
    return { exit: "conversation_ended", taken: true, rule: "EXIT-2" };
  }
  const dialled = hasDialled(state);
  cancelAttempts(context, state, null, ending.by === "caller" ? "DIAL-11" : ending.rule, ending.message);
  closeRound(
    context,
    state,
    state.attempts.find((each) => each.leg === attempt?.leg),
  );
  context.updateFacts({ callType: ending.by === "caller" ? "client-hangup" : "incomplete" });
  return dialled ? { exit: "nobody_answered", taken: false, rule: "DIAL-11" } : null;
}
