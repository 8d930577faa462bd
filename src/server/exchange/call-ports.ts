import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Effect } from "../../core/call/effects.ts";
import type { JournalRow } from "../../edges/store/types.ts";

/** What a live call acts through. */
export interface CallPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** Resolves when durable, in the order of the calls. With `soon` the row may wait briefly to share a commit. */
  append(row: JournalRow, urgency: "now" | "soon"): Promise<void>;
  /** Performs an effect on legs, media or HTTP. */
  perform(effect: ExternalEffect): void;
  /** What a restarted process would need of this call's legs, as JSON; null: unchanged since the last time. */
  legSnapshots(): string | null;
  /** The call is over and its end is durable, or it can't go on (`failed`): release everything. */
  ended(failed: boolean): void;
}

/** The effects that reach outside; timers, trace, outbox and the end are the call's own. */
export type ExternalEffect = Exclude<Effect, { kind: "set_timer" | "clear_timer" | "trace" | "notify" | "end" }>;
