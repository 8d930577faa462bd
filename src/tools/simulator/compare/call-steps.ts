import type { TraceEntry } from "../../../core/call/trace.ts";

/** One step of what happens in a call, as far as a caller or a customer's server can tell. */
export interface CallStep {
  /** `exit`: a way out of an applet; the others are what callers and servers notice. */
  readonly kind: "applet" | "exit" | "ring" | "hear" | "ask" | "record" | "end";
  /** What is compared. */
  readonly key: string;
  /** The applet of an exit. */
  readonly applet: string;
  readonly exit: string;
  /** After "callers": `reach voicemail "vm"`. */
  readonly words: string;
}

/** Times, ids and progress are left out, because the outcome of a call does not depend on them. */
export function stepsOf(trace: readonly TraceEntry[]): readonly CallStep[] {
  return trace.flatMap((entry) => stepOf(entry) ?? []);
}

/** Null: nobody outside notices it, or only its exact time. */
function stepOf(entry: TraceEntry): CallStep | null {
  const { type } = entry;
  if (type === "applet.entered") return step("applet", entry.applet, `reach ${entry.kind} "${entry.applet}"`);
  if (type === "exit.taken")
    return { ...step("exit", `${entry.applet}.${entry.exit}`, ""), applet: entry.applet, exit: entry.exit };
  if (type === "attempt.started") return step("ring", entry.destination, `ring ${entry.destination}`);
  if (type === "playback.started") return step("hear", entry.what, `hear ${entry.what}`);
  if (type === "request.sent") return step("ask", `${entry.purpose} ${entry.url}`, `are asked about at ${entry.url}`);
  if (type === "recording.started") return step("record", entry.layout, `are recorded (${entry.layout})`);
  if (type !== "call.ended") return null;
  const { ended_by: by } = entry.cdr;
  return step("end", by, by === "caller" ? "hang up themselves" : "are hung up");
}

function step(kind: CallStep["kind"], key: string, words: string): CallStep {
  return { kind, key: `${kind} ${key}`, applet: "", exit: "", words };
}

/** Where two calls diverge: what they have in common until then, and what happens next in each. */
export interface Divergence {
  /** The last exit that both took; null: they diverge at the start. */
  readonly after: CallStep | null;
  /** The applet that both are in. */
  readonly applet: string | null;
  readonly before: readonly CallStep[];
  readonly now: readonly CallStep[];
}

/** Null if they are the same. */
export function divergenceOf(before: readonly CallStep[], now: readonly CallStep[]): Divergence | null {
  const at = before.findIndex((each, i) => each.key !== now[i]?.key);
  const index = at < 0 ? before.length : at;
  if (index === before.length && index === now.length) return null;
  const common = before.slice(0, index);
  const entered = common.findLast(({ kind }) => kind === "applet")?.key.slice("applet ".length) ?? null;
  const after = common.findLast(({ kind }) => kind === "exit") ?? null;
  return { after, applet: entered, before: before.slice(index), now: now.slice(index) };
}

/** The first noticeable step after the two calls diverge; null if there is none. */
export function noticed(steps: readonly CallStep[]): CallStep | null {
  return steps.find(({ kind }) => kind !== "exit") ?? null;
}

/** `greet (then) → menu (1) → the call ends`: applets with their exits. */
export function pathOf(trace: readonly TraceEntry[]): string {
  const steps: string[] = [];
  for (const entry of trace) {
    if (entry.type === "applet.entered") steps.push(entry.applet);
    if (entry.type === "exit.taken") steps.push(`${steps.pop() ?? ""} (${entry.exit})`);
  }
  return [...steps, "the call ends"].join(" → ");
}
