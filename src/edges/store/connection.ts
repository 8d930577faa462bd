import type { ClientConfig } from "pg";
import { DatabaseError, TypeOverrides } from "pg";

/** Object id of `bigint`: ours are times, counts and sequence numbers, which a double holds exactly. */
const BIGINT = 20;
const parsers = new TypeOverrides();
parsers.setTypeParser(BIGINT, Number);

/** Longest wait for a connection. */
const CONNECT_LIMIT_MS = 5_000;

/** Settings shared by all our connections. */
export function clientConfig(target: string | ClientConfig, name: string): ClientConfig {
  const base = typeof target === "string" ? { connectionString: target } : target;
  return {
    ...base,
    types: parsers,
    application_name: `plugboard ${name}`,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    // The kernel notices a peer that vanished silently.
    keepAlive: true,
  };
}

/** SQLSTATE classes meaning that the connection or the server went away, not that the statement was wrong. */
const GONE = /^(?:08|57P)/;

/** True when it is unknown whether the failed statement took effect. */
export function isConnectionError(error: unknown): boolean {
  return error instanceof DatabaseError ? GONE.test(error.code ?? "") : true;
}
