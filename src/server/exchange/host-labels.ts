import type { Clock } from "../../base/clock.ts";

/** Label of all hosts that have none of their own. */
const OTHER = "other";
/** Hosts with a label of their own: each costs some twenty time series. */
const LABELS = 50;
/** Hosts that are counted: enough that a busy one stays among them while names come that are used once. */
const CANDIDATES = 500;
/** Requests before a host gets a label: a name that is used once never does. */
const WORTH_LABEL = 20;
/** How often a label may go to another host, ms: names made up by someone add at most one series of time a minute. */
const SWAP_MS = 60_000;

/** The busiest hosts get a label of their own in the metrics, the others share one. */
export class HostLabels {
  readonly #clock: Clock;
  readonly #onRemoved: (host: string) => void;
  readonly #counts = new Map<string, number>();
  readonly #labelled = new Set<string>();
  #swappedAt = Number.NEGATIVE_INFINITY;

  /** `onRemoved`: a host has lost its label. */
  constructor(clock: Clock, onRemoved: (host: string) => void) {
    this.#clock = clock;
    this.#onRemoved = onRemoved;
  }

  /** Counts one request of a host, and says under which label it is measured. */
  labelOf(host: string): string {
    const count = this.#count(host);
    if (this.#labelled.has(host)) return host;
    if (count < WORTH_LABEL || !this.#makeRoom(count)) return OTHER;
    this.#labelled.add(host);
    return host;
  }

  #count(host: string): number {
    const known = this.#counts.get(host);
    if (known === undefined && this.#counts.size >= CANDIDATES) this.#forgetIdle();
    const count = (known ?? 0) + 1;
    this.#counts.set(host, count);
    return count;
  }

  /** The less busy half of those without a label makes way. */
  #forgetIdle(): void {
    const rest = [...this.#counts].filter(([host]) => !this.#labelled.has(host)).sort(([, a], [, b]) => a - b);
    for (const [host] of rest.slice(0, rest.length / 2)) this.#counts.delete(host);
  }

  #makeRoom(count: number): boolean {
    if (this.#labelled.size < LABELS) return true;
    const least = leastOf([...this.#labelled].map((host) => [host, this.#counts.get(host) ?? 0] as const));
    // Twice as busy, so that two hosts of like traffic don't take turns.
    if (least === null || count < 2 * least.count || this.#clock.elapsed() - this.#swappedAt < SWAP_MS) return false;
    this.#swappedAt = this.#clock.elapsed();
    this.#labelled.delete(least.host);
    this.#onRemoved(least.host);
    return true;
  }
}

function leastOf(
  counts: readonly (readonly [string, number])[],
): { readonly host: string; readonly count: number } | null {
  let least: { readonly host: string; readonly count: number } | null = null;
  for (const [host, count] of counts) if (least === null || count < least.count) least = { host, count };
  return least;
}
