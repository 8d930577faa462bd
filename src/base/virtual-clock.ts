import type { Clock, Timer } from "./clock.ts";

interface Entry {
  readonly at: number;
  readonly order: number;
  run: (() => void) | null;
}

/** A clock that moves only by `step` and `advance`: timers fire in order of time, then in the order they were set. */
export class VirtualClock implements Clock {
  #now: number;
  /** How far the wall clock has been set forward (negative: back) since the start. */
  #step = 0;
  #order = 0;
  readonly #heap: Entry[] = [];

  constructor(startMs = 0) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now + this.#step;
  }

  elapsed(): number {
    return this.#now;
  }

  /** Sets the machine's clock: `now` jumps by that much, and no timer fires earlier or later because of it. */
  setWallClock(byMs: number): void {
    this.#step += byMs;
  }

  after(delayMs: number, run: () => void): Timer {
    const entry: Entry = { at: this.#now + Math.max(0, delayMs), order: this.#order++, run };
    this.#push(entry);
    return {
      cancel: () => {
        entry.run = null;
      },
    };
  }

  /** Fires the next pending timer; false if there is none. */
  step(): boolean {
    for (;;) {
      const entry = this.#pop();
      if (entry === undefined) return false;
      if (entry.run === null) continue;
      this.#now = entry.at;
      const run = entry.run;
      entry.run = null;
      run();
      return true;
    }
  }

  /** Fires everything due in the next `ms` milliseconds and leaves the clock there. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      if (next.run === null) this.#pop();
      else this.step();
    }
    this.#now = end;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let i = heap.push(entry) - 1;
    while (i > 0) {
      const up = (i - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || before(parent, entry)) break;
      heap[i] = parent;
      i = up;
    }
    heap[i] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let down = 2 * i + 1;
      const left = heap[down];
      if (left === undefined) break;
      const right = heap[down + 1];
      const least = right !== undefined && before(right, left) ? (down++, right) : left;
      if (before(last, least)) break;
      heap[i] = least;
      i = down;
    }
    heap[i] = last;
    return top;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
