import { MAX_FETCHES_PER_CONNECT, REQUEST_DEADLINE_MS } from "../../call/limits.ts";
import { type Rehearsal, type RehearsalPlan, TIMES_OUT } from "../../call/rehearsal.ts";
import { connectTimes, LONGEST_LIST, LONGEST_RING_S, numbersOf } from "./proofs.ts";
import type { ConnectDocument } from "./schema.ts";

const SOMEBODY = "+919900000011";
const SOMEBODY_ELSE = "+919900000012";

/** How long the rehearsed callee lets it ring, and talks. */
const RING_MS = 1000;
const TALK_MS = 1000;

const RINGS_FOR_EVER = { ring_after_ms: 300 };

/** Scripts for the exits of a Connect, for its longest ringing and its longest silence. Null: this one cannot be had. */
export function rehearseConnect(document: ConnectDocument, plan: RehearsalPlan): Rehearsal | null {
  switch (plan.goal) {
    case "conversation_ended":
      return talk(document);
    case "nobody_answered":
      return busy(document);
    case "nobody_dialed":
      return plan.slow ? nobodyInSilence(document) : nobody(document);
    case "silence":
      return nobodyInSilence(document);
    case "ringing":
      return ringForEver(document);
    default:
      return null;
  }
}

function talk(document: ConnectDocument): Rehearsal | null {
  const [destination] = listOf(document);
  if (destination === undefined || isComplicated(document)) return null;
  const behaviour = { answer_after_ms: RING_MS, talk_ms: TALK_MS };
  return { urls: answers(document, [destination]), phones: [[destination, behaviour]], takesMs: RING_MS + TALK_MS };
}

/** The first of the list is busy; the others are phones that nobody scripted, which fail at once. */
function busy(document: ConnectDocument): Rehearsal | null {
  const [destination] = listOf(document);
  if (destination === undefined || isComplicated(document)) return null;
  return {
    urls: answers(document, [destination]),
    phones: [[destination, { busy_after_ms: RING_MS }]],
    takesMs: RING_MS,
  };
}

function nobody(document: ConnectDocument): Rehearsal | null {
  if (document.url === undefined && document.dial_whom?.url === undefined && listOf(document).length > 0) return null;
  return { urls: answers(document, []), takesMs: 0 };
}

/** Every URL takes its five seconds, and none has an answer. */
function nobodyInSilence(document: ConnectDocument): Rehearsal | null {
  const { url, dial_whom: whom } = document;
  const asked = [url?.primary, url?.fallback, whom?.url].filter((each) => each !== undefined);
  if (asked.length === 0) return nobody(document);
  return { urls: asked.map((each) => [each, TIMES_OUT] as const), takesMs: asked.length * REQUEST_DEADLINE_MS };
}

/**
 * The longest ringing there can be. With a URL: it changes its mind after every attempt until its last request, and then
 * names as many as it may.
 */
function ringForEver(document: ConnectDocument): Rehearsal | null {
  const takesMs = connectTimes(document).ringMs;
  const many = Array.from({ length: LONGEST_LIST }, (_, i) => `+9199001${String(i).padStart(5, "0")}`);
  const ring = (list: readonly string[]) => list.map((each) => [each, RINGS_FOR_EVER] as const);
  const { url, dial_whom: whom } = document;
  if (url === undefined) {
    const list = whom?.url === undefined ? listOf(document) : many;
    if (list.length === 0) return null;
    return { urls: answers(document, list), phones: ring(list), takesMs };
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

/** The one answer that names these numbers, from whichever URL is asked; none where the flow holds them. */
function answers(
  { url, dial_whom: whom }: ConnectDocument,
  numbers: readonly string[],
): NonNullable<Rehearsal["urls"]> {
  if (url !== undefined) return [[url.primary, connectAnswer(numbers, {})]];
  return whom?.url === undefined ? [] : [[whom.url, { status: 200, text: numbers.join(",") }]];
}

/** Whom the Connect will ring in a rehearsal. A group is the account's business. */
function listOf(document: ConnectDocument): readonly string[] {
  const { url, dial_whom: whom } = document;
  if (url !== undefined || whom?.url !== undefined) return [SOMEBODY];
  return numbersOf(document).filter((each) => /^\+\d+$/.test(each));
}

/** Parameters whose course takes more than numbers: announcements and audio. */
function isComplicated({ parameters = {} }: ConnectDocument): boolean {
  return parameters["start_call_playback"] !== undefined || parameters["music_on_hold"] !== undefined;
}
