import type { Log } from "../../../base/log.ts";
import type { CallTracing } from "../../exchange/call-tracing.ts";

/** Exports spans from the process. */
export interface OpenTracing extends CallTracing {
  /** Sends what is left for at most five seconds, and ends. */
  close(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Starts tracing if OpenTelemetry's own variables ask for it; null: they don't, and no part of OpenTelemetry is loaded. */
export async function openTracing(env: Environment, log: Log): Promise<OpenTracing | null> {
  const endpoint = env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] ?? env["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? "";
  if (endpoint === "" || env["OTEL_SDK_DISABLED"] === "true" || env["OTEL_TRACES_EXPORTER"] === "none") return null;
  const protocol = env["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] ?? env["OTEL_EXPORTER_OTLP_PROTOCOL"] ?? "http/json";
  if (!protocol.startsWith("http/"))
    log.warn({ protocol }, "traces are sent as http/json: name an endpoint that takes OTLP over HTTP");
  return (await import("./span-export.ts")).startSpanExport();
}
