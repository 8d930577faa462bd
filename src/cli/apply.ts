import { Command } from "commander";
import { showProblem } from "../core/flow/yaml-document.ts";
import type { Flow } from "../core/call/setup.ts";
import { parseFlow } from "../core/flow/flow.ts";
import type { ResourceDocument } from "../server/configuration/resources.ts";
import { masked } from "../server/configuration/secrets.ts";
import type { CompareOptions, FlowComparison } from "../tools/simulator/compare/compare-flows.ts";
import { compareFlows } from "../tools/simulator/compare/compare-flows.ts";
import { loadWorkspaceInput } from "../server/exchange/workspace.ts";
import type { WorkspaceInput } from "../server/exchange/workspace.ts";
import type { ApiClient } from "./api-client.ts";
import { complainOf } from "./api-client.ts";
import type { PlatformOptions } from "./platform-api.ts";
import { platformClient, withPlatformOptions } from "./platform-api.ts";
import { EXIT_FINDING } from "./simulate.ts";

interface Options extends PlatformOptions {
  readonly yes?: boolean;
  readonly check?: boolean;
  readonly prune?: boolean;
  readonly json?: boolean;
}

/** What the platform says about a change that was made, or would be. */
interface Answer {
  readonly applied: boolean;
  readonly revision: number;
  readonly changes: readonly ChangeLine[];
}

interface ChangeLine {
  readonly account: string;
  readonly kind: string;
  readonly name: string;
  readonly change: string;
  readonly details: readonly string[];
  readonly last_changed_by: string | null;
  readonly last_changed_at: string | null;
}

/** `plugboard apply`: makes a running platform what a workspace file says; first it shows what that changes. */
export function applyCommand(): Command {
  return withPlatformOptions(new Command("apply"))
    .argument("<file>", "workspace file")
    .option("--yes", "apply the changes; without this they are only shown")
    .option("--check", "show what differs from the file and who changed it; exit 1 if anything does")
    .option("--prune", "also remove accounts that are not in the file")
    .option("--json", "print the difference as JSON")
    .action(async (file: string, options: Options) => {
      process.exitCode = await run(file, options);
    });
}

async function run(file: string, options: Options): Promise<number> {
  const input = loadWorkspaceInput(file, process.env);
  if (!input.ok) return complainOf({ status: null, sentences: input.error.map(showProblem) });
  const api = platformClient(options, process.env);
  if (!api.ok) return complainOf({ status: null, sentences: [api.error] });
  const body = bodyOf(input.value, options);
  const planned = await api.value.json<Answer>("/api/workspace/apply?dry_run=true", posted(body));
  if (!planned.ok) return complainOf(planned.error);
  const { changes, revision } = planned.value;
  const isApplied = options.yes === true && options.check !== true && changes.length > 0;
  if (options.json !== true) {
    show(changes, options.check === true);
    if (options.check !== true) await showOutcomes(api.value, input.value, changes);
  }
  const applied = isApplied
    ? await api.value.json<Answer>("/api/workspace/apply", posted({ ...body, based_on: revision }))
    : planned;
  if (!applied.ok) return complainOf(applied.error);
  if (options.json === true) print(JSON.stringify(applied.value, null, 2));
  else print(closing(applied.value, options));
  return isApplied || changes.length === 0 ? 0 : EXIT_FINDING;
}

function bodyOf({ document, source }: WorkspaceInput, { prune }: Options): object {
  return { workspace: document, source, prune: prune === true };
}

function posted(body: object): RequestInit {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** Shows what changed flows mean for callers; both versions are played here, not on the platform. */
async function showOutcomes(
  api: ApiClient,
  { document }: WorkspaceInput,
  changes: readonly ChangeLine[],
): Promise<void> {
  const changed = changes.filter(({ kind, change }) => kind === "flow" && change === "changed");
  for (const account of new Set(changed.map((each) => each.account))) {
    const configured = await api.json<Configured>(`/api/workspace?account=${encodeURIComponent(account)}`);
    if (!configured.ok) continue;
    const options = accountOf(document.accounts, account);
    for (const { name } of changed.filter((each) => each.account === account)) {
      const [before, after] = [configuredFlow(configured.value, name), fileFlow(document.flows, account, name)];
      if (before !== null && after !== null) showComparison(name, compareFlows(before, after, options));
    }
  }
}

/** The parts of an account that affect its calls: its people and its time zone. */
function accountOf(accounts: readonly unknown[], sid: string): CompareOptions {
  const account = accounts.find((each) => (each as { sid?: unknown }).sid === sid) as AccountLines | undefined;
  const { users: people = [], timezone } = account ?? {};
  return { people, ...(timezone === undefined ? {} : { timezone }) };
}

/** An account as its file states it; already validated. */
interface AccountLines {
  readonly users?: readonly { readonly name: string; readonly number?: string }[];
  readonly timezone?: string;
}

/** The answer of `GET /api/workspace`. */
interface Configured {
  readonly workspace: { readonly flows: readonly object[] };
  readonly files: Readonly<Record<string, object>>;
}

function configuredFlow({ workspace, files }: Configured, id: string): Flow | null {
  const documents = workspace.flows.map((flow) => ("file" in flow ? files[String(flow.file)] : flow));
  return flowOf(documents.find((each) => each !== undefined && "flow" in each && String(each.flow) === id));
}

/** A flow of the file, with URL passwords masked as in the platform's answer: they make no difference to a call. */
function fileFlow(flows: readonly unknown[], account: string, id: string): Flow | null {
  const named = flows.find((each) => {
    const { flow, account: owner = account } = each as { flow?: unknown; account?: unknown };
    return String(flow) === id && owner === account;
  });
  return named === undefined ? null : flowOf(masked("flow", named as ResourceDocument));
}

function flowOf(document: unknown): Flow | null {
  const flow = parseFlow(document);
  return flow.ok ? flow.value : null;
}

function showComparison(flow: string, { calls, changed, outcomes }: FlowComparison): void {
  print(`  What changes for callers of flow ${flow} (${changed} of ${calls} calls played):`);
  if (outcomes.length === 0) print("    nothing that these calls show");
  for (const { message, before, after } of outcomes)
    for (const line of [`  ! ${message}`, `      for example ${before}`, `      is now      ${after}`]) print(line);
}

const SIGNS: Readonly<Record<string, string>> = { added: "+", removed: "-" };

function show(changes: readonly ChangeLine[], withAuthors: boolean): void {
  for (const change of changes) {
    const { account, kind, name, details } = change;
    const sign = SIGNS[change.change] ?? "~";
    const by = withAuthors && change.last_changed_by !== null ? authorOf(change) : "";
    const title = kind === "account" ? `account ${account}` : `account ${account}, ${kind} ${name}`;
    const [only = "", ...others] = details;
    if (others.length === 0 && sign !== "~") print(`${sign} ${only}${by}`);
    else for (const line of [`${sign} ${title}${by}`, ...details.map((detail) => `    ${detail}`)]) print(line);
  }
}

function authorOf({ last_changed_by: by, last_changed_at: at }: ChangeLine): string {
  return ` (last changed by ${by ?? ""}, ${at ?? ""})`;
}

function closing({ applied, changes, revision }: Answer, { check }: Options): string {
  if (changes.length === 0) return "The platform already matches the file.";
  if (applied) return `Applied as revision ${revision}: it takes effect with the next call.`;
  const count = `${changes.length} difference${changes.length === 1 ? "" : "s"}`;
  return check === true
    ? `${count} between the platform and the file.`
    : `${count}. Nothing is changed yet: --yes applies it.`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
