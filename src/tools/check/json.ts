import type { CheckReport, Issue, Latency, ProbeReport } from "./report.ts";
import { countOf } from "./report.ts";

/** The value that `plugboard check --json` prints; docs/check.md describes it. Fields are added, never renamed. */
export function reportJson(report: CheckReport): Readonly<Record<string, unknown>> {
  return {
    url: report.url,
    fallback: report.fallback,
    kind: report.kind,
    mode: report.mode,
    started_at: new Date(report.startedAtMs).toISOString(),
    ok: countOf(report, "error") === 0,
    errors: countOf(report, "error"),
    warnings: countOf(report, "warning"),
    requests: report.requests,
    latency: report.latency.map(latencyJson),
    probes: report.probes.map(probeJson),
    findings: report.issues.map(issueJson),
  };
}

function latencyJson({ endpoint, requests, firstMs, p50Ms, p99Ms, maxMs }: Latency): unknown {
  return { endpoint, requests, first_ms: firstMs, p50_ms: p50Ms, p99_ms: p99Ms, max_ms: maxMs };
}

function probeJson({ id, title, endpoint, result, reason, requests, elapsedMs, effects }: ProbeReport): unknown {
  return { id, title, endpoint, result, reason, requests, elapsed_ms: elapsedMs, effects };
}

function issueJson(issue: Issue): unknown {
  const { id, rule, level, strict, lenient, endpoint, probes, count, path, message, sent, cameBack, fix, curl } = issue;
  const { status, contentType, body, failure, elapsedMs } = cameBack;
  const came_back = { status, content_type: contentType, body, failure, elapsed_ms: elapsedMs };
  return { id, rule, level, strict, lenient, endpoint, probes, count, path, message, sent, came_back, fix, curl };
}
