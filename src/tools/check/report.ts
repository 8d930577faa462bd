import type { ValidationMode } from "../../core/contract/answer.ts";
import type { DiagnosticId } from "./diagnostics.ts";
import type { UrlKind } from "./url-kind.ts";

export type Role = "primary" | "fallback";
export type Level = "error" | "warning";

/** What a check found; `json.ts` makes the output of `--json` from it. */
export interface CheckReport {
  /** Credentials masked. */
  readonly url: string;
  readonly fallback: string | null;
  readonly kind: UrlKind;
  readonly mode: ValidationMode;
  readonly startedAtMs: number;
  readonly requests: number;
  readonly latency: readonly Latency[];
  readonly probes: readonly ProbeReport[];
  /** Errors first; within a level in the order they were found. */
  readonly issues: readonly Issue[];
}

/** Complete exchanges with one endpoint, in milliseconds. A timeout counts as the whole deadline. */
export interface Latency {
  readonly endpoint: Role;
  readonly requests: number;
  readonly firstMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** The result of one probe of one endpoint. */
export interface ProbeReport {
  readonly id: string;
  readonly title: string;
  readonly endpoint: Role;
  readonly result: "passed" | "warned" | "failed" | "skipped";
  /** Why it was skipped or ended early. */
  readonly reason: string | null;
  readonly requests: number;
  readonly elapsedMs: number;
  /** What the platform would do after each judged answer, as predicates: "rings +919900000001". */
  readonly effects: readonly string[];
}

/** One thing to fix, no matter how often it was seen; the exchange shown is the first. */
export interface Issue {
  readonly id: DiagnosticId;
  readonly rule: string;
  /** The level in the mode of the check. */
  readonly level: Level;
  /** The level in each mode; null if not found in that mode. */
  readonly strict: Level | null;
  readonly lenient: Level | null;
  readonly endpoint: Role;
  readonly probes: readonly string[];
  readonly count: number;
  /** Where in the answer; an audio URL; empty: the answer as a whole. */
  readonly path: string;
  readonly message: string;
  readonly sent: Sent;
  readonly cameBack: CameBack;
  readonly fix: string;
  /** A command for bash and zsh that repeats the request; credentials masked. */
  readonly curl: string;
}

export interface Sent {
  readonly method: string;
  /** The whole query; credentials travel in a header and are not shown. */
  readonly url: string;
}

/** `failure` instead of a status means that no answer came. `body` is the beginning of the body. */
export interface CameBack {
  readonly status: number | null;
  readonly contentType: string | null;
  readonly body: string;
  readonly failure: string | null;
  readonly elapsedMs: number;
}

export function countOf(report: CheckReport, level: Level): number {
  return report.issues.filter((issue) => issue.level === level).length;
}
