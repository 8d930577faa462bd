import type { Clock } from "../../base/clock.ts";

/** A host that failed is left alone for so long, twice as long after each further failure. */
const FIRST_REST_MS = 500;
const LAST_REST_MS = 60_000;
/** Hosts remembered: those under way and those that rest. */
const HOSTS = 10_000;

interface Host {
  running: number;
  /** In a row. */
  failures: number;
  restsUntil: number;
}

/** Which hosts may be asked now. Keeps a dead host's timeouts from taking every place there is. */
export class HostHealth {
  readonly #clock: Clock;
  readonly #perHost: number;
  readonly #hosts = new Map<string, Host>();

  constructor(clock: Clock, perHost: number) {
    this.#clock = clock;
    this.#perHost = perHost;
  }

  /** Takes a place at a host: null. Or how long to wait, in ms: it rests, or all its places are taken (0). */
  enter(name: string): number | null {
    const host = this.#hosts.get(name) ?? { running: 0, failures: 0, restsUntil: 0 };
    const rest = host.restsUntil - this.#clock.elapsed();
    if (rest > 0) return rest;
    // After its rest a host gets one request to show itself, not all of them.
    if (host.running >= (host.failures > 0 ? 1 : this.#perHost)) return 0;
    host.running++;
    this.#remember(name, host);
    return null;
  }

  /** Gives the place back, and says how it went. */
  leave(name: string, arrived: boolean): void {
    const host = this.#hosts.get(name);
    if (host === undefined) return;
    host.running--;
    const now = this.#clock.elapsed();
    if (arrived) host.failures = 0;
    else if (now >= host.restsUntil) {
      // Those that were under way together fail together: one failure.
      host.restsUntil = now + Math.min(FIRST_REST_MS * 2 ** host.failures, LAST_REST_MS);
      host.failures++;
    }
    if (host.running === 0 && host.failures === 0) this.#hosts.delete(name);
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
