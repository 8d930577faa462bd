import type { Effect } from "../../call/effects.ts";
import type { CallEvent } from "../../call/events.ts";
import type { CallRecord } from "../../call/record.ts";
import { AttemptInvariants } from "./attempt-invariants.ts";
import { ConnectInvariants } from "./connect-invariants.ts";
import {
  handleEffect,
  handleEvent,
  type InvariantHandlers,
  type ReportViolation,
  type Violation,
} from "./invariants.ts";
import { LegInvariants } from "./leg-invariants.ts";
import { ResourceInvariants } from "./resource-invariants.ts";
import { StatusInvariants } from "./status-invariants.ts";
import { TraceInvariants } from "./trace-invariants.ts";

/**
 * Watches one call and records every invariant that it breaks. It sees only what passes between the engine and the edges, so it
 * can watch any engine: the explorer's random calls, the engine's own tests, and the property tests.
 */
export class CallInvariants {
  readonly violations: Violation[] = [];
  readonly #report: ReportViolation = (invariant, message) => {
    this.violations.push({ invariant, atMs: this.#nowMs, message });
  };
  readonly #legs = new LegInvariants(this.#report);
  readonly #resources = new ResourceInvariants(this.#report, () => this.#legs.callerIsGone);
  readonly #attempts = new AttemptInvariants(this.#report);
  readonly #trace: TraceInvariants;
  readonly #groups: readonly InvariantHandlers[];
  #startMs: number | null = null;
  #nowMs = 0;
  #isOver = false;

  /** `start`: the flow's first applet; without it any applet may be the first. */
  constructor(start?: string) {
    this.#trace = new TraceInvariants(this.#report, start);
    const connects = new ConnectInvariants(this.#report);
    const statuses = new StatusInvariants(this.#report);
    const groups = [this.#legs, this.#resources, this.#attempts, this.#trace, connects, statuses];
    this.#groups = groups.map(({ handlers }) => handlers);
  }

  /** The first violation; null: all invariants hold so far. */
  get violation(): Violation | null {
    return this.violations[0] ?? null;
  }

  /** What is still open outside the engine, in words: empty after the end of every call. */
  get open(): readonly string[] {
    return [...this.#resources.open, ...this.#legs.open];
  }

  event(event: CallEvent): void {
    this.#startMs ??= event.at;
    this.#nowMs = event.at - this.#startMs;
    for (const handlers of this.#groups) handleEvent(handlers, event);
  }

  /** `at`: epoch ms. */
  effect(effect: Effect, at: number): void {
    this.#nowMs = at - (this.#startMs ?? at);
    if (this.#isOver) this.#report("ends", `${effect.kind} after the end`);
    for (const handlers of this.#groups) handleEffect(handlers, effect);
    if (effect.kind === "end") this.#ended(effect.record);
  }

  #ended(record: CallRecord): void {
    this.#isOver = true;
    const { isFull } = this.#trace;
    this.#attempts.atEnd(isFull);
    this.#resources.atEnd(isFull);
    this.#trace.atEnd(record, this.#attempts.conversationMs, this.#nowMs);
  }
}
