import type { Flow } from "../../../core/call/setup.ts";
import type { TraceEntry } from "../../../core/call/trace.ts";
import { callersTalkMs } from "./replay-placed.ts";
import type { CallerBehaviour } from "../scenario/scenario-types.ts";
import { DIGIT_SPACING_MS } from "../simulated-network.ts";

type Press = CallerBehaviour["presses"][number];

/** What the caller did in a recorded call. Digits without effect are not in the trace, so they are not in the replay either. */
export function callerOf(trace: readonly TraceEntry[]): CallerBehaviour {
  const left = trace.find((entry) => entry.type === "caller.left");
  const since = scriptBegins(trace);
  return {
    hangUpAfterMs: left === undefined || callersTalkMs(trace) !== null ? null : left.at_ms - since,
    presses: pressesOf(trace).map((press) => ({ ...press, afterMs: Math.max(0, press.afterMs - since) })),
    silentAfterMs: null,
  };
}

/** What the journal has of a caller beside the trace. */
export interface RecordedCaller {
  /** Every digit, those without effect too; ms since the call arrived. */
  readonly digits: readonly { readonly atMs: number; readonly digit: string }[];
}

/** The caller of a recorded call whose digits are known, in the flow that the call went through. */
export function recordedCallerOf(
  trace: readonly TraceEntry[],
  { digits }: RecordedCaller,
  flow: Flow,
): CallerBehaviour {
  const since = scriptBegins(trace);
  const presses = digits.map(({ atMs, digit }) => ({ afterMs: Math.max(0, atMs - since), digits: digit }));
  const silence = silenceEnded(trace, digits, flow);
  return { ...callerOf(trace), presses, silentAfterMs: silence === null ? null : Math.max(0, silence - since) };
}

/** When the caller stopped speaking before silence ended the last message that it ended; null: none was. */
function silenceEnded(
  trace: readonly TraceEntry[],
  digits: RecordedCaller["digits"],
  { applets }: Flow,
): number | null {
  const taken = trace.findLast((entry) => entry.type === "exit.taken" && applets[entry.applet]?.type === "voicemail");
  if (taken?.type !== "exit.taken") return null;
  const closed = trace.find((entry) => entry.type === "recording.closed" && entry.at_ms >= taken.at_ms);
  const isByDigit = digits.some(({ atMs, digit }) => digit === "#" && atMs === taken.at_ms);
  const hasLeft = trace.some((entry) => entry.type === "caller.left" && entry.at_ms <= taken.at_ms);
  const most = Number(applets[taken.applet]?.["max_duration"]);
  const silence = Number(applets[taken.applet]?.["max_silence"]);
  if (closed?.type !== "recording.closed" || isByDigit || hasLeft) return null;
  return closed.duration_ms < most * 1000 ? taken.at_ms - silence * 1000 : null;
}

/** A caller whom we dial does nothing before the answer, and their script counts from there. */
function scriptBegins(trace: readonly TraceEntry[]): number {
  if (!trace.some(({ type }) => type === "caller.dialed")) return 0;
  return trace.find(({ type }) => type === "call.answered")?.at_ms ?? 0;
}

function pressesOf(trace: readonly TraceEntry[]): Press[] {
  const presses: Press[] = [];
  let inputTimeoutMs = 0;
  const message = new MessageObserver();
  for (const entry of trace) {
    if (entry.type === "caller.left") break;
    if (entry.type === "answer.used") inputTimeoutMs = Number(entry.answer["input_timeout"] ?? 0) * 1000;
    if (entry.type === "digits" && entry.digits !== "") presses.push(pressOf(entry, inputTimeoutMs));
    if (message.endedByDigit(entry)) presses.push({ afterMs: entry.at_ms, digits: "#" });
  }
  return presses;
}

const FINISHED_BY = /^The caller (?:entered|pressed) (.)\.$/;
const RAN_OUT = /^No further digit/;

/** The trace has the time when the input ended: the last digit came at that moment, or one input timeout earlier. */
function pressOf(entry: Extract<TraceEntry, { type: "digits" }>, inputTimeoutMs: number): Press {
  const digits = entry.digits + (FINISHED_BY.exec(entry.message)?.[1] ?? "");
  const lastMs = RAN_OUT.test(entry.message) ? entry.at_ms - inputTimeoutMs : entry.at_ms;
  return { afterMs: Math.max(0, lastMs - (digits.length - 1) * DIGIT_SPACING_MS), digits };
}

/**
 * APP-6: `#` skips a voicemail's prompt or ends its message; the trace shows only that they did not end by themselves.
 * A message that ended by silence looks the same.
 */
class MessageObserver {
  #inVoicemail = false;
  #isRunning = false;

  endedByDigit(entry: TraceEntry): boolean {
    const wasRunning = this.#inVoicemail && this.#isRunning;
    if (entry.type === "applet.entered") this.#inVoicemail = entry.kind === "voicemail";
    const starts = entry.type === "playback.started" || entry.type === "recording.started";
    if (!starts && !isStop(entry)) return false;
    this.#isRunning = starts;
    return wasRunning && (starts || entry.type === "exit.taken" || isCutOff(entry));
  }
}

function isStop({ type }: TraceEntry): boolean {
  return type === "playback.ended" || type === "recording.closed" || type === "exit.taken";
}

/** The limit of a message is in whole seconds; any other length was the caller's choice. */
function isCutOff(entry: TraceEntry): boolean {
  return entry.type === "recording.closed" && entry.duration_ms % 1_000 !== 0;
}
