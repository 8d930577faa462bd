import type { CallCommand, CallCommandName } from "./command.ts";
import { CALLER, type LegId } from "./legs.ts";
import type { CallState, OpenRecording } from "./state.ts";

/** How far a call is, as far as commands are concerned. */
export type CallPhase = "placing" | "arriving" | "in_flow" | "dialing" | "talking" | "ending";

/** What each phase is, for messages and documents: completes "the call …". */
export const CALL_PHASES: Readonly<Record<CallPhase, string>> = {
  placing: "is being placed: its first leg has not answered",
  arriving: "has not been answered yet",
  in_flow: "is in its flow, and nobody is being dialled",
  dialing: "is dialling, and nobody has been put through",
  talking: "is in a conversation",
  ending: "has ended",
};

/** The state of the call's recording that an action needs. */
type RecordingNeed = "none" | "running" | "not paused" | "paused";

/** When an action is allowed, and what it does, for people. */
export interface ActionRule {
  readonly phases: readonly CallPhase[];
  readonly recording?: RecordingNeed;
  readonly does: string;
}

/** Every action that API and dashboard offer. */
export type CallAction = Exclude<CallCommandName, "recover">;

const LIVE: readonly CallPhase[] = ["placing", "arriving", "in_flow", "dialing", "talking"];
const ANSWERED: readonly CallPhase[] = ["in_flow", "dialing", "talking"];
const TALKING: readonly CallPhase[] = ["talking"];

/** The one table of actions and the states in which they are legal: engine, API and documentation use it. */
export const CALL_ACTIONS: Readonly<Record<CallAction, ActionRule>> = {
  hang_up: { phases: LIVE, does: "ends the call" },
  redirect: { phases: ANSWERED, does: "sends the caller to another applet or flow, and hangs up the other legs" },
  start_recording: { phases: TALKING, recording: "none", does: "records the conversation until it ends" },
  stop_recording: { phases: TALKING, recording: "running", does: "closes the recording; its file is kept" },
  pause_recording: { phases: TALKING, recording: "not paused", does: "records silence until the recording is resumed" },
  resume_recording: { phases: TALKING, recording: "paused", does: "records what is said from now on" },
  send_digits: {
    phases: ANSWERED,
    does: "sends digits to the caller, or, in a conversation, to the callee",
  },
  play: { phases: TALKING, does: "plays a sound or a text to either party, or both, instead of the other's voice" },
};

/** How far the call is now. */
export function phaseOf(call: CallState): CallPhase {
  if (call.ended || call.closing !== null) return "ending";
  if (call.legs.some(({ leg }) => leg === CALLER)) return "placing";
  if (!call.answered) return "arriving";
  if (calleeOf(call) !== null) return "talking";
  return call.legs.length > 0 ? "dialing" : "in_flow";
}

/** The leg that the caller is in conversation with. */
export function calleeOf(call: CallState): LegId | null {
  return call.bridged ?? null;
}

/** The recording that is running, paused or not. */
export function runningRecording(call: CallState): OpenRecording | null {
  return call.recordings.find(({ closing }) => !closing) ?? null;
}

/** Why this command cannot be carried out now, as one sentence; null if it can. */
export function refusalOf(call: CallState, command: CallCommand): string | null {
  if (command.command === "recover") return null;
  const phase = phaseOf(call);
  if (command.command === "send_digits" && command.to === "callee" && phase !== "talking")
    return `send_digits to the callee is not possible now: the call ${CALL_PHASES[phase]}`;
  return refusalOfAction(call, command.command);
}

function refusalOfAction(call: CallState, action: CallAction): string | null {
  const { phases, recording } = CALL_ACTIONS[action];
  const phase = phaseOf(call);
  if (!phases.includes(phase)) return `${action} is not possible now: the call ${CALL_PHASES[phase]}`;
  return recording === undefined ? null : recordingProblem(call, action, recording);
}

/** An action, and whether the call can be told to do it now. */
export interface PossibleAction {
  readonly action: CallAction;
  readonly does: string;
  /** Why it cannot; null if it can. */
  readonly refusal: string | null;
}

/** Every action, for people who choose one. */
export function possibleActions(call: CallState): readonly PossibleAction[] {
  return (Object.keys(CALL_ACTIONS) as CallAction[]).map((action) => ({
    action,
    does: CALL_ACTIONS[action].does,
    refusal: refusalOfAction(call, action),
  }));
}

function recordingProblem(call: CallState, action: CallAction, need: RecordingNeed): string | null {
  const running = runningRecording(call);
  const isPaused = running?.paused === true;
  const problem = PROBLEMS[running === null ? "none" : isPaused ? "paused" : "recording"][need];
  return problem === null ? null : `${action} is not possible now: ${problem}`;
}

const NOTHING = "nothing is being recorded";

/** The problem, by the state of the recording and the state that the action needs. */
const PROBLEMS: Readonly<Record<"none" | "recording" | "paused", Readonly<Record<RecordingNeed, string | null>>>> = {
  none: { none: null, running: NOTHING, "not paused": NOTHING, paused: NOTHING },
  recording: {
    none: "the conversation is already being recorded",
    running: null,
    "not paused": null,
    paused: "the recording is not paused",
  },
  paused: {
    none: "the conversation is already being recorded",
    running: null,
    "not paused": "the recording is already paused",
    paused: null,
  },
};
