import type { Effect } from "../../../core/call/effects.ts";
import type { CallObserver, ScriptGap } from "../simulated-network.ts";
import type { Unknown } from "./unknown.ts";
import { unknownOf } from "./unknown.ts";

/** The first thing that a scenario leaves open, and how much of the trace came before it. */
interface FoundGap extends Unknown {
  readonly entries: number;
}

/** Watches one call for the first thing that it needs and its scenario leaves open. */
export class GapObserver implements CallObserver {
  gap: FoundGap | null = null;
  #entries = 0;
  #atMs = 0;

  event(): void {
    return;
  }

  effect(effect: Effect): void {
    if (effect.kind !== "trace") return;
    this.#entries += 1;
    this.#atMs = effect.entry.at_ms;
  }

  /** See `CallObserver`. */
  onGap(gap: ScriptGap): void {
    this.gap ??= { reason: unknownOf(gap), atMs: this.#atMs, entries: this.#entries };
  }
}
