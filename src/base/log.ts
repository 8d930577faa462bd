/**
 * The log as a parameter; pino satisfies it. Phone numbers, digits and addresses of people go only under a `pii`
 * key of the fields, which production redacts.
 */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Says nothing: for tests and the simulator. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
