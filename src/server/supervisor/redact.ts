/**
 * Phone numbers, digits and addresses of people are logged only under these keys, and hidden there unless the operator
 * wants them readable (`PLUGBOARD_LOG_NUMBERS`).
 */
export function redaction(logNumbers: boolean): { readonly paths: string[]; readonly censor: string } {
  return { paths: logNumbers ? [] : ["pii", "*.pii"], censor: "[redacted]" };
}
