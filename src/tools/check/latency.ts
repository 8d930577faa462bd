import type { CheckTarget } from "./check-target.ts";
import type { EndpointState } from "./endpoint-state.ts";
import type { Exchanged } from "./exchange.ts";
import type { IssueCollector } from "./issue-collector.ts";
import type { Latency } from "./report.ts";

/** How long an endpoint took to answer; null if it was never asked. */
export function latencyOf({ role, exchanges }: EndpointState): Latency | null {
  const [first] = exchanges;
  if (first === undefined) return null;
  const sorted = exchanges.map(({ elapsedMs }) => elapsedMs).toSorted((a, b) => a - b);
  return {
    endpoint: role,
    requests: sorted.length,
    firstMs: first.elapsedMs,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    maxMs: quantile(sorted, 1),
  };
}

/** Nearest rank: always a time that was actually measured. */
function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)] ?? 0;
}

/** REQ-6: answers that arrived in full, but late. A timeout is already an error. */
export function noteSlow({ limits }: CheckTarget, { role, exchanges }: EndpointState, issues: IssueCollector): void {
  const { slowMs, deadlineMs } = limits;
  const isSlow = ({ outcome, elapsedMs }: Exchanged): boolean => outcome.ok && elapsedMs > slowMs;
  const note = (id: "slow" | "slow-start", asked: Exchanged, message: string): void =>
    issues.add({ endpoint: role, probe: asked.probe, asked }, { id, message });
  const [first, ...others] = exchanges;
  if (first !== undefined && isSlow(first))
    note("slow-start", first, `The first request took ${first.elapsedMs} ms of ${deadlineMs} ms.`);
  const slow = others.filter(isSlow).toSorted((a, b) => b.elapsedMs - a.elapsedMs);
  const slowest = slow[0]?.elapsedMs ?? 0;
  const message = `${slow.length} of ${exchanges.length} answers took more than ${slowMs} ms, the slowest ${slowest} ms of ${deadlineMs} ms.`;
  for (const asked of slow) note("slow", asked, message);
}
