import type { Clock } from "../../base/clock.ts";

/** The label for all hosts without one of their own. */
const OTHER = "other";
/** Hosts with a label of their own: each costs about twenty time series. */
const LABELS = 50;
/** Hosts to count: enough that a busy one stays among them while names that are used once come and go. */
const CANDIDATES = 500;
/** Requests before a host gets a label, so that a name that is used once never gets one. */
const WORTH_LABEL = 20;
/** ms before another label may change hosts: names that strangers invent add at most one host a minute. */
const SWAP_MS = 60_000;

/** Gives the busiest hosts a label of their own in the metrics; the others share one. */
export class HostLabels {
  readonly #clock: Clock;
  readonly #onRemoved: (host: string) => void;
  readonly #counts = new Map<string, number>();
  readonly #labelled = new Set<string>();
  #swappedAt = Number.NEGATIVE_INFINITY;

  /** `onRemoved`: called when a host has lost its label. */
  constructor(clock: Clock, onRemoved: (host: string) => void) {
    this.#clock = clock;
    this.#onRemoved = onRemoved;
  }

  /** Counts one request of a host, and returns the label for its metrics. */
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

  /** Forgets the less busy half of the hosts without a label. */
  #forgetIdle(): void {
    const rest = [...this.#counts].filter(([host]) => !this.#labelled.has(host)).sort(([, a], [, b]) => a - b);
    for (const [host] of rest.slice(0, rest.length / 2)) this.#counts.delete(host);
  }

  #makeRoom(count: number): boolean {
    if (this.#labelled.size < LABELS) return true;
    const least = leastOf([...this.#labelled].map((host) => [host, this.#counts.get(host) ?? 0] as const));
    // Twice as busy, so that two hosts with similar traffic don't take turns.
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
