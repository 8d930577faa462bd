import type { TraceEntry } from "../core/call/trace.ts";
import type { Style } from "./terminal.ts";

/** Colours what an operator looks for: where the call is, what went wrong, who talked. */
export function entryStyle(entry: TraceEntry): Style | null {
  if (entry.type === "request.result") return entry.result === "usable" ? null : "red";
  if (entry.type === "answer.finding") return entry.level === "error" ? "red" : "yellow";
  if (entry.type === "attempt.ended") return ENDED_STYLES[entry.outcome];
  if (entry.type === "recording.closed") return entry.failure === null ? null : "red";
  return STYLES[entry.type] ?? null;
}

const STYLES: Readonly<Partial<Record<TraceEntry["type"], Style>>> = {
  "applet.entered": "bold",
  "call.started": "bold",
  "call.ended": "bold",
  "exit.taken": "cyan",
  "attempt.answered": "green",
  "conversation.started": "green",
  "limit.reached": "red",
};

const ENDED_STYLES = {
  completed: null,
  canceled: "dim",
  busy: "yellow",
  "no-answer": "yellow",
  failed: "red",
} as const satisfies Record<Extract<TraceEntry, { type: "attempt.ended" }>["outcome"], Style | null>;
