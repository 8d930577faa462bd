import { Command } from "commander";
import type { Result } from "../base/result.ts";
import { err, ok } from "../base/result.ts";
import { documentOf } from "../core/flow/example-call.ts";
import { showProblem } from "../core/flow/yaml-document.ts";
import type { BacktestLine, BacktestSummary } from "../tools/simulator/backtest/backtest-report.ts";
import { parseFlowText } from "../tools/simulator/scenario/scenario.ts";
import { AccountApi, withAccountOptions } from "./account-api.ts";
import type { AccountApiOptions } from "./account-api.ts";
import { BacktestOutput } from "./backtest-output.ts";
import { instant } from "./calls.ts";
import { jsonLines } from "./json-lines.ts";
import { complain, EXIT_FINDING, EXIT_USAGE, readText } from "./simulate.ts";
import { say } from "./terminal.ts";

interface Options extends AccountApiOptions {
  readonly since?: string;
  readonly until?: string;
  readonly show?: string;
  readonly traces?: true;
  readonly json?: true;
}

/** One line of the platform's answer. */
type AnswerLine =
  | BacktestLine
  | ({ readonly type: "summary" } & BacktestSummary)
  | { readonly type: "progress"; readonly calls: number; readonly of: number }
  | { readonly type: "failed"; readonly detail: string };

/** `plugboard backtest`: plays an account's recorded calls through a draft; exits with 0 only if none would end differently. */
export function backtestCommand(): Command {
  return withAccountOptions(new Command("backtest"))
    .argument("<flow>", "id or name of a flow with a draft, or a file with the draft")
    .option(
      "--since <time>",
      "only calls since then: 12h, 7d, a date, or an instant with its offset (default: 30d)",
      instant,
    )
    .option("--until <time>", "only calls before this time", instant)
    .option("--show <sid>", "print both traces of one call side by side")
    .option("--traces", "with --json: add both traces to each call")
    .option(
      "--json",
      "print each call whose outcome would change or can't be predicted as one line of JSON, then a summary",
    )
    .action(async (flow: string, options: Options) => {
      process.exitCode = await run(flow, options);
    });
}

async function run(name: string, options: Options): Promise<number> {
  const api = AccountApi.of(options, process.env);
  if (!api.ok) return usage(api.error);
  const flow = await flowOf(name, api.value);
  if (!flow.ok) return flow.error;
  const answer = await api.value.ask(`/flows/${encodeURIComponent(flow.value.id)}/backtest`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...flow.value.draft, ...wantedOf(options) }),
  });
  if (!answer.ok) {
    for (const sentence of answer.error.sentences) complain(sentence);
    return answer.error.status === null ? EXIT_USAGE : EXIT_FINDING;
  }
  return follow(answer.value, name, options);
}

function usage(sentence: string): number {
  complain(sentence);
  return EXIT_USAGE;
}

function wantedOf({ since, until, show, traces }: Options): object {
  if (show !== undefined) return { call: show, traces: true };
  return { ...(since !== undefined && { since }), ...(until !== undefined && { until }), ...(traces && { traces }) };
}

/** The flow to test, and the draft to test it with; absent: the stored draft. */
interface TestedFlow {
  readonly id: string;
  readonly draft: { readonly draft?: object };
}

/** The error is the exit status; the problem has already been printed. */
async function flowOf(name: string, api: AccountApi): Promise<Result<TestedFlow, number>> {
  if (/\.(?:ya?ml|json)$/i.test(name)) return flowOfFile(name);
  const list = await api.json<FlowList>("/flows");
  if (!list.ok) {
    for (const sentence of list.error.sentences) complain(sentence);
    return err(list.error.status === null ? EXIT_USAGE : EXIT_FINDING);
  }
  const { flows } = list.value;
  const found = flows.find(({ flow }) => flow === name) ?? flows.find(({ published }) => published?.name === name);
  if (found !== undefined) return ok({ id: found.flow, draft: {} });
  const known = flows.map(({ flow, published }) => `${flow}${published?.name ? ` (${published.name})` : ""}`);
  return err(usage(`account ${api.account} has no flow ${name}; it has ${known.join(", ") || "none"}`));
}

interface FlowList {
  readonly flows: readonly { readonly flow: string; readonly published: { readonly name: string } | null }[];
}

function flowOfFile(file: string): Result<TestedFlow, number> {
  const text = readText(file);
  if (text === null) return err(EXIT_USAGE);
  const flow = parseFlowText(text, file);
  if (flow.ok) return ok({ id: flow.value.id, draft: { draft: documentOf(flow.value) } });
  for (const problem of flow.error) complain(showProblem(problem));
  return err(EXIT_USAGE);
}

/** Prints the answer as it arrives; returns the exit status. */
async function follow(answer: Response, name: string, { json, show }: Options): Promise<number> {
  const output = new BacktestOutput(name);
  for await (const line of jsonLines<AnswerLine>(answer)) {
    if (line.type === "failed") return broken(output, line.detail);
    if (line.type === "progress") output.progress(line.calls, line.of);
    else if (json === true) say(JSON.stringify(line));
    else if (line.type === "call") output.note(line, show !== undefined);
    else output.summary(line, show ?? null);
    if (line.type === "summary") return line.changed + line.unknown + line.not_reproducible === 0 ? 0 : EXIT_FINDING;
  }
  return broken(output, "the platform ended the connection before the backtest was done");
}

function broken(output: BacktestOutput, sentence: string): number {
  output.clear();
  complain(sentence);
  return EXIT_FINDING;
}
