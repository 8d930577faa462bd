import type { Attributes, Context, Span, Tracer } from "@opentelemetry/api";
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { CallRecord } from "../../../core/call/record.ts";
import type { AttemptRow, EndRow, RequestRow } from "../../../edges/store/types.ts";
import { VERSION } from "../../../version.ts";
import { spanIdOf, traceIdOf } from "../../exchange/call-tracing.ts";
import type { OpenTracing } from "./open-tracing.ts";

/** ms. A stop must not wait for a collector that does not answer. */
const FLUSH_LIMIT_MS = 5000;

/** One span. Times are epoch ms. */
interface SpanParts {
  readonly id: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: Attributes;
  /** Null: no error. */
  readonly error: string | null;
}

/**
 * Makes a span for each call, attempt and request from the call's last row, without numbers, digits or queries. Spans wait in a queue of
 * 2,048 and are sent in the background; those that the collector does not take are dropped.
 */
export function startSpanExport(): OpenTracing {
  const ids = { traceId: "", spanId: "" };
  const named = resourceFromAttributes({ "service.name": "plugboard", "service.version": VERSION });
  const provider = new TracerProvider({
    resource: named.merge(detectResources({ detectors: [envDetector] })),
    idGenerator: { generateTraceId: () => ids.traceId, generateSpanId: () => ids.spanId },
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  const tracer = provider.getTracer("plugboard", VERSION);
  return {
    ended: (callSid, account, end) => {
      ids.traceId = traceIdOf(callSid);
      const write = (context: Context, parts: SpanParts): Span => {
        ids.spanId = parts.id;
        return written(tracer, context, parts);
      };
      const record = JSON.parse(end.cdr) as CallRecord;
      const within = trace.setSpan(ROOT_CONTEXT, write(ROOT_CONTEXT, callSpan(callSid, account, end, record)));
      const startedAt = end.endedAt - record.duration_ms;
      for (const attempt of end.attempts) write(within, attemptSpan(callSid, startedAt, attempt));
      for (const request of end.requests) write(within, requestSpan(callSid, startedAt, request));
    },
    close: async () => {
      const limit = new Promise<void>((resolve) => setTimeout(resolve, FLUSH_LIMIT_MS).unref());
      await Promise.race([provider.shutdown().catch(() => undefined), limit]);
    },
  };
}

function written(tracer: Tracer, context: Context, parts: SpanParts): Span {
  const { name, kind, startedAt: startTime, attributes, error, endedAt } = parts;
  const span = tracer.startSpan(name, { kind, startTime, attributes }, context);
  if (error !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
  span.end(endedAt);
  return span;
}

function callSpan(callSid: string, account: string, { endedAt }: EndRow, record: CallRecord): SpanParts {
  const { status, dial_call_status, ended_by, conversation_s, duration_ms } = record;
  return {
    id: spanIdOf(callSid, "call"),
    name: "call",
    kind: SpanKind.SERVER,
    startedAt: endedAt - duration_ms,
    endedAt,
    attributes: {
      "plugboard.call_sid": callSid,
      "plugboard.account": account,
      "plugboard.status": status,
      "plugboard.ended_by": ended_by,
      "plugboard.conversation_s": conversation_s,
      ...(dial_call_status !== null && { "plugboard.dial_call_status": dial_call_status }),
    },
    error: status === "failed" ? "failed" : null,
  };
}

function attemptSpan(callSid: string, callStartedAt: number, attempt: AttemptRow): SpanParts {
  const { leg, applet, trunk, startedMs, ringingMs, answeredMs, endedMs, outcome, causeCode, cause } = attempt;
  return {
    id: spanIdOf(callSid, `leg ${leg}`),
    name: "attempt",
    kind: SpanKind.CLIENT,
    startedAt: callStartedAt + startedMs,
    endedAt: callStartedAt + endedMs,
    attributes: {
      "plugboard.call_sid": callSid,
      "plugboard.leg": leg,
      "plugboard.applet": applet,
      "plugboard.outcome": outcome,
      "plugboard.cause": `${causeCode} ${cause}`,
      ...(trunk !== null && { "plugboard.trunk": trunk }),
      ...(ringingMs !== null && { "plugboard.ringing_ms": ringingMs - startedMs }),
      ...(answeredMs !== null && { "plugboard.answered_ms": answeredMs - startedMs }),
    },
    error: outcome === "failed" ? cause : null,
  };
}

function requestSpan(callSid: string, callStartedAt: number, request: RequestRow): SpanParts {
  const { id, purpose, atMs, elapsedMs, result, url } = request;
  const { host, pathname } = URL.parse(url) ?? { host: "", pathname: "" };
  return {
    id: spanIdOf(callSid, id),
    name: purpose,
    kind: SpanKind.CLIENT,
    startedAt: callStartedAt + atMs,
    endedAt: callStartedAt + atMs + (elapsedMs ?? 0),
    attributes: {
      "plugboard.call_sid": callSid,
      "plugboard.purpose": purpose,
      "plugboard.result": result,
      "server.address": host,
      "url.path": pathname,
    },
    error: result === "usable" ? null : result,
  };
}
