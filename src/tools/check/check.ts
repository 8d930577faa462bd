import { maskCredentials } from "../../core/contract/query.ts";
import { EndpointState, ProbeSession, ProbeEnds } from "./probe-session.ts";
import { noteSlow, timesOf } from "./latency.ts";
import { IssueCollector } from "./issue-collector.ts";
import type { Probe } from "./probes.ts";
import { PROBES } from "./probes.ts";
import type { CheckReport, Latency, ProbeReport } from "./report.ts";
import type { CheckTarget, CheckDeps } from "./check-target.ts";

/**
 * Sends what the platform would send to a Primary (and Fallback) URL, one request after the other, and judges every
 * answer by the contract. Addresses inside the own network are allowed: it is the developer's own machine that is
 * checked. Never throws for what the endpoint does.
 */
export async function check(target: CheckTarget, world: CheckDeps): Promise<CheckReport> {
  const startedAtMs = world.clock.now();
  const notes = new IssueCollector(target.mode);
  const endpoints = [new EndpointState("primary", target.primary)];
  if (target.fallback !== null) endpoints.push(new EndpointState("fallback", target.fallback));
  const probes: ProbeReport[] = [];
  const latency: Latency[] = [];
  for (const endpoint of endpoints) {
    const own = PROBES.filter(({ roles }) => roles.includes(endpoint.role));
    for (const probe of own) probes.push(await runProbe(probe, target, world, endpoint, notes));
    const times = timesOf(endpoint);
    if (times !== null) latency.push(times);
    noteSlow(target, endpoint, notes);
  }
  noteSameHost(endpoints, notes);
  return {
    url: maskCredentials(target.primary),
    fallback: target.fallback === null ? null : maskCredentials(target.fallback),
    mode: target.mode,
    startedAtMs,
    requests: probes.reduce((sum, { requests }) => sum + requests, 0),
    latency,
    probes: probes.map((probe) => ({ ...probe, result: resultOf(probe, notes) })),
    issues: notes.issues(),
  };
}

/** Levels are settled at the end: what a whole endpoint shows is filed under its probes as well. */
function resultOf({ id, endpoint, result }: ProbeReport, notes: IssueCollector): ProbeReport["result"] {
  const worst = notes.worst(endpoint, id);
  if (worst !== null) return worst === "error" ? "failed" : "warned";
  return result;
}

async function runProbe(
  probe: Probe,
  target: CheckTarget,
  world: CheckDeps,
  endpoint: EndpointState,
  notes: IssueCollector,
): Promise<ProbeReport> {
  const { id, title } = probe;
  const session = new ProbeSession(target, world, endpoint, notes, { id, requests: probe.requests(target) });
  let reason: string | null = null;
  try {
    await probe.run(session);
  } catch (error) {
    if (!(error instanceof ProbeEnds)) throw error;
    reason = error.message;
  }
  const { requests, elapsedMs } = session;
  const result = reason === null ? "passed" : "skipped";
  return { id, title, endpoint: endpoint.role, result, reason, requests, elapsedMs };
}

/** EXIT-1: the Fallback is for the hour in which the Primary's machine is gone. */
function noteSameHost(endpoints: readonly EndpointState[], notes: IssueCollector): void {
  const [primary, fallback] = endpoints;
  const [first] = fallback?.asked ?? [];
  if (primary === undefined || fallback === undefined || first === undefined) return;
  const host = (url: string): string | undefined => URL.parse(url)?.host;
  if (host(primary.configuredUrl) !== host(fallback.configuredUrl)) return;
  const message = "The Fallback URL is on the same host and port as the Primary.";
  notes.add({ endpoint: "fallback", probe: "first", asked: first }, { id: "same-fallback", message });
}
