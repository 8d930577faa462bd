import type { CallRecord } from "../../call/record.ts";
import type { TraceEntry } from "../../call/trace.ts";
import type { InvariantHandlers, ReportViolation } from "./invariants.ts";

/** Watches the trace: it has no gap, gives reasons, and agrees with the call's record. */
export class TraceInvariants {
  /** From here on entries may be missing, which is not a violation. */
  isFull = false;
  readonly #report: ReportViolation;
  /** The applet that the last exit leads to; undefined: any. */
  #expected: string | null | undefined;
  #seq = 0;
  #lastMs = 0;
  #callerLeft = false;
  #record: CallRecord | null = null;

  constructor(report: ReportViolation, start: string | undefined) {
    this.#report = report;
    this.#expected = start;
  }

  readonly handlers: InvariantHandlers = {
    effects: { trace: ({ entry }) => this.#traced(entry) },
    entries: {
      "applet.entered": ({ applet }) => this.#entered(applet),
      "exit.taken": ({ exit, rule, next }) => {
        if (rule === "") this.#report("trace_explains", `the exit ${exit} has no rule`);
        this.#expected = next;
      },
      decision: ({ rule, message }) => {
        if (rule === "" || message === "") this.#report("trace_explains", "a decision has no reason");
        if (message.startsWith("The trace is full")) this.isFull = true;
        // A Passthru is notified although its exit is not taken.
        if (rule === "DIAL-11") this.#expected = undefined;
      },
      "request.result": ({ id, result, rule, message }) => {
        if (result === "usable" || rule !== null || message !== "") return;
        this.#report("trace_explains", `request ${id} is ${result} for no reason`);
      },
      "call.redirected": ({ applet }) => {
        this.#expected = applet;
      },
      "caller.left": () => {
        this.#callerLeft = true;
      },
      "call.ended": ({ cdr }) => {
        this.#record = cdr;
      },
    },
  };

  /** `conversationMs`: total of all conversations in the trace. `nowMs`: since the call's arrival. */
  atEnd(record: CallRecord, conversationMs: number, nowMs: number): void {
    if (this.#record !== record) this.#report("record_agrees", "the last entry is not the record");
    if (record.duration_ms > nowMs) this.#report("record_agrees", `lasted ${record.duration_ms} ms`);
    if (this.isFull) return;
    const conversationS = Math.floor(conversationMs / 1000);
    if (record.conversation_s !== conversationS)
      this.#report("record_agrees", `${record.conversation_s} s of conversation, but ${conversationS} in the trace`);
    if (this.#callerLeft === (record.ended_by === "caller")) return;
    const inTrace = this.#callerLeft ? "the caller" : "the platform or the callee";
    this.#report("record_agrees", `ended by ${record.ended_by}, but by ${inTrace} in the trace`);
  }

  #traced({ seq, at_ms: atMs }: TraceEntry): void {
    this.#seq += 1;
    if (seq !== this.#seq) this.#report("trace_whole", `entry ${seq} is in the place of ${this.#seq}`);
    if (atMs < this.#lastMs) this.#report("trace_whole", `entry ${seq} goes back to ${atMs} ms`);
    this.#lastMs = atMs;
  }

  #entered(applet: string): void {
    if (this.#expected !== undefined && this.#expected !== applet)
      this.#report("trace_explains", `no exit leads to "${applet}"`);
    this.#expected = null;
  }
}
