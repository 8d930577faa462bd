import type { HttpOutcome } from "../contract/http.ts";
import { type AudioFormat, validateAudio } from "../contract/audio.ts";
import type { Query } from "../contract/query.ts";
import { readResponse } from "../contract/http-response.ts";
import type { EvaluatedAnswer, Unusable } from "../contract/verdict.ts";
import type { AppletEvent } from "./events.ts";
import { REQUEST_DEADLINE_MS } from "./limits.ts";
import type { RequestPurpose } from "./purpose.ts";
import type { CallEnding } from "./record.ts";
import type { StepContext } from "./step-context.ts";

/** How an applet requests a customer's URL, and how it reads the answer. Created again in each step. */
export interface RequestPolicy<A> {
  readonly purpose: RequestPurpose;
  readonly primary: string;
  readonly fallback: string | null;
  /** REQ-3. */
  readonly versionHeader: boolean;
  readonly accept: string;
  /** REF-7: requests that may be sent in all, including the Fallback's. */
  readonly maxRequests: number;
  evaluate(outcome: HttpOutcome): EvaluatedAnswer<A>;
  /** RES-5 lenient: the answer without the parts that need this audio. */
  withoutAudio(answer: A, url: string): A;
}

/** The outcome of the request so far. Findings and the answer are traced under `id`. */
export type RequestOutcome<A> =
  | { readonly kind: "waiting" }
  | { readonly kind: "answer"; readonly id: string; readonly answer: A }
  | { readonly kind: "unusable"; readonly message: string };

/** An answer that is usable if its audio can be fetched. */
interface PendingAudioCheck<A> {
  readonly answer: A;
  readonly checks: readonly { readonly id: string; readonly url: string }[];
  readonly received: ReceivedAnswer;
}

/** The request whose answer is being evaluated. */
interface ReceivedAnswer {
  /** Null: the answer is part of the flow document. */
  readonly outcome: HttpOutcome | null;
  readonly elapsedMs: number;
}

/** The part of an applet's state that belongs to its requests: plain JSON. A step works on a shallow copy. */
export interface CustomerRequestState<A> {
  /** The request in progress, or whose audio is being checked; null if there is none, or the answer is part of the flow. */
  id: string | null;
  role: "primary" | "fallback" | null;
  /** REQ-7: the Fallback gets what the Primary got. */
  query: Query;
  /** 1 for the first time, 2 for the first re-fetch, … */
  attempt: number;
  /** Sent so far, over all attempts. */
  requests: number;
  checking: PendingAudioCheck<A> | null;
}

const WAITING: RequestOutcome<never> = { kind: "waiting" };

/** The id that findings and answers of the flow document are traced under: they belong to no request. */
export const FLOW_ANSWER = "flow";

export function noRequest(): CustomerRequestState<never> {
  return { id: null, role: null, query: [], attempt: 0, requests: 0, checking: null };
}

/** Requests the Primary URL; {@link onRequestEvent} takes the answer. */
export function sendRequest<A>(
  context: StepContext,
  request: CustomerRequestState<A>,
  policy: RequestPolicy<A>,
  query: Query,
): RequestOutcome<A> {
  request.attempt += 1;
  return send(context, request, policy, "primary", query);
}

/** Evaluates an answer that is part of the flow document: nothing is sent, but its audio is checked. */
export function evaluateFlowAnswer<A>(
  context: StepContext,
  request: CustomerRequestState<A>,
  policy: RequestPolicy<A>,
  evaluated: EvaluatedAnswer<A>,
): RequestOutcome<A> {
  request.attempt += 1;
  request.id = null;
  request.role = null;
  return evaluate(context, request, policy, evaluated, { outcome: null, elapsedMs: 0 });
}

/** Handles an event of this request; null: it belongs to something else. */
export function onRequestEvent<A>(
  context: StepContext,
  request: CustomerRequestState<A>,
  policy: RequestPolicy<A>,
  event: AppletEvent,
): RequestOutcome<A> | null {
  if (event.kind === "fetched" && request.id === event.id) {
    const { outcome, elapsedMs } = event;
    return evaluate(context, request, policy, policy.evaluate(outcome), { outcome, elapsedMs });
  }
  const check =
    event.kind === "audio_checked" ? request.checking?.checks.find((each) => each.id === event.id) : undefined;
  if (event.kind !== "audio_checked" || check === undefined) return null;
  return evaluateAudio(context, request, policy, { ...event, url: check.url });
}

function send<A>(
  context: StepContext,
  request: CustomerRequestState<A>,
  policy: RequestPolicy<A>,
  role: "primary" | "fallback",
  query: Query,
): RequestOutcome<A> {
  if (request.requests >= policy.maxRequests) {
    return { kind: "unusable", message: `${request.requests} requests were sent, and no more are allowed (REF-7).` };
  }
  const { purpose, versionHeader, accept } = policy;
  const url = role === "primary" ? policy.primary : (policy.fallback ?? "");
  request.requests += 1;
  request.role = role;
  request.query = query;
  request.checking = null;
  const otherUrl = role === "primary" ? policy.fallback : policy.primary;
  request.id = context.fetch({ purpose, role, attempt: request.attempt, url, otherUrl, query, versionHeader, accept });
  if (request.id !== null) return WAITING;
  return afterUnusable(context, request, policy, `The ${role} URL of the flow cannot be requested.`);
}

/** Uses an answer once its audio is checked (RES-27), or goes on without it. */
function evaluate<A>(
  context: StepContext,
  request: CustomerRequestState<A>,
  policy: RequestPolicy<A>,
  evaluated: EvaluatedAnswer<A>,
  received: ReceivedAnswer,
): RequestOutcome<A> {
  context.findings(request.id ?? FLOW_ANSWER, evaluated.findings);
  if (!evaluated.usable) {
    const error = evaluated.findings.find((each) => each.level === "error");
    const message = error?.message ?? "The answer cannot be used.";
    close(context, request, evaluated.result, received, error?.rule ?? null, message);
    return afterUnusable(context, request, policy, message);
  }
  if (evaluated.audioUrls.length === 0) return accept(context, request, evaluated.answer, received);
  // The checks share the 5 s of the request they belong to (RES-27).
  const deadlineMs = Math.max(1, REQUEST_DEADLINE_MS - received.elapsedMs);
  const checks = evaluated.audioUrls.map((url) => ({ id: context.checkAudio(url, deadlineMs, request.attempt), url }));
  request.checking = { answer: evaluated.answer, checks, received };
  return WAITING;
}

interface AudioCheckResult {
  readonly id: string;
  readonly url: string;
  readonly outcome: HttpOutcome;
  readonly elapsedMs: number;
  readonly format?: AudioFormat;
}

/** RES-27: one audio URL was checked. The answer waits for all of them, and fails with the first (RES-5). */
function evaluateAudio<A>(
  context: StepContext,
  request: CustomerRequestState<A>,
  policy: RequestPolicy<A>,
  checked: AudioCheckResult,
): RequestOutcome<A> {
  const { checking } = request;
  if (checking === null) return WAITING;
  const mode = context.flow.validation;
  const evaluated = validateAudio(checked.url, checked.outcome, mode, checked.format ?? null);
  const message = evaluated.findings[0]?.message ?? "The audio is there.";
  context.findings(request.id ?? FLOW_ANSWER, evaluated.findings);
  traceCheck(context, checked, evaluated.ok, evaluated.findings[0]?.rule ?? null, message);
  const checks = checking.checks.filter((each) => each.id !== checked.id);
  if (!evaluated.ok && mode === "strict") {
    for (const { id } of checks) context.cancelRequest(id, "RES-27");
    close(context, request, "invalid", checking.received, "RES-27", message);
    return afterUnusable(context, request, policy, message);
  }
  const answer = evaluated.ok ? checking.answer : policy.withoutAudio(checking.answer, checked.url);
  request.checking = { ...checking, answer, checks };
  return checks.length > 0 ? WAITING : accept(context, request, answer, checking.received);
}

function traceCheck(
  context: StepContext,
  checked: AudioCheckResult,
  ok: boolean,
  rule: string | null,
  message: string,
): void {
  const { id, outcome, elapsedMs } = checked;
  const received = readResponse(outcome);
  const result = ok ? "usable" : received.usable ? "invalid" : received.result;
  context.result({ id, result, outcome, elapsedMs }, rule, message);
}

function accept<A>(
  context: StepContext,
  request: CustomerRequestState<A>,
  answer: A,
  received: ReceivedAnswer,
): RequestOutcome<A> {
  const id = request.id ?? FLOW_ANSWER;
  close(context, request, "usable", received, null, "The answer is valid and is used.");
  request.id = null;
  return { kind: "answer", id, answer };
}

/**
 * The call ends during the request. An answer that was only waiting for its audio (RES-27) has been evaluated, so it
 * gets its result: every request that was answered has one.
 */
export function abandonRequest<A>(context: StepContext, request: CustomerRequestState<A>, ending: CallEnding): void {
  const { checking } = request;
  if (checking === null) return;
  const message = "The answer is valid, but the call ended before its audio was checked: it is not used.";
  close(context, request, "usable", checking.received, ending.rule, message);
}

/** Traces the result of the request; an answer that is part of the flow was never requested. */
function close<A>(
  context: StepContext,
  request: CustomerRequestState<A>,
  result: "usable" | Unusable["result"],
  received: ReceivedAnswer,
  rule: string | null,
  message: string,
): void {
  if (request.id !== null) context.result({ id: request.id, result, ...received }, rule, message);
  request.checking = null;
}

/** EXIT-1: the Primary is unusable → the Fallback, if one is set. */
function afterUnusable<A>(
  context: StepContext,
  request: CustomerRequestState<A>,
  policy: RequestPolicy<A>,
  message: string,
): RequestOutcome<A> {
  request.id = null;
  if (request.role !== "primary" || policy.fallback === null) return { kind: "unusable", message };
  context.decide("EXIT-1", "The Primary URL's answer cannot be used: the Fallback URL is requested.");
  return send(context, request, policy, "fallback", request.query);
}
