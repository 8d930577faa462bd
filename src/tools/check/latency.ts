import type { EndpointState, Exchanged } from "./probe-session.ts";
import type { IssueCollector } from "./issue-collector.ts";
import type { Latency } from "./report.ts";
import type { CheckTarget } from "./check-target.ts";

/** How long an endpoint took; null: it was never asked. */
export function timesOf({ role, asked }: EndpointState): Latency | null {
  const [first] = asked;
  if (first === undefined) return null;
  const sorted = asked.map(({ elapsedMs }) => elapsedMs).toSorted((a, b) => a - b);
  return {
    endpoint: role,
    requests: sorted.length,
    firstMs: first.elapsedMs,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    maxMs: quantile(sorted, 1),
  };
}

/** Nearest rank: a time that was really measured. */
function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)] ?? 0;
}

/** REQ-6: what came whole, but late. A timeout is an error already. */
export function noteSlow({ limits }: CheckTarget, { role, asked }: EndpointState, notes: IssueCollector): void {
  const { slowMs, deadlineMs } = limits;
  const late = ({ outcome, elapsedMs }: Exchanged): boolean => outcome.ok && elapsedMs > slowMs;
  const note = (id: "slow" | "slow-start", one: Exchanged, message: string): void =>
    notes.add({ endpoint: role, probe: one.probe, asked: one }, { id, message });
  const [first, ...others] = asked;
  if (first !== undefined && late(first))
    note("slow-start", first, `The first request took ${first.elapsedMs} ms of ${deadlineMs} ms.`);
  const slow = others.filter(late).toSorted((a, b) => b.elapsedMs - a.elapsedMs);
  const longest = slow[0]?.elapsedMs ?? 0;
  const message = `${slow.length} of ${asked.length} answers took more than ${slowMs} ms, the slowest ${longest} ms of ${deadlineMs} ms.`;
  for (const one of slow) note("slow", one, message);
}
