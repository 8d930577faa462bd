import { MAX_FETCHES_PER_CONNECT, REQUEST_DEADLINE_MS } from "../../call/limits.ts";
import { EXAMPLE_PROMPT_MS, type ExampleScript, type ExampleScriptPlan, TIMES_OUT } from "../../call/example-script.ts";
import type { GroupSizes } from "../../call/setup.ts";
import { isObject } from "../../contract/fields.ts";
import { connectTimes, LONGEST_LIST, LONGEST_RING_S, listLength, numbersOf, roundSize, soundUrlsOf } from "./bounds.ts";
import type { ConnectDocument } from "./schema.ts";

/** The numbers that scripted URLs and groups name: unlikely to occur in a flow, where they might have to behave differently. */
const FIRST_CALLEE = "+919900199001";
const SECOND_CALLEE = "+919900199002";

/** How long the scripted callee's phone rings, and how long they talk. */
const RING_MS = 1000;
const TALK_MS = 1000;

const RINGS_FOR_EVER = { ring_after_ms: 300 };
const UNREACHABLE = { fail_after_ms: 0 };
const AUDIO = { status: 200, headers: { "content-type": "audio/wav" } };

/** Scripts for the exits of a Connect, for its longest ringing and its longest silence. Null if no script can show it. */
export function connectExampleScript(
  document: ConnectDocument,
  { target, timing, groups = null }: ExampleScriptPlan,
): ExampleScript | null {
  switch (target) {
    case "conversation_ended":
      return conversation(document);
    case "nobody_answered":
      return timing === "silent" ? nobodyInSilence(document) : (busy(document) ?? standIn(document));
    case "nobody_dialed":
      return timing === "silent" ? nobodyInSilence(document) : nobody(document);
    case "silence":
      return nobodyInSilence(document);
    case "ringing":
      return ringForEver(document, groups);
    default:
      return null;
  }
}

function conversation(document: ConnectDocument): ExampleScript | null {
  const list = listOf(document);
  if (list.length === 0) return null;
  // Phones that ring at the same time must not answer first.
  const dialled = list.slice(0, roundSize(document));
  const phones = firstAndOthers(dialled, { answer_after_ms: RING_MS, talk_ms: TALK_MS });
  const takesMs = RING_MS + announcementMs(document) + TALK_MS;
  return { ...asked(document, list), phones, takesMs };
}

/** The first of the list is busy, the others cannot be reached. */
function busy(document: ConnectDocument): ExampleScript | null {
  const list = listOf(document);
  if (list.length === 0) return null;
  return { ...asked(document, list), phones: firstAndOthers(list, { busy_after_ms: RING_MS }), takesMs: RING_MS };
}

type Behaviour = Readonly<Record<string, unknown>>;

function firstAndOthers(list: readonly string[], first: Behaviour): NonNullable<ExampleScript["phones"]> {
  return list.map((each, i) => [each, i === 0 ? first : UNREACHABLE] as const);
}

/** EXIT-4: "nobody dialled" leads here too, if that exit has no applet. */
function standIn(document: ConnectDocument): ExampleScript | null {
  return document.exits.nobody_dialed === undefined ? nobody(document) : null;
}

function nobody(document: ConnectDocument): ExampleScript | null {
  const { url, dial_whom: whom } = document;
  // A group that the account does not have dials nobody.
  if (whom?.group !== undefined) return { takesMs: 0 };
  if (url === undefined && whom?.url === undefined && listOf(document).length > 0) return null;
  return { ...asked(document, []), takesMs: 0 };
}

/** Every URL takes its full five seconds and never answers. */
function nobodyInSilence(document: ConnectDocument): ExampleScript | null {
  const { url, dial_whom: whom } = document;
  const urls = [url?.primary, url?.fallback, whom?.url].filter((each) => each !== undefined);
  const sounds = soundUrlsOf(document);
  if (urls.length > 0) return { urls: urls.map(timesOut), takesMs: urls.length * REQUEST_DEADLINE_MS };
  if (sounds.length > 0) return { urls: sounds.map(timesOut), takesMs: REQUEST_DEADLINE_MS };
  return nobody(document);
}

function timesOut(url: string) {
  return [url, TIMES_OUT] as const;
}

/**
 * The longest possible ringing. With a URL: it names another number after every attempt until its last request, and then
 * names as many as it may.
 */
function ringForEver(document: ConnectDocument, groups: GroupSizes | null): ExampleScript | null {
  const takesMs = connectTimes(document, groups).ringMs;
  const many = Array.from({ length: LONGEST_LIST }, (_, i) => `+9199001${String(i).padStart(5, "0")}`);
  const ring = (list: readonly string[]) => list.map((each) => [each, RINGS_FOR_EVER] as const);
  const { url, dial_whom: whom } = document;
  if (url === undefined) {
    const isNamed = whom?.url === undefined && whom?.group === undefined;
    const list = isNamed ? listOf(document) : many.slice(0, listLength(document, groups));
    if (list.length === 0) return null;
    return { ...asked(document, list), phones: ring(list), takesMs };
  }
  const alternating = Array.from({ length: MAX_FETCHES_PER_CONNECT - 1 }, (_, i) =>
    connectAnswer([i % 2 === 0 ? FIRST_CALLEE : SECOND_CALLEE], { fetch_after_attempt: true }),
  );
  const urls = [...alternating, connectAnswer(many, {})].map((answer) => [url.primary, answer] as const);
  return { urls, phones: ring([FIRST_CALLEE, SECOND_CALLEE, ...many]), takesMs };
}

function connectAnswer(
  numbers: readonly string[],
  more: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return { status: 200, json: { destination: { numbers }, max_ringing_duration: LONGEST_RING_S, ...more } };
}

/** The answer of whichever URL names these numbers, or the group that holds them; empty if the flow itself names them. */
function asked(document: ConnectDocument, numbers: readonly string[]): Omit<ExampleScript, "takesMs"> {
  const { url, dial_whom: whom } = document;
  if (url !== undefined) return { urls: [[url.primary, connectAnswer(numbers, {})]] };
  const audio = soundUrlsOf(document);
  const urls = audio.map((each) => [each, AUDIO] as const);
  const sounds = { ...Object.fromEntries(audio.map((each) => [each, EXAMPLE_PROMPT_MS])), ...announcement(document) };
  if (whom?.group !== undefined) return { urls, sounds, groups: { [whom.group]: numbers } };
  if (whom?.url === undefined) return { urls, sounds };
  return { urls: [[whom.url, { status: 200, text: numbers.join(",") }], ...urls], sounds };
}

/** DIAL-8: what the flow plays before the two are connected, with its playing time. */
function announcement({ parameters = {} }: ConnectDocument): Readonly<Record<string, number>> {
  const playback = parameters["start_call_playback"];
  const value = isObject(playback) ? playback["value"] : undefined;
  return typeof value === "string" ? { [value]: EXAMPLE_PROMPT_MS } : {};
}

function announcementMs(document: ConnectDocument): number {
  return Object.keys(announcement(document)).length > 0 ? EXAMPLE_PROMPT_MS : 0;
}

/** The numbers that the Connect rings in a script. */
function listOf(document: ConnectDocument): readonly string[] {
  const { url, dial_whom: whom } = document;
  if (url !== undefined || whom?.url !== undefined || whom?.group !== undefined) return [FIRST_CALLEE];
  // RES-26: dialled once.
  return [...new Set(numbersOf(document).filter((each) => /^\+\d+$/.test(each)))];
}
