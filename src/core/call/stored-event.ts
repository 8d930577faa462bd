import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { CallCommandName } from "./command.ts";
import type { CallEvent } from "./events.ts";
import { isObject, parseJson } from "./stored-json.ts";

/** One journalled step as it was stored. `version` is the format of `json`: 1 may carry earlier names, 2 does not. */
export interface StoredEvent {
  readonly seq: number;
  readonly version: number;
  readonly json: string;
}

/** The newest format that this version of Plugboard writes and reads. */
const NEWEST = 2;
/** Kinds of events under the names that format 1 may carry. */
const EARLIER_KINDS: Readonly<Record<string, CallEvent["kind"]>> = { played: "playback_ended" };

/** Characters shown of an unknown kind: enough to recognise it. */
const SHOWN_CHARACTERS = 40;

type Kind = CallEvent["kind"];
/** What a field holds, in JSON's words; `outcome` is an `HttpOutcome`. */
type FieldType = "string" | "number" | "string or null" | "number or null" | "object" | "outcome";
/** Every field that an event of this kind must have besides `kind` and `at`. */
type Fields<K extends Kind> = {
  readonly [F in Exclude<RequiredKeys<Extract<CallEvent, { kind: K }>>, "kind" | "at">]: FieldType;
};
type RequiredKeys<T> = { [F in keyof T]-?: object extends Pick<T, F> ? never : F }[keyof T];

const FIELDS: { readonly [K in Kind]: Fields<K> } = {
  call_arrived: {
    callSid: "string",
    from: "string",
    to: "string",
    direction: "string",
    customField: "string or null",
  },
  fetched: { id: "string", outcome: "outcome", elapsedMs: "number" },
  audio_checked: { id: "string", outcome: "outcome", elapsedMs: "number" },
  invite_sent: {
    leg: "number",
    trunk: "string",
    target: "string",
    uri: "string",
    sipCallId: "string",
    reason: "string or null",
  },
  leg_ringing: { leg: "number" },
  leg_early_media: { leg: "number" },
  leg_answered: { leg: "number" },
  leg_failed: { leg: "number", sip: "number or null", detail: "string" },
  leg_ended: { leg: "number", detail: "string" },
  media_source: { leg: "number", change: "string", source: "string" },
  playback_ended: { id: "string", failure: "string or null" },
  digit: { leg: "number", digit: "string" },
  timer: { id: "string" },
  recording_ready: { id: "string", durationMs: "number", failure: "string or null" },
  command: { command: "string" },
};

/**
 * The events of a call from its journal rows, whichever version wrote them. The error is one sentence that names the
 * first row that is missing or cannot be read: the call cannot be replayed, and is set aside with its rows.
 */
export function readStoredEvents(steps: readonly StoredEvent[]): Result<readonly CallEvent[], string> {
  const events: CallEvent[] = [];
  for (const [index, step] of steps.entries()) {
    if (step.seq !== index + 1) return err(`journal row ${index + 1} is missing`);
    const event = readStoredEvent(step);
    if (!event.ok) return err(`journal row ${step.seq} ${event.error}`);
    const isArrival = event.value.kind === "call_arrived";
    if (isArrival && index > 0) return err(`journal row ${step.seq} is a second call_arrived`);
    if (!isArrival && index === 0) return err("journal row 1 is not the call_arrived that begins a call");
    events.push(event.value);
  }
  return events.length === 0 ? err("the journal has no row of it") : ok(events);
}

/** One event; the error says what is wrong with its row, without quoting it: it may hold numbers and answers. */
export function readStoredEvent({ version, json }: StoredEvent): Result<CallEvent, string> {
  if (version > NEWEST) return err(`was written by a newer version (format ${version})`);
  const parsed = parseJson(json);
  if (!parsed.ok) return parsed;
  const value = parsed.value;
  if (!isObject(value)) return err("is not an event");
  const kind = presentKind(value["kind"]);
  const fields = Object.hasOwn(FIELDS, kind) ? FIELDS[kind as Kind] : null;
  if (fields === null) return err(`is an event of the unknown kind "${kind.slice(0, SHOWN_CHARACTERS)}"`);
  const wrong = Object.entries({ at: "number" as const, ...fields }).find(([name, type]) => !HOLDS[type](value[name]));
  if (wrong !== undefined) return err(`is a ${kind} whose ${wrong[0]} is not of type ${wrong[1]}`);
  if (kind === "command" && !isCommand(value)) return err("is a command that is not known, or lacks a field");
  // Every field that the type demands is there; what the texts in them mean is for the engine to judge.
  return ok({ ...value, kind } as CallEvent);
}

/** What each command must have besides its name; a newer version may know more commands. */
const COMMANDS: Readonly<Record<CallCommandName, Readonly<Record<string, FieldType>>>> = {
  hang_up: {},
  recover: {},
  redirect: { applet: "string" },
  start_recording: { layout: "string" },
  stop_recording: {},
  pause_recording: {},
  resume_recording: {},
  send_digits: { to: "string", digits: "string" },
  play: { to: "string", what: "object" },
};

function isCommand(value: Readonly<Record<string, unknown>>): boolean {
  const name = String(value["command"]);
  if (!Object.hasOwn(COMMANDS, name)) return false;
  return Object.entries(COMMANDS[name as CallCommandName]).every(([field, type]) => HOLDS[type](value[field]));
}

/** Names that every object has (`constructor`) are not kinds: only the tables' own keys count. */
function presentKind(stored: unknown): string {
  if (typeof stored !== "string") return "";
  return Object.hasOwn(EARLIER_KINDS, stored) ? (EARLIER_KINDS[stored] ?? stored) : stored;
}

const HOLDS: Readonly<Record<FieldType, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  "string or null": (value) => value === null || typeof value === "string",
  "number or null": (value) => value === null || typeof value === "number",
  object: isObject,
  outcome: (value) => isObject(value) && isOutcome(value),
};

function isOutcome(value: Readonly<Record<string, unknown>>): boolean {
  const { ok: good, status, contentType, body, reason, detail } = value;
  if (good === true)
    return typeof status === "number" && HOLDS["string or null"](contentType) && typeof body === "string";
  return good === false && typeof reason === "string" && typeof detail === "string";
}
