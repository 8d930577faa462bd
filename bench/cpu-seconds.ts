/** The best run counts: other programs on the machine can only make a run slower. */
const TAKES = 5;

/** CPU seconds (user and system, all threads) of the cheapest run. */
export function cpuSeconds(work: () => void): number {
  let best = Infinity;
  for (let take = 0; take < TAKES; take++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1_000_000);
  }
  return best;
}
