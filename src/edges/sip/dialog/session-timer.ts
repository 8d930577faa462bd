import type { Timer } from "../../../base/clock.ts";
import { hasToken, numberOf, type SipMessage, type SipRequest, type SipResponse } from "../message/message.ts";
import type { ExtraHeaders } from "./types.ts";
import type { StackContext } from "./stack-context.ts";

/** s. The shortest interval that we accept (RFC 4028 5: not below 90). */
export const LEAST_INTERVAL_S = 90;
/** s. RFC 4028 4.2 recommends 1,800. */
const USUAL_INTERVAL_S = 1_800;
/** s. Longer intervals of theirs are shortened to this: no call lasts longer, and a timer must be able to hold it. */
const LONGEST_INTERVAL_S = 86_400;
/** s before the end at which the side that does not refresh ends the call: this or a third of the interval (RFC 4028 10). */
const MARGIN_S = 32;
const MS = 1_000;
/** ms. The longest that a timer can wait; a call that lasts that long ends or is refreshed then. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/** What both sides agreed on. */
export interface SessionInterval {
  readonly expiresS: number;
  readonly weRefresh: boolean;
}

/** `null`: no timer requested. `refuse`: owed a 422 (RFC 4028 9). */
export type ServerAgreement =
  | { readonly kind: "none" }
  | { readonly kind: "refuse" }
  | ({ readonly kind: "agreed"; readonly headers: ExtraHeaders } & SessionInterval);

/** The header of a 422. */
export const MIN_SE: ExtraHeaders = [["Min-SE", String(LEAST_INTERVAL_S)]];

/** Our part in a refresh or INVITE of theirs (RFC 4028 9): the interval they want, with them as the refresher unless they name us. */
export function agreeAsServer(request: SipRequest): ServerAgreement {
  const requested = numberOf(request, "session-expires");
  if (requested === null) return { kind: "none" };
  const theyCan = hasToken(request, "supported", "timer") || hasToken(request, "require", "timer");
  if (requested < LEAST_INTERVAL_S && theyCan) return { kind: "refuse" };
  const expiresS = Math.max(Math.min(requested, LONGEST_INTERVAL_S), LEAST_INTERVAL_S, leastOf(request));
  const weRefresh = !theyCan || refresherOf(request) === "uas";
  const value = `${expiresS};refresher=${weRefresh ? "uas" : "uac"}`;
  const require: ExtraHeaders = weRefresh ? [] : [["Require", "timer"]];
  return { kind: "agreed", expiresS, weRefresh, headers: [["Session-Expires", value], ...require] };
}

/** What the 2xx to our request agrees to (RFC 4028 7.2); null: no timer. */
export function agreeAsClient(response: SipResponse): SessionInterval | null {
  const expiresS = numberOf(response, "session-expires");
  if (expiresS === null) return null;
  return { expiresS: Math.max(expiresS, LEAST_INTERVAL_S), weRefresh: refresherOf(response) !== "uas" };
}

/** Min-SE, 0 if absent; one beyond our longest interval makes no sense and is not honoured. */
function leastOf(message: SipMessage): number {
  return Math.min(numberOf(message, "min-se") ?? 0, LONGEST_INTERVAL_S);
}

/** The headers of our refreshes. */
export function refreshHeaders(interval: SessionInterval): ExtraHeaders {
  return [["Session-Expires", `${interval.expiresS};refresher=${interval.weRefresh ? "uac" : "uas"}`]];
}

/** The headers for trying again after a 422; null if it names no larger minimum. */
export function longerInterval(refusal: SipResponse): ExtraHeaders | null {
  if (!refusal.headers.has("min-se")) return null;
  const least = leastOf(refusal);
  return [
    ["Session-Expires", String(Math.max(least, USUAL_INTERVAL_S))],
    ["Min-SE", String(least)],
  ];
}

function refresherOf(message: SipMessage): "uac" | "uas" | null {
  const found = /;\s*refresher\s*=\s*(uac|uas)/i.exec(message.headers.get("session-expires") ?? "")?.[1];
  if (found === undefined) return null;
  return found.toLowerCase() === "uas" ? "uas" : "uac";
}

/** ms to wait: limits what a peer sent, or a snapshot holds, to what a timer can hold. */
function delay(ms: number): number {
  return Math.min(Math.max(0, ms), LONGEST_WAIT_MS);
}

/** The clock of one session: refreshes at half time if that is up to us, and ends the call shortly before the interval does. */
export class SessionTimer {
  readonly #stack: StackContext;
  readonly #onRefresh: () => void;
  readonly #onExpired: () => void;
  #interval: SessionInterval | null = null;
  #until = 0;
  #refresh: Timer | null = null;
  #expiry: Timer | null = null;

  constructor(stack: StackContext, onRefresh: () => void, onExpired: () => void) {
    this.#stack = stack;
    this.#onRefresh = onRefresh;
    this.#onExpired = onExpired;
  }

  get interval(): SessionInterval | null {
    return this.#interval;
  }

  /** For the snapshot. */
  get state(): (SessionInterval & { readonly untilMs: number }) | null {
    return this.#interval === null ? null : { ...this.#interval, untilMs: this.#until };
  }

  /** A new agreement: the interval starts again, or (null) there is no longer a timer. */
  restart(interval: SessionInterval | null): void {
    this.stop();
    this.#interval = interval;
    if (interval !== null) this.#arm(interval, this.#stack.clock.now() + interval.expiresS * MS);
  }

  /** A longer interval to ask for in the next refresh (422); the present one still ends when it would. */
  extend(expiresS: number): void {
    if (this.#interval !== null) this.#interval = { ...this.#interval, expiresS };
  }

  /** Continues what was agreed in an earlier process. */
  resume(state: SessionInterval & { readonly untilMs: number }): void {
    this.#interval = state;
    this.#arm(state, state.untilMs);
  }

  stop(): void {
    this.#refresh?.cancel();
    this.#expiry?.cancel();
  }

  #arm(interval: SessionInterval, untilMs: number): void {
    const now = this.#stack.clock.now();
    const wholeMs = interval.expiresS * MS;
    this.#until = untilMs;
    const marginMs = Math.min(MARGIN_S * MS, wholeMs / 3);
    this.#expiry = this.#stack.clock.after(delay(untilMs - marginMs - now), this.#onExpired);
    if (interval.weRefresh)
      this.#refresh = this.#stack.clock.after(delay(untilMs - wholeMs / 2 - now), this.#onRefresh);
  }
}
