import { CALLER } from "../call/legs.ts";
import type { CallEnding } from "../call/record.ts";
import type { StepContext } from "../call/step-context.ts";
import { type DialOutcome, outcomes } from "../contract/outcome.ts";

/** Whether leg 1 of a call by API is still being dialled. */
export function isPlacing({ call }: StepContext): boolean {
  return call.legs.some(({ leg }) => leg === CALLER);
}

/** The call ends while leg 1 is being dialled: by command, by a restart. Its leg is cancelled with all others. */
export function abandonPlacing(context: StepContext, ending: CallEnding): void {
  if (!isPlacing(context)) return;
  const outcome = ending.rule === "RECOVER" ? outcomes.networkFailure : outcomes.canceled;
  noteNotReached(context, { outcome, sip: null, rule: ending.rule, message: ending.message });
}

/** How the dialling of leg 1 ended without an answer. */
export interface NotReached {
  readonly outcome: DialOutcome;
  readonly sip: number | null;
  readonly rule: string;
  readonly message: string;
}

/** Traces it, and keeps it for the call's record. */
export function noteNotReached(context: StepContext, { outcome, sip, rule, message }: NotReached): void {
  const { status, cause } = outcome;
  context.patchState({ callerOutcome: status });
  context.trace({
    type: "caller.not_reached",
    outcome: status,
    cause_code: cause.code,
    cause: cause.name,
    sip,
    rule,
    message,
  });
}
