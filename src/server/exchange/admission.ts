import type { AccountConfig } from "./account-config.ts";

/** Why a new call is refused for now; the caller gets 503 with Retry-After. */
export type AdmissionRefusal =
  | "draining"
  | "no_media"
  | "platform_full"
  | "account_full"
  | "account_rate"
  | "trunk_full"
  | "journal_behind"
  | "journal_failing"
  | "disk_full"
  | "signalling_behind";

/** Seconds a refused trunk should wait: long enough for a burst to pass, short enough that it still retries. */
export const RETRY_AFTER_S = 2;

/** Limit on live calls in this process: beyond it, latency suffers for everyone before memory runs out. */
export const MAX_LIVE_CALLS = 20_000;

interface Usage {
  live: number;
  /** Tokens of the per-second limit, refilled over time. */
  tokens: number;
  refilledAt: number;
}

/** What is exhausted, for the log and for the record of the refused call. */
export const REFUSAL_MESSAGES: Readonly<Record<AdmissionRefusal, string>> = {
  draining: "the platform is stopping or starting",
  no_media: "no media process is running",
  platform_full: "this process carries as many calls as it may",
  account_full: "the account's concurrent_calls are in use",
  account_rate: "the account's calls_per_second are used up",
  trunk_full: "all channels of the trunk are in use",
  journal_behind: "the database is too slow for new calls",
  journal_failing: "the database can't write",
  disk_full: "the disk of the data folder is nearly full",
  signalling_behind: "SIP messages wait too long before they are read",
};

/**
 * Decides whether a new call may begin now. Limits are per process.
 */
export class Admission {
  readonly #usage = new Map<string, Usage>();
  #live = 0;
  draining = false;

  get live(): number {
    return this.#live;
  }

  /** Reserves a place for a call of this account, or returns why it can't. `release` gives the place back. */
  take(config: AccountConfig, now: number): AdmissionRefusal | null {
    if (this.draining) return "draining";
    if (this.#live >= MAX_LIVE_CALLS) return "platform_full";
    const usage = this.#usageOf(config, now);
    if (usage.live >= config.concurrentCalls) return "account_full";
    if (usage.tokens < 1) return "account_rate";
    usage.tokens -= 1;
    usage.live += 1;
    this.#live += 1;
    return null;
  }

  /** Counts a recovered call; such a call is never refused. */
  adopt(config: AccountConfig, now: number): void {
    this.#usageOf(config, now).live += 1;
    this.#live += 1;
  }

  release(config: AccountConfig): void {
    const usage = this.#usage.get(config.account.sid);
    if (usage !== undefined) usage.live -= 1;
    this.#live -= 1;
  }

  #usageOf(config: AccountConfig, now: number): Usage {
    let usage = this.#usage.get(config.account.sid);
    if (usage === undefined) {
      usage = { live: 0, tokens: config.callsPerSecond, refilledAt: now };
      this.#usage.set(config.account.sid, usage);
    }
    const refill = ((now - usage.refilledAt) / 1000) * config.callsPerSecond;
    usage.tokens = Math.min(config.callsPerSecond, usage.tokens + Math.max(0, refill));
    usage.refilledAt = now;
    return usage;
  }
}
