/** New calls a second above which messages are gathered; below, each is handled as it comes. */
const BUSY_CALLS_PER_S = 60;
/** How often the load is measured. */
const LOOK_MS = 250;
/**
 * The minimum turn of a busy event loop grows with the load: 3 ms at 60 new calls a second, 10 ms from 200 on. A call passes
 * through three turns before its INVITE goes out (INVITE in, URL answered, journal written), so it is delayed three times,
 * but only on a busy machine.
 */
const TURN_MS_PER_CALL_PER_S = 0.05;
const LONGEST_TURN_MS = 10;
/** The most datagrams that libuv reads from a socket in one turn; if it read that many, more are waiting, so don't sleep. */
const FULL_READ = 32;

/**
 * Interrupt coalescing for a busy event loop. Waking a sleeping process costs more than handling most messages, on both
 * sides of every socket: at 300 calls a second the platform uses twice the CPU per call if messages come one by one rather
 * than in groups. So a busy loop sleeps for the rest of a short turn and then finds groups; longer turns gather groups by
 * themselves.
 */
export class WakeupCoalescer {
  /** Calls started so far. */
  readonly #started: () => number;
  readonly #flush: () => void;
  /** SIP datagrams so far, readable or not: a flood of garbage must not slow down the rest. */
  readonly #arrived: () => number;
  readonly #sleeper = new Int32Array(new SharedArrayBuffer(4));
  #look: NodeJS.Timeout | null = null;
  #last = 0;
  /** Minimum length of a turn; 0: not busy. */
  #turnMs = 0;
  #turnedAt = 0;
  #arrivedBefore = 0;

  /** `flush` sends what this turn has queued, before the loop sleeps. */
  constructor(started: () => number, arrived: () => number, flush: () => void) {
    this.#started = started;
    this.#arrived = arrived;
    this.#flush = flush;
  }

  start(): void {
    this.#last = this.#started();
    this.#look = setInterval(() => this.#judge(), LOOK_MS);
  }

  stop(): void {
    if (this.#look !== null) clearInterval(this.#look);
    this.#turnMs = 0;
  }

  #judge(): void {
    const started = this.#started();
    const perS = ((started - this.#last) * 1000) / LOOK_MS;
    this.#last = started;
    const idle = this.#turnMs === 0;
    this.#turnMs = perS > BUSY_CALLS_PER_S ? Math.min(perS * TURN_MS_PER_CALL_PER_S, LONGEST_TURN_MS) : 0;
    if (idle && this.#turnMs > 0) setImmediate(() => this.#turn());
  }

  /**
   * Runs before everything queued for the end of this turn: journal rows, requests, operations for media. Sleeping here
   * would hold all of it back; one poll later it has been sent.
   */
  #turn(): void {
    this.#arrivedBefore = this.#arrived();
    setImmediate(() => this.#sleep());
  }

  #sleep(): void {
    if (this.#turnMs === 0) return;
    const restMs = this.#turnMs - (performance.now() - this.#turnedAt);
    this.#flush();
    const more = this.#arrived() - this.#arrivedBefore >= FULL_READ;
    if (restMs > 0 && !more) Atomics.wait(this.#sleeper, 0, 0, restMs);
    this.#turnedAt = performance.now();
    setImmediate(() => this.#turn());
  }
}
