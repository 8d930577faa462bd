import type { ClientConfig } from "pg";
import { DatabaseError, TypeOverrides } from "pg";

/** Object id of `bigint`: ours are times, counts and sequence numbers, all exact in a double. */
const BIGINT = 20;
const parsers = new TypeOverrides();
parsers.setTypeParser(BIGINT, Number);

/** How long a connection may take to come about. */
const CONNECT_LIMIT_MS = 5_000;

/** The settings that all our connections share. */
export function clientConfig(target: string | ClientConfig, name: string): ClientConfig {
  const base = typeof target === "string" ? { connectionString: target } : target;
  return {
    ...base,
    types: parsers,
    application_name: `plugboard ${name}`,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    // A peer that vanished without a word is noticed by the kernel.
    keepAlive: true,
  };
}

/** SQLSTATE classes that say that the connection or the server went away, not that the statement was wrong. */
const GONE = /^(?:08|57P)/;

/** Whether a statement that failed so may or may not have been carried out. */
export function isConnectionError(error: unknown): boolean {
  return error instanceof DatabaseError ? GONE.test(error.code ?? "") : true;
}
