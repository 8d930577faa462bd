import type { ValidationMode } from "../../core/contract/answer.ts";
import type { Finding } from "../../core/contract/finding.ts";
import type { Exchanged } from "./probe-session.ts";
import type { CameBack, Issue, Level, Role, Sent } from "./report.ts";
import type { DiagnosticId } from "./diagnostics.ts";
import { DIAGNOSTICS } from "./diagnostics.ts";

/** The level of a remark in each mode; null: none there. */
export interface Levels {
  readonly strict: Level | null;
  readonly lenient: Level | null;
}

export const WARNING: Levels = { strict: "warning", lenient: "warning" };

/** One thing that is wrong. What is left out: the rule of its lesson, a warning in both modes, the answer as a whole. */
export interface Diagnosis {
  readonly id: DiagnosticId;
  readonly message: string;
  readonly rule?: string;
  readonly levels?: Levels;
  readonly path?: string;
}

/** Where it was seen. */
export interface Seen {
  readonly endpoint: Role;
  readonly probe: string;
  readonly asked: Pick<Exchanged, "request" | "outcome" | "elapsedMs">;
}

/** Different things kept: an endpoint that is wrong in more ways than this has been told enough. */
const MAX_ISSUES = 100;

/** What was found so far: the same thing seen again is counted, not repeated. */
export class IssueCollector {
  readonly #mode: ValidationMode;
  readonly #issues = new Map<string, Issue>();

  constructor(mode: ValidationMode) {
    this.#mode = mode;
  }

  add({ endpoint, probe, asked }: Seen, diagnosis: Diagnosis): void {
    const { id, message, path = "", rule = DIAGNOSTICS[id].rule, levels = WARNING } = diagnosis;
    const level = levels[this.#mode];
    if (level === null) return;
    // The tenth bad number of a list is the same mistake as the first; status 404 is another than status 500.
    const { outcome } = asked;
    const came = outcome.ok ? outcome.status : outcome.reason;
    const key = JSON.stringify([id, level, endpoint, path.replaceAll(/\[\d+\]/g, "[]"), came]);
    const known = this.#issues.get(key);
    if (known !== undefined) {
      const probes = known.probes.includes(probe) ? known.probes : [...known.probes, probe];
      this.#issues.set(key, { ...known, count: known.count + 1, probes });
      return;
    }
    if (this.#issues.size >= MAX_ISSUES) return;
    const what = { id, rule, level, ...levels, endpoint, probes: [probe], count: 1, path, message };
    this.#issues.set(key, { ...what, ...shown(asked), fix: DIAGNOSTICS[id].fix });
  }

  /** Errors first. */
  issues(): readonly Issue[] {
    const all = [...this.#issues.values()];
    return [...all.filter(({ level }) => level === "error"), ...all.filter(({ level }) => level === "warning")];
  }

  /** The worst that one probe of one endpoint saw. */
  worst(endpoint: Role, probe: string): Level | null {
    const seen = this.issues().filter((issue) => issue.endpoint === endpoint && issue.probes.includes(probe));
    return seen[0]?.level ?? null;
  }
}

/** The findings of both modes side by side: what both found stands once. */
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

/** An exchange as it may be shown: credentials travelled in a header, those of URLs in the body are masked. */
function shown({ request, outcome, elapsedMs }: Seen["asked"]): { readonly sent: Sent; readonly cameBack: CameBack } {
  const sent = { method: request.method, url: request.url };
  if (!outcome.ok)
    return { sent, cameBack: { status: null, contentType: null, body: "", failure: outcome.detail, elapsedMs } };
  const { status, contentType } = outcome;
  const masked = outcome.body.replaceAll(/\/\/[^/?#\s"'\\]*@/g, "//***@");
  const body = masked.length > BODY_CHARACTERS ? `${masked.slice(0, BODY_CHARACTERS)}…` : masked;
  return { sent, cameBack: { status, contentType, body, failure: null, elapsedMs } };
}
