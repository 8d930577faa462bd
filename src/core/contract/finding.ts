/**
 * One outcome of a validation (RES-9), complete enough to show to a person. `path` is the place in the answer
 * (`destination.numbers[2]`; empty: the answer as a whole), `found` what was there (shortened), `allowed` what may be there, `consequence`
 * what the platform does about it, and `message` says all of it in one sentence.
 */
export interface Finding {
  readonly level: "warning" | "error";
  readonly rule: string;
  readonly path: string;
  readonly found: string;
  readonly allowed: string;
  readonly consequence: string;
  readonly message: string;
}

/** A finding without its message. `problem` replaces the plain "is …; allowed is …" where that would not be clear. */
export interface FindingParts {
  readonly rule: string;
  readonly path: string;
  readonly found: string;
  readonly allowed: string;
  readonly consequence: string;
  readonly problem?: string;
}

/** Something was wrong, and was corrected, skipped or replaced. */
export function warning(parts: FindingParts): Finding {
  return finding("warning", parts);
}

/** Something makes the answer unusable. */
export function error(parts: FindingParts): Finding {
  return finding("error", parts);
}

function finding(level: "warning" | "error", parts: FindingParts): Finding {
  const { rule, path, found, allowed, consequence } = parts;
  const problem = parts.problem ?? `is ${found}; allowed is ${allowed}`;
  const message = `${path === "" ? "The answer" : path} ${problem}: ${consequence}.`;
  return { level, rule, path, found, allowed, consequence, message };
}

/** A finding about an answer that is written into a flow: its path counts from the applet, whose key holds the answer. */
export function inParameters(finding: Finding): Finding {
  return { ...finding, path: finding.path === "" ? "parameters" : `parameters.${finding.path}` };
}

/** Longest text from an answer in a finding: enough to recognise it, too little to flood a trace. */
const MAX_FOUND_CHARACTERS = 80;

/** A value as a finding shows it: texts quoted and shortened, collections only by kind and size. */
export function describe(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : `an array of ${value.length}`;
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** A text in quotes, control characters escaped, shortened. */
export function quote(text: string): string {
  if (text.length <= MAX_FOUND_CHARACTERS) return JSON.stringify(text);
  return JSON.stringify(`${text.slice(0, MAX_FOUND_CHARACTERS)}…`);
}
