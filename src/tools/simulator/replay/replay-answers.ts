import type { TraceEntry } from "../../../core/call/trace.ts";
import { downloads } from "./replay-sounds.ts";
import type { UrlAnswer } from "../scenario/scenario-types.ts";
import { urlKey } from "../scripted-urls.ts";

type Entry<T extends TraceEntry["type"]> = Extract<TraceEntry, { type: T }>;
type Sent = Entry<"request.sent">;
type Json = Readonly<Record<string, unknown>>;
type Result = Entry<"request.result">;

/** A request that was not answered while the call waited for it: longer than any deadline. */
const NEVER: UrlAnswer = { kind: "error", afterMs: 60_000, error: "timeout" };

/** `as_sent`: whole bodies as they came, for the validation mode of the call; `as_used`: what was used of them, for any. */
export type AnswerForm = "as_sent" | "as_used";

/** What the customers' URLs answered in a recorded call, by `urlKey`, in the order of the requests. */
export function readAnswers(trace: readonly TraceEntry[], form: AnswerForm = "as_used"): Record<string, UrlAnswer[]> {
  const answers: Record<string, UrlAnswer[]> = {};
  let refused = false;
  for (const entry of trace) {
    if (entry.type !== "request.sent") continue;
    const result = resultOf(trace, entry);
    // An answer that failed because of its audio is replayed as an invalid answer, so its audio is not requested again.
    if (entry.purpose === "audio" && refused) continue;
    const sent = form === "as_sent" && result !== undefined ? wholeAnswer(result) : null;
    if (entry.purpose !== "audio") refused = sent === null && result?.result === "invalid";
    (answers[urlKey(entry.url)] ??= []).push(sent ?? answerOf(trace, entry, result));
  }
  for (const [url, isThere] of downloads(trace)) answers[urlKey(url)] ??= [isThere ? audio(0) : plain(0, 404, "")];
  return answers;
}

function resultOf(trace: readonly TraceEntry[], sent: Sent): Result | undefined {
  return trace.find((entry): entry is Result => entry.type === "request.result" && entry.id === sent.id);
}

function answerOf(trace: readonly TraceEntry[], sent: Sent, result: Result | undefined): UrlAnswer {
  if (result === undefined) return NEVER;
  const afterMs = result.elapsed_ms;
  switch (result.result) {
    case "timeout":
      return { kind: "error", afterMs, error: "timeout" };
    case "unreachable":
      return { kind: "error", afterMs, error: "refused" };
    case "http_error":
      return plain(afterMs, result.http_status ?? 500, "");
    case "invalid":
      return invalid(sent, result.at_ms - sent.at_ms, result.http_status ?? 200);
    case "usable":
      return keptAnswer(trace, result) ?? usable(trace, sent, afterMs);
    default:
      return plain(afterMs, 500, "");
  }
}

/**
 * The original body, if the trace kept all of it. An answer with findings is rebuilt from the parts that were used,
 * since the flow that validates the replay does not know the original validation mode.
 */
function keptAnswer(trace: readonly TraceEntry[], result: Result): UrlAnswer | null {
  const hasFindings = trace.some((entry) => entry.type === "answer.finding" && entry.id === result.id);
  return hasFindings ? null : wholeAnswer(result);
}

/** The answer as it came; null: the trace has not all of it. */
function wholeAnswer(result: Result): UrlAnswer | null {
  const { body, content_type: contentType, body_cut: cut, http_status: status, elapsed_ms: afterMs } = result;
  if (body === undefined || cut === true || status === null) return null;
  const headers: Record<string, string> = typeof contentType === "string" ? { "content-type": contentType } : {};
  return { kind: "answer", afterMs, status, headers, body };
}

function plain(afterMs: number, status: number, body: string): UrlAnswer {
  return { kind: "answer", afterMs, status, headers: { "content-type": "text/plain" }, body };
}

function audio(afterMs: number): UrlAnswer {
  return { kind: "answer", afterMs, status: 200, headers: { "content-type": "audio/wav" }, body: "" };
}

function json(afterMs: number, value: unknown): UrlAnswer {
  const headers = { "content-type": "application/json" };
  return { kind: "answer", afterMs, status: 200, headers, body: JSON.stringify(value) };
}

/** The trace keeps the problem, not the body: any invalid answer has the same effect. */
function invalid(sent: Sent, afterMs: number, status: number): UrlAnswer {
  return {
    kind: "answer",
    afterMs,
    status,
    headers: { "content-type": "text/html" },
    body: `not kept: ${sent.purpose}`,
  };
}

function usable(trace: readonly TraceEntry[], sent: Sent, afterMs: number): UrlAnswer {
  if (sent.purpose === "audio") return audio(afterMs);
  const used = trace.find((entry) => entry.type === "answer.used" && entry.id === sent.id);
  const answer = used?.type === "answer.used" ? used.answer : unusedAnswer(trace, sent);
  switch (sent.purpose) {
    case "connect":
      return json(afterMs, connectWire(answer));
    case "dial_whom":
      // The numbers are only known from an answer that was used.
      if (used === undefined) return NEVER;
      return plain(afterMs, 200, Array.isArray(answer["numbers"]) ? answer["numbers"].join(",") : "");
    case "gather":
      return json(afterMs, withoutNull(answer));
    case "passthru":
      return json(afterMs, selectedAfter(trace, sent));
    case "greeting":
      return plain(afterMs, 200, promptAfter(trace, sent));
    case "dial_event":
    case "status_callback":
      return plain(afterMs, 200, "");
    default:
      return plain(afterMs, 200, "");
  }
}

/**
 * A usable answer that was never used: the call ended while its audio was being checked (RES-27). That audio is all the
 * trace shows of it; one answer names at most two files.
 */
function unusedAnswer(trace: readonly TraceEntry[], sent: Sent): Json {
  const later = trace.slice(trace.indexOf(sent) + 1).filter((entry) => entry.type === "request.sent");
  const other = later.findIndex(({ purpose }) => purpose !== "audio");
  const [first, second] = (other < 0 ? later : later.slice(0, other)).map(({ url }) => url);
  if (first === undefined) return {};
  if (sent.purpose === "gather") {
    const repeat = second === undefined ? null : { audio_url: second };
    return { gather_prompt: { audio_url: first }, repeat_gather_prompt: repeat };
  }
  const playback = second === undefined ? null : { playback_to: "callee", type: "audio_url", value: second };
  return { numbers: [], music_on_hold: { type: "custom_tone", value: first }, start_call_playback: playback };
}

/** APP-5: the case that the next Switch took. */
function selectedAfter(trace: readonly TraceEntry[], sent: Sent): Json {
  const later = trace.slice(trace.indexOf(sent));
  const entered = later.find((entry) => entry.type === "applet.entered" && entry.kind === "switch");
  if (entered?.type !== "applet.entered") return {};
  const taken = later.find((entry) => entry.type === "exit.taken" && entry.applet === entered.applet);
  return taken?.type !== "exit.taken" || taken.exit === "default" ? {} : { select: taken.exit };
}

/** What was played once the URL had answered: `text: …`, or audio URLs. */
function promptAfter(trace: readonly TraceEntry[], sent: Sent): string {
  const next = trace
    .slice(trace.indexOf(sent))
    .find(({ type }) => type === "playback.started" || type === "exit.taken");
  const what = next?.type === "playback.started" ? next.what : "";
  return what.startsWith("text: ") ? what.slice("text: ".length) : what.replaceAll(", ", "\n");
}

/** The effective answer of a Connect in the form in which a URL sends it. */
export function connectWire(answer: Json): Json {
  const { numbers, ...others } = withoutNull(answer);
  return { destination: { numbers }, ...others };
}

function withoutNull(answer: Json): Record<string, unknown> {
  return Object.fromEntries(Object.entries(answer).filter(([, value]) => value !== null));
}
