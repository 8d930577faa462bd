import type { AppletEvent } from "../call/applet.ts";
import { MAX_APPLETS_PER_CALL } from "../call/limits.ts";
import type { Turn } from "../call/turn.ts";
import { appletOf, closeApplet, finishCall, targetOf } from "./finish.ts";

/** Runs the flow from its first applet until something has to be waited for. */
export function enterFlow(turn: Turn): void {
  enter(turn, turn.setup.flow.start);
  settle(turn);
}

/** Hands an event to the applet that is running, and follows the flow from there. */
export function deliver(turn: Turn, event: AppletEvent): void {
  const running = appletOf(turn, turn.call.applet);
  if (running === null) return;
  turn.put({ appletState: running.kind.on(turn, running.document, turn.call.appletState, event) });
  settle(turn);
}

/** Walks from applet to applet as long as each leaves at once; APP-9 bounds it. */
function settle(turn: Turn): void {
  for (let decision = turn.takeDecision(); decision !== null; decision = turn.takeDecision()) {
    if (decision.kind === "end") return finishCall(turn, decision.ending);
    follow(turn, decision.exit, decision.rule);
  }
}

function enter(turn: Turn, id: string): void {
  const entered = appletOf(turn, id);
  if (entered === null) {
    return finishCall(turn, { by: "platform", rule: "EXIT-5", message: `The flow holds no applet "${id}".` });
  }
  const { kind, document } = entered;
  turn.put({ applet: id, appletState: null, appletsRun: turn.call.appletsRun + 1 });
  turn.trace({ type: "applet.entered", applet: id, kind: document.type });
  if (kind.needsCaller) answerCaller(turn);
  turn.put({ appletState: kind.enter(turn, document) });
}

/** The caller is answered by the first applet that needs an ear, so that a flow may refuse a call for nothing. */
function answerCaller(turn: Turn): void {
  turn.put({ calleeLeft: false });
  if (turn.call.answered) return;
  turn.put({ answered: true });
  turn.effects.push({ kind: "answer" });
  turn.trace({ type: "call.answered" });
}

/** Takes an exit (EXIT-6): what the applet left open is closed, and the applet behind the exit is entered. */
function follow(turn: Turn, exit: string, rule: string): void {
  const running = appletOf(turn, turn.call.applet);
  if (running === null) return;
  const next = targetOf(running, exit);
  closeApplet(turn);
  turn.trace({ type: "exit.taken", applet: running.id, exit, next, rule });
  // REQ-24: only the applet right behind a Connect is told how it ended.
  if (!running.kind.dials) turn.learn({ dialCallStatus: null });
  turn.put({ applet: null, appletState: null });
  if (next === null) return hangUpBehind(turn, running.id, exit);
  if (turn.call.appletsRun >= MAX_APPLETS_PER_CALL) {
    const message = `The call has run ${MAX_APPLETS_PER_CALL} applets: the flow goes in circles, the call is hung up.`;
    return finishCall(turn, { by: "platform", rule: "APP-9", message });
  }
  enter(turn, next);
}

function hangUpBehind(turn: Turn, applet: string, exit: string): void {
  const by = turn.call.calleeLeft ? "callee" : "platform";
  const message = `No applet is set at "${exit}" of "${applet}": the call is hung up.`;
  finishCall(turn, { by, rule: "EXIT-5", message });
}
