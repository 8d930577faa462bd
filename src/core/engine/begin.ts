import type { CallEvent } from "../call/events.ts";
import { CALLER } from "../call/legs.ts";
import { MAX_CALL_MS } from "../call/limits.ts";
import type { CallSetup } from "../call/setup.ts";
import type { CallState } from "../call/state.ts";
import { StepContext } from "../call/step-context.ts";
import { callerNumber } from "../contract/numbers.ts";
import { INITIAL_FACTS } from "../contract/request.ts";
import { formatInstant } from "../contract/time.ts";
import { CALL_TIMER } from "./finish.ts";
import { enterFlow } from "./flow-runner.ts";
import { dialCaller } from "./placed.ts";

type Arrival = Extract<CallEvent, { kind: "call_arrived" }>;

/** The first step of a call: enters the flow's first applet, or dials leg 1 of a call by API. Throws if the event is not `call_arrived` (a bug in the edge). */
export function beginCall(setup: CallSetup, event: CallEvent): StepContext {
  if (event.kind !== "call_arrived") throw new Error(`a call starts with call_arrived, not with ${event.kind}`);
  const context = new StepContext(setup, stateOf(event), event.at);
  context.trace({
    type: "call.started",
    call_sid: event.callSid,
    account: setup.account.sid,
    flow: setup.flow.id,
    from: callerNumber(event.from),
    to: event.to,
    direction: event.direction,
    started_at: formatInstant(event.at),
  });
  if (event.placed === undefined) {
    context.setTimer(CALL_TIMER, Math.min(event.timeLimitMs ?? MAX_CALL_MS, MAX_CALL_MS));
    enterFlow(context);
  } else {
    context.setTimer(CALL_TIMER, MAX_CALL_MS);
    dialCaller(context, event.placed);
  }
  return context;
}

function stateOf(event: Arrival): CallState {
  return {
    callSid: event.callSid,
    from: callerNumber(event.from),
    to: event.to,
    ...(event.dialTo === undefined ? {} : { dialTo: event.dialTo }),
    direction: event.direction,
    customField: event.customField,
    ...(event.placed === undefined ? {} : { placed: event.placed }),
    ...(event.timeLimitMs === undefined ? {} : { timeLimitMs: event.timeLimitMs }),
    startedAt: event.at,
    now: event.at,
    answered: false,
    callerGone: false,
    seq: 0,
    lastId: 0,
    lastLeg: CALLER,
    applet: null,
    appletState: null,
    appletsRun: 0,
    facts: INITIAL_FACTS,
    typeAhead: "",
    selected: null,
    conversationMs: 0,
    dialStatus: null,
    calleeLeft: false,
    legs: [],
    fetches: [],
    plays: [],
    recordings: [],
    timers: [],
    closing: null,
    ended: false,
  };
}
