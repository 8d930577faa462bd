/** The clocks of RFC 3261 17, in milliseconds. Tests may shorten them; everything else is derived. */
export interface Timers {
  /** Round-trip estimate. */
  readonly t1: number;
  /** Longest pause between retransmissions of a non-INVITE request and of an INVITE's response. */
  readonly t2: number;
  /** How long a message may live in the network. */
  readonly t4: number;
  /** After this time without a response from the user a 100 is sent; 0: at once. At most 200 (RFC 3261 17.2.1). */
  readonly trying: number;
}

/** RFC 3261 table 4. */
export const DEFAULT_TIMERS: Timers = { t1: 500, t2: 4_000, t4: 5_000, trying: 200 };

/** Timers B, F, H, L, M and the life of a 2xx: 64·T1. */
export function transactionTimeout(timers: Timers): number {
  return 64 * timers.t1;
}

/** Timer D: how long retransmitted final responses to an INVITE are absorbed; "at least 32 s" (RFC 3261 17.1.1.2). */
export function timerD(timers: Timers): number {
  return 64 * timers.t1;
}

/** Timer C: how long a proxy lets an INVITE ring, used as an upper bound for one of ours (RFC 3261 16.6, > 3 min). */
export const LONGEST_RINGING_MS = 600_000;
