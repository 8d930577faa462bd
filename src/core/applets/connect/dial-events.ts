import type { StepContext } from "../../call/step-context.ts";
import { maskCredentials } from "../../contract/query.ts";
import { dialEventQuery } from "../../contract/request.ts";
import type { Attempt, ConnectState } from "./state.ts";

type DialEvent = "Dial" | "Ringing" | "Answered" | "Terminal";

/**
 * Notifies `dial_passthru_event_url` of one attempt (section 5): through the outbox, in order per attempt (EVT-6), never
 * delaying the call. The answer that began an attempt is still in use when it ends, so its URL gets both events (EVT-4).
 */
export function notifyDialEvent(context: StepContext, state: ConnectState, attempt: Attempt, event: DialEvent): void {
  const url = state.answer?.dialEventUrl ?? null;
  if (url === null || !isWanted(context, event)) return;
  const { destination } = attempt;
  const query = dialEventQuery(context.setup.account, { ...context.callFacts, destination, event });
  context.notify(
    {
      purpose: "dial_event",
      role: null,
      attempt: state.request.attempt,
      url,
      query,
      versionHeader: false,
      accept: "*/*",
    },
    `${context.call.callSid}-dial-${attempt.leg}`,
  );
  context.trace({ type: "dial_event", leg: attempt.leg, event, url: maskCredentials(url), query });
}

/** EVT-2: `Dial` and `Terminal` always, the two between them if the account turns them on. */
function isWanted(context: StepContext, event: DialEvent): boolean {
  const { dialEvents } = context.setup.account;
  if (event === "Ringing") return dialEvents.includes("ringing");
  if (event === "Answered") return dialEvents.includes("answered");
  return true;
}
