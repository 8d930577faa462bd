import { DatabaseError } from "pg";
import type { Pool } from "pg";
import { clientWithinAccount } from "./account-rows.ts";

/** The call that an `Idempotency-Key` has already led to. */
export interface KeyedCall {
  readonly callSid: string;
  /** Fingerprint of what the request asked for: the same key with a different request is a mistake. */
  readonly fingerprint: string;
}

/** Another call has this key: none of the rows were written. */
export class KeyTakenError extends Error {
  override readonly name = "KeyTakenError";
}

/** The unique constraint of the table, as its migration makes it. */
const CONSTRAINT = "call_keys_pkey";
const UNIQUE_VIOLATION = "23505";
/** A client repeats a request within minutes; a day covers one that was switched off meanwhile. */
const KEPT_MS = 24 * 3_600_000;
/** Old keys that one look-up deletes: more than a look-up adds, so that the table never holds much more than a day. */
const SWEEP_ROWS = 20;

/** The keys of requests that placed calls; they are written with the first journal row of their call. */
export class CallKeys {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** The call that this key has led to in the last day; null if there is none. */
  async find(account: string, key: string, nowMs: number): Promise<KeyedCall | null> {
    await this.#sweep(nowMs - KEPT_MS);
    const text = `select call_sid as "callSid", fingerprint from call_keys where account = $1 and key = $2`;
    const found = clientWithinAccount(this.#pool, account, (client) => client.query<KeyedCall>(text, [account, key]));
    const { rows } = await found;
    return rows[0] ?? null;
  }

  async #sweep(beforeMs: number): Promise<void> {
    const old = `select account, key from call_keys where created_at < $1 order by created_at limit ${SWEEP_ROWS}`;
    await this.#pool.query(
      `delete from call_keys k using (${old}) o where k.account = o.account and k.key = o.key and k.created_at < $1`,
      [beforeMs],
    );
  }
}

/** The same error, or {@link KeyTakenError} where the database says so. */
export function readableError(error: unknown): unknown {
  const isTaken = error instanceof DatabaseError && error.code === UNIQUE_VIOLATION && error.constraint === CONSTRAINT;
  return isTaken ? new KeyTakenError("another call has this Idempotency-Key") : error;
}
