import { maskCredentials } from "../../core/contract/query.ts";
import type { CheckDeps, CheckTarget } from "./check-target.ts";
import { EndpointState } from "./endpoint-state.ts";
import { IssueCollector } from "./issue-collector.ts";
import { latencyOf, noteSlow } from "./latency.ts";
import type { Probe } from "./probe.ts";
import { ProbeEnds, ProbeSession } from "./probe-session.ts";
import { PROBES_OF } from "./probes.ts";
import type { CheckReport, Latency, ProbeReport } from "./report.ts";

/**
 * Sends what the platform would send to a customer's URL (and the Fallback URL), one request after the other, and judges
 * every answer by the contract. Private addresses are allowed, since developers check their own machines. Never throws
 * because of what the endpoint does.
 */
export async function check(target: CheckTarget, deps: CheckDeps): Promise<CheckReport> {
  const startedAtMs = deps.clock.now();
  const issues = new IssueCollector(target.mode);
  const endpoints = [new EndpointState("primary", target.primary)];
  if (target.fallback !== null) endpoints.push(new EndpointState("fallback", target.fallback));
  const probes: ProbeReport[] = [];
  const latency: Latency[] = [];
  for (const endpoint of endpoints) {
    const own = PROBES_OF[target.kind].filter(({ roles }) => roles.includes(endpoint.role));
    for (const probe of own) probes.push(await runProbe(probe, target, deps, endpoint, issues));
    const times = latencyOf(endpoint);
    if (times !== null) latency.push(times);
    noteSlow(target, endpoint, issues);
  }
  noteSameHost(endpoints, issues);
  return {
    url: maskCredentials(target.primary),
    fallback: target.fallback === null ? null : maskCredentials(target.fallback),
    kind: target.kind,
    mode: target.mode,
    startedAtMs,
    requests: probes.reduce((sum, { requests }) => sum + requests, 0),
    latency,
    probes: probes.map((probe) => ({ ...probe, result: resultOf(probe, issues) })),
    issues: issues.issues(),
  };
}

/** Known only at the end: an issue of a whole endpoint counts for its probes as well. */
function resultOf({ id, endpoint, result }: ProbeReport, issues: IssueCollector): ProbeReport["result"] {
  const worst = issues.worst(endpoint, id);
  if (worst !== null) return worst === "error" ? "failed" : "warned";
  return result;
}

async function runProbe(
  probe: Probe,
  target: CheckTarget,
  deps: CheckDeps,
  endpoint: EndpointState,
  issues: IssueCollector,
): Promise<ProbeReport> {
  const { id, title, numberForm = null } = probe;
  const limits = { id, numberForm, requests: probe.requests(target, endpoint.role) };
  const session = new ProbeSession(target, deps, endpoint, issues, limits);
  let reason: string | null = null;
  try {
    await probe.run(session);
  } catch (error) {
    if (!(error instanceof ProbeEnds)) throw error;
    reason = error.message;
  }
  const { requests, elapsedMs, effects } = session;
  const result = reason === null ? "passed" : "skipped";
  return { id, title, endpoint: endpoint.role, result, reason, requests, elapsedMs, effects };
}

/** EXIT-1: the Fallback is for the hour in which the Primary's machine is down. */
function noteSameHost(endpoints: readonly EndpointState[], issues: IssueCollector): void {
  const [primary, fallback] = endpoints;
  const [first] = fallback?.exchanges ?? [];
  if (primary === undefined || fallback === undefined || first === undefined) return;
  const host = (url: string): string | undefined => URL.parse(url)?.host;
  if (host(primary.configuredUrl) !== host(fallback.configuredUrl)) return;
  const message = "The Fallback URL is on the same host and port as the Primary.";
  issues.add({ endpoint: "fallback", probe: "first", asked: first }, { id: "same-fallback", message });
}
