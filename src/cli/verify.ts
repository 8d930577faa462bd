import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Command } from "commander";
import { YamlDocument, type SourceProblem, showProblem } from "../core/flow/yaml-document.ts";
import type { ExampleOfFinding, FlowFinding, FlowReport, VerifiedWorst } from "../tools/simulator/verify/verify.ts";
import { verify } from "../tools/simulator/verify/verify.ts";
import { showScenarioDocument } from "../tools/simulator/scenario/show-scenario.ts";
import { ok } from "../base/result.ts";
import { groupsOfWorkspace } from "./workspace-groups.ts";
import { complain, EXIT_FINDING, EXIT_USAGE, readText, wholeNumber } from "./simulate.ts";

interface Options {
  readonly json?: boolean;
  readonly out?: string;
  readonly workspace?: string;
  readonly maxWarnings: number;
}

/** `plugboard verify`: checks a flow without a real call; each finding comes with a call that shows it. */
export function verifyCommand(): Command {
  return new Command("verify")
    .argument("<flow>", "flow document (YAML or JSON)")
    .option("--json", "print the report as JSON")
    .option("--out <folder>", "write the example calls to this folder, as scenarios for simulate")
    .option("--workspace <file>", "workspace with the flow's account, for the number of members in its groups")
    .option("--max-warnings <number>", "exit with 0 for up to this many warnings", wholeNumber, 0)
    .action((file: string, options: Options) => {
      process.exitCode = run(file, options);
    });
}

function run(file: string, options: Options): number {
  const text = readText(file);
  if (text === null) return EXIT_USAGE;
  const document = YamlDocument.parse(text, file);
  if (!document.ok) return unreadable(file, document.error, options);
  const flow = document.value.value();
  const groups = options.workspace === undefined ? ok(null) : groupsOfWorkspace(options.workspace, flow);
  if (!groups.ok) {
    for (const problem of groups.error) complain(problem);
    return EXIT_USAGE;
  }
  const result = verify(flow, { groups: groups.value });
  const report = new Report(document.value, result, options.out);
  const folderProblem = report.write();
  if (folderProblem !== null) {
    complain(folderProblem);
    return EXIT_USAGE;
  }
  print(options.json === true ? JSON.stringify(report.json(), null, 2) : report.lines().join("\n"));
  const warnings = result.findings.length - errorsIn(result.findings);
  return errorsIn(result.findings) === 0 && warnings <= options.maxWarnings ? 0 : EXIT_FINDING;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A text that is not valid YAML has no calls either. */
function unreadable(file: string, problems: readonly SourceProblem[], { json }: Options): number {
  const finding = (problem: SourceProblem) => ({ level: "error", rule: null, ...problem, ...NO_CALL });
  if (json === true) {
    const report = { flow: file, findings: problems.map(finding), longest_ringing: null, longest_silence: null };
    print(JSON.stringify(report, null, 2));
  } else for (const problem of problems) print(showProblem({ ...problem, message: `error: ${problem.message}` }));
  return EXIT_FINDING;
}

const NO_CALL = { example: null, no_example: "The text is not valid YAML: no call can be played." };

/** An example with its file; null: it is not written. */
interface ExampleFile {
  readonly example: ExampleOfFinding;
  readonly file: string | null;
  readonly comment: readonly string[];
}

const WORST = { longestRinging: "longest ringing", longestSilence: "longest silence" } as const;
const WORST_KINDS = ["longestRinging", "longestSilence"] as const;

class Report {
  readonly #document: YamlDocument;
  readonly #result: FlowReport;
  readonly #out: string | null;
  /** Examples by the finding or worst case they show. */
  readonly #examples = new Map<FlowFinding | VerifiedWorst, ExampleFile>();

  constructor(document: YamlDocument, result: FlowReport, out: string | undefined) {
    this.#document = document;
    this.#result = result;
    this.#out = out ?? null;
    for (const finding of result.findings) {
      this.#addExample(
        finding,
        `${finding.rule ?? "error"}-${finding.path.slice(1).join("-")}`,
        this.#sentence(finding),
      );
    }
    for (const kind of WORST_KINDS) {
      const worst = result[kind];
      if (worst !== null) this.#addExample(worst, WORST[kind], worstSentence(kind, worst));
    }
  }

  #addExample(of: FlowFinding | VerifiedWorst, name: string, sentence: string): void {
    if (of.example === null) return;
    const file = this.#out === null ? null : join(this.#out, `${this.#freeName(name)}.yaml`);
    const simulated = `plugboard simulate ${file ?? "FILE"}`;
    const comment = [sentence, `For example: ${of.example.story}.`, `  ${simulated}`];
    this.#examples.set(of, { example: of.example, file, comment });
  }

  #freeName(wanted: string): string {
    const name = wanted.toLowerCase().replaceAll(/[^a-z0-9_-]+/g, "-");
    const taken = [...this.#examples.values()].map(({ file }) => file);
    for (let i = 1; ; i++) {
      const candidate = i === 1 ? name : `${name}-${i}`;
      if (!taken.includes(join(this.#out ?? "", `${candidate}.yaml`))) return candidate;
    }
  }

  /** Writes the example calls if there is a folder for them. Returns what went wrong, or null. */
  write(): string | null {
    if (this.#out === null) return null;
    try {
      mkdirSync(this.#out, { recursive: true });
      for (const example of this.#examples.values()) {
        if (example.file !== null) writeFileSync(example.file, this.#text(example));
      }
      return null;
    } catch (error) {
      return `--out ${this.#out}: cannot be written: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  /** The scenario refers to its flow by a relative path, so that it can be played again after the flow is fixed. */
  #scenario({ example }: ExampleFile): Readonly<Record<string, unknown>> {
    return { ...example.scenario, flow: relative(this.#out ?? ".", this.#document.file) };
  }

  #text(example: ExampleFile): string {
    return showScenarioDocument(this.#scenario(example), example.comment);
  }

  #located({ path, message }: FlowFinding): SourceProblem {
    return this.#document.problem(path, message);
  }

  #sentence(finding: FlowFinding): string {
    const { file, line, path, message } = this.#located(finding);
    const where = path === "" ? "" : `${path}: `;
    const rule = finding.rule === null || message.includes(finding.rule) ? "" : ` [${finding.rule}]`;
    return `${file}:${line}: ${finding.level}: ${where}${message}${rule}`;
  }

  lines(): readonly string[] {
    const { findings } = this.#result;
    const found = findings.flatMap((finding) => [this.#sentence(finding), ...this.#shown(finding)]);
    const worst = WORST_KINDS.flatMap((kind) => {
      const one = this.#result[kind];
      if (one !== null) return [worstSentence(kind, one), ...this.#shown(one)];
      return errorsIn(findings) > 0 ? [] : [`${WORST[kind]}: none`];
    });
    const hint = this.#out === null && this.#examples.size > 0 ? [OUT_HINT] : [];
    return [...found, ...worst, ...hint, counted(findings)];
  }

  #shown(of: FlowFinding | VerifiedWorst): readonly string[] {
    const entry = this.#examples.get(of);
    if (entry === undefined) return [`  no example: ${of.noExample ?? ""}`];
    const { example, file } = entry;
    const story = `  example: ${example.story}`;
    return file === null ? [story] : [story, `  plugboard simulate ${file}`];
  }

  json(): unknown {
    const { findings, longestRinging, longestSilence } = this.#result;
    return {
      flow: this.#document.file,
      findings: findings.map((finding) => {
        const { file, line, path, message } = this.#located(finding);
        return { level: finding.level, rule: finding.rule, file, line, path, message, ...this.#exampleJson(finding) };
      }),
      longest_ringing: longestRinging && this.#worstJson(longestRinging),
      longest_silence: longestSilence && this.#worstJson(longestSilence),
    };
  }

  #worstJson(worst: VerifiedWorst): unknown {
    const { ms, applet, exit, because } = worst;
    return { ms, applet, exit, because, ...this.#exampleJson(worst) };
  }

  #exampleJson(of: FlowFinding | VerifiedWorst): object {
    const entry = this.#examples.get(of);
    if (entry === undefined) return { example: null, no_example: of.noExample };
    const { path, story } = entry.example;
    return { example: { path, story, file: entry.file, scenario: this.#scenario(entry) }, no_example: null };
  }
}

/** Scenarios can be longer than a screen, so they are not printed. */
const OUT_HINT = "With --out FOLDER each example is written there, as a scenario for plugboard simulate.";

function errorsIn(findings: readonly FlowFinding[]): number {
  return findings.filter(({ level }) => level === "error").length;
}

function worstSentence(kind: keyof typeof WORST, { ms, applet, exit, because }: VerifiedWorst): string {
  const place = exit === null ? `in "${applet}"` : `in "${applet}", up to its exit "${exit}"`;
  return `${WORST[kind]}: ${duration(ms)} ${place}. ${because}`;
}

/** Also in whole minutes if seconds are hard to read. */
function duration(ms: number): string {
  const seconds = `${ms / 1000} s`;
  return ms < 120_000 ? seconds : `${seconds} (${Math.round(ms / 60_000)} min)`;
}

function counted(findings: readonly FlowFinding[]): string {
  if (findings.length === 0) return "nothing found";
  const count = (level: FlowFinding["level"]): string => {
    const found = findings.filter((each) => each.level === level).length;
    return `${found} ${level}${found === 1 ? "" : "s"}`;
  };
  return `${count("error")}, ${count("warning")}`;
}
