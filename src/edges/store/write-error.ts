import { DatabaseError } from "pg";
import { StoreBusyError } from "./journal.ts";

/** SQLSTATE classes that mean that the rows themselves are wrong: bad data, a violated constraint, too long. */
const ROWS_AT_FAULT = /^(?:22|23|54)/;

/**
 * Whether rows that `append` rejected with this error can be written later unchanged: the disk is full (53100), the
 * database is read-only, the queue is full. False: the rows themselves are at fault, or the store is closed.
 */
export function isTemporary(error: unknown): boolean {
  if (error instanceof StoreBusyError) return true;
  return error instanceof DatabaseError && !ROWS_AT_FAULT.test(error.code ?? "");
}
