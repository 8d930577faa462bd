import type { Clock } from "../../base/clock.ts";

export interface WatchOptions {
  readonly clock: Clock;
  /** Pause between two looks, milliseconds. */
  readonly everyMs: number;
  /** The state of what is watched: a different text means a different state. */
  readonly look: () => Promise<string>;
  readonly recheck: () => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Checks now, and again whenever the state has changed and then stayed the same for one look (an editor saves several
 * files, and a server takes a moment to start). Ends at the signal.
 */
export async function watch({ clock, everyMs, look, recheck, signal }: WatchOptions): Promise<void> {
  let checked: string | null = null;
  let before = await look();
  while (!signal.aborted) {
    if (checked !== before) {
      checked = before;
      await recheck();
    }
    let now = await after(clock, everyMs, look, signal);
    while (now !== before && !signal.aborted) {
      before = now;
      now = await after(clock, everyMs, look, signal);
    }
  }
}

async function after(clock: Clock, ms: number, look: () => Promise<string>, signal: AbortSignal): Promise<string> {
  await new Promise<void>((resolve) => {
    const timer = clock.after(ms, resolve);
    signal.addEventListener("abort", () => (timer.cancel(), resolve()), { once: true });
  });
  return look();
}
