import type { Clock } from "../../base/clock.ts";

/** Limit on remembered keys: they come from outside, and a flood keeps bringing new ones. */
const MAX_KEYS = 10_000;

/** How many failures are allowed at once, and after how long each is forgotten. */
export interface FailureRate {
  readonly failures: number;
  readonly forgottenAfterMs: number;
}

/**
 * Limits guesses: a number of failures of one key (an address, a name) at once, then one per `forgottenAfterMs`. Under a flood
 * of new keys the one silent the longest is forgotten, so that no one is refused for what others did.
 */
export class FailureLimit {
  readonly #clock: Pick<Clock, "elapsed">;
  readonly #rate: FailureRate;
  /** When the last failure of a key will be forgotten, on the monotonic clock (the generic cell rate algorithm). */
  readonly #forgottenAt = new Map<string, number>();

  constructor(clock: Pick<Clock, "elapsed">, rate: FailureRate) {
    this.#clock = clock;
    this.#rate = rate;
  }

  get size(): number {
    return this.#forgottenAt.size;
  }

  /** ms until the next attempt is allowed; 0: now. */
  waitMs(key: string): number {
    const { failures, forgottenAfterMs } = this.#rate;
    const oneIsForgottenAt = (this.#forgottenAt.get(key) ?? 0) - (failures - 1) * forgottenAfterMs;
    return Math.max(0, oneIsForgottenAt - this.#clock.elapsed());
  }

  failed(key: string): void {
    const from = Math.max(this.#clock.elapsed(), this.#forgottenAt.get(key) ?? 0);
    this.#forgottenAt.delete(key);
    const [silent] = this.#forgottenAt.keys();
    if (this.#forgottenAt.size >= MAX_KEYS && silent !== undefined) this.#forgottenAt.delete(silent);
    this.#forgottenAt.set(key, from + this.#rate.forgottenAfterMs);
  }

  /** Takes the last failure back: it turned out not to be one. */
  forgive(key: string): void {
    const at = this.#forgottenAt.get(key);
    if (at !== undefined) this.#forgottenAt.set(key, at - this.#rate.forgottenAfterMs);
  }
}

/**
 * The sender that failures are counted for: an IPv4 address, or the /64 of an IPv6 one, whose holder can use any address in it.
 */
export function sourceOf(address: string): string {
  const v4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (v4 !== undefined || !address.includes(":")) return v4 ?? address;
  const [head = "", tail] = address.toLowerCase().replace(/%.*$/, "").split("::");
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => "0");
  const network = [...groups, ...zeros, ...rest].slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ""));
  return `${network.join(":")}::/64`;
}
