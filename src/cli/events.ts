import { setTimeout as pause } from "node:timers/promises";
import { Command } from "commander";
import type { AccountApiOptions } from "./account-api.ts";
import { AccountApi, withAccountOptions } from "./account-api.ts";
import { complain, EXIT_FINDING, EXIT_USAGE, wholeNumber } from "./simulate.ts";

interface Options extends AccountApiOptions {
  readonly after?: number;
  readonly json?: boolean;
  readonly follow: boolean;
}

/** An event as the feed sends it; only what a line needs. */
interface EventLine {
  readonly id: string;
  readonly type: string;
  readonly subject?: string;
  readonly time: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface EventPage {
  readonly events: readonly EventLine[];
  readonly next: string;
}

/** Waits between attempts to come back to a platform that restarts, ms. */
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;

/** `plugboard events`: an account's events as they happen, or from a number on. */
export function eventsCommand(): Command {
  return withAccountOptions(new Command("events"))
    .option("--after <id>", "begin behind the event with this number; 0: with the first", wholeNumber)
    .option("--no-follow", "print what there is, from the oldest or from --after, and end")
    .option("--json", "print each event as JSON (CloudEvents), one a line")
    .action(async (options: Options) => {
      process.exitCode = await run(options);
    });
}

async function run(options: Options): Promise<number> {
  const api = AccountApi.of(options, process.env);
  if (!api.ok) {
    complain(api.error);
    return EXIT_USAGE;
  }
  const problem = options.follow ? await follow(api.value, options) : await printAll(api.value, options);
  if (problem === null) return 0;
  complain(problem);
  return EXIT_FINDING;
}

/** Null: all were printed. */
async function printAll(api: AccountApi, { after, json }: Options): Promise<string | null> {
  for (let cursor = after === undefined ? null : String(after); ;) {
    const answer = await api.ask(`/events?limit=1000${cursor === null ? "" : `&after=${cursor}`}`);
    if (!answer.ok) return answer.error.sentence;
    const { events, next } = (await answer.value.json()) as EventPage;
    if (events.length === 0) return null;
    for (const event of events) print(event, json === true);
    cursor = next;
  }
}

/** Until it is interrupted, or the platform refuses. A connection that breaks is made again behind the last event. */
async function follow(api: AccountApi, { after, json }: Options): Promise<string | null> {
  let cursor = after === undefined ? null : String(after);
  for (let retryMs = FIRST_RETRY_MS, wasThere = false; ;) {
    const headers = { accept: "text/event-stream", ...(cursor !== null && { "last-event-id": cursor }) };
    const answer = await api.ask("/events", { headers });
    if (answer.ok) {
      [wasThere, retryMs] = [true, FIRST_RETRY_MS];
      for await (const { id, event } of framesOf(answer.value)) {
        if (event !== null) print(event, json === true);
        cursor = id;
      }
    } else if (!wasThere || !answer.error.isAway) return answer.error.sentence;
    await pause(retryMs);
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  }
}

/** One frame of the stream; `event` null: it only says where we are. */
interface Frame {
  readonly id: string;
  readonly event: EventLine | null;
}

/** The frames of a stream that move the cursor; ends when the stream ends, in whatever way. */
async function* framesOf({ body }: Response): AsyncGenerator<Frame> {
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const chunk of body ?? []) {
      const frames = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split("\n\n");
      rest = frames.pop() ?? "";
      yield* frames.flatMap(frameOf);
    }
  } catch (error) {
    // How fetch says that the connection broke: the caller makes another.
    if (!(error instanceof TypeError)) throw error;
  }
}

function frameOf(text: string): readonly Frame[] {
  const field = (name: string): string | undefined =>
    text
      .split("\n")
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  const [id, data] = [field("id"), field("data")];
  return id === undefined ? [] : [{ id, event: data === undefined ? null : (JSON.parse(data) as EventLine) }];
}

function print(event: EventLine, asJson: boolean): void {
  process.stdout.write(`${asJson ? JSON.stringify(event) : lineOf(event)}\n`);
}

/** `17  2026-01-05T08:00:01.000Z  attempt.started  <call>  leg=2 destination=+919900000011 …` */
function lineOf({ id, type, subject, time, data }: EventLine): string {
  const fields = Object.entries(flat(data)).filter(([key]) => key !== "call_sid" && key !== "at_ms");
  const text = fields.map(([key, value]) => `${key}=${shown(value)}`).join(" ");
  return `${id.padStart(6)}  ${time}  ${type.replace(/^plugboard\./, "").padEnd(18)}  ${subject ?? "-"}  ${text}`;
}

/** The record of a call among the fields of its event. */
function flat(data: EventLine["data"]): Readonly<Record<string, unknown>> {
  const { cdr, ...rest } = data;
  return typeof cdr === "object" && cdr !== null ? { ...rest, ...cdr } : data;
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /\s/.test(text) ? JSON.stringify(text) : text;
}
