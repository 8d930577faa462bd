/** Parts of a window: it is accurate to a sixtieth, and costs the same however much is counted. */
const PARTS = 60;

/** Counts what happened within the last minute or hour. Times are ms of a monotonic clock. */
export class RollingCount {
  readonly #partMs: number;
  readonly #counts: number[] = Array.from({ length: PARTS }, () => 0);
  /** Number of the newest part. */
  #newest = 0;
  #total = 0;

  constructor(windowMs: number) {
    this.#partMs = windowMs / PARTS;
  }

  /** Counts one more, now or `agoMs` ago; anything older than the window is ignored. */
  add(now: number, agoMs = 0): void {
    const part = Math.floor((now - agoMs) / this.#partMs);
    this.#turn(now);
    if (part <= this.#newest - PARTS) return;
    this.#counts[slot(part)] = (this.#counts[slot(part)] ?? 0) + 1;
    this.#total += 1;
  }

  within(now: number): number {
    this.#turn(now);
    return this.#total;
  }

  /** ms until the oldest counted item leaves the window; 0: nothing is counted. */
  roomInMs(now: number): number {
    this.#turn(now);
    for (let part = this.#newest - PARTS + 1; part <= this.#newest; part += 1)
      if ((this.#counts[slot(part)] ?? 0) > 0) return (part + PARTS) * this.#partMs - now;
    return 0;
  }

  #turn(now: number): void {
    const part = Math.floor(now / this.#partMs);
    const first = Math.max(this.#newest + 1, part - PARTS + 1);
    for (let next = first; next <= part; next += 1) {
      this.#total -= this.#counts[slot(next)] ?? 0;
      this.#counts[slot(next)] = 0;
    }
    this.#newest = Math.max(this.#newest, part);
  }
}

function slot(part: number): number {
  return ((part % PARTS) + PARTS) % PARTS;
}
