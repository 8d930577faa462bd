import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it, vi } from "vitest";
import { filesUnder, isTest } from "../../../../test/source.ts";
import { silentLog } from "../../../base/log.ts";
import { sampleEnd } from "../../../edges/store/testing/calls.ts";
import { spanIdOf, traceIdOf } from "../../exchange/call-tracing.ts";
import { openTracing } from "./open-tracing.ts";

const ENDED_AT = 1_767_600_064_210;

interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code?: number };
}

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly object[] };
    readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[];
  }[];
}

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
  vi.unstubAllEnvs();
});

/** A collector that keeps what was posted to it. */
async function collector(): Promise<{ readonly url: string; readonly bodies: { path: string; text: string }[] }> {
  const bodies: { path: string; text: string }[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      bodies.push({ path: request.url ?? "", text });
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies };
}

function endOf(callSid: string) {
  const record = {
    status: "completed",
    ended_by: "caller",
    dial_call_status: "busy",
    conversation_s: 0,
    duration_ms: 64_210,
  };
  return { ...sampleEnd(callSid, ENDED_AT), cdr: JSON.stringify(record) };
}

it("sends a span for the call, each attempt and each request, with times and without numbers", async () => {
  const { url, bodies } = await collector();
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", url);
  vi.stubEnv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test");
  const tracing = await openTracing(process.env, silentLog);
  tracing?.ended("c1", "acme", endOf("c1"));
  await tracing?.close();
  expect(bodies.map(({ path }) => path)).toEqual(["/v1/traces"]);
  const text = bodies[0]?.text ?? "";
  const [resourceSpans] = (JSON.parse(text) as Export).resourceSpans;
  const about = JSON.stringify(resourceSpans?.resource.attributes);
  expect(about).toContain('{"key":"service.name","value":{"stringValue":"plugboard"}}');
  expect(about).toContain('{"key":"deployment.environment.name","value":{"stringValue":"test"}}');
  const spans = resourceSpans?.scopeSpans.flatMap((scope) => scope.spans) ?? [];
  const common = { traceId: traceIdOf("c1"), parentSpanId: spanIdOf("c1", "call") };
  expect(spans).toMatchObject([
    { traceId: traceIdOf("c1"), spanId: spanIdOf("c1", "call"), name: "call" },
    { ...common, spanId: spanIdOf("c1", "leg 2"), name: "attempt" },
    { ...common, spanId: spanIdOf("c1", "f1"), name: "connect" },
  ]);
  expect(spans[0]?.parentSpanId ?? "").toBe("");
  const began = BigInt(ENDED_AT - 64_210) * 1_000_000n;
  expect(spans.map(({ startTimeUnixNano }) => BigInt(startTimeUnixNano) - began)).toEqual([0n, 1_000_000n, 0n]);
  expect(BigInt(spans[0]?.endTimeUnixNano ?? 0)).toBe(BigInt(ENDED_AT) * 1_000_000n);
  expect(text).not.toMatch(/91\d{10}/);
});

it("affects no call and delays no stop while the collector does not answer", async () => {
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9");
  vi.stubEnv("OTEL_EXPORTER_OTLP_TIMEOUT", "200");
  const tracing = await openTracing(process.env, silentLog);
  for (let n = 0; n < 3000; n += 1) tracing?.ended(`c${n}`, "acme", endOf(`c${n}`));
  const since = performance.now();
  await tracing?.close();
  expect(performance.now() - since).toBeLessThan(5500);
});

it("is off and loads nothing unless an endpoint is set", async () => {
  const named = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" };
  expect(await openTracing({}, silentLog)).toBeNull();
  expect(await openTracing({ ...named, OTEL_SDK_DISABLED: "true" }, silentLog)).toBeNull();
  expect(await openTracing({ ...named, OTEL_TRACES_EXPORTER: "none" }, silentLog)).toBeNull();
  const product = filesUnder("src", [".ts"]).filter((file) => !isTest(file));
  const loading = product.filter(({ text }) => /@opentelemetry\/|span-export\.ts/.test(text));
  expect(loading.map(({ path }) => path).filter((path) => !path.endsWith("/tracing/open-tracing.ts"))).toEqual([
    "src/server/supervisor/tracing/span-export.ts",
  ]);
});
