import type { Turn } from "../../call/turn.ts";
import { maskCredentials } from "../../contract/query.ts";
import { dialEventQuery } from "../../contract/request.ts";
import type { Attempt, ConnectState } from "./state.ts";

type DialEvent = "Dial" | "Ringing" | "Answered" | "Terminal";

/**
 * Tells `dial_passthru_event_url` about one attempt (section 5): into the outbox, in order per attempt (EVT-6), never
 * delaying the call. The answer that began an attempt is still in use when it ends, so its URL hears both ends (EVT-4).
 */
export function tellDialEvent(turn: Turn, run: ConnectState, attempt: Attempt, event: DialEvent): void {
  const url = run.answer?.dialEventUrl ?? null;
  if (url === null || !isWanted(turn, event)) return;
  const { callSid, from, to, direction, startedAt } = turn.call;
  const query = dialEventQuery(turn.setup.account, {
    callSid,
    callFrom: from,
    callTo: to,
    direction,
    createdMs: startedAt,
    nowMs: turn.at,
    destination: attempt.destination,
    event,
  });
  turn.notify(
    { purpose: "dial_event", role: null, attempt: run.asking.attempt, url, query, versionHeader: false, accept: "*/*" },
    `${callSid}-dial-${attempt.leg}`,
  );
  turn.trace({ type: "dial_event", leg: attempt.leg, event, url: maskCredentials(url), query });
}

/** EVT-2: `Dial` and `Terminal` always, the two between them if the account turns them on. */
function isWanted(turn: Turn, event: DialEvent): boolean {
  const { dialEvents } = turn.setup.account;
  if (event === "Ringing") return dialEvents.includes("ringing");
  if (event === "Answered") return dialEvents.includes("answered");
  return true;
}
