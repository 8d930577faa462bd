import { MAX_APPLETS_PER_CALL, MAX_FETCHES_PER_CONNECT } from "../../call/limits.ts";
import type { TraceEntry } from "../../call/trace.ts";
import type { InvariantHandlers, ReportViolation } from "./invariants.ts";

/** What has happened in the Connect that is running. */
interface WatchedConnect {
  dialled: number;
  conversations: number;
  fetches: number;
  /** Attempts that have not ended. */
  open: number;
  /** Set by the answer in use. */
  conversationLimitMs: number;
  atOnce: number;
}

/** Watches the limits that the answers of a Connect set, and that its exit matches what happened. Reads only the trace. */
export class ConnectInvariants {
  readonly #report: ReportViolation;
  #applets = 0;
  #connect: WatchedConnect | null = null;

  constructor(report: ReportViolation) {
    this.#report = report;
  }

  readonly handlers: InvariantHandlers = {
    entries: {
      "applet.entered": ({ kind }) => this.#entered(kind),
      "answer.used": ({ answer }) => {
        if (this.#connect !== null) useLimits(this.#connect, answer);
      },
      "request.sent": ({ purpose }) => this.#asked(purpose),
      "attempt.started": () => this.#dialled(),
      "attempt.ended": () => {
        if (this.#connect !== null) this.#connect.open -= 1;
      },
      "conversation.ended": ({ duration_ms: durationMs }) => this.#conversationEnded(durationMs),
      "exit.taken": ({ exit }) => this.#left(exit),
    },
  };

  #entered(kind: string): void {
    this.#applets += 1;
    if (this.#applets > MAX_APPLETS_PER_CALL)
      this.#report("within_limits", `${this.#applets} applets have run (APP-9)`);
    const connect = { dialled: 0, conversations: 0, fetches: 0, open: 0, conversationLimitMs: Infinity, atOnce: 1 };
    this.#connect = kind === "connect" ? connect : null;
  }

  #asked(purpose: Extract<TraceEntry, { type: "request.sent" }>["purpose"]): void {
    if (this.#connect === null || (purpose !== "connect" && purpose !== "dial_whom")) return;
    this.#connect.fetches += 1;
    const { fetches } = this.#connect;
    if (fetches > MAX_FETCHES_PER_CONNECT) this.#report("within_limits", `${fetches} fetches (REF-7)`);
  }

  #dialled(): void {
    if (this.#connect === null) return;
    this.#connect.dialled += 1;
    this.#connect.open += 1;
    const { open, atOnce } = this.#connect;
    if (open > atOnce) this.#report("within_limits", `${open} attempts at once, at most ${atOnce} allowed (DIAL-3)`);
  }

  #conversationEnded(durationMs: number): void {
    if (this.#connect === null) return;
    this.#connect.conversations += 1;
    const { conversationLimitMs: limitMs } = this.#connect;
    if (durationMs > limitMs)
      this.#report("within_limits", `a conversation of ${durationMs} ms, at most ${limitMs} allowed (DIAL-5)`);
  }

  /** With no applet at *nobody dialed*, *nobody answers* replaces it (EXIT-4). */
  #left(exit: string): void {
    if (this.#connect === null) return;
    const { conversations, dialled } = this.#connect;
    if ((exit === "conversation_ended") !== conversations > 0)
      this.#report("exit_fits", `${exit} after ${conversations} conversations`);
    if (exit === "nobody_dialed" && dialled > 0) this.#report("exit_fits", `${exit} after ${dialled} attempts`);
  }
}

function useLimits(connect: WatchedConnect, answer: Readonly<Record<string, unknown>>): void {
  const { max_conversation_duration: limitS, parallel_ringing: parallel } = answer;
  if (typeof limitS === "number") connect.conversationLimitMs = limitS * 1000;
  connect.atOnce = 1;
  if (typeof parallel !== "object" || parallel === null || !("activate" in parallel)) return;
  if (parallel.activate !== true || !("max_parallel_attempts" in parallel)) return;
  if (typeof parallel.max_parallel_attempts === "number") connect.atOnce = parallel.max_parallel_attempts;
}
