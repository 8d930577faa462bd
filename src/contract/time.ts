import type { Account } from "./account.ts";

/** REQ-17: a call in progress has no end yet; customers know this constant as "none". */
export const END_TIME = "1970-01-01 05:30:00";

/** `2024-09-03 11:44:54` in `timezone` (REQ-16, REQ-22, REQ-31). `ms` is epoch milliseconds. */
export declare function formatDateTime(ms: number, timezone: string): string;

/** `Created` (REQ-14): `Tue, 03 Sep 2024 11:44:54`, or as {@link formatDateTime} where the account wants that. */
export declare function formatCreated(ms: number, account: Pick<Account, "timezone" | "createdFormat">): string;

/** Whether `text` names a zone of the IANA database; an account must not have another. */
export declare function isTimezone(text: string): boolean;
