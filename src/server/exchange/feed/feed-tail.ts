import type { RenderedEvent } from "./rendered-event.ts";

/** Events kept for readers that are slightly behind: a few seconds of a busy account, about 1 MB. */
const KEPT_EVENTS = 2000;

/**
 * The newest events of one account, read once for all its readers. `end` is the number of the last one; events from before
 * the first reader are not kept.
 */
export class FeedTail {
  readers = 0;
  #end: number;
  readonly #events: RenderedEvent[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(end: number) {
    this.#end = end;
  }

  get end(): number {
    return this.#end;
  }

  /** The next events, in order. */
  add(events: readonly RenderedEvent[]): void {
    const last = events.at(-1);
    if (last === undefined) return;
    this.#events.push(...events);
    this.#end = last.seq;
    if (this.#events.length > KEPT_EVENTS) this.#events.splice(0, this.#events.length - KEPT_EVENTS);
    this.wake();
  }

  /** Readers read from the database what they have not seen yet. */
  forget(): void {
    this.#events.length = 0;
  }

  /** At most `limit` events after number `after`; null: they are no longer kept. */
  after(after: number, limit: number): readonly RenderedEvent[] | null {
    const [first] = this.#events;
    if (after >= this.#end) return [];
    if (first === undefined || after < first.seq - 1) return null;
    const from = after - first.seq + 1;
    return this.#events.slice(from, from + limit);
  }

  /** Calls `run` once when there is more; returns a function that cancels this. */
  onMore(run: () => void): () => void {
    this.#waiting.add(run);
    return () => void this.#waiting.delete(run);
  }

  /** Makes every reader look again. */
  wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const run of waiting) run();
  }
}
