import type { AppletEvent } from "../call/applet.ts";
import { MAX_APPLETS_PER_CALL } from "../call/limits.ts";
import type { StepContext } from "../call/step-context.ts";
import { appletOf, closeApplet, finishCall, targetOf } from "./finish.ts";

/** Runs the flow from its first applet until something has to be waited for. */
export function enterFlow(context: StepContext): void {
  enterApplet(context, context.flow.start);
}

/** Enters an applet that no exit leads to, and follows the flow from there. */
export function enterApplet(context: StepContext, id: string): void {
  enter(context, id);
  followExits(context);
}

/** Hands an event to the applet that is running, and follows the flow from there. */
export function deliver(context: StepContext, event: AppletEvent): void {
  const running = appletOf(context, context.call.applet);
  if (running === null) return;
  context.patchState({ appletState: running.kind.on(context, running.document, context.call.appletState, event) });
  followExits(context);
}

/** Moves from applet to applet as long as each leaves at once; APP-9 bounds it. */
function followExits(context: StepContext): void {
  for (let decision = context.takeDecision(); decision !== null; decision = context.takeDecision()) {
    if (decision.kind === "end") return finishCall(context, decision.ending);
    follow(context, decision.exit, decision.rule);
  }
}

function enter(context: StepContext, id: string): void {
  if (context.call.appletsRun >= MAX_APPLETS_PER_CALL) {
    const message = `The call has run ${MAX_APPLETS_PER_CALL} applets: the flow goes round in a loop, the call is hung up.`;
    return finishCall(context, { by: "platform", rule: "APP-9", message });
  }
  const entered = appletOf(context, id);
  if (entered === null) {
    return finishCall(context, { by: "platform", rule: "EXIT-5", message: `The flow has no applet "${id}".` });
  }
  const { kind, document } = entered;
  context.patchState({ applet: id, appletState: null, appletsRun: context.call.appletsRun + 1 });
  context.trace({ type: "applet.entered", applet: id, kind: document.type });
  if (kind.needsCaller) answerCaller(context);
  context.patchState({ appletState: kind.enter(context, document) });
}

/** The first applet that needs the caller answers the call, so that a flow can refuse calls at no cost. */
function answerCaller(context: StepContext): void {
  context.patchState({ calleeLeft: false });
  if (context.call.answered) return;
  context.patchState({ answered: true });
  context.effects.push({ kind: "answer" });
  context.trace({ type: "call.answered" });
}

/** Takes an exit (EXIT-6): what the applet left open is closed, and the applet at the exit is entered. */
function follow(context: StepContext, exit: string, rule: string): void {
  const running = appletOf(context, context.call.applet);
  if (running === null) return;
  const next = targetOf(running, exit);
  closeApplet(context);
  context.trace({ type: "exit.taken", applet: running.id, exit, next, rule });
  // REQ-24: only the applet directly after a Connect learns how it ended.
  if (!running.kind.dials) context.updateFacts({ dialCallStatus: null });
  context.patchState({ applet: null, appletState: null });
  if (next === null) return hangUpAtExit(context, running.id, exit);
  enter(context, next);
}

function hangUpAtExit(context: StepContext, applet: string, exit: string): void {
  const by = context.call.calleeLeft ? "callee" : "platform";
  const message = `No applet is set at "${exit}" of "${applet}": the call is hung up.`;
  finishCall(context, { by, rule: "EXIT-5", message });
}
