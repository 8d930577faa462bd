import { unreachable } from "../../base/never.ts";
import { calleeOf, refusalOf, runningRecording } from "../call/call-action.ts";
import type { CallCommand, CallParty } from "../call/command.ts";
import { CALLER, type LegId } from "../call/legs.ts";
import type { LimitFact } from "../call/limit-fact.ts";
import type { StepContext } from "../call/step-context.ts";
import { appletOf, closeApplet, finishCall } from "./finish.ts";
import { enterApplet } from "./flow-runner.ts";

/** Carries out a command, or traces why it cannot be: the state may have changed since it was given. */
export function handleCommand(context: StepContext, command: CallCommand): void {
  const refusal = refusalOf(context.call, command);
  if (refusal !== null) return context.decide("COMMAND", `Refused: ${refusal}.`);
  switch (command.command) {
    case "hang_up":
      if (command.limit !== undefined) return endByLimit(context, command.limit);
      return finishCall(context, { by: "platform", rule: "COMMAND", message: "The call was hung up by command." });
    case "recover": {
      const message = "The control process restarted and lost this call's legs: everything still open is closed.";
      return finishCall(context, { by: "platform", rule: "RECOVER", message });
    }
    case "redirect":
      return redirect(context, command);
    case "start_recording":
    case "stop_recording":
    case "pause_recording":
    case "resume_recording":
      return handleRecording(context, command);
    case "send_digits":
      return sendDigits(context, command);
    case "play":
      return play(context, command);
    default:
      return unreachable(command);
  }
}

/** The account's budget no longer covers the call: both parties are hung up, as at DIAL-5's limit. */
function endByLimit(context: StepContext, limit: LimitFact): void {
  context.trace({ type: "limit.reached", leg: null, ...limit });
  finishCall(context, { by: "platform", rule: "LIMIT", message: `The call ends: ${limit.message}.` });
}

type Of<K extends CallCommand["command"]> = Extract<CallCommand, { command: K }>;

/** Closes what the running applet left open, as at the end of a call, but the caller stays and goes on elsewhere. */
function redirect(context: StepContext, { applet, flow }: Of<"redirect">): void {
  const message = "The call was redirected by command.";
  const callee = calleeOf(context.call);
  if (callee !== null) context.unbridge(callee);
  const running = appletOf(context, context.call.applet);
  if (running !== null)
    running.kind.close(context, running.document, context.call.appletState, {
      by: "platform",
      rule: "COMMAND",
      message,
    });
  closeApplet(context);
  if (running?.kind.dials !== true) context.updateFacts({ dialCallStatus: null });
  context.decide("COMMAND", message);
  context.patchState({ applet: null, appletState: null, ...(flow === undefined ? {} : { flow }) });
  context.trace({ type: "call.redirected", flow: context.flow.id, applet });
  enterApplet(context, applet);
}

function handleRecording(
  context: StepContext,
  command: Of<"start_recording" | "stop_recording" | "pause_recording" | "resume_recording">,
): void {
  if (command.command === "start_recording") return startRecording(context, command.layout);
  const id = runningRecording(context.call)?.id;
  if (id === undefined) return;
  if (command.command === "stop_recording") {
    context.decide("COMMAND", `Recording ${id} is stopped by command.`);
    return context.stopRecording(id);
  }
  const paused = command.command === "pause_recording";
  context.decide("COMMAND", `Recording ${id} is ${paused ? "paused" : "resumed"} by command.`);
  context.pauseRecording(id, paused);
}

/** Records the rest of the conversation; a new recording has a new file. */
function startRecording(context: StepContext, layout: "mono" | "dual"): void {
  const callee = calleeOf(context.call);
  if (callee === null) return;
  context.decide("COMMAND", "The conversation is recorded from here on, by command.");
  const id = context.record([CALLER, callee], { layout, maxMs: null, silenceMs: null });
  context.updateFacts({ recordingUrl: context.recordingUrl(id) });
}

/** The digits themselves stay out of the trace: they may be a PIN. */
function sendDigits(context: StepContext, { to, digits }: Of<"send_digits">): void {
  context.decide("COMMAND", `${digits.length} digits are sent to the ${to}, by command.`);
  for (const leg of legsOf(context, to)) context.sendDigits(leg, digits);
}

function play(context: StepContext, { to, what }: Of<"play">): void {
  const id = context.play(legsOf(context, to), [what], false, "COMMAND");
  context.patchState({ commandPlays: [...(context.call.commandPlays ?? []), id] });
}

function legsOf(context: StepContext, to: CallParty | "both"): readonly LegId[] {
  const callee = calleeOf(context.call);
  if (to === "caller" || callee === null) return [CALLER];
  return to === "callee" ? [callee] : [CALLER, callee];
}

/** Whether this playback was started by command; if so, no applet is told of its end. */
export function closeCommandPlay(context: StepContext, id: string): boolean {
  const { commandPlays = [] } = context.call;
  if (!commandPlays.includes(id)) return false;
  context.patchState({ commandPlays: commandPlays.filter((each) => each !== id) });
  return true;
}
