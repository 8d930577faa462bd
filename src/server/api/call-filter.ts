import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { CallCursor, CallFilter } from "../../edges/store/types.ts";

export const PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 100;
/** Longer than any call lasts; guards the arithmetic, s. */
const MAX_DURATION_S = 1_000_000;

const STATUSES = ["live", "completed", "failed", "busy", "no-answer"];
const DIAL_STATUSES = ["completed", "busy", "no-answer", "failed", "canceled"];
const DIRECTIONS = ["incoming", "outbound-dial"];

/** Reads one parameter; the error says what is allowed instead. */
type Read = (text: string) => Result<Partial<CallFilter>, string>;

/** Every parameter of the list of calls. What is not here is refused by name: a filter that is ignored shows wrong calls. */
const PARAMETERS: Readonly<Record<string, Read>> = {
  limit: wholeNumber(1, MAX_PAGE_SIZE, (limit) => ({ limit })),
  before: readBefore,
  status: oneOf(STATUSES, (status) => ({ status })),
  from: number((from) => ({ from })),
  to: number((to) => ({ to })),
  number: number((either) => ({ number: either })),
  direction: oneOf(DIRECTIONS, (text) => ({ direction: text === "incoming" ? "incoming" : "outbound-dial" })),
  dial_call_status: oneOf(DIAL_STATUSES, (dialCallStatus) => ({ dialCallStatus })),
  exit: readExit,
  started_from: instant((startedFrom) => ({ startedFrom })),
  started_to: instant((startedTo) => ({ startedTo })),
  min_duration: wholeNumber(0, MAX_DURATION_S, (seconds) => ({ minDurationMs: seconds * 1000 })),
  max_duration: wholeNumber(0, MAX_DURATION_S, (seconds) => ({ maxDurationMs: seconds * 1000 + 999 })),
};

/** The filter that a query asks for, or one sentence about what is wrong with it. */
export function readFilter(query: Readonly<Record<string, unknown>>): Result<CallFilter, string> {
  let filter: CallFilter = { limit: PAGE_SIZE };
  for (const [name, value] of Object.entries(query)) {
    const read = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
    if (read === undefined) return err(`there is no filter "${name}": ${Object.keys(PARAMETERS).join(", ")} are known`);
    if (typeof value !== "string") return err(`${name} is given more than once`);
    const part = read(value);
    if (!part.ok) return err(`${name} is ${JSON.stringify(value)}, it must be ${part.error}`);
    filter = { ...filter, ...part.value };
  }
  return ok(filter);
}

function oneOf(words: readonly string[], make: (word: string) => Partial<CallFilter>): Read {
  return (text) => (words.includes(text) ? ok(make(text)) : err(`one of ${words.join(", ")}`));
}

function wholeNumber(least: number, most: number, make: (value: number) => Partial<CallFilter>): Read {
  return (text) => {
    const value = Number(text);
    const fits = /^\d{1,9}$/.test(text) && value >= least && value <= most;
    return fits ? ok(make(value)) : err(`a whole number from ${least} to ${most}`);
  };
}

/** A plus sign that nobody escaped arrives as a space. */
function withPlus(text: string): string {
  return text.replace(" ", "+");
}

function number(make: (number: string) => Partial<CallFilter>): Read {
  return (text) => {
    const given = withPlus(text);
    if (/^\+\d{3,15}$|^anonymous$|^sip:[\x21-\x7e]{1,200}$|^\d{1,15}$/.test(given)) return ok(make(given));
    return err('a number as the call shows it, such as +919812345678, "anonymous" or sip:anil');
  };
}

function instant(make: (atMs: number) => Partial<CallFilter>): Read {
  return (text) => {
    const given = withPlus(text);
    const atMs = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/.test(given)
      ? Date.parse(given)
      : Number.NaN;
    return Number.isNaN(atMs)
      ? err("a date or an instant with its offset, such as 2026-01-05T10:00:00+05:30")
      : ok(make(atMs));
  };
}

function readExit(text: string): Result<Partial<CallFilter>, string> {
  if (/^[A-Za-z0-9_.*#-]{1,64}$/.test(text)) return ok({ exit: text });
  return err("the name of an exit, such as nobody_answered");
}

function readBefore(text: string): Result<Partial<CallFilter>, string> {
  const [, startedAt, callSid] = /^(\d{1,15})\.([0-9a-z]{1,64})$/.exec(text) ?? [];
  if (startedAt === undefined || callSid === undefined) return err('the "next" of an earlier page');
  const before: CallCursor = { startedAt: Number(startedAt), callSid };
  return ok({ before });
}
