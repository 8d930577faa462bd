import type { Effect } from "../../call/effects.ts";
import type { CallRecord } from "../../call/record.ts";
import type { InvariantHandlers, ReportViolation } from "./invariants.ts";

/** What one StatusCallback may be told, in this order (API-6). */
const STATUS_EVENTS = /^(ringing,)?(answered,)?(terminal,)?$/;

/** Watches that the StatusCallback of a call by API gets each event once, in order, and the truth about its end. */
export class StatusInvariants {
  readonly #report: ReportViolation;
  #events = "";
  #terminal: string | null = null;
  #owesTerminal = false;

  constructor(report: ReportViolation) {
    this.#report = report;
  }

  readonly handlers: InvariantHandlers = {
    events: {
      call_arrived: ({ placed }) => {
        // Only the first of a call counts; others are stray.
        if (this.#events === "" && placed?.statusCallback?.events.includes("terminal") === true)
          this.#owesTerminal = true;
      },
    },
    effects: { notify: (effect) => this.#notified(effect), end: ({ record }) => this.#ended(record) },
  };

  #notified({ purpose, request }: Extract<Effect, { kind: "notify" }>): void {
    if (purpose !== "status_callback") return;
    const fields = new Map(request.query);
    this.#events += `${fields.get("EventType")},`;
    if (fields.get("EventType") === "terminal") this.#terminal = fields.get("Status") ?? "";
    if (!STATUS_EVENTS.test(this.#events)) this.#report("status_told", `the StatusCallback is told ${this.#events}`);
  }

  #ended({ status }: CallRecord): void {
    if (this.#owesTerminal && this.#terminal === null)
      this.#report("status_told", "the StatusCallback is not told of the end");
    if (this.#terminal !== null && this.#terminal !== status)
      this.#report("status_told", `the StatusCallback is told ${this.#terminal}, the record says ${status}`);
  }
}
