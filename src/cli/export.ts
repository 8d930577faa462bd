import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join, normalize } from "node:path";
import { Command } from "commander";
import { stringify } from "yaml";
import { complainOf } from "./api-client.ts";
import type { PlatformOptions } from "./platform-api.ts";
import { platformClient, withPlatformOptions } from "./platform-api.ts";
import { complain, EXIT_USAGE } from "./simulate.ts";

interface Options extends PlatformOptions {
  readonly account?: string;
  readonly output?: string;
  readonly force?: boolean;
}

/** The answer of the API. */
interface Exported {
  readonly workspace: { readonly accounts: readonly unknown[]; readonly flows: readonly unknown[] };
  readonly files: Readonly<Record<string, unknown>>;
}

/** `plugboard export`: the configuration of a running platform as a workspace file. */
export function exportCommand(): Command {
  return withPlatformOptions(new Command("export"))
    .option("--account <sid>", "only this account")
    .option("--output <file>", "write it to this file, and its flows to the files they came from")
    .option("--force", "overwrite existing files")
    .action(async (options: Options) => {
      process.exitCode = await run(options);
    });
}

async function run(options: Options): Promise<number> {
  const api = platformClient(options, process.env);
  if (!api.ok) return complainOf({ status: null, sentences: [api.error] });
  const query = options.account === undefined ? "" : `?account=${encodeURIComponent(options.account)}`;
  const exported = await api.value.json<Exported>(`/api/workspace${query}`);
  if (!exported.ok) return complainOf(exported.error);
  const { output } = options;
  if (output === undefined) process.stdout.write(yaml(inOneFile(exported.value, () => false)));
  else if (!written(exported.value, output, options.force === true)) return EXIT_USAGE;
  if (JSON.stringify(exported.value).includes("********"))
    complain(
      'secrets that are not in environment variables are shown as "********"; applying them again leaves them unchanged',
    );
  return 0;
}

function yaml(document: unknown): string {
  return stringify(document, { aliasDuplicateObjects: false, lineWidth: 120 });
}

/** The workspace with its flows in it, except those that have a file. */
function inOneFile({ workspace, files }: Exported, hasFile: (file: string) => boolean): Exported["workspace"] {
  const flows = workspace.flows.map((flow) => {
    const file = fileOf(flow);
    return file === null || hasFile(file) ? flow : files[file];
  });
  return { accounts: workspace.accounts, flows };
}

function fileOf(flow: unknown): string | null {
  return typeof flow === "object" && flow !== null && "file" in flow && typeof flow.file === "string"
    ? flow.file
    : null;
}

/** File names come from the platform: none may lead out of the folder or be the workspace itself. */
function isInside(file: string, output: string): boolean {
  const isOwn = normalize(file) === basename(output);
  return !isOwn && !isAbsolute(file) && !normalize(file).startsWith("..") && /\.(ya?ml|json)$/i.test(file);
}

/** False: it could not be written, and the reason has been printed. */
function written(exported: Exported, output: string, force: boolean): boolean {
  const folder = dirname(output);
  const isOwn = (file: string): boolean => isInside(file, output);
  const flows = Object.entries(exported.files).filter(([file]) => isOwn(file));
  const files = [
    [output, inOneFile(exported, isOwn)] as const,
    ...flows.map(([file, flow]) => [join(folder, file), flow] as const),
  ];
  const there = files.find(([file]) => !force && existsSync(file));
  if (there !== undefined) {
    complain(`${there[0]} already exists and is not overwritten: name another file, or add --force`);
    return false;
  }
  for (const [file, document] of files) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, yaml(document), { mode: 0o600 });
  }
  return true;
}
