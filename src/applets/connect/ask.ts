import type { CallEvent } from "../../call/events.ts";
import { MAX_FETCHES_PER_CONNECT, REQUEST_DEADLINE_MS } from "../../call/limits.ts";
import type { RequestResult } from "../../call/trace.ts";
import type { Turn } from "../../call/turn.ts";
import type { Exophone } from "../../contract/account.ts";
import {
  type ConnectAnswer,
  judgeAudio,
  judgeConnectAnswer,
  judgeConnectBody,
  type Verdict,
  withoutAudio,
} from "../../contract/answer.ts";
import type { HttpOutcome } from "../../contract/http.ts";
import type { Query } from "../../contract/query.ts";
import { receive } from "../../contract/receive.ts";
import type { ConnectDocument } from "./schema.ts";
import { type Asked, type ConnectState, hasDialled } from "./state.ts";
import { dialWhomBody, judgeDialWhomAnswer } from "./dial-whom.ts";

/** What came of asking whom to dial. */
export type Reply =
  | { readonly kind: "waiting" }
  | { readonly kind: "answer"; readonly id: string; readonly answer: ConnectAnswer }
  | { readonly kind: "unusable"; readonly message: string };

type EventOf<K extends CallEvent["kind"]> = Extract<CallEvent, { kind: K }>;

const WAITING: Reply = { kind: "waiting" };

/** What findings and answers of the flow document are filed under: they belong to no request. */
const FLOW = "flow";

/** Asks whom to dial: the Primary URL, the Dial-Whom URL, or the flow document itself. */
export function ask(turn: Turn, run: ConnectState, document: ConnectDocument): Reply {
  run.phase = "asking";
  run.fetches += 1;
  if (document.url !== undefined) return send(turn, run, document, "primary", queryOf(turn, run));
  const whom = document.dial_whom;
  if (whom?.url !== undefined) return send(turn, run, document, "primary", queryOf(turn, run));
  run.asked = { id: null, role: null, query: [] };
  const body = whom === undefined ? document.parameters : dialWhomBody(turn, whom, document.parameters);
  const verdict = judgeConnectBody(body, turn.setup.account, exophoneOf(turn), turn.setup.flow.validation);
  return weigh(turn, run, document, verdict, { status: null, elapsedMs: 0 });
}

/** REF-3: a re-fetch names the list before; the facts of the attempts so far were learnt when their round closed. */
function queryOf(turn: Turn, run: ConnectState): Query {
  return turn.query(hasDialled(run) ? (run.answer?.destinations ?? null) : null);
}

function send(
  turn: Turn,
  run: ConnectState,
  document: ConnectDocument,
  role: "primary" | "fallback",
  query: Query,
): Reply {
  if (run.requests >= MAX_FETCHES_PER_CONNECT)
    return {
      kind: "unusable",
      message: `This Connect has sent ${MAX_FETCHES_PER_CONNECT} requests, and may send no more (REF-7).`,
    };
  run.requests += 1;
  const id = turn.fetch({ ...target(document, role), role, attempt: run.fetches, query });
  run.asked = { id, role, query };
  if (id !== null) return WAITING;
  return afterUnusable(turn, run, document, `The ${role} URL of the flow cannot be asked.`);
}

/** REQ-3: the dynamic URL speaks version 1.0 and says so; the older Dial-Whom URL is told by the absence of the header. */
function target(document: ConnectDocument, role: "primary" | "fallback") {
  const whom = document.dial_whom;
  if (whom?.url !== undefined)
    return { purpose: "dial_whom" as const, url: whom.url, versionHeader: false, accept: "text/plain" };
  const url = role === "fallback" ? document.url?.fallback : document.url?.primary;
  return { purpose: "connect" as const, url: url ?? "", versionHeader: true, accept: "application/json" };
}

/** The customer's URL answered, or failed to. */
export function onFetched(turn: Turn, run: ConnectState, document: ConnectDocument, event: EventOf<"fetched">): Reply {
  const { account, flow } = turn.setup;
  const { outcome, elapsedMs } = event;
  const verdict =
    document.dial_whom === undefined
      ? judgeConnectAnswer(outcome, account, exophoneOf(turn), flow.validation)
      : judgeDialWhomAnswer(turn, outcome, document.parameters);
  return weigh(turn, run, document, verdict, { status: outcome.ok ? outcome.status : null, elapsedMs });
}

interface Received {
  readonly status: number | null;
  readonly elapsedMs: number;
}

/** Uses, checks further (RES-27), or gives up what an answer turned out to be. */
function weigh(turn: Turn, run: ConnectState, document: ConnectDocument, verdict: Verdict, received: Received): Reply {
  turn.findings(run.asked?.id ?? FLOW, verdict.findings);
  if (!verdict.usable) {
    const error = verdict.findings.find((each) => each.level === "error");
    const message = error?.message ?? "The answer cannot be used.";
    close(turn, run, verdict.result, received, error?.rule ?? null, message);
    return afterUnusable(turn, run, document, message);
  }
  if (verdict.audioUrls.length === 0) return accept(turn, run, verdict.answer, received);
  run.phase = "checking";
  // The check shares the 5 s of the request it belongs to (RES-27).
  const deadlineMs = Math.max(1, REQUEST_DEADLINE_MS - received.elapsedMs);
  const checks = verdict.audioUrls.map((url) => ({ id: turn.checkAudio(url, deadlineMs, run.fetches), url }));
  run.checking = { answer: verdict.answer, checks, ...received };
  return WAITING;
}

/** RES-27: one audio URL was looked at. The answer waits for all of them. */
export function onAudioChecked(
  turn: Turn,
  run: ConnectState,
  document: ConnectDocument,
  event: EventOf<"audio_checked">,
): Reply {
  const { checking } = run;
  const check = checking?.checks.find((each) => each.id === event.id);
  if (checking === null || check === undefined) return WAITING;
  const mode = turn.setup.flow.validation;
  const judged = judgeAudio(check.url, event.outcome, mode);
  const first = judged.findings[0];
  turn.findings(run.asked?.id ?? FLOW, judged.findings);
  const { outcome, elapsedMs } = event;
  const status = outcome.ok ? outcome.status : null;
  const result = { id: event.id, result: audioResult(outcome, judged.ok), status, elapsedMs };
  turn.result(result, first?.rule ?? null, first?.message ?? "The audio is there.");
  if (!judged.ok && mode === "strict")
    return refuseAudio(turn, run, document, first?.message ?? "The audio cannot be played.");
  const answer = judged.ok ? checking.answer : withoutAudio(checking.answer, check.url);
  const checks = checking.checks.filter((each) => each !== check);
  run.checking = { ...checking, answer, checks };
  return checks.length > 0 ? WAITING : accept(turn, run, answer, checking);
}

/** RES-17, RES-23: strict, audio that is not there makes the whole answer invalid. */
function refuseAudio(turn: Turn, run: ConnectState, document: ConnectDocument, message: string): Reply {
  const { checking } = run;
  for (const { id } of checking?.checks ?? []) turn.abandon(id, "RES-27");
  close(turn, run, "invalid", checking ?? { status: null, elapsedMs: 0 }, "RES-27", message);
  return afterUnusable(turn, run, document, message);
}

function audioResult(outcome: HttpOutcome, ok: boolean): RequestResult {
  if (ok) return "usable";
  const received = receive(outcome);
  return received.usable ? "invalid" : received.result;
}

function accept(turn: Turn, run: ConnectState, answer: ConnectAnswer, received: Received): Reply {
  const id = run.asked?.id ?? FLOW;
  close(turn, run, "usable", received, null, "The answer is valid and is used.");
  return { kind: "answer", id, answer };
}

/** Writes down what came of the request itself; an answer that stands in the flow was never asked for. */
function close(
  turn: Turn,
  run: ConnectState,
  result: RequestResult,
  received: Received,
  rule: string | null,
  message: string,
): void {
  const id = run.asked?.id ?? null;
  const { status, elapsedMs } = received;
  if (id !== null) turn.result({ id, result, status, elapsedMs }, rule, message);
  run.checking = null;
}

/** EXIT-1: the Primary is unusable → the Fallback, if one is set. */
function afterUnusable(turn: Turn, run: ConnectState, document: ConnectDocument, message: string): Reply {
  const { asked } = run;
  run.asked = null;
  run.checking = null;
  if (asked?.role !== "primary" || document.url?.fallback === undefined) return { kind: "unusable", message };
  turn.decide("EXIT-1", "The Primary URL's answer cannot be used: the Fallback URL is asked.");
  run.phase = "asking";
  return send(turn, run, document, "fallback", asked.query);
}

/** The ExoPhone of leg 1: the one called, or the one an API call was made from. */
export function exophoneOf(turn: Turn): Exophone {
  const { to } = turn.call;
  const owned = turn.setup.account.exophones.find((each) => each.number === to);
  return owned ?? { number: to, region: null, trunk: null };
}

/** Whether an event belongs to what is being asked. */
export function isAwaited(asked: Asked | null, id: string): boolean {
  return asked !== null && asked.id === id;
}
