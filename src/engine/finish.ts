import { appletKind } from "../applets/registry.ts";
import type { AppletKind, Ending, Farewell } from "../call/applet.ts";
import { CALLER } from "../call/legs.ts";
import { RECORDING_CLOSE_MS } from "../call/limits.ts";
import type { CallRecord } from "../call/record.ts";
import type { AppletDocument } from "../call/setup.ts";
import type { Closing } from "../call/state.ts";
import type { Turn } from "../call/turn.ts";

/** Ends a call that outlives its limit: the one timer of a call that belongs to no applet. */
export const CALL_TIMER = "call";

/** Armed while an ended call waits for its recordings. */
export const CLOSING_TIMER = "closing";

/** A caller whom the flow never answered is refused with this (RFC 3261 section 21.6.2, Decline). */
const DECLINE = 603;

/**
 * Ends the call: the running applet brings its own things to an end, whatever is still open is closed, the caller is let
 * go, and once the recordings are closed the record is written.
 */
export function finishCall(turn: Turn, ending: Ending): void {
  if (ending.by !== "caller") turn.decide(ending.rule, ending.message);
  sayFarewell(turn, ending);
  closeApplet(turn);
  for (const timer of turn.call.timers) turn.clearTimer(timer.id);
  const rejected = letCallerGo(turn);
  turn.put({ applet: null, appletState: null, closing: { by: ending.by, at: turn.at, rejected } });
  awaitRecordings(turn);
}

/** Closes what the running applet left open, so that nobody rings, hears or waits for an applet that is over. */
export function closeApplet(turn: Turn): void {
  const { fetches, plays, timers, legs, recordings } = turn.call;
  for (const id of fetches) turn.abandon(id, "REF-8");
  for (const id of plays) turn.stopPlaying(id);
  for (const { id } of timers) if (id !== CALL_TIMER) turn.clearTimer(id);
  for (const { leg } of legs) turn.drop(leg);
  for (const { id } of recordings) turn.stopRecording(id);
}

/** An applet of the flow. */
export interface Applet {
  readonly id: string;
  readonly kind: AppletKind;
  readonly document: AppletDocument;
}

/** Null: the flow has none of this id, or nobody knows its type. */
export function appletOf(turn: Turn, id: string | null): Applet | null {
  if (id === null) return null;
  const document = turn.setup.flow.applets[id];
  const kind = document === undefined ? undefined : appletKind(document.type);
  return document === undefined || kind === undefined ? null : { id, kind, document };
}

/** Id of the applet behind an exit; null: none is set. */
export function targetOf({ kind, document }: Applet, exit: string): string | null {
  return kind.exits(document).find((each) => each.name === exit)?.target ?? null;
}

function sayFarewell(turn: Turn, ending: Ending): void {
  const running = appletOf(turn, turn.call.applet);
  if (running === null) return;
  const farewell = running.kind.close(turn, running.document, turn.call.appletState, ending);
  if (farewell === null) return;
  const { exit, taken, rule } = farewell;
  const next = targetOf(running, exit);
  if (taken) turn.trace({ type: "exit.taken", applet: running.id, exit, next, rule });
  tellPassthru(turn, next, farewell);
}

/** DIAL-11: a Passthru directly behind is still told, once and without anybody waiting for its answer. */
function tellPassthru(turn: Turn, target: string | null, farewell: Farewell): void {
  const behind = appletOf(turn, target);
  if (behind?.kind.tell === undefined) return;
  const { id, document } = behind;
  turn.decide(farewell.rule, `Nobody is left to go on with the flow; "${id}" directly behind is still told once.`);
  turn.put({ applet: id, appletState: null });
  turn.trace({ type: "applet.entered", applet: id, kind: document.type });
  behind.kind.tell(turn, document);
}

/** True when the caller was refused. */
function letCallerGo(turn: Turn): boolean {
  if (turn.call.callerGone) return false;
  if (turn.call.answered) {
    turn.effects.push({ kind: "hang_up", leg: CALLER });
    return false;
  }
  turn.effects.push({ kind: "reject", sip: DECLINE });
  return true;
}

/** Ends at once when every recording is closed; otherwise sees to it that they close and that the wait is bounded. */
export function awaitRecordings(turn: Turn): void {
  const { recordings } = turn.call;
  if (recordings.length === 0) return conclude(turn);
  for (const { id } of recordings) turn.effects.push({ kind: "stop_recording", id });
  turn.setTimer(CLOSING_TIMER, RECORDING_CLOSE_MS);
}

/** The last step: what never reported its end is written down as such, and the record closes the call. */
export function conclude(turn: Turn): void {
  const { closing, recordings } = turn.call;
  const failure = `did not close within ${RECORDING_CLOSE_MS} ms`;
  for (const { id } of recordings) turn.trace({ type: "recording.closed", id, duration_ms: 0, failure });
  const record = recordOf(turn, closing ?? { by: "platform", at: turn.at, rejected: false });
  turn.trace({ type: "call.ended", cdr: record });
  turn.put({ recordings: [], ended: true });
  turn.effects.push({ kind: "end", record });
}

function recordOf(turn: Turn, closing: Closing): CallRecord {
  const { startedAt, answered, dialStatus, facts, conversationMs } = turn.call;
  const durationMs = closing.at - startedAt;
  return {
    // API-4: an incoming call that was answered is `completed`, whatever became of its second leg.
    status: answered ? "completed" : closing.rejected ? "busy" : "no-answer",
    ended_by: closing.by,
    dial_call_status: dialStatus,
    call_type: facts.callType,
    conversation_s: Math.floor(conversationMs / 1000),
    duration_s: Math.floor(durationMs / 1000),
    duration_ms: durationMs,
  };
}
