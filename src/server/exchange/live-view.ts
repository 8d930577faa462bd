import type { CallPhase } from "../../core/call/call-action.ts";
import { phaseOf } from "../../core/call/call-action.ts";
import { CALLER } from "../../core/call/legs.ts";
import type { Flow } from "../../core/call/setup.ts";
import type { CallState } from "../../core/call/state.ts";
import type { TraceEntry } from "../../core/call/trace.ts";

/** A live call as lists of live calls show it. */
export interface LiveView {
  readonly callSid: string;
  readonly from: string;
  readonly to: string;
  readonly direction: CallState["direction"];
  /** Epoch ms. */
  readonly startedAt: number;
  readonly phase: CallPhase;
  /** Id of the flow that the call is in. */
  readonly flow: string;
  /** The applet that it is in, and its kind; null: in none. */
  readonly applet: { readonly name: string; readonly type: string } | null;
  /** Destinations that ring or talk: the one in conversation, or all that are being dialled. */
  readonly with: readonly string[];
  readonly isRecorded: boolean;
}

/** What a person who watches calls sees of one. */
export function viewOf(state: CallState, flow: Flow, trace: readonly TraceEntry[]): LiveView {
  const { callSid, from, to, direction, startedAt, applet } = state;
  const type = applet === null ? undefined : flow.applets[applet]?.type;
  return {
    callSid,
    from,
    to,
    direction,
    startedAt,
    phase: phaseOf(state),
    flow: flow.id,
    applet: applet === null || type === undefined ? null : { name: applet, type },
    with: destinationsOf(state, trace),
    isRecorded: state.recordings.some(({ closing, paused }) => !closing && paused !== true),
  };
}

function destinationsOf({ bridged = null, legs }: CallState, trace: readonly TraceEntry[]): readonly string[] {
  const open = new Set(bridged === null ? legs.map(({ leg }) => leg) : [bridged]);
  return trace.flatMap((entry) => {
    if (entry.type === "caller.dialed") return open.has(CALLER) ? [entry.destination] : [];
    return entry.type === "attempt.started" && open.has(entry.leg) ? [entry.destination] : [];
  });
}
