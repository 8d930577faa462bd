/**
 * The log as a parameter; pino satisfies it. Phone numbers, digits and addresses of people belong only under a `pii`
 * key of the fields, which production redacts.
 */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Logs nothing: for tests and the simulator. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** The pino options of every process of the platform. */
export interface LogOptions {
  readonly level: string;
  readonly base: { readonly process: string };
  readonly redact: { readonly paths: string[]; readonly censor: string };
}

/**
 * Options of the logger of one process: its name in every line, personal data redacted unless the operator wants it
 * readable (`PLUGBOARD_LOG_NUMBERS`).
 */
export function logOptions(processName: string, level: string, logNumbers = false): LogOptions {
  const paths = logNumbers ? [] : ["pii", "*.pii"];
  return { level, base: { process: processName }, redact: { paths, censor: "[redacted]" } };
}
