import { unreachable } from "../../../base/never.ts";
import type { TraceEntry } from "../../../core/call/trace.ts";

/** What a call has to do to show a finding. */
export type VerifyTarget =
  /** Leave the applet by the exit; the applet after it, if any, ends the call. */
  | { readonly kind: "exit"; readonly applet: string; readonly exit: string }
  /** Reach the applet, which cannot be run. */
  | { readonly kind: "enter"; readonly applet: string }
  /** Reach the applet, whose answer is written into the flow and validated there. */
  | { readonly kind: "finding"; readonly applet: string; readonly rule: string }
  /** Loop until the call has run as many applets as it may. */
  | { readonly kind: "loop"; readonly applets: readonly string[] };

/** Equal for equal targets. */
export function targetKey(target: VerifyTarget): string {
  return JSON.stringify(target);
}

/** The applets; a call must reach one of them. */
export function placesOf(target: VerifyTarget): readonly string[] {
  return target.kind === "loop" ? target.applets : [target.applet];
}

/** Whether a call shows the target: the call must end because of it, not because the caller leaves at that moment. */
export function shows(target: VerifyTarget, trace: readonly TraceEntry[]): boolean {
  if (target.kind === "finding") return violatesRule(target, trace);
  const ended = trace.findLast((entry) => entry.type === "call.ended");
  if (ended?.type !== "call.ended" || ended.cdr.ended_by === "caller") return false;
  switch (target.kind) {
    case "exit": {
      const exit = trace.findLast((entry) => entry.type === "exit.taken");
      return exit?.type === "exit.taken" && exit.applet === target.applet && exit.exit === target.exit;
    }
    case "enter":
      return lastEntered(trace) === target.applet;
    case "loop":
      return (
        trace.some((entry) => entry.type === "decision" && entry.rule === "APP-9") &&
        target.applets.includes(lastEntered(trace) ?? "")
      );
    default:
      return unreachable(target);
  }
}

function violatesRule(
  { applet, rule }: Extract<VerifyTarget, { kind: "finding" }>,
  trace: readonly TraceEntry[],
): boolean {
  const from = trace.findIndex((entry) => entry.type === "applet.entered" && entry.applet === applet);
  return from >= 0 && trace.slice(from).some((entry) => entry.type === "answer.finding" && entry.rule === rule);
}

function lastEntered(trace: readonly TraceEntry[]): string | null {
  const entered = trace.findLast((entry) => entry.type === "applet.entered");
  return entered?.type === "applet.entered" ? entered.applet : null;
}
