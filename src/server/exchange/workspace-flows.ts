import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { Flow } from "../../core/call/setup.ts";
import { parseFlow } from "../../core/flow/flow.ts";
import type { SourceProblem } from "../../core/flow/yaml-document.ts";
import { YamlDocument } from "../../core/flow/yaml-document.ts";
import type { WorkspaceDocument } from "./workspace-schema.ts";

type LoadedFlow = Result<{ account: string | undefined; flow: Flow }, readonly SourceProblem[]>;

/** Every flow of a workspace by `<account sid>/<flow id>`; errors go into `problems`. */
export function readFlows(
  source: YamlDocument,
  document: WorkspaceDocument,
  problems: SourceProblem[],
): Map<string, Flow> {
  const flows = new Map<string, Flow>();
  const accounts = document.accounts.map((account) => account.sid);
  for (const [index, entry] of document.flows.entries()) {
    const loaded =
      "file" in entry && typeof entry.file === "string"
        ? flowFile(source, index, entry.file)
        : inlineFlow(source, index, entry);
    if (!loaded.ok) problems.push(...loaded.error);
    else {
      const { account, flow } = loaded.value;
      const owner = account ?? (accounts.length === 1 ? accounts[0] : undefined);
      const mistake = mistakeIn(flow, owner, accounts, flows);
      if (mistake === null) flows.set(`${owner}/${flow.id}`, flow);
      else problems.push(source.problem(["flows", index], mistake));
    }
  }
  return flows;
}

function mistakeIn(
  flow: Flow,
  owner: string | undefined,
  accounts: readonly string[],
  flows: ReadonlyMap<string, Flow>,
): string | null {
  if (owner === undefined || !accounts.includes(owner))
    return `flow ${flow.id} belongs to account "${owner ?? ""}", which is not in this workspace (accounts: ${accounts.join(", ")})`;
  return flows.has(`${owner}/${flow.id}`) ? `flow "${flow.id}" of account "${owner}" is given twice` : null;
}

function flowFile(source: YamlDocument, index: number, name: string): LoadedFlow {
  const file = resolve(dirname(source.file), name);
  const raw = readText(file);
  if (!raw.ok) return err([source.problem(["flows", index, "file"], `${name} ${raw.error}`)]);
  const document = YamlDocument.parse(raw.value, file);
  return document.ok ? flowOf(document.value, document.value.value(), []) : document;
}

/** An entry of `flows` as a flow document: the content of its file, or the document in place. */
export function flowDocument(workspaceFile: string, entry: unknown): unknown {
  if (typeof entry !== "object" || entry === null || !("file" in entry) || typeof entry.file !== "string") return entry;
  const file = resolve(dirname(workspaceFile), entry.file);
  const raw = readText(file);
  const document = raw.ok ? YamlDocument.parse(raw.value, file) : raw;
  return document.ok ? document.value.value() : null;
}

function inlineFlow(source: YamlDocument, index: number, value: unknown): LoadedFlow {
  return flowOf(source, value, ["flows", index]);
}

function flowOf(document: YamlDocument, value: unknown, prefix: readonly PropertyKey[]): LoadedFlow {
  const flow = parseFlow(value);
  if (!flow.ok)
    return err(flow.error.map((problem) => document.problem([...prefix, ...problem.path], problem.message)));
  const account = typeof value === "object" && value !== null && "account" in value ? value.account : undefined;
  return ok({ account: typeof account === "string" ? account : undefined, flow: flow.value });
}

/** The content of a text file; the error completes a sentence that begins with the file name. */
export function readText(file: string): Result<string, string> {
  try {
    return ok(readFileSync(file, "utf8"));
  } catch (error) {
    return err(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
