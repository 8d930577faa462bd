import type { Account, Wire } from "./account.ts";
import { type Cause, outcomes } from "./outcome.ts";
import { formatDateTime, formatDateTimeWithDay } from "./time.ts";

/**
 * REQ-33: everything that the account setting `wire` changes is in this file, and in the table of `docs/connect-url.md`.
 *
 * | | documented | observed |
 * |---|---|---|
 * | `Created` | `2024-09-03 11:44:54` | `Tue, 03 Sep 2024 11:44:54` |
 * | `DialCallDuration` where nobody answered | seconds of ringing | `0` |
 * | `Legs[i]` cause of a cancelled leg | `487 ORIGINATOR_CANCEL` | `1003 RING_TIMEOUT` |
 */

/** `Created` (REQ-14). */
export function formatCreated(ms: number, account: Pick<Account, "timezone" | "wire">): string {
  const { timezone } = account;
  return account.wire === "documented" ? formatDateTime(ms, timezone) : formatDateTimeWithDay(ms, timezone);
}

/** `DialCallDuration` (REQ-15) of a second leg that took `seconds` from the INVITE to its end. */
export function dialCallDuration(seconds: number, isAnswered: boolean, wire: Wire): number {
  return isAnswered || wire === "documented" ? seconds : 0;
}

/** `Legs[i][Cause]` and `[CauseCode]` (REQ-29). */
export function legCause(cause: Cause, wire: Wire): Cause {
  const isCanceled = cause.code === outcomes.canceled.cause.code;
  return isCanceled && wire === "observed" ? outcomes.ringTimeout.cause : cause;
}
