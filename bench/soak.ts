import type { Usage } from "./processes.ts";
import { sleep, startRig } from "./rig.ts";

const TALK_MS = 1000;
const MINUTE_MS = 60_000;
/** By then caches, pools and heaps have reached their size. */
const SETTLED_AFTER_MIN = 5;
/** How much a heap varies between collections; a leak of one kilobyte per call shows within ten minutes at any useful rate. */
const MAX_GROWTH = 1.15;

/** Calls for a long time: none may fail, and no process may grow once it has settled. */
export async function soak(rate: number, minutes: number): Promise<void> {
  const rig = await startRig({ trunkPort: null, customerUrl: null });
  try {
    const calls = rig.calls(rate, minutes * 60, TALK_MS);
    const samples: Record<string, Usage>[] = [];
    for (let minute = 1; minute < minutes; minute++) {
      await sleep(MINUTE_MS);
      const usage = rig.usage();
      samples.push(usage);
      console.log(`${String(minute).padStart(3)} min  ${line(usage)}`);
    }
    const { succeeded, failed, retransmissions } = await calls;
    console.log(`${succeeded} calls at ${rate}/s, ${failed} failed, ${retransmissions} retransmissions`);
    const grown = grownProcesses(samples);
    for (const finding of grown) console.log(finding);
    if (failed > 0 || grown.length > 0) process.exitCode = 1;
  } finally {
    await rig.stop();
  }
}

function line(usage: Record<string, Usage>): string {
  return Object.entries(usage)
    .map(([name, { rssMiB, cpuS }]) => `${name} ${rssMiB.toFixed(0)} MiB ${cpuS.toFixed(0)} s`)
    .join("  ");
}

/** Compares the mean of the last five minutes with that of the first five after settling. */
function grownProcesses(samples: readonly Record<string, Usage>[]): string[] {
  const settled = samples.slice(SETTLED_AFTER_MIN);
  const mean = (part: readonly Record<string, Usage>[], name: string): number =>
    part.reduce((sum, usage) => sum + (usage[name]?.rssMiB ?? 0), 0) / Math.max(1, part.length);
  return Object.keys(settled[0] ?? {}).flatMap((name) => {
    const [before, after] = [mean(settled.slice(0, 5), name), mean(settled.slice(-5), name)];
    return after > before * MAX_GROWTH ? [`${name} grew from ${before.toFixed(0)} to ${after.toFixed(0)} MiB`] : [];
  });
}
