import type { CallRecord } from "../../call/record.ts";
import type { TraceEntry } from "../../call/trace.ts";
import type { InvariantHandlers, ReportViolation } from "./invariants.ts";

/** Watches the trace: it has no gap, gives reasons, and agrees with the call's record. */
export class TraceInvariants {
  /** From here on the trace proves nothing by what it leaves out. */
  isFull = false;
  readonly #report: ReportViolation;
  /** The applet that the last exit leads to; undefined: it may be any. */
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
    effects: { trace: ({ entry }) => this.#follows(entry) },
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
      "caller.left": () => {
        this.#callerLeft = true;
      },
      "call.ended": ({ cdr }) => {
        this.#record = cdr;
      },
    },
  };

  /** `talkedMs`: all conversations by the trace. `nowMs`: since the call's arrival. */
  atEnd(record: CallRecord, talkedMs: number, nowMs: number): void {
    if (this.#record !== record) this.#report("record_agrees", "the last entry is not the record");
    if (record.duration_ms > nowMs) this.#report("record_agrees", `lasted ${record.duration_ms} ms`);
    if (this.isFull) return;
    const talkedS = Math.floor(talkedMs / 1000);
    if (record.conversation_s !== talkedS)
      this.#report("record_agrees", `${record.conversation_s} s of conversation, in the trace ${talkedS}`);
    if (this.#callerLeft === (record.ended_by === "caller")) return;
    const inTrace = this.#callerLeft ? "the caller" : "us";
    this.#report("record_agrees", `ended by ${record.ended_by}, in the trace by ${inTrace}`);
  }

  #follows({ seq, at_ms: atMs }: TraceEntry): void {
    this.#seq += 1;
    if (seq !== this.#seq) this.#report("trace_whole", `entry ${seq} stands where ${this.#seq} belongs`);
    if (atMs < this.#lastMs) this.#report("trace_whole", `entry ${seq} runs back to ${atMs} ms`);
    this.#lastMs = atMs;
  }

  #entered(applet: string): void {
    if (this.#expected !== undefined && this.#expected !== applet)
      this.#report("trace_explains", `"${applet}" is entered by no exit`);
    this.#expected = null;
  }
}
