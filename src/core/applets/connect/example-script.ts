import { MAX_FETCHES_PER_CONNECT, REQUEST_DEADLINE_MS } from "../../call/limits.ts";
import { EXAMPLE_PROMPT_MS, type ExampleScript, type ExampleScriptPlan, TIMES_OUT } from "../../call/example-script.ts";
import type { GroupSizes } from "../../call/setup.ts";
import { isObject } from "../../contract/fields.ts";
import { connectTimes, LONGEST_LIST, LONGEST_RING_S, listLength, numbersOf, roundSize, soundUrlsOf } from "./bounds.ts";
import type { ConnectDocument } from "./schema.ts";

/** Whom URLs and groups name: people who hardly stand in a flow, where they may have to behave otherwise. */
const SOMEBODY = "+919900199001";
const SOMEBODY_ELSE = "+919900199002";

/** How long the scripted callee lets it ring, and talks. */
const RING_MS = 1000;
const TALK_MS = 1000;

const RINGS_FOR_EVER = { ring_after_ms: 300 };
const UNREACHABLE = { fail_after_ms: 0 };
const AUDIO = { status: 200, headers: { "content-type": "audio/wav" } };

/** Scripts for the exits of a Connect, for its longest ringing and its longest silence. Null: this one cannot be had. */
export function connectExampleScript(
  document: ConnectDocument,
  { target, timing, groups = null }: ExampleScriptPlan,
): ExampleScript | null {
  switch (target) {
    case "conversation_ended":
      return talk(document);
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

function talk(document: ConnectDocument): ExampleScript | null {
  const list = listOf(document);
  if (list.length === 0) return null;
  // Who rings at the same time must not be quicker.
  const dialled = list.slice(0, roundSize(document));
  const phones = firstAndOthers(dialled, { answer_after_ms: RING_MS, talk_ms: TALK_MS });
  const takesMs = RING_MS + announcedMs(document) + TALK_MS;
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

/** EXIT-4: the way of those who were not dialled, where it has no applet of its own. */
function standIn(document: ConnectDocument): ExampleScript | null {
  return document.exits.nobody_dialed === undefined ? nobody(document) : null;
}

function nobody(document: ConnectDocument): ExampleScript | null {
  const { url, dial_whom: whom } = document;
  // A group that the account does not have is nobody.
  if (whom?.group !== undefined) return { takesMs: 0 };
  if (url === undefined && whom?.url === undefined && listOf(document).length > 0) return null;
  return { ...asked(document, []), takesMs: 0 };
}

/** Every URL takes its five seconds, and none has an answer. */
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
 * The longest ringing there can be. With a URL: it changes its mind after every attempt until its last request, and then
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
  const restless = Array.from({ length: MAX_FETCHES_PER_CONNECT - 1 }, (_, i) =>
    connectAnswer([i % 2 === 0 ? SOMEBODY : SOMEBODY_ELSE], { fetch_after_attempt: true }),
  );
  const urls = [...restless, connectAnswer(many, {})].map((answer) => [url.primary, answer] as const);
  return { urls, phones: ring([SOMEBODY, SOMEBODY_ELSE, ...many]), takesMs };
}

function connectAnswer(
  numbers: readonly string[],
  more: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return { status: 200, json: { destination: { numbers }, max_ringing_duration: LONGEST_RING_S, ...more } };
}

/** The one answer that names these numbers, from whichever URL is asked, or the group that holds them; none where the flow does. */
function asked(document: ConnectDocument, numbers: readonly string[]): Omit<ExampleScript, "takesMs"> {
  const { url, dial_whom: whom } = document;
  if (url !== undefined) return { urls: [[url.primary, connectAnswer(numbers, {})]] };
  const audio = soundUrlsOf(document);
  const urls = audio.map((each) => [each, AUDIO] as const);
  const sounds = { ...Object.fromEntries(audio.map((each) => [each, EXAMPLE_PROMPT_MS])), ...announced(document) };
  if (whom?.group !== undefined) return { urls, sounds, groups: { [whom.group]: numbers } };
  if (whom?.url === undefined) return { urls, sounds };
  return { urls: [[whom.url, { status: 200, text: numbers.join(",") }], ...urls], sounds };
}

/** DIAL-8: what the flow says before the two are put through, with its playing time. */
function announced({ parameters = {} }: ConnectDocument): Readonly<Record<string, number>> {
  const playback = parameters["start_call_playback"];
  const value = isObject(playback) ? playback["value"] : undefined;
  return typeof value === "string" ? { [value]: EXAMPLE_PROMPT_MS } : {};
}

function announcedMs(document: ConnectDocument): number {
  return Object.keys(announced(document)).length > 0 ? EXAMPLE_PROMPT_MS : 0;
}

/** Whom the Connect will ring in a script. */
function listOf(document: ConnectDocument): readonly string[] {
  const { url, dial_whom: whom } = document;
  if (url !== undefined || whom?.url !== undefined || whom?.group !== undefined) return [SOMEBODY];
  // RES-26: dialled once.
  return [...new Set(numbersOf(document).filter((each) => /^\+\d+$/.test(each)))];
}
