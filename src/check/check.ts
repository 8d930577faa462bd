import { maskCredentials } from "../contract/query.ts";
import { Acquaintance, Interview, ProbeEnds } from "./interview.ts";
import { noteSlow, timesOf } from "./latency.ts";
import { Notes } from "./notes.ts";
import type { Probe } from "./probes.ts";
import { PROBES } from "./probes.ts";
import type { CheckReport, Latency, ProbeReport } from "./report.ts";
import type { Subject, World } from "./subject.ts";

/**
 * Sends what the platform would send to a Primary (and Fallback) URL, one request after the other, and judges every
 * answer by the contract. Addresses inside the own network are allowed: it is the developer's own machine that is
 * checked. Never throws for what the endpoint does.
 */
export async function check(subject: Subject, world: World): Promise<CheckReport> {
  const startedAtMs = world.clock.now();
  const notes = new Notes(subject.mode);
  const endpoints = [new Acquaintance("primary", subject.primary)];
  if (subject.fallback !== null) endpoints.push(new Acquaintance("fallback", subject.fallback));
  const probes: ProbeReport[] = [];
  const latency: Latency[] = [];
  for (const endpoint of endpoints) {
    const own = PROBES.filter(({ roles }) => roles.includes(endpoint.role));
    for (const probe of own) probes.push(await runProbe(probe, subject, world, endpoint, notes));
    const times = timesOf(endpoint);
    if (times !== null) latency.push(times);
    noteSlow(subject, endpoint, notes);
  }
  noteSameHost(endpoints, notes);
  return {
    url: maskCredentials(subject.primary),
    fallback: subject.fallback === null ? null : maskCredentials(subject.fallback),
    mode: subject.mode,
    startedAtMs,
    requests: probes.reduce((sum, { requests }) => sum + requests, 0),
    latency,
    probes: probes.map((probe) => ({ ...probe, result: resultOf(probe, notes) })),
    issues: notes.issues(),
  };
}

/** Levels are settled at the end: what a whole endpoint shows is filed under its probes as well. */
function resultOf({ id, endpoint, result }: ProbeReport, notes: Notes): ProbeReport["result"] {
  const worst = notes.worst(endpoint, id);
  if (worst !== null) return worst === "error" ? "failed" : "warned";
  return result;
}

async function runProbe(
  probe: Probe,
  subject: Subject,
  world: World,
  endpoint: Acquaintance,
  notes: Notes,
): Promise<ProbeReport> {
  const { id, title } = probe;
  const interview = new Interview(subject, world, endpoint, notes, { id, requests: probe.requests(subject) });
  let reason: string | null = null;
  try {
    await probe.run(interview);
  } catch (error) {
    if (!(error instanceof ProbeEnds)) throw error;
    reason = error.message;
  }
  const { requests, elapsedMs } = interview;
  const result = reason === null ? "passed" : "skipped";
  return { id, title, endpoint: endpoint.role, result, reason, requests, elapsedMs };
}

/** EXIT-1: the Fallback is for the hour in which the Primary's machine is gone. */
function noteSameHost(endpoints: readonly Acquaintance[], notes: Notes): void {
  const [primary, fallback] = endpoints;
  const [first] = fallback?.asked ?? [];
  if (primary === undefined || fallback === undefined || first === undefined) return;
  const host = (url: string): string | undefined => URL.parse(url)?.host;
  if (host(primary.configuredUrl) !== host(fallback.configuredUrl)) return;
  const message = "The Fallback URL is on the same host and port as the Primary.";
  notes.add({ endpoint: "fallback", probe: "first", asked: first }, { id: "same-fallback", message });
}
