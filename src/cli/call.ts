import { Command } from "commander";
import type { Explanation } from "../core/call/explain/explain.ts";
import type { CallReport } from "../core/call/report.ts";
import type { TraceEntry } from "../core/call/trace.ts";
import { summaryLines, timelineEntry } from "../tools/simulator/timeline.ts";
import type { AccountApi, AccountApiOptions } from "./account-api.ts";
import { runWithApi, withAccountOptions } from "./account-api.ts";
import { entryStyle } from "./entry-style.ts";
import { placesCall } from "./place-call.ts";
import { paint, say, terminalWidth, wrap } from "./terminal.ts";

interface Options extends AccountApiOptions {
  readonly json?: true;
}

/** A call as the API shows it; earlier versions of the platform have no `trace_deleted`. */
type ShownCall = CallReport & { readonly trace_deleted?: string | null };

/** `plugboard call`: places a call through a running platform, or looks at one. */
export function callCommand(): Command {
  // Options after `show` and `why` belong to those.
  return placesCall(new Command("call").enablePositionalOptions()).addCommand(showCommand()).addCommand(whyCommand());
}

function showCommand(): Command {
  return oneCall("show", "print what happened in a call, entry by entry", show).option(
    "--json",
    "print the whole call as JSON, as `plugboard simulate --replay` takes it",
  );
}

function whyCommand(): Command {
  return oneCall("why", "say in one paragraph what decided a call, with rules and entries", why).option(
    "--json",
    "print the explanation as JSON",
  );
}

type Print = (api: AccountApi, callSid: string, options: Options) => Promise<readonly string[]>;

function oneCall(name: string, summary: string, print: Print): Command {
  return withAccountOptions(new Command(name))
    .description(summary)
    .argument("<sid>", "the call's id, as `plugboard calls` lists it")
    .action(async (callSid: string, options: Options) => {
      process.exitCode = await runWithApi(options, (api) => print(api, callSid, options));
    });
}

async function show(api: AccountApi, callSid: string, { json }: Options): Promise<readonly string[]> {
  const call = await api.json<ShownCall>(`/calls/${encodeURIComponent(callSid)}`);
  if (!call.ok) return call.error.sentences;
  if (json === true) say(JSON.stringify(call.value, null, 2));
  else for (const line of [...shownTrace(call.value), "", ...closing(call.value)]) say(line);
  return [];
}

function shownTrace({ trace, trace_deleted: deleted }: ShownCall): readonly string[] {
  return typeof deleted === "string" ? wrap(deleted, terminalWidth()) : trace.flatMap(entryLines);
}

/** An entry with its number and time, and its text next to them in as many lines as it needs. */
function entryLines(entry: TraceEntry): readonly string[] {
  const { time, what, rule } = timelineEntry(entry);
  const number = `#${entry.seq}`.padStart(4);
  const own = what.trimStart();
  const indent = what.length - own.length;
  // JSON has no spaces, so a terminal would break it inside words.
  const words = entry.type === "answer.used" ? own.replaceAll(',"', ', "') : own;
  const room = terminalWidth() - number.length - time.length - 4 - indent;
  const lines = wrap(rule === null ? words : `${words}  [${rule}]`, room).map((line) => styled(entry, line));
  const margin = " ".repeat(number.length + time.length + 4 + indent);
  const head = `${paint("dim", `${number}  ${time}`)}  ${" ".repeat(indent)}`;
  return lines.map((line, index) => `${index === 0 ? head : margin}${line}`);
}

/** The rule at the end of a line is dim. */
function styled(entry: TraceEntry, line: string): string {
  const [, words = line, rule = ""] = /^(.*?)(\[[\w-]+\])?$/.exec(line) ?? [];
  return paint(entryStyle(entry), words) + paint("dim", rule);
}

function closing(report: CallReport): readonly string[] {
  return summaryLines(report).flatMap((line) => wrap(line, terminalWidth()));
}

/** Columns; longer lines are hard to read. */
const PROSE_WIDTH = 100;

async function why(api: AccountApi, callSid: string, { json }: Options): Promise<readonly string[]> {
  const answer = await api.json<Explanation>(`/calls/${encodeURIComponent(callSid)}/why`);
  if (!answer.ok) return answer.error.sentences;
  if (json === true) say(JSON.stringify(answer.value, null, 2));
  else for (const line of prose(answer.value.text)) say(line);
  return [];
}

function prose(text: string): readonly string[] {
  const width = terminalWidth();
  const whole = text.replaceAll(/\([^()]*#\d+\)|\d m?s\b/g, (together) => together.replaceAll(" ", "\u00a0"));
  return wrap(whole, Number.isFinite(width) ? Math.min(width, PROSE_WIDTH) : width)
    .map((line) => line.replaceAll("\u00a0", " "))
    .map((line) => line.replaceAll(/\([^()]*#\d+\)/g, (evidence) => paint("dim", evidence)));
}
