import { writeFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { decodeAudio } from "../edges/audio/decode/decode.ts";
import { sourceFormat } from "../edges/audio/decode/identify.ts";
import { silentLog } from "../base/log.ts";
import { systemClock } from "../base/system-clock.ts";
import { systemRandom } from "../base/system-random.ts";
import { check } from "../tools/check/check.ts";
import { fingerprint, quickCheck } from "../tools/check/quick-check.ts";
import { reportJson } from "../tools/check/json.ts";
import { reportJunit } from "../tools/check/junit.ts";
import type { CheckReport } from "../tools/check/report.ts";
import { countOf } from "../tools/check/report.ts";
import type { CheckTarget, CheckDeps } from "../tools/check/check-target.ts";
import { accountWith, CHECK_LIMITS, DEFAULTS, MAX_RUNS, problemOf } from "../tools/check/check-target.ts";
import { reportTable } from "../tools/check/table.ts";
import type { UrlKind } from "../tools/check/url-kind.ts";
import { URL_KINDS } from "../tools/check/url-kind.ts";
import { watch } from "../tools/check/watch.ts";
import { E164 } from "../core/contract/field-schemas.ts";
import { Fetcher } from "../edges/http-client/fetcher.ts";
import { EXIT_FINDING, EXIT_USAGE, complain, wholeNumber } from "./simulate.ts";
import { VERSION } from "../version.ts";

interface Options {
  readonly as: UrlKind;
  readonly fallback?: string;
  readonly verbose?: boolean;
  readonly json?: boolean;
  readonly junit?: string;
  readonly watch?: boolean;
  readonly watchDir: string;
  readonly strict?: boolean;
  readonly lenient?: boolean;
  readonly numberForms?: boolean;
  readonly runs: number;
  readonly accountCountry: string;
  readonly exophone?: readonly string[];
  readonly from: string;
  readonly customField: string;
}

/** ms between polls of `--watch`: quick after saving, and little load on the endpoint. */
const LOOK_MS = 1000;

/** `plugboard check`: is this endpoint a good Connect URL? `lookMs`: between polls of `--watch`; shorter in tests. */
export function checkCommand(lookMs = LOOK_MS): Command {
  return new Command("check")
    .argument("<url>", "the URL; addresses on this machine and in private networks are allowed")
    .addOption(new Option("--as <kind>", "what the URL is for").choices(URL_KINDS).default(DEFAULTS.kind))
    .option("--fallback <url>", "Fallback URL of a Connect or Gather, also checked")
    .option("--verbose", "show what the platform would do with each answer: whom it would ring")
    .option("--json", "print the report as JSON")
    .option("--junit <file>", "also write the report as JUnit XML")
    .option("--watch", "check again whenever a file in --watch-dir or the answer of the URL changes")
    .option("--watch-dir <folder>", "sources to watch", ".")
    .addOption(new Option("--strict", "judge as a flow with validation: strict (default)").conflicts("lenient"))
    .option("--lenient", "judge as a flow with validation: lenient")
    .option("--number-forms", "treat failing on callers without a national number as an error, not a warning")
    .option("--runs <number>", `further first requests, for latency (at most ${MAX_RUNS})`, runsOf, DEFAULTS.runs)
    .option("--account-country <country>", "how ten-digit numbers in answers are read", DEFAULTS.country)
    .option(
      "--exophone <number>",
      `ExoPhone of the account, may be repeated; the first is the one called (default: "${DEFAULTS.exophone}")`,
      add,
    )
    .option("--from <number>", "the caller", e164, DEFAULTS.from)
    .option("--custom-field <text>", "CustomField of calls started by API", DEFAULTS.customField)
    .action(async (url: string, options: Options) => {
      process.exitCode = await run(url, options, lookMs);
    });
}

function runsOf(text: string): number {
  const runs = wholeNumber(text);
  if (runs > MAX_RUNS) throw new InvalidArgumentError(`give at most ${MAX_RUNS}.`);
  return runs;
}

function e164(text: string): string {
  if (!E164.test(text)) throw new InvalidArgumentError("give an E.164 number such as +919812345678.");
  return text;
}

function add(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, e164(text)];
}

const NAMES = { primary: "the URL", fallback: "--fallback", country: "--account-country", runs: "--runs" };

async function run(url: string, options: Options, lookMs: number): Promise<number> {
  const target = targetOf(url, options);
  const problem = problemOf(target, NAMES);
  if (problem !== null) {
    complain(problem);
    return EXIT_USAGE;
  }
  const fetcher = new Fetcher({ version: VERSION, log: silentLog });
  const deps: CheckDeps = {
    fetcher,
    clock: systemClock,
    random: systemRandom(),
    decode: decodeAudio,
    formatOf: (file) => sourceFormat(file, true),
  };
  try {
    return options.watch === true
      ? await keepChecking(target, deps, options, lookMs)
      : await checkOnce(target, deps, options);
  } finally {
    await fetcher.close();
  }
}

function targetOf(url: string, options: Options): CheckTarget {
  const { exophone: exophones = [DEFAULTS.exophone] } = options;
  return {
    kind: options.as,
    primary: url,
    fallback: options.fallback ?? null,
    mode: options.lenient === true ? "lenient" : "strict",
    account: accountWith(exophones, options.accountCountry),
    numberForms: options.numberForms === true,
    from: options.from,
    customField: options.customField,
    runs: options.runs,
    version: VERSION,
    limits: CHECK_LIMITS,
  };
}

async function checkOnce(target: CheckTarget, deps: CheckDeps, options: Options): Promise<number> {
  const report = await check(target, deps);
  show(report, options);
  if (options.junit !== undefined && !saved(options.junit, reportJunit(report))) return EXIT_USAGE;
  return countOf(report, "error") === 0 ? 0 : EXIT_FINDING;
}

function saved(file: string, text: string): boolean {
  try {
    writeFileSync(file, text);
    return true;
  } catch (error) {
    complain(`${file}: cannot be written: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

/** Runs until Ctrl-C; the exit status is that of the last report. */
async function keepChecking(target: CheckTarget, deps: CheckDeps, options: Options, lookMs: number): Promise<number> {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  let status = 0;
  await watch({
    clock: deps.clock,
    everyMs: lookMs,
    look: async () => `${await fingerprint(options.watchDir)} ${await quickCheck(target, deps)}`,
    recheck: async () => {
      status = await checkOnce(target, deps, options);
    },
    signal: stop.signal,
  });
  return status;
}

function show(report: CheckReport, { json, verbose = false, watch }: Options): void {
  // With --watch each report is one line, so that a program can read them one by one.
  if (json === true) process.stdout.write(`${JSON.stringify(reportJson(report), null, watch === true ? 0 : 2)}\n`);
  else process.stdout.write(`${reportTable(report, { verbose })}\n${watch === true ? "\n" : ""}`);
}
