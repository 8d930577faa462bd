import { Command } from "commander";
import type { AccountApi, AccountApiOptions } from "./account-api.ts";
import { runWithApi, withAccountOptions } from "./account-api.ts";
import type { FollowedEvent } from "./event-stream.ts";
import { followEvents } from "./event-stream.ts";
import { wholeNumber } from "./simulate.ts";

interface Options extends AccountApiOptions {
  readonly after?: number;
  readonly json?: boolean;
  readonly follow: boolean;
}

interface EventPage {
  readonly events: readonly FollowedEvent[];
  readonly next: string;
}

/** `plugboard events`: an account's events as they happen, or from a given number on. */
export function eventsCommand(): Command {
  return withAccountOptions(new Command("events"))
    .option("--after <id>", "begin after the event with this number; 0: with the first", wholeNumber)
    .option("--no-follow", "print existing events, from the oldest or from --after, and exit")
    .option("--json", "print each event as JSON (CloudEvents), one per line")
    .action(async (options: Options) => {
      process.exitCode = await runWithApi(options, (api) => (options.follow ? follow : printAll)(api, options));
    });
}

/** Follows until it is interrupted or the platform refuses. */
function follow(api: AccountApi, { after, json }: Options): Promise<readonly string[]> {
  return followEvents(api, after === undefined ? null : String(after), (event) => print(event, json === true));
}

/** Prints all existing events; returns no sentences if all were printed. */
async function printAll(api: AccountApi, { after, json }: Options): Promise<readonly string[]> {
  for (let cursor = after === undefined ? null : String(after); ;) {
    const page = await api.json<EventPage>(`/events?limit=1000${cursor === null ? "" : `&after=${cursor}`}`);
    if (!page.ok) return page.error.sentences;
    const { events, next } = page.value;
    if (events.length === 0) return [];
    for (const event of events) print(event, json === true);
    cursor = next;
  }
}

function print(event: FollowedEvent, asJson: boolean): void {
  process.stdout.write(`${asJson ? JSON.stringify(event) : lineOf(event)}\n`);
}

/** `17  2026-01-05T08:00:01.000Z  attempt.started  <call>  leg=2 destination=+919900000011 …` */
function lineOf({ id, type, subject, time, data }: FollowedEvent): string {
  const fields = Object.entries(flat(data)).filter(([key]) => key !== "call_sid" && key !== "at_ms");
  const text = fields.map(([key, value]) => `${key}=${shown(value)}`).join(" ");
  return `${id.padStart(6)}  ${time}  ${type.replace(/^plugboard\./, "").padEnd(18)}  ${subject ?? "-"}  ${text}`;
}

/** The data of an event, with the fields of a call's record among its own. */
function flat(data: FollowedEvent["data"]): Readonly<Record<string, unknown>> {
  const { cdr, ...rest } = data;
  return typeof cdr === "object" && cdr !== null ? { ...rest, ...cdr } : data;
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /\s/.test(text) ? JSON.stringify(text) : text;
}
