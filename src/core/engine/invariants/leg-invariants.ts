import { CALLER, type LegId } from "../../call/legs.ts";
import type { InvariantHandlers, ReportViolation } from "./invariants.ts";

/** `cancelled`: we ended it. `stray`: it answered after that and must be hung up. */
type LegState = "ringing" | "up" | "cancelled" | "stray" | "gone";

/** Watches which legs ring, which are up, and which are connected. */
export class LegInvariants {
  readonly #report: ReportViolation;
  readonly #legs = new Map<LegId, LegState>();
  /** A caller who comes in waits for our answer; one whom we call rings. */
  #caller: "waiting" | "ringing" | "up" | "stray" | "gone" = "waiting";
  #isPlaced = false;
  #bridged: LegId | null = null;

  constructor(report: ReportViolation) {
    this.#report = report;
  }

  get callerIsGone(): boolean {
    return this.#caller === "gone";
  }

  /** Legs that must still be ended, in words. */
  get open(): readonly string[] {
    const legs = [...this.#legs].filter(([, state]) => state !== "gone" && state !== "cancelled");
    return legs.map(([leg, state]) => `leg ${leg} is ${state}`);
  }

  readonly handlers: InvariantHandlers = {
    events: {
      leg_answered: ({ leg }) => this.#answered(leg),
      leg_failed: ({ leg }) => this.#gone(leg),
      leg_ended: ({ leg }) => this.#gone(leg),
    },
    effects: {
      answer: () => {
        this.#needsWaitingCaller("answered");
        this.#caller = "up";
      },
      reject: () => {
        this.#needsWaitingCaller("refused");
        this.#caller = "gone";
      },
      dial: ({ leg }) => this.#dialled(leg),
      cancel: ({ leg }) => {
        this.#needs(leg, "ringing", "a CANCEL");
        this.#ended(leg);
      },
      hang_up: ({ leg }) => this.#ended(leg),
      play: ({ id, legs }) => this.#needsAllUp(legs, `playback ${id}`),
      record: ({ id, legs }) => this.#needsAllUp(legs, `recording ${id}`),
      forward_audio: ({ from }) => this.#needs(from, "ringing", "early media"),
      bridge: ({ a, b }) => this.#bridge(a === CALLER ? b : a),
      unbridge: () => {
        this.#bridged = null;
      },
      end: () => this.#atEnd(),
    },
  };

  #answered(leg: LegId): void {
    if (leg === CALLER) return this.#callerAnswered();
    const state = this.#legs.get(leg);
    if (state === undefined || state === "up") return;
    this.#legs.set(leg, state === "ringing" ? "up" : "stray");
  }

  #callerAnswered(): void {
    if (this.#caller === "ringing") this.#caller = "up";
    else if (this.#caller === "gone" && this.#isPlaced) this.#caller = "stray";
  }

  #gone(leg: LegId): void {
    if (leg === CALLER) this.#caller = "gone";
    else if (this.#legs.has(leg)) this.#legs.set(leg, "gone");
    this.#unbridge(leg);
  }

  #ended(leg: LegId): void {
    if (leg === CALLER) this.#caller = "gone";
    else if (this.#legs.get(leg) !== "gone") this.#legs.set(leg, "cancelled");
    this.#unbridge(leg);
  }

  #unbridge(leg: LegId): void {
    if (leg === CALLER || leg === this.#bridged) this.#bridged = null;
  }

  #dialled(leg: LegId): void {
    if (leg === CALLER) {
      this.#needsWaitingCaller("dialled");
      this.#caller = "ringing";
      this.#isPlaced = true;
      return;
    }
    if (this.callerIsGone) this.#report("silent_after_caller", `leg ${leg} is dialled`);
    if (this.#legs.has(leg)) this.#report("one_end_per_attempt", `leg ${leg} is dialled twice`);
    this.#legs.set(leg, "ringing");
  }

  #needsWaitingCaller(what: string): void {
    if (this.#caller !== "waiting") this.#report("fits_leg", `the caller is ${what} but is ${this.#caller}`);
  }

  #needsAllUp(legs: readonly LegId[], what: string): void {
    for (const leg of legs) this.#needs(leg, "up", what);
  }

  #needs(leg: LegId, wanted: "ringing" | "up", what: string): void {
    const state = this.#stateOf(leg);
    if (state !== wanted) this.#report("fits_leg", `${what} needs leg ${leg} ${wanted}, but it is ${state}`);
  }

  #stateOf(leg: LegId): string {
    return leg === CALLER ? this.#caller : (this.#legs.get(leg) ?? "unknown");
  }

  #bridge(callee: LegId): void {
    if (this.#bridged !== null)
      this.#report("one_conversation", `leg ${callee} is bridged while leg ${this.#bridged} is`);
    if (this.#caller !== "up") this.#report("no_stranger", `leg ${callee} is bridged with nobody`);
    const state = this.#stateOf(callee);
    if (state !== "up") this.#report("no_stranger", `leg ${callee} is bridged but is ${state}`);
    this.#bridged = callee;
  }

  #atEnd(): void {
    if (!this.callerIsGone) this.#report("nobody_left_ringing", "the caller is kept on the line");
    for (const leg of this.open) this.#report("nobody_left_ringing", leg);
  }
}
