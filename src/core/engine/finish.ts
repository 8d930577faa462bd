import { appletKind } from "../applets/registry.ts";
import type { AppletKind, CallEnding, ClosingExit } from "../call/applet.ts";
import { CALLER } from "../call/legs.ts";
import { MAX_APPLETS_PER_CALL, RECORDING_CLOSE_MS } from "../call/limits.ts";
import type { CallRecord } from "../call/record.ts";
import type { AppletDocument } from "../call/setup.ts";
import type { CallState, Closing } from "../call/state.ts";
import type { DialStatus } from "../contract/outcome.ts";
import type { StepContext } from "../call/step-context.ts";
import { abandonPlacing } from "./caller-dialing.ts";
import { notifyStatus } from "./status.ts";

/** Ends a call at its time limit: the only timer of a running call that belongs to no applet. */
export const CALL_TIMER = "call";

/** Set while an ended call waits for its recordings. */
export const CLOSING_TIMER = "closing";

/** A caller whom the flow never answered is refused with this (RFC 3261 section 21.6.2, Decline). */
const DECLINE = 603;

/**
 * Ends the call: the running applet finishes its own work, whatever is still open is closed, the caller is hung up or
 * refused, and once the recordings are closed the record is written.
 */
export function finishCall(context: StepContext, ending: CallEnding): void {
  if (ending.by !== "caller") context.decide(ending.rule, ending.message);
  abandonPlacing(context, ending);
  // Before a Passthru after it is notified: a recording belongs to the applet that started it.
  for (const { id } of context.call.recordings) context.stopRecording(id);
  takeClosingExit(context, ending);
  closeApplet(context);
  for (const timer of context.call.timers) context.clearTimer(timer.id);
  const rejected = releaseCaller(context);
  context.patchState({ applet: null, appletState: null, closing: { by: ending.by, at: context.at, rejected } });
  awaitRecordings(context);
}

/** Closes what the running applet left open, so that nothing rings, plays or waits for an applet that has ended. */
export function closeApplet(context: StepContext): void {
  const { fetches, plays, timers, legs, recordings } = context.call;
  for (const id of fetches) context.cancelRequest(id, "REF-8");
  for (const id of plays) context.stopPlaying(id);
  for (const { id } of timers) if (id !== CALL_TIMER) context.clearTimer(id);
  for (const { leg } of legs) context.endLeg(leg, "call_ended");
  for (const { id } of recordings) context.stopRecording(id);
}

/** An applet of the flow. */
export interface Applet {
  readonly id: string;
  readonly kind: AppletKind;
  readonly document: AppletDocument;
}

/** Null: the flow has no applet with this id, or its type is unknown. */
export function appletOf(context: StepContext, id: string | null): Applet | null {
  if (id === null) return null;
  const document = context.flow.applets[id];
  const kind = document === undefined ? undefined : appletKind(document.type);
  return document === undefined || kind === undefined ? null : { id, kind, document };
}

/** Id of the applet at an exit; null: none is set. */
export function targetOf({ kind, document }: Applet, exit: string): string | null {
  return kind.exits(document).find((each) => each.name === exit)?.target ?? null;
}

function takeClosingExit(context: StepContext, ending: CallEnding): void {
  const running = appletOf(context, context.call.applet);
  if (running === null) return;
  const closingExit = running.kind.close(context, running.document, context.call.appletState, ending);
  if (closingExit === null) return;
  const { exit, taken, rule } = closingExit;
  const next = targetOf(running, exit);
  if (taken) context.trace({ type: "exit.taken", applet: running.id, exit, next, rule });
  notifyPassthruAfter(context, next, closingExit);
}

/** DIAL-11: a Passthru directly after the exit is still notified, once and without waiting for its answer. */
function notifyPassthruAfter(context: StepContext, target: string | null, closingExit: ClosingExit): void {
  const next = appletOf(context, target);
  if (next?.kind.notifyOnly === undefined || context.call.appletsRun >= MAX_APPLETS_PER_CALL) return;
  const { id, document } = next;
  context.decide(
    closingExit.rule,
    `The flow does not go on, but "${id}" directly after this exit is still notified once.`,
  );
  context.patchState({ applet: id, appletState: null });
  context.trace({ type: "applet.entered", applet: id, kind: document.type });
  next.kind.notifyOnly(context, document);
}

/** True when the caller was refused. */
function releaseCaller(context: StepContext): boolean {
  const { callerGone, answered, placed } = context.call;
  if (callerGone) return false;
  if (answered) {
    context.effects.push({ kind: "hang_up", leg: CALLER });
    return false;
  }
  // Leg 1 of a call by API has been cancelled, or has failed.
  if (placed !== undefined) return false;
  context.effects.push({ kind: "reject", sip: DECLINE });
  return true;
}

/** Ends the call at once if every recording is closed; otherwise stops them and bounds the wait. */
export function awaitRecordings(context: StepContext): void {
  const { recordings } = context.call;
  if (recordings.length === 0) return writeRecord(context);
  for (const { id } of recordings) context.effects.push({ kind: "stop_recording", id });
  context.setTimer(CLOSING_TIMER, RECORDING_CLOSE_MS);
}

/** The last step: traces recordings that never reported their end, and writes the call's record. */
export function writeRecord(context: StepContext): void {
  const { closing, recordings } = context.call;
  const failure = `did not close within ${RECORDING_CLOSE_MS} ms`;
  for (const { id } of recordings) context.trace({ type: "recording.closed", id, duration_ms: 0, failure });
  const record = recordOf(context, closing ?? { by: "platform", at: context.at, rejected: false });
  notifyStatus(context, "terminal", record);
  context.trace({ type: "call.ended", cdr: record });
  context.patchState({ recordings: [], ended: true });
  context.effects.push({ kind: "end", record });
}

function recordOf(context: StepContext, closing: Closing): CallRecord {
  const { startedAt, dialStatus, facts, conversationMs } = context.call;
  const durationMs = closing.at - startedAt;
  return {
    status: statusOf(context.call, closing),
    ended_by: closing.by,
    dial_call_status: dialStatus,
    call_type: facts.callType,
    conversation_s: Math.floor(conversationMs / 1000),
    duration_s: Math.floor(durationMs / 1000),
    duration_ms: durationMs,
  };
}

function statusOf(call: CallState, closing: Closing): CallRecord["status"] {
  const { answered, placed, callerOutcome, facts, dialStatus } = call;
  // API-4: an incoming call that was answered is `completed`, whatever happened to its second leg.
  if (placed === undefined) return answered ? "completed" : closing.rejected ? "busy" : "no-answer";
  if (!answered) return withoutCanceled(callerOutcome ?? "failed");
  // Of two numbers, the second decides; in a flow, the first has been reached.
  const isConnected = placed.second === null || facts.callType === "completed";
  return isConnected ? "completed" : withoutCanceled(dialStatus ?? "canceled");
}

/** API-3 has no word for a leg that we cancelled: it had not answered. */
function withoutCanceled(status: DialStatus): CallRecord["status"] {
  return status === "canceled" ? "no-answer" : status;
}
