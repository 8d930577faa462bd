import type { TraceEntry } from "../call/trace.ts";
import type { UrlAnswer } from "./script.ts";
import { urlKey } from "./urls.ts";

type Entry<T extends TraceEntry["type"]> = Extract<TraceEntry, { type: T }>;
type Sent = Entry<"request.sent">;

/** A request that was never answered while anybody waited: longer than any deadline. */
const NEVER_MS = 60_000;

/** What the customers' URLs answered in a recorded call, by `urlKey`, in the order asked. */
export function readAnswers(trace: readonly TraceEntry[]): Record<string, UrlAnswer[]> {
  const answers: Record<string, UrlAnswer[]> = {};
  for (const entry of trace) {
    if (entry.type !== "request.sent") continue;
    (answers[urlKey(entry.url)] ??= []).push(answerOf(trace, entry));
  }
  return answers;
}

function answerOf(trace: readonly TraceEntry[], sent: Sent): UrlAnswer {
  const result = trace.find(
    (entry): entry is Entry<"request.result"> => entry.type === "request.result" && entry.id === sent.id,
  );
  if (result === undefined) return { kind: "error", afterMs: NEVER_MS, error: "timeout" };
  const afterMs = result.elapsed_ms;
  switch (result.result) {
    case "timeout":
      return { kind: "error", afterMs, error: "timeout" };
    case "unreachable":
      return { kind: "error", afterMs, error: "refused" };
    case "http_error":
      return plain(afterMs, result.http_status ?? 500, "");
    case "invalid":
      return invalid(sent, afterMs, result.http_status ?? 200);
    case "usable":
      return usable(trace, sent, afterMs);
    default:
      return plain(afterMs, 500, "");
  }
}

function plain(afterMs: number, status: number, body: string): UrlAnswer {
  return { kind: "answer", afterMs, status, headers: { "content-type": "text/plain" }, body };
}

function json(afterMs: number, value: unknown): UrlAnswer {
  const headers = { "content-type": "application/json" };
  return { kind: "answer", afterMs, status: 200, headers, body: JSON.stringify(value) };
}

/** The trace tells what was wrong, not the words: any answer that is wrong goes the same way. */
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
  if (sent.purpose === "audio") {
    return { kind: "answer", afterMs, status: 200, headers: { "content-type": "audio/wav" }, body: "" };
  }
  const used = trace.find((entry) => entry.type === "answer.used" && entry.id === sent.id);
  const answer = used?.type === "answer.used" ? used.answer : {};
  switch (sent.purpose) {
    case "connect":
      return json(afterMs, connectWire(answer));
    case "dial_whom":
      return plain(afterMs, 200, Array.isArray(answer["numbers"]) ? answer["numbers"].join(",") : "");
    case "gather":
      return json(afterMs, withoutNull(answer));
    case "passthru":
    case "greeting":
    case "dial_event":
    case "status_callback":
      return textual(afterMs, answer);
    default:
      return plain(afterMs, 200, "");
  }
}

/** Passthru and Greeting: what the trace kept of the answer under whichever name. */
function textual(afterMs: number, answer: Readonly<Record<string, unknown>>): UrlAnswer {
  const { select, text, prompts } = answer;
  if (typeof select === "string") return json(afterMs, { select });
  if (typeof text === "string") return plain(afterMs, 200, text);
  return plain(afterMs, 200, Array.isArray(prompts) ? prompts.join("\n") : "");
}

/** The effective answer of a Connect in the form in which a URL gives it. */
export function connectWire(answer: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { numbers, ...others } = withoutNull(answer);
  return { destination: { numbers }, ...others };
}

function withoutNull(answer: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(answer).filter(([, value]) => value !== null));
}
