/** One pending timer. `cancel` may be called repeatedly, and after it has fired. */
export interface Timer {
  cancel(): void;
}

/**
 * Time as a parameter: everything below `server/` that waits or needs the time takes one of these. Production passes {@link systemClock}; the simulator and the tests pass a `VirtualClock`.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. Jumps in either direction when the machine's clock is set: only for timestamps. */
  now(): number;
  /** Whole milliseconds since some moment, which never jump: for durations and due times. */
  elapsed(): number;
  /** Calls `run` once, `delayMs` from now. */
  after(delayMs: number, run: () => void): Timer;
}
