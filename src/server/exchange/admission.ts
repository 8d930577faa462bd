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

/** Seconds a refused trunk should wait: long enough for a burst to pass, short enough to come back to us. */
export const RETRY_AFTER_S = 2;

/** Calls alive at once in this process: with more, latency for everyone suffers before memory does. */
export const MAX_LIVE_CALLS = 20_000;

interface Usage {
  live: number;
  /** Tokens of the per-second limit, refilled by time. */
  tokens: number;
  refilledAt: number;
}

/** Says of each refusal what is exhausted, and what would help: for the log and the record of the refused call. */
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
 * Who may begin a call now. Limits are per process: with several nodes each takes its share of what the workspace allows.
 */
export class Admission {
  readonly #usage = new Map<string, Usage>();
  #live = 0;
  draining = false;

  get live(): number {
    return this.#live;
  }

  /** Takes a place for a call of this account, or says why not. A place that was taken is given back by `release`. */
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

  /** A call that was recovered counts too, but is never refused. */
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
