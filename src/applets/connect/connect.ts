import { unreachable } from "../../base/never.ts";
import { type AppletEvent, type AppletKind, defineApplet, type Ending, type Farewell } from "../../call/applet.ts";
import { leaveAsking, onAsking } from "../../call/asking.ts";
import type { LegId } from "../../call/legs.ts";
import type { Turn } from "../../call/turn.ts";
import { askWhom, questionOf } from "./ask.ts";
import { cancelAttempts, closeRound } from "./attempts.ts";
import { connectForm } from "./form.ts";
import { onMusicFailed } from "./music.ts";
import { proceed, RING_TIMER } from "./plan.ts";
import { reviewConnect } from "./review.ts";
import { onAnswered, onEarlyMedia, onFailed, onLeftAnnouncement, onRinging, onRingLimit } from "./ring.ts";
import { type ConnectDocument, connectSchema } from "./schema.ts";
import { type Attempt, type ConnectState, freshState, hasDialled, live } from "./state.ts";
import { closeTalk, onAnnounced, onCalleeLeft, onTalkLimit, TALK_TIMER } from "./talk.ts";
import { rehearseConnect } from "./rehearse.ts";
import { connectExits, connectTimes } from "./proofs.ts";

/**
 * Connect (contract, sections 3 to 6): asks whom to dial, dials round after round, puts the caller through. Sequence,
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
  rehearse: rehearseConnect,
  enter(turn, document) {
    const run = freshState();
    // Digits pressed before are no answer to a prompt behind a conversation.
    turn.takeTyped();
    proceed(turn, run, document, askWhom(turn, run, document));
    return run;
  },
  on(turn, document, state, event) {
    const run = { ...state };
    handle(turn, document, run, event);
    return run;
  },
  close(turn, _document, state, ending) {
    leaveAsking(turn, { ...state.asking }, ending);
    return close(turn, { ...state }, ending);
  },
};

export const connect = defineApplet(kind);

function handle(turn: Turn, document: ConnectDocument, run: ConnectState, event: AppletEvent): void {
  switch (event.kind) {
    case "fetched":
    case "audio_checked":
      return handleReply(turn, document, run, event);
    case "leg_ringing":
    case "leg_early_media":
    case "leg_answered":
    case "leg_failed":
    case "leg_ended":
      return handleLeg(turn, document, run, event);
    case "played":
      return handlePlayed(turn, run, event);
    case "timer":
      return handleTimer(turn, document, run, event.id);
    case "digit":
    case "recording_ready":
      return;
    default:
      return unreachable(event);
  }
}

function handleReply(turn: Turn, document: ConnectDocument, run: ConnectState, event: AppletEvent): void {
  const asking = { ...run.asking };
  run.asking = asking;
  const reply = onAsking(turn, asking, questionOf(turn, document), event);
  if (reply !== null) proceed(turn, run, document, reply);
}

function handleLeg(
  turn: Turn,
  document: ConnectDocument,
  run: ConnectState,
  event: Extract<AppletEvent, { kind: `leg_${string}` }>,
): void {
  const attempt = live(run).find((each) => each.leg === event.leg);
  if (attempt === undefined) return;
  switch (event.kind) {
    case "leg_ringing":
      return onRinging(turn, run, attempt);
    case "leg_early_media":
      return onEarlyMedia(turn, run, attempt);
    case "leg_answered":
      return onAnswered(turn, run, attempt);
    case "leg_failed":
      return onFailed(turn, run, document, attempt, event);
    case "leg_ended":
      if (run.phase === "talking") return onCalleeLeft(turn, run, attempt);
      return onLeftAnnouncement(turn, run, document, attempt);
    default:
      return unreachable(event);
  }
}

function handlePlayed(turn: Turn, run: ConnectState, event: Extract<AppletEvent, { kind: "played" }>): void {
  const leg = lastLeg(run);
  if (event.id === run.announcement && leg !== null) return onAnnounced(turn, run, leg, event.failure);
  // Nothing else plays in a Connect.
  onMusicFailed(turn, run, event.failure);
}

function handleTimer(turn: Turn, document: ConnectDocument, run: ConnectState, id: string): void {
  if (id === RING_TIMER) return onRingLimit(turn, run, document);
  if (id === TALK_TIMER) return onTalkLimit(turn, run);
  // The third is the announcement's.
  const leg = lastLeg(run);
  if (leg !== null) onAnnounced(turn, run, leg, "it did not end in time");
}

/** While there is an announcement the only one: all but the leg that was answered have been given up. */
function lastLeg(run: ConnectState): LegId | null {
  return live(run).at(-1)?.leg ?? null;
}

/** The call ends under the Connect: by the caller, by a limit, by command (REF-8, DIAL-5, DIAL-11). */
function close(turn: Turn, run: ConnectState, ending: Ending): Farewell | null {
  const attempt: Attempt | undefined = live(run).at(-1);
  if (run.phase === "talking" && attempt !== undefined) {
    closeTalk(turn, run, attempt, ending.by, ending.by === "caller" ? "EXIT-2" : ending.rule);
    return { exit: "conversation_ended", taken: true, rule: "EXIT-2" };
  }
  const dialled = hasDialled(run);
  cancelAttempts(turn, run, null, ending.by === "caller" ? "DIAL-11" : ending.rule, ending.message);
  closeRound(
    turn,
    run,
    run.attempts.find((each) => each.leg === attempt?.leg),
  );
  turn.learn({ callType: ending.by === "caller" ? "client-hangup" : "incomplete" });
  return dialled ? { exit: "nobody_answered", taken: false, rule: "DIAL-11" } : null;
}
