import type { Clock } from "../../base/clock.ts";

/** A host that failed is left alone this long, twice as long after each further failure. */
const FIRST_REST_MS = 500;
const LAST_REST_MS = 60_000;
/** Hosts remembered, over all accounts: those with requests and those being left alone. */
const HOSTS = 10_000;

interface Host {
  running: number;
  /** Failures in a row. */
  failures: number;
  restsUntil: number;
}

/**
 * Which hosts may be sent requests now. Keeps a dead host's timeouts from taking every place. Each account has its own
 * view: one whose URL makes a host hang must not hold up the others' deliveries to it.
 */
export class HostHealth {
  readonly #clock: Clock;
  readonly #perHost: number;
  readonly #hosts = new Map<string, Host>();

  constructor(clock: Clock, perHost: number) {
    this.#clock = clock;
    this.#perHost = perHost;
  }

  /** Takes a place at a host: null. Otherwise how long to wait, in ms: it is being left alone, or all its places are taken (0). */
  enter(name: string): number | null {
    const host = this.#hosts.get(name) ?? { running: 0, failures: 0, restsUntil: 0 };
    const rest = host.restsUntil - this.#clock.elapsed();
    if (rest > 0) return rest;
    // After the pause a host gets one request first, not all of them.
    if (host.running >= (host.failures > 0 ? 1 : this.#perHost)) return 0;
    host.running++;
    this.#remember(name, host);
    return null;
  }

  /** Gives the place back unused. */
  cancel(name: string): void {
    const host = this.#hosts.get(name);
    if (host === undefined) return;
    host.running--;
    this.#forgetIdle(name, host);
  }

  /** Gives the place back, with the result. */
  leave(name: string, arrived: boolean): void {
    const host = this.#hosts.get(name);
    if (host === undefined) return;
    host.running--;
    const now = this.#clock.elapsed();
    if (arrived) host.failures = 0;
    else if (now >= host.restsUntil) {
      // Requests that ran at the same time fail together: they count as one failure.
      host.restsUntil = now + Math.min(FIRST_REST_MS * 2 ** host.failures, LAST_REST_MS);
      host.failures++;
    }
    this.#forgetIdle(name, host);
  }

  #forgetIdle(name: string, { running, failures }: Host): void {
    if (running === 0 && failures === 0) this.#hosts.delete(name);
  }

  #remember(name: string, host: Host): void {
    this.#hosts.set(name, host);
    if (this.#hosts.size <= HOSTS) return;
    for (const [other, { running }] of this.#hosts) {
      if (running === 0) {
        this.#hosts.delete(other);
        return;
      }
    }
  }
}
