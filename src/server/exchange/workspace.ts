import type { SourceProblem } from "../../core/flow/yaml-document.ts";
import { YamlDocument, checkDocument } from "../../core/flow/yaml-document.ts";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { Flow } from "../../core/call/setup.ts";
import { verifyFlow } from "../../core/flow/verify.ts";
import type { AccountConfig } from "./account-config.ts";
import { accountConfig } from "./account-config.ts";
import { flowDocument, readFlows, readText } from "./workspace-flows.ts";
import { referenceProblems } from "./workspace-references.ts";
import type { WorkspaceDocument } from "./workspace-schema.ts";
import { workspaceSchema } from "./workspace-schema.ts";

export type { AccountConfig } from "./account-config.ts";

/** A validated workspace: the flow and trunk of every ExoPhone exist. */
export interface Workspace {
  readonly accounts: readonly AccountConfig[];
  /** By `<account sid>/<flow id>`. */
  readonly flows: ReadonlyMap<string, Flow>;
}

/** Reads and checks a workspace file. Problems name file, line, field and what is allowed. */
export function loadWorkspace(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
): Result<Workspace, readonly SourceProblem[]> {
  const raw = readText(file);
  if (!raw.ok) return err([{ file, line: 1, path: "", message: raw.error }]);
  const expanded = expandEnvironment(raw.value, file, environment);
  if (!expanded.ok) return expanded;
  const document = YamlDocument.parse(expanded.value, file);
  if (!document.ok) return document;
  const checked = checkDocument(document.value, workspaceSchema);
  if (!checked.ok) return checked;
  return assemble(document.value, checked.value);
}

/** A workspace file as documents: `document` with environment variables and all flows filled in, `source` as written. */
export interface WorkspaceInput {
  readonly document: WorkspaceText;
  /** Null: how it was written is unknown. */
  readonly source: WorkspaceText | null;
}

/** The two lists of a workspace, each entry as its author wrote it. */
export interface WorkspaceText {
  readonly accounts: readonly unknown[];
  readonly flows: readonly unknown[];
}

/** {@link loadWorkspace} for a platform that stores the workspace: returns the validated documents themselves. */
export function loadWorkspaceInput(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
): Result<WorkspaceInput, readonly SourceProblem[]> {
  const checked = loadWorkspace(file, environment);
  if (!checked.ok) return checked;
  const raw = readText(file);
  const expanded = raw.ok ? expandEnvironment(raw.value, file, environment) : err([]);
  const [document, source] = [
    expanded.ok ? textOf(expanded.value, file) : null,
    raw.ok ? textOf(raw.value, file) : null,
  ];
  if (document === null) return err([{ file, line: 1, path: "", message: "was changed while it was read" }]);
  const flows = document.flows.map((entry) => flowDocument(file, entry));
  return ok({ document: { accounts: document.accounts, flows }, source });
}

/** Null: not a workspace. The text as written may not be one, because `${NAME}` can stand for any part of it. */
function textOf(text: string, file: string): WorkspaceText | null {
  const parsed = YamlDocument.parse(text, file);
  const value = parsed.ok ? parsed.value.value() : null;
  if (typeof value !== "object" || value === null) return null;
  const { accounts = [], flows = [] } = value as { accounts?: unknown; flows?: unknown };
  return Array.isArray(accounts) && Array.isArray(flows) ? { accounts, flows } : null;
}

/** A weakness of a flow that doesn't keep it from taking calls. */
export interface WorkspaceWarning {
  /** `<account sid>/<flow id>`. */
  readonly flow: string;
  readonly rule: string;
  /** Where in the flow document, such as `applets.sales.exits.nobody_answered`. */
  readonly path: string;
  /** One sentence. */
  readonly message: string;
}

/** What verification finds in the flows: unreachable applets, exits that lead nowhere. `plugboard verify` also shows calls. */
export function warningsOf({ flows }: Workspace): readonly WorkspaceWarning[] {
  return [...flows].flatMap(([flow, document]) =>
    verifyFlow(document).warnings.map(({ rule, path, message }) => ({ flow, rule, path: path.join("."), message })),
  );
}

/** `${NAME}` is replaced from the environment; a name that is not set is a problem, never an empty string. */
function expandEnvironment(
  text: string,
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
): Result<string, readonly SourceProblem[]> {
  const problems: SourceProblem[] = [];
  const expanded = text.split("\n").map((content, index) =>
    content.replaceAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (whole, name: string) => {
      const value = environment[name];
      if (value !== undefined) return value;
      problems.push({ file, line: index + 1, path: "", message: `${whole} is not set in the environment` });
      return whole;
    }),
  );
  return problems.length === 0 ? ok(expanded.join("\n")) : err(problems);
}

function assemble(source: YamlDocument, document: WorkspaceDocument): Result<Workspace, readonly SourceProblem[]> {
  const problems: SourceProblem[] = [];
  const flows = readFlows(source, document, problems);
  problems.push(...referenceProblems(source, document, flows));
  return problems.length === 0 ? ok({ accounts: document.accounts.map(accountConfig), flows }) : err(problems);
}
