import type { RenderedEvent } from "./rendered-event.ts";

/** Events kept for readers that are a little behind: some seconds of a busy account, about 1 MB. */
const KEPT_EVENTS = 2000;

/**
 * The newest events of one account, read once for all its readers. `end` is the number of the last one; what came before the
 * first reader is not here.
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

  /** What follows number `after`, at most `limit`; null: it is no longer here. */
  after(after: number, limit: number): readonly RenderedEvent[] | null {
    const [first] = this.#events;
    if (after >= this.#end) return [];
    if (first === undefined || after < first.seq - 1) return null;
    const from = after - first.seq + 1;
    return this.#events.slice(from, from + limit);
  }

  /** Calls back once when there is more; returns what takes it back. */
  onMore(run: () => void): () => void {
    this.#waiting.add(run);
    return () => void this.#waiting.delete(run);
  }

  /** Everyone looks again. */
  wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const run of waiting) run();
  }
}
