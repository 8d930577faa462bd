/** Busy enough to gather: new calls a second. Below, every message is dealt with the moment it comes. */
const BUSY_CALLS_PER_S = 60;
/** How often the load is looked at. */
const LOOK_MS = 250;
/**
 * The shortest turn of a busy event loop, ms: what comes meanwhile is dealt with together. A call crosses four turns
 * before its INVITE goes out (INVITE in, port opened, URL answered, journal written), so this is felt four times, on a
 * busy machine only.
 */
const SHORTEST_TURN_MS = 5;

/**
 * Interrupt coalescing for a busy event loop. Waking a sleeping process costs more than what most messages make it do,
 * on both sides of every socket: at three hundred calls a second, one by one, the platform spends twice the CPU per call
 * that it spends when its messages come in groups. So a busy loop sleeps out the rest of a short turn, and finds
 * groups; turns that are long anyway gather by themselves.
 */
export class LoopPacer {
  /** Calls begun so far. */
  readonly #begun: () => number;
  readonly #flush: () => void;
  readonly #sleeper = new Int32Array(new SharedArrayBuffer(4));
  #look: NodeJS.Timeout | null = null;
  #last = 0;
  #pacing = false;
  #turnedAt = 0;

  /** `flush`: what this turn still has to send goes out before the loop sleeps. */
  constructor(begun: () => number, flush: () => void) {
    this.#begun = begun;
    this.#flush = flush;
  }

  start(): void {
    this.#last = this.#begun();
    this.#look = setInterval(() => this.#judge(), LOOK_MS);
  }

  stop(): void {
    if (this.#look !== null) clearInterval(this.#look);
    this.#pacing = false;
  }

  #judge(): void {
    const begun = this.#begun();
    const busy = begun - this.#last > (BUSY_CALLS_PER_S * LOOK_MS) / 1000;
    this.#last = begun;
    if (busy && !this.#pacing) setImmediate(() => this.#turn());
    this.#pacing = busy;
  }

  /** Once in each turn of the loop, behind everything that this turn had to do. */
  #turn(): void {
    if (!this.#pacing) return;
    const restMs = SHORTEST_TURN_MS - (performance.now() - this.#turnedAt);
    this.#flush();
    if (restMs > 0) Atomics.wait(this.#sleeper, 0, 0, restMs);
    this.#turnedAt = performance.now();
    setImmediate(() => this.#turn());
  }
}
