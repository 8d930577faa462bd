import type { Finding } from "./finding.ts";

/** Why an answer cannot be used; `result` holds the words of traces and reports. */
export interface Unusable {
  readonly usable: false;
  readonly result: "invalid" | "http_error" | "timeout" | "unreachable";
  readonly findings: readonly Finding[];
}

/** What validation made of an answer: what was read from it, with any warnings, or why it cannot be used. */
export type Verdict<Read extends object> =
  | (Read & { readonly usable: true; readonly findings: readonly Finding[] })
  | Unusable;

/** The verdict on an answer in JSON. `audioUrls` must each pass `validateAudio` before it is used (RES-27). */
export type EvaluatedAnswer<A> = Verdict<{ readonly answer: A; readonly audioUrls: readonly string[] }>;
