import { unreachable } from "../../../base/never.ts";
import type { CallRecord } from "../record.ts";
import type { TraceEntry } from "../trace.ts";
import { CALLER } from "../legs.ts";
import type { Clause, ExplainedSentence } from "./sentence.ts";
import { cite, plainText, sentenceOf, seconds } from "./sentence.ts";
import type { AttemptStory, Entry, RequestStory, Visit } from "./visits.ts";
import { decisiveVisit, visitsOf } from "./visits.ts";

/** Why a call ended as it did. */
export interface Explanation {
  /** One paragraph for people: the sentences, with rules and entries in brackets: `(EXIT-3, #17)`. */
  readonly text: string;
  readonly sentences: readonly ExplainedSentence[];
}

/** The most of each that a paragraph holds, so that it stays readable; the timeline has the rest. */
const MAX_REQUESTS = 4;
const MAX_ATTEMPTS = 6;
const MAX_FINDINGS = 3;
const MAX_APPLETS = 6;

/** Decisions that follow from others, and explain nothing by themselves. */
const CONSEQUENCE = /^(?:Request \S+ is cancelled|The flow does not go on, but|The trace is full|The caller hears leg)/;

/**
 * What decided the outcome of a call, from its trace alone, at any moment of the call: how it ended, what the customer's
 * URL answered, who was dialled with what result, the exit that was taken, and what ended the call. Pure.
 */
export function explain(trace: readonly TraceEntry[]): Explanation {
  const sentences = [...sentencesOf(trace)].flatMap((clauses) => (clauses.length === 0 ? [] : [sentenceOf(clauses)]));
  return { text: sentences.map(({ text }) => text).join(" "), sentences };
}

/** The sentences, each a list of clauses; empty ones are left out. */
function* sentencesOf(trace: readonly TraceEntry[]): Generator<readonly Clause[]> {
  const started = trace.find((entry) => entry.type === "call.started");
  const ended = trace.findLast((entry) => entry.type === "call.ended");
  yield [headline(trace, started, ended?.cdr ?? null)];
  const visits = visitsOf(trace);
  const decisive = decisiveVisit(visits);
  if (decisive === null) yield* refusal(trace);
  else yield* course(trace, visits, decisive);
}

/** What happened around the decisive visit, in order. */
function* course(
  trace: readonly TraceEntry[],
  visits: readonly Visit[],
  decisive: Visit,
): Generator<readonly Clause[]> {
  const names = namesOf(trace);
  const why = reasonOf(decisive);
  yield wayTo(decisive, visits);
  for (const request of lastOf(shownRequests(decisive), MAX_REQUESTS)) yield requestClauses(request, decisive);
  yield answerClauses(decisive);
  yield attemptClauses(decisive, names);
  yield exitClauses(decisive, why, names);
  yield endClauses(trace, visits.slice(visits.indexOf(decisive) + 1), why, names);
}

type Names = (message: string) => string;

/** Replaces the numbers of legs, which only a timeline explains, with destinations. */
function namesOf(trace: readonly TraceEntry[]): Names {
  const names = new Map(
    trace.flatMap((entry) => (entry.type === "attempt.started" ? [[entry.leg, entry.destination]] : [])),
  );
  return (message) =>
    message.replaceAll(/\bleg (\d+)\b/gi, (whole, leg: string) =>
      Number(leg) === CALLER ? "the caller" : (names.get(Number(leg)) ?? whole),
    );
}

function headline(
  trace: readonly TraceEntry[],
  started: Entry<"call.started"> | undefined,
  record: CallRecord | null,
): Clause {
  const call = started === undefined ? "The call" : `The call from ${started.from} to ${started.to}`;
  if (record === null) return plainText(`${call} is still up after ${seconds(trace.at(-1)?.at_ms ?? 0)}`);
  const hasTalked = trace.some(({ type }) => type === "conversation.ended");
  return plainText(`${call} ${hasTalked ? `was connected, for ${record.conversation_s} s` : outcomeOf(record)}`);
}

function outcomeOf(record: CallRecord): string {
  switch (record.dial_call_status) {
    case "busy":
      return "ended as busy because the last destination dialled was busy";
    case "no-answer":
      return "ended as no-answer because nobody who was dialled answered";
    case "failed":
      return "ended as failed because the last destination dialled could not be reached";
    case "canceled":
      return `ended as canceled because ${record.ended_by === "caller" ? "the caller left" : "dialling ended"} before anyone answered`;
    case "completed":
      return "was answered, but ended before the conversation began";
    case null:
      return `ended as ${record.status}: ${undialledBecause(record)}`;
    default:
      return unreachable(record.dial_call_status);
  }
}

function undialledBecause({ call_type, status, ended_by }: CallRecord): string {
  if (call_type === "client-hangup" && ended_by === "caller") return "the caller left before anyone was dialled";
  if (call_type === "voicemail") return "it reached the voicemail, and nobody was dialled";
  if (call_type !== "call-attempt") return "it should have been connected, and nobody was dialled";
  return status === "completed" ? "nobody was to be dialled" : "it was never answered";
}

/** A call that reached no applet: a limit, a refusal or the first leg says why. */
function* refusal(trace: readonly TraceEntry[]): Generator<readonly Clause[]> {
  const names = namesOf(trace);
  const dialed = trace.find((entry) => entry.type === "caller.dialed")?.destination ?? "the caller";
  for (const entry of trace) {
    if (entry.type === "decision") yield [cite(names(entry.message), entry)];
    else if (entry.type === "limit.reached") yield [limitClause(entry)];
    else if (entry.type === "caller.left") yield [cite(entry.message, entry)];
    else if (entry.type === "caller.not_reached")
      yield [cite(`${dialed} ${fate(entry)}: ${inner(names(entry.message)) || entry.cause}`, entry)];
  }
}

function limitClause(entry: Entry<"limit.reached">): Clause {
  return cite(`${entry.message}; what would change it: ${entry.change}`, entry);
}

/** The applets before the decisive one. */
function wayTo(decisive: Visit, visits: readonly Visit[]): readonly Clause[] {
  const before = visits.slice(0, visits.indexOf(decisive));
  if (before.length === 0) return [];
  return [cite(`Its flow led through ${listOf(before)} to ${decisive.entered.applet}`, decisive.entered)];
}

function listOf(visits: readonly Visit[]): string {
  const shown = lastOf(visits, MAX_APPLETS).map(
    ({ entered, exit }) => `${entered.applet}${exit === null ? "" : ` (exit ${exit.exit})`}`,
  );
  const more = visits.length - shown.length;
  return `${more > 0 ? `${more} applets, then ` : ""}${shown.join(", ")}`;
}

/** The audio of an answer is judged with the answer, and what the outbox delivers decides nothing. */
function shownRequests({ requests }: Visit): readonly RequestStory[] {
  return requests.filter(({ sent }) => sent.purpose !== "audio");
}

function requestClauses({ sent, result }: RequestStory, visit: Visit): readonly Clause[] {
  const role = sent.role === null ? "The" : `The ${sent.role}`;
  const again = sent.attempt > 1 ? `, asked for the ${ordinal(sent.attempt)} time,` : "";
  const who = `${role} URL ${sent.url} of ${visit.entered.applet}${again}`;
  if (result === null)
    return [
      cite(`${who} ${visit.exit === null ? "had not answered yet" : "was told, without waiting for an answer"}`, sent),
    ];
  const after = `after ${result.elapsed_ms} ms`;
  if (result.result === "usable") return [cite(`${who} gave a usable answer ${after}`, result)];
  return [cite(`${who} failed ${after}: ${inner(result.message)}`, result)];
}

function ordinal(n: number): string {
  const ends = ["th", "st", "nd", "rd"];
  return `${n}${(n % 100 >= 11 && n % 100 <= 13 ? undefined : ends[n % 10]) ?? "th"}`;
}

/** Whom the last answer names, and which of its destinations were not taken. */
function answerClauses({ answers, findings }: Visit): readonly Clause[] {
  const answer = answers.at(-1);
  const numbers = answer?.answer["numbers"];
  if (answer === undefined || !Array.isArray(numbers)) return [];
  const list = lastOf(numbers.map(String).toReversed(), MAX_ATTEMPTS).toReversed();
  const more = numbers.length > list.length ? ` and ${numbers.length - list.length} more` : "";
  const whose = answer.id === "flow" ? "The flow itself" : "The answer";
  const named = list.length === 0 ? `${whose} names nobody` : `${whose} names ${list.join(", ")}${more}`;
  const wrong = findings.filter(({ id, path }) => id === answer.id && path.startsWith("destination"));
  return [cite(named, answer), ...wrong.slice(0, MAX_FINDINGS).map((entry) => cite(inner(entry.message), entry))];
}

function attemptClauses({ attempts, limits }: Visit, names: Names): readonly Clause[] {
  const shown = lastOf(attempts, MAX_ATTEMPTS);
  const more = attempts.length - shown.length;
  const lead = more === 0 ? [] : [plainText(`${attempts.length} were dialled, the last ${shown.length} of them`)];
  return [...lead, ...shown.map((attempt) => attemptClause(attempt, names)), ...lastOf(limits, 1).map(limitClause)];
}

function attemptClause(attempt: AttemptStory, names: Names): Clause {
  const { started, ended } = attempt;
  if (ended === null) return underWay(attempt);
  return attempt.talked === null
    ? cite(`${started.destination} ${fate(ended)}: ${inner(names(ended.message)) || ended.cause}`, ended)
    : conversationClause(attempt, attempt.talked, ended);
}

function underWay({ started, ringing, answered, bridged }: AttemptStory): Clause {
  const who = started.destination;
  if (bridged !== null) return cite(`${who} is in conversation`, bridged);
  if (answered !== null) return cite(`${who} has answered`, answered);
  return ringing === null ? cite(`${who} is being dialled`, started) : cite(`${who} is ringing`, ringing);
}

function conversationClause(
  { started, answered }: AttemptStory,
  talked: Entry<"conversation.ended">,
  ended: Entry<"attempt.ended">,
): Clause {
  const waited = answered === null ? "" : ` after ${seconds(answered.at_ms - started.at_ms)}`;
  const how = `answered${waited} and talked for ${seconds(talked.duration_ms)}`;
  return cite(`${started.destination} ${how}: ${inner(ended.message)}`, talked);
}

function fate({ outcome }: Entry<"attempt.ended" | "caller.not_reached">): string {
  switch (outcome) {
    case "busy":
      return "was busy";
    case "no-answer":
      return "did not answer";
    case "failed":
      return "could not be reached";
    case "canceled":
      return "was cancelled";
    case "completed":
      return "answered without a conversation";
    default:
      return unreachable(outcome);
  }
}

/** Why the applet was left where it was, and where that led. */
function exitClauses({ exit, entered }: Visit, why: Entry<"decision"> | null, names: Names): readonly Clause[] {
  if (exit === null) return [];
  const to = exit.next === null ? "where the flow ends" : `to ${exit.next}`;
  const left = cite(`so ${entered.applet} was left by its exit ${exit.exit}, ${to}`, exit);
  return why === null ? [left] : [cite(names(why.message), why), left];
}

/** The decision behind an exit; null if an earlier clause already says it. */
function reasonOf({ exit, decisions, requests }: Visit): Entry<"decision"> | null {
  const asked = requests.at(-1)?.sent.seq ?? 0;
  const known = requests.map(({ result }) => result?.message);
  const why = decisions.findLast(
    ({ message, seq }) => seq > asked && seq < (exit?.seq ?? 0) && !CONSEQUENCE.test(message),
  );
  return why === undefined || known.includes(why.message) ? null : why;
}

/** What came after the decisive applet, and what ended the call. */
function endClauses(
  trace: readonly TraceEntry[],
  after: readonly Visit[],
  why: Entry<"decision"> | null,
  names: Names,
): readonly Clause[] {
  const then = after.length === 0 ? [] : [plainText(`then came ${listOf(after)}`)];
  const record = trace.findLast((entry) => entry.type === "call.ended");
  if (record === undefined) return then;
  const left = trace.findLast((entry) => entry.type === "caller.left");
  const decision = trace.findLast((entry) => entry.type === "decision" && !CONSEQUENCE.test(entry.message));
  const cause = record.cdr.ended_by === "caller" ? left : decision;
  const ended = `the call ended after ${seconds(record.at_ms)}`;
  if (cause === undefined || cause === why || !("message" in cause)) return [...then, cite(ended, record)];
  return [...then, cite(`${ended}: ${inner(names(cause.message))}`, cause)];
}

/** A message within a sentence. */
function inner(message: string): string {
  const text = message.replace(/\.$/, "");
  return /^[A-Z][a-z ]/.test(text) ? `${text.charAt(0).toLowerCase()}${text.slice(1)}` : text;
}

function lastOf<T>(list: readonly T[], most: number): readonly T[] {
  return list.slice(-most);
}
