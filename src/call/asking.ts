import type { Finding } from "../contract/finding.ts";
import type { HttpOutcome } from "../contract/http.ts";
import { judgeAudio } from "../contract/audio.ts";
import type { Query } from "../contract/query.ts";
import { receive, type Unusable } from "../contract/receive.ts";
import type { AppletEvent, Ending } from "./applet.ts";
import type { RequestPurpose } from "./effects.ts";
import { REQUEST_DEADLINE_MS } from "./limits.ts";
import type { Turn } from "./turn.ts";

/** What an applet wants to know from a customer's URL, and how it reads the answer. Made anew in each step. */
export interface Question<A> {
  readonly purpose: RequestPurpose;
  readonly primary: string;
  readonly fallback: string | null;
  /** REQ-3. */
  readonly versionHeader: boolean;
  readonly accept: string;
  /** REF-7: requests that may be sent in all, the Fallback's included. */
  readonly maxRequests: number;
  judge(outcome: HttpOutcome): Judged<A>;
  /** RES-5 lenient: the answer without what needs this audio. */
  withoutAudio(answer: A, url: string): A;
}

/** A judged answer. `audioUrls` must be there before it is used (RES-27). */
export type Judged<A> =
  | {
      readonly usable: true;
      readonly answer: A;
      readonly audioUrls: readonly string[];
      readonly findings: readonly Finding[];
    }
  | Unusable;

/** What came of asking so far. `id`: what findings and the answer are filed under. */
export type Reply<A> =
  | { readonly kind: "waiting" }
  | { readonly kind: "answer"; readonly id: string; readonly answer: A }
  | { readonly kind: "unusable"; readonly message: string };

/** An answer that is usable if its audio is there. */
interface Checking<A> {
  readonly answer: A;
  readonly checks: readonly { readonly id: string; readonly url: string }[];
  readonly received: Received;
}

/** Of the request whose answer is being judged. */
interface Received {
  /** Null: the answer stands in the flow. */
  readonly outcome: HttpOutcome | null;
  readonly elapsedMs: number;
}

/** The part of an applet's state that belongs to asking: plain JSON. A step works on a shallow copy. */
export interface Asking<A> {
  /** The request under way, or whose audio is being checked; null: none, or the answer stands in the flow. */
  id: string | null;
  role: "primary" | "fallback" | null;
  /** REQ-7: the Fallback gets what the Primary got. */
  query: Query;
  /** 1 for the first time, 2 for the first re-fetch, … */
  attempt: number;
  /** Sent so far, over all attempts. */
  requests: number;
  checking: Checking<A> | null;
}

const WAITING: Reply<never> = { kind: "waiting" };

/** What findings and answers of the flow document are filed under: they belong to no request. */
const FLOW = "flow";

export function notAsked(): Asking<never> {
  return { id: null, role: null, query: [], attempt: 0, requests: 0, checking: null };
}

/** Asks the Primary URL; `onAsking` hears of the answer. */
export function ask<A>(turn: Turn, asking: Asking<A>, question: Question<A>, query: Query): Reply<A> {
  asking.attempt += 1;
  return send(turn, asking, question, "primary", query);
}

/** Judges an answer that stands in the flow itself: nothing is sent, but its audio is looked at. */
export function weighFlow<A>(turn: Turn, asking: Asking<A>, question: Question<A>, judged: Judged<A>): Reply<A> {
  asking.attempt += 1;
  asking.id = null;
  asking.role = null;
  return weigh(turn, asking, question, judged, { outcome: null, elapsedMs: 0 });
}

/** Takes an event that belongs to what is being asked; null: it belongs to something else. */
export function onAsking<A>(turn: Turn, asking: Asking<A>, question: Question<A>, event: AppletEvent): Reply<A> | null {
  if (event.kind === "fetched" && asking.id === event.id) {
    const { outcome, elapsedMs } = event;
    return weigh(turn, asking, question, question.judge(outcome), { outcome, elapsedMs });
  }
  const check =
    event.kind === "audio_checked" ? asking.checking?.checks.find((each) => each.id === event.id) : undefined;
  if (event.kind !== "audio_checked" || check === undefined) return null;
  return weighAudio(turn, asking, question, { ...event, url: check.url });
}

function send<A>(
  turn: Turn,
  asking: Asking<A>,
  question: Question<A>,
  role: "primary" | "fallback",
  query: Query,
): Reply<A> {
  if (asking.requests >= question.maxRequests) {
    return { kind: "unusable", message: `${asking.requests} requests were sent, and no more may be (REF-7).` };
  }
  const { purpose, versionHeader, accept } = question;
  const url = role === "primary" ? question.primary : (question.fallback ?? "");
  asking.requests += 1;
  asking.role = role;
  asking.query = query;
  asking.checking = null;
  asking.id = turn.fetch({ purpose, role, attempt: asking.attempt, url, query, versionHeader, accept });
  if (asking.id !== null) return WAITING;
  return afterUnusable(turn, asking, question, `The ${role} URL of the flow cannot be asked.`);
}

/** Uses an answer, looks at its audio first (RES-27), or gives it up. */
function weigh<A>(
  turn: Turn,
  asking: Asking<A>,
  question: Question<A>,
  judged: Judged<A>,
  received: Received,
): Reply<A> {
  turn.findings(asking.id ?? FLOW, judged.findings);
  if (!judged.usable) {
    const error = judged.findings.find((each) => each.level === "error");
    const message = error?.message ?? "The answer cannot be used.";
    close(turn, asking, judged.result, received, error?.rule ?? null, message);
    return afterUnusable(turn, asking, question, message);
  }
  if (judged.audioUrls.length === 0) return accept(turn, asking, judged.answer, received);
  // The checks share the 5 s of the request they belong to (RES-27).
  const deadlineMs = Math.max(1, REQUEST_DEADLINE_MS - received.elapsedMs);
  const checks = judged.audioUrls.map((url) => ({ id: turn.checkAudio(url, deadlineMs, asking.attempt), url }));
  asking.checking = { answer: judged.answer, checks, received };
  return WAITING;
}

interface Checked {
  readonly id: string;
  readonly url: string;
  readonly outcome: HttpOutcome;
  readonly elapsedMs: number;
}

/** RES-27: one audio URL was looked at. The answer waits for all of them, and fails with the first (RES-5). */
function weighAudio<A>(turn: Turn, asking: Asking<A>, question: Question<A>, checked: Checked): Reply<A> {
  const { checking } = asking;
  if (checking === null) return WAITING;
  const mode = turn.setup.flow.validation;
  const judged = judgeAudio(checked.url, checked.outcome, mode);
  const message = judged.findings[0]?.message ?? "The audio is there.";
  turn.findings(asking.id ?? FLOW, judged.findings);
  traceCheck(turn, checked, judged.ok, judged.findings[0]?.rule ?? null, message);
  const checks = checking.checks.filter((each) => each.id !== checked.id);
  if (!judged.ok && mode === "strict") {
    for (const { id } of checks) turn.abandon(id, "RES-27");
    close(turn, asking, "invalid", checking.received, "RES-27", message);
    return afterUnusable(turn, asking, question, message);
  }
  const answer = judged.ok ? checking.answer : question.withoutAudio(checking.answer, checked.url);
  asking.checking = { ...checking, answer, checks };
  return checks.length > 0 ? WAITING : accept(turn, asking, answer, checking.received);
}

function traceCheck(turn: Turn, checked: Checked, ok: boolean, rule: string | null, message: string): void {
  const { id, outcome, elapsedMs } = checked;
  const received = receive(outcome);
  const result = ok ? "usable" : received.usable ? "invalid" : received.result;
  turn.result({ id, result, outcome, elapsedMs }, rule, message);
}

function accept<A>(turn: Turn, asking: Asking<A>, answer: A, received: Received): Reply<A> {
  const id = asking.id ?? FLOW;
  close(turn, asking, "usable", received, null, "The answer is valid and is used.");
  asking.id = null;
  return { kind: "answer", id, answer };
}

/**
 * The call ends under what is being asked. An answer that only waited for its audio (RES-27) has been judged all the same:
 * it gets its result, because nothing that was answered stays without one.
 */
export function leaveAsking<A>(turn: Turn, asking: Asking<A>, ending: Ending): void {
  const { checking } = asking;
  if (checking === null) return;
  const message = "The answer is valid, but the call ended before its audio was looked at: it is not used.";
  close(turn, asking, "usable", checking.received, ending.rule, message);
}

/** Writes down what came of the request itself; an answer that stands in the flow was never asked for. */
function close<A>(
  turn: Turn,
  asking: Asking<A>,
  result: "usable" | Unusable["result"],
  received: Received,
  rule: string | null,
  message: string,
): void {
  if (asking.id !== null) turn.result({ id: asking.id, result, ...received }, rule, message);
  asking.checking = null;
}

/** EXIT-1: the Primary is unusable → the Fallback, if one is set. */
function afterUnusable<A>(turn: Turn, asking: Asking<A>, question: Question<A>, message: string): Reply<A> {
  asking.id = null;
  if (asking.role !== "primary" || question.fallback === null) return { kind: "unusable", message };
  turn.decide("EXIT-1", "The Primary URL's answer cannot be used: the Fallback URL is asked.");
  return send(turn, asking, question, "fallback", asking.query);
}
