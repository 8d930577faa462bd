import type { ValidationMode } from "../../core/contract/answer.ts";
import type { Finding } from "../../core/contract/finding.ts";
import type { HttpRequest } from "../../core/contract/http.ts";
import { curlOf } from "./curl.ts";
import type { Exchanged } from "./exchange.ts";
import type { CameBack, Issue, Level, Role } from "./report.ts";
import type { DiagnosticId } from "./diagnostics.ts";
import { DIAGNOSTICS } from "./diagnostics.ts";

/** The level of a finding in each mode; null if not found in that mode. */
export interface Levels {
  readonly strict: Level | null;
  readonly lenient: Level | null;
}

export const WARNING: Levels = { strict: "warning", lenient: "warning" };

/** One thing that is wrong. Defaults: the rule of its diagnostic, a warning in both modes, the answer as a whole. */
export interface Diagnosis {
  readonly id: DiagnosticId;
  readonly message: string;
  readonly rule?: string;
  readonly levels?: Levels;
  readonly path?: string;
  /** The request that shows it, if that is not the exchange itself. */
  readonly repeat?: HttpRequest;
}

/** Where it was seen. */
export interface Seen {
  readonly endpoint: Role;
  readonly probe: string;
  readonly asked: Pick<Exchanged, "request" | "outcome" | "elapsedMs">;
}

/** Most different issues kept: nobody reads more about one endpoint. */
const MAX_ISSUES = 100;

/** The issues found so far: the same thing seen again is counted, not repeated. */
export class IssueCollector {
  readonly #mode: ValidationMode;
  readonly #issues = new Map<string, Issue>();

  constructor(mode: ValidationMode) {
    this.#mode = mode;
  }

  add(seen: Seen, diagnosis: Diagnosis): void {
    const { id, message, path = "", rule = DIAGNOSTICS[id].rule, levels = WARNING } = diagnosis;
    const level = levels[this.#mode];
    if (level === null) return;
    const { endpoint, probe } = seen;
    const key = keyOf(seen, id, level, path);
    const known = this.#issues.get(key);
    if (known !== undefined) {
      const probes = known.probes.includes(probe) ? known.probes : [...known.probes, probe];
      this.#issues.set(key, { ...known, count: known.count + 1, probes });
      return;
    }
    if (this.#issues.size >= MAX_ISSUES) return;
    const what = { id, rule, level, ...levels, endpoint, probes: [probe], count: 1, path, message };
    const { request } = seen.asked;
    const curl = curlOf(diagnosis.repeat ?? request, id === "at-once");
    const sent = { method: request.method, url: request.url };
    this.#issues.set(key, { ...what, sent, cameBack: cameBackOf(seen.asked), fix: DIAGNOSTICS[id].fix, curl });
  }

  /** Errors first. */
  issues(): readonly Issue[] {
    const all = [...this.#issues.values()];
    return [...all.filter(({ level }) => level === "error"), ...all.filter(({ level }) => level === "warning")];
  }

  /** The worst level that one probe of one endpoint found. */
  worst(endpoint: Role, probe: string): Level | null {
    const seen = this.issues().filter((issue) => issue.endpoint === endpoint && issue.probes.includes(probe));
    return seen[0]?.level ?? null;
  }
}

/** The tenth bad number of a list is the same mistake as the first; status 404 is a different one from status 500. */
function keyOf({ endpoint, asked: { outcome } }: Seen, id: DiagnosticId, level: Level, path: string): string {
  const result = outcome.ok ? outcome.status : outcome.reason;
  return JSON.stringify([id, level, endpoint, path.replaceAll(/\[\d+\]/g, "[]"), result]);
}

/** The findings of both modes side by side: those in both appear once. */
export function pairFindings(
  strict: readonly Finding[],
  lenient: readonly Finding[],
): readonly { readonly finding: Finding; readonly levels: Levels }[] {
  const same = (a: Finding, b: Finding): boolean => a.rule === b.rule && a.path === b.path && a.found === b.found;
  const paired = strict.map((finding) => {
    const other = lenient.find((each) => same(each, finding));
    return { finding, levels: { strict: finding.level, lenient: other?.level ?? null } };
  });
  const only = lenient.filter((finding) => !strict.some((each) => same(each, finding)));
  return [...paired, ...only.map((finding) => ({ finding, levels: { strict: null, lenient: finding.level } }))];
}

/** Enough of a body to recognise it. */
const BODY_CHARACTERS = 300;

/** An answer as it may be shown: credentials in URLs of the body are masked. */
function cameBackOf({ outcome, elapsedMs }: Seen["asked"]): CameBack {
  if (!outcome.ok) return { status: null, contentType: null, body: "", failure: outcome.detail, elapsedMs };
  const { status, contentType } = outcome;
  const masked = outcome.body.replaceAll(/\/\/[^/?#\s"'\\]*@/g, "//***@");
  const body = masked.length > BODY_CHARACTERS ? `${masked.slice(0, BODY_CHARACTERS)}…` : masked;
  return { status, contentType, body, failure: null, elapsedMs };
}
