import type { StepContext } from "../../call/step-context.ts";
import { updateHoldAudio } from "./hold-audio.ts";
import type { ConnectDocument } from "./schema.ts";
import { type ConnectState, hasDialled } from "./state.ts";

/** EXIT-3: someone was dialled, but there was no conversation. `rule` and `message` say why dialling stopped. */
export function leaveUnanswered(context: StepContext, state: ConnectState, rule: string, message: string): void {
  context.decide(rule, message);
  state.phase = "left";
  updateHoldAudio(context, state);
  context.leave("nobody_answered", "EXIT-3");
}

/**
 * EXIT-1, EXIT-4: nobody was dialled. Without an applet at *we didn't dial anyone* the flow goes on at *nobody
 * answers*.
 */
export function leaveUndialed(
  context: StepContext,
  state: ConnectState,
  document: ConnectDocument,
  rule: string,
  message: string,
): void {
  context.decide(rule, message);
  state.phase = "left";
  context.updateFacts({
    callType: "incomplete",
    dialCallStatus: null,
    dialCallDurationS: 0,
    outgoingPhoneNumber: null,
    legs: [],
  });
  const { nobody_dialed, nobody_answered } = document.exits;
  if (nobody_dialed !== undefined || nobody_answered === undefined) return context.leave("nobody_dialed", "EXIT-4");
  context.decide("EXIT-4", "No applet is set at nobody_dialed: the flow goes on at nobody_answered.");
  context.leave("nobody_answered", "EXIT-4");
}

/** No answer can be used: the first time nobody has been dialled (EXIT-1), on a re-fetch someone has (REF-6). */
export function leaveWithoutAnswer(
  context: StepContext,
  state: ConnectState,
  document: ConnectDocument,
  message: string,
): void {
  if (hasDialled(state)) return leaveUnanswered(context, state, "REF-6", message);
  leaveUndialed(context, state, document, "EXIT-1", message);
}
