import { writeFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { decodeAudio } from "../edges/audio/decode/decode.ts";
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
import { CHECK_LIMITS, accountWith } from "../tools/check/check-target.ts";
import { reportTable } from "../tools/check/table.ts";
import { watch } from "../tools/check/watch.ts";
import { maskCredentials, splitConfiguredUrl } from "../core/contract/query.ts";
import { Fetcher } from "../edges/http-client/fetcher.ts";
import { EXIT_FINDING, EXIT_USAGE, complain, wholeNumber } from "./simulate.ts";
import { VERSION } from "../version.ts";

interface Options {
  readonly fallback?: string;
  readonly json?: boolean;
  readonly junit?: string;
  readonly watch?: boolean;
  readonly watchDir: string;
  readonly strict?: boolean;
  readonly lenient?: boolean;
  readonly runs: number;
  readonly accountCountry: string;
  readonly exophone: readonly string[];
  readonly from: string;
  readonly customField: string;
}

/** Enough for a p99 that means something; more would be a load test. */
const MAX_RUNS = 100;
const DEFAULT_RUNS = 3;
const DEFAULT_EXOPHONE = "+918047100000";
/** Between two looks of `--watch`: quick after saving, little work for the endpoint. */
const LOOK_MS = 1000;

/** `plugboard check`: is this endpoint a good Connect URL? `lookMs`: between two looks of `--watch`; tests hurry. */
export function checkCommand(lookMs = LOOK_MS): Command {
  return new Command("check")
    .argument("<url>", "Primary URL; addresses on this machine and in this network are allowed")
    .option("--fallback <url>", "Fallback URL, checked too")
    .option("--json", "print the report as JSON")
    .option("--junit <file>", "write the report as JUnit XML too")
    .option("--watch", "check again whenever a file below --watch-dir, or how the URL answers, has changed")
    .option("--watch-dir <folder>", "sources to watch", ".")
    .addOption(new Option("--strict", "judge as a flow with validation: strict (default)").conflicts("lenient"))
    .option("--lenient", "judge as a flow with validation: lenient")
    .option("--runs <number>", `first requests more, for latency (at most ${MAX_RUNS})`, runsOf, DEFAULT_RUNS)
    .option("--account-country <country>", "how ten-digit numbers are read", "IN")
    .option("--exophone <number>", "ExoPhone of the account, may be repeated; the first is the one called", add, [])
    .option("--from <number>", "the caller", e164, "+919812345678")
    .option("--custom-field <text>", "CustomField of calls started by API", "plugboard check")
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
  if (!/^\+[1-9]\d{4,14}$/.test(text)) throw new InvalidArgumentError("give an E.164 number such as +919812345678.");
  return text;
}

function add(text: string, before: readonly string[]): readonly string[] {
  return [...before, e164(text)];
}

async function run(url: string, options: Options, lookMs: number): Promise<number> {
  const problem = problemWith(url, options);
  if (problem !== null) {
    complain(problem);
    return EXIT_USAGE;
  }
  const subject = subjectOf(url, options);
  const fetcher = new Fetcher({ version: VERSION, log: silentLog });
  const world: CheckDeps = { fetcher, clock: systemClock, random: systemRandom(), decode: decodeAudio };
  try {
    return options.watch === true
      ? await keepChecking(subject, world, options, lookMs)
      : await checkOnce(subject, world, options);
  } finally {
    await fetcher.close();
  }
}

function problemWith(url: string, { fallback, accountCountry }: Options): string | null {
  for (const [name, value] of [
    ["the URL", url],
    ["--fallback", fallback],
  ] as const) {
    const split = value === undefined ? null : splitConfiguredUrl(value);
    if (value !== undefined && split?.ok === false)
      return `${name} (${maskCredentials(value)}) cannot be checked: ${split.error}`;
  }
  if (!/^[A-Z]{2}$/.test(accountCountry)) return '--account-country must be a two-letter country such as "IN"';
  return null;
}

function subjectOf(url: string, options: Options): CheckTarget {
  const exophones = options.exophone.length === 0 ? [DEFAULT_EXOPHONE] : options.exophone;
  return {
    primary: url,
    fallback: options.fallback ?? null,
    mode: options.lenient === true ? "lenient" : "strict",
    account: accountWith(exophones, options.accountCountry),
    from: options.from,
    customField: options.customField,
    runs: options.runs,
    version: VERSION,
    limits: CHECK_LIMITS,
  };
}

async function checkOnce(subject: CheckTarget, world: CheckDeps, options: Options): Promise<number> {
  const report = await check(subject, world);
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

/** Until Ctrl-C; the exit status is that of the last report. */
async function keepChecking(subject: CheckTarget, world: CheckDeps, options: Options, lookMs: number): Promise<number> {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  let status = 0;
  await watch({
    clock: world.clock,
    everyMs: lookMs,
    look: async () => `${await fingerprint(options.watchDir)} ${await quickCheck(subject, world)}`,
    recheck: async () => {
      status = await checkOnce(subject, world, options);
    },
    signal: stop.signal,
  });
  return status;
}

function show(report: CheckReport, { json, watch }: Options): void {
  // Watching, one report is one line: a program can read them as they come.
  if (json === true) process.stdout.write(`${JSON.stringify(reportJson(report), null, watch === true ? 0 : 2)}\n`);
  else process.stdout.write(`${reportTable(report)}\n${watch === true ? "\n" : ""}`);
}
