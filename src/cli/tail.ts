import { Command } from "commander";
import type { TraceEntry } from "../core/call/trace.ts";
import { timelineEntry } from "../tools/simulator/timeline.ts";
import type { AccountApiOptions } from "./account-api.ts";
import { runWithApi, withAccountOptions } from "./account-api.ts";
import { clockTime } from "./calls.ts";
import { entryStyle } from "./entry-style.ts";
import type { FollowedEvent } from "./event-stream.ts";
import { followEvents } from "./event-stream.ts";
import type { Style } from "./terminal.ts";
import { paint, say, terminalWidth, wrap } from "./terminal.ts";

interface Options extends AccountApiOptions {
  readonly json?: true;
}

/** `plugboard tail`: an account's calls, live. */
export function tailCommand(): Command {
  return withAccountOptions(new Command("tail"))
    .option("--json", "print each event as JSON (CloudEvents), one per line")
    .action(async (options: Options) => {
      const show = options.json === true ? (event: FollowedEvent) => say(JSON.stringify(event)) : print;
      process.exitCode = await runWithApi(options, (api) => followEvents(api, null, show));
    });
}

/** Characters of a call's id: enough to tell a night's calls apart; its first line has the whole id. */
const SHORT_SID = 8;

function print(event: FollowedEvent): void {
  const sid = (event.subject ?? "-").slice(0, SHORT_SID).padEnd(SHORT_SID);
  const time = clockTime(event.time);
  const { words, style } = wordsOf(event);
  const margin = time.length + SHORT_SID + 4;
  const lines = wrap(words, terminalWidth() - margin);
  const head = `${paint("dim", time)}  ${paint(callStyle(sid), sid)}  `;
  for (const [index, line] of lines.entries()) say(`${index === 0 ? head : " ".repeat(margin)}${paint(style, line)}`);
}

const CALL_STYLES = ["cyan", "magenta", "green", "yellow", "blue"] as const satisfies readonly Style[];

/** All lines of a call have the same colour. */
function callStyle(sid: string): Style | null {
  const sum = Buffer.from(sid).reduce((total, byte) => total + byte, 0);
  return CALL_STYLES[sum % CALL_STYLES.length] ?? null;
}

/** Events that are trace entries of the same name. */
const ENTRIES = [
  "call.started",
  "call.answered",
  "call.ended",
  "request.sent",
  "request.result",
  "answer.finding",
  "attempt.started",
  "attempt.ringing",
  "attempt.answered",
  "attempt.ended",
  "conversation.started",
  "conversation.ended",
] as const satisfies readonly TraceEntry["type"][];

function wordsOf({ type, data }: FollowedEvent): { readonly words: string; readonly style: Style | null } {
  const name = type.replace(/^plugboard\./, "");
  if (ENTRIES.some((each) => each === name)) {
    const entry = { ...data, seq: 0, type: name } as unknown as TraceEntry;
    const { what, rule } = timelineEntry(entry);
    const words = what.trim();
    return { words: rule === null ? words : `${words}  [${rule}]`, style: entryStyle(entry) };
  }
  const facts = Object.entries(data).filter(([key]) => key !== "call_sid" && key !== "at_ms");
  const words = facts.map(([key, value]) => `${key} ${typeof value === "string" ? value : JSON.stringify(value)}`);
  return { words: [name, ...words].join(", ").replace(", ", ": "), style: OTHERS[name] ?? null };
}

const OTHERS: Readonly<Record<string, Style>> = {
  "call.refused": "red",
  "recording.failed": "red",
  "delivery.parked": "red",
  "event.missing": "yellow",
};
