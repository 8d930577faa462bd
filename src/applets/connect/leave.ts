import type { Turn } from "../../call/turn.ts";
import { tune } from "./music.ts";
import type { ConnectDocument } from "./schema.ts";
import { type ConnectState, hasDialled } from "./state.ts";

/** EXIT-3: something was dialled, and no conversation came of it. `rule` and `message` say what made it stop. */
export function leaveUnanswered(turn: Turn, run: ConnectState, rule: string, message: string): void {
  turn.decide(rule, message);
  run.phase = "left";
  tune(turn, run);
  turn.leave("nobody_answered", "EXIT-3");
}

/**
 * EXIT-1, EXIT-4: nothing was dialled. Without an applet behind *we didn't dial anyone* the flow goes on behind *nobody
 * answers*.
 */
export function leaveUndialled(
  turn: Turn,
  run: ConnectState,
  document: ConnectDocument,
  rule: string,
  message: string,
): void {
  turn.decide(rule, message);
  run.phase = "left";
  turn.learn({
    callType: "incomplete",
    dialCallStatus: null,
    dialCallDurationS: 0,
    outgoingPhoneNumber: null,
    legs: [],
  });
  const { nobody_dialed, nobody_answered } = document.exits;
  if (nobody_dialed !== undefined || nobody_answered === undefined) return turn.leave("nobody_dialed", "EXIT-4");
  turn.decide("EXIT-4", "No applet is set at nobody_dialed: the flow goes on at nobody_answered.");
  turn.leave("nobody_answered", "EXIT-4");
}

/** No answer can be used: at first nothing was dialled (EXIT-1); on a re-fetch something was (REF-6). */
export function leaveWithoutAnswer(turn: Turn, run: ConnectState, document: ConnectDocument, message: string): void {
  if (hasDialled(run)) return leaveUnanswered(turn, run, "REF-6", message);
  leaveUndialled(turn, run, document, "EXIT-1", message);
}
