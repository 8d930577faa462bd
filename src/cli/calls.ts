import { Command, InvalidArgumentError } from "commander";
import type { CallRecord } from "../core/call/record.ts";
import type { AccountApi, AccountApiOptions } from "./account-api.ts";
import { runWithApi, withAccountOptions } from "./account-api.ts";
import { exportCalls } from "./calls-export.ts";
import { complain, EXIT_USAGE, wholeNumber } from "./simulate.ts";
import type { Cell, Style } from "./terminal.ts";
import { paint, say, tableLines, tableWidth, terminalWidth } from "./terminal.ts";

interface Options extends AccountApiOptions {
  readonly live?: true;
  readonly failed?: true;
  readonly from?: string;
  readonly to?: string;
  readonly since?: string;
  readonly limit: number;
  readonly json?: true;
  readonly export?: string;
}

/** A call in the list, as the API shows it. */
interface CallLine {
  readonly call_sid: string;
  readonly from: string;
  readonly to: string;
  readonly started_at: string;
  readonly status: string;
  readonly cdr: CallRecord | null;
}

interface CallsPage {
  readonly calls: readonly CallLine[];
  readonly next: string | null;
}

const DEFAULT_CALLS = 50;
/** The most that the API returns at once. */
const PAGE_CALLS = 100;

/** `plugboard calls`: an account's calls on a running platform, newest first. */
export function callsCommand(): Command {
  return withAccountOptions(new Command("calls"))
    .option("--live", "only calls that are up")
    .option("--failed", "only calls that were refused, or should have been connected but were not")
    .option("--from <number>", "only calls from this number")
    .option("--to <number>", "only calls to this number")
    .option("--since <time>", "only newer ones: 30m, 2h, 3d, a date, or an instant with its offset", instant)
    .option("--limit <number>", "list at most this many", wholeNumber, DEFAULT_CALLS)
    .option("--json", "print each call as JSON, one per line")
    .option("--export <file>", "write the records of all ended calls to a file: .csv, .ndjson or .parquet")
    .action(async (options: Options, command: Command) => {
      const { export: file, live } = options;
      if (file === undefined) process.exitCode = await runWithApi(options, (api) => list(api, options));
      else if (live === true || command.getOptionValueSource("limit") === "cli") process.exitCode = wrongExport();
      else process.exitCode = await runWithApi(options, (api) => exportCalls(api, file, queryOf(options)));
    });
}

function wrongExport(): number {
  complain("--export writes all calls that have ended: leave out --live and --limit");
  return EXIT_USAGE;
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `2h` is two hours ago; anything else is validated by the API. */
export function instant(text: string): string {
  const [, count = "", unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const unitMs = UNITS_MS[unit];
  if (unitMs !== undefined) return new Date(Date.now() - Number(count) * unitMs).toISOString();
  if (/^\d{4}-\d\d-\d\d/.test(text)) return text;
  throw new InvalidArgumentError("give a time such as 30m, 2h, 3d, 2026-01-05 or 2026-01-05T10:00:00+05:30.");
}

async function list(api: AccountApi, options: Options): Promise<readonly string[]> {
  const query = queryOf(options);
  const calls: CallLine[] = [];
  for (let next: string | null = ""; next !== null && calls.length < options.limit;) {
    query.set("limit", String(Math.min(PAGE_CALLS, options.limit - calls.length)));
    if (next !== "") query.set("before", next);
    const page = await api.json<CallsPage>(`/calls?${query.toString()}`);
    if (!page.ok) return page.error.sentences;
    calls.push(...page.value.calls);
    ({ next } = page.value);
  }
  if (options.json === true) for (const call of calls) say(JSON.stringify(call));
  else print(calls);
  return [];
}

function queryOf({ live, failed, from, to, since }: Options): URLSearchParams {
  const query = new URLSearchParams();
  if (live === true) query.set("status", "live");
  if (failed === true) query.set("failed", "true");
  if (from !== undefined) query.set("from", from);
  if (to !== undefined) query.set("to", to);
  if (since !== undefined) query.set("started_from", since);
  return query;
}

function print(calls: readonly CallLine[]): void {
  if (calls.length === 0) say("no calls");
  const rows = fitting(calls);
  let day = "";
  for (const [index, line] of tableLines(rows).entries()) {
    const at = new Date(calls[index]?.started_at ?? "");
    const today = at.toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" });
    if (today !== day) say(paint("bold", today));
    day = today;
    say(line);
  }
}

/** The columns that fit on the terminal. */
function fitting(calls: readonly CallLine[]): readonly (readonly Cell[])[] {
  const layouts: readonly ((call: CallLine) => readonly Cell[])[] = [
    (call) => [
      time(call, true),
      { text: call.from },
      { text: "→" },
      { text: call.to },
      outcome(call),
      length(call),
      sid(call),
    ],
    (call) => [time(call, false), { text: call.from }, { text: call.to }, outcome(call), sid(call)],
    (call) => [time(call, false), { text: call.from }, outcome(call), sid(call)],
  ];
  const width = terminalWidth();
  const tables = layouts.map((layout) => calls.map(layout));
  return tables.find((rows) => tableWidth(rows) <= width) ?? tables.at(-1) ?? [];
}

function time({ started_at }: CallLine, withSeconds: boolean): Cell {
  return { text: clockTime(started_at).slice(0, withSeconds ? 8 : 5), style: "dim" };
}

/** The local time of day. */
export function clockTime(instant: string): string {
  return new Date(instant).toLocaleTimeString("en-GB");
}

function sid({ call_sid }: CallLine): Cell {
  return { text: call_sid };
}

function length({ cdr }: CallLine): Cell {
  return { text: cdr === null ? "" : `${cdr.duration_s} s`, isRight: true };
}

/** The outcome of the call; if it dialled, of the dialling. */
function outcome({ status, cdr }: CallLine): Cell {
  if (cdr === null) return { text: "live", style: "cyan" };
  const text = cdr.dial_call_status ?? (status === "completed" ? undialled(cdr) : status);
  const style: Style = STYLES[text] ?? "yellow";
  return { text, style };
}

const STYLES: Readonly<Record<string, Style>> = { completed: "green", failed: "red", "no dial": "red", flow: "dim" };

/** A call that was never meant to be connected did what its flow says; one that reached a Connect without dialling failed. */
function undialled({ call_type }: CallRecord): string {
  if (call_type === "voicemail") return "voicemail";
  return call_type === "call-attempt" ? "flow" : "no dial";
}
