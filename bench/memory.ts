import type { Usage } from "./processes.ts";
import { sleep, startRig } from "./rig.ts";

const LIVE = 1000;
const RATE = 100;
/** Long enough for all calls to be up at once. */
const TALK_MS = 25_000;
/** Time to build up the buffers, pools and compiled code that every process has once. */
const WARM_UP_S = 10;

/** What a live call costs in memory: a thousand at once, compared with what the same processes held just before. */
export async function memory(): Promise<void> {
  const rig = await startRig({ trunkPort: null, customerUrl: null });
  try {
    await rig.calls(RATE, WARM_UP_S, 500);
    await sleep(2000);
    const before = rig.usage();
    const calls = rig.calls(RATE, LIVE / RATE, TALK_MS);
    await sleep((LIVE / RATE) * 1000 + 3000);
    report(before, rig.usage());
    await calls;
  } finally {
    await rig.stop();
  }
}

function report(before: Record<string, Usage>, during: Record<string, Usage>): void {
  console.log(`memory with ${LIVE} live, bridged calls:`);
  for (const [name, { rssMiB }] of Object.entries(during)) {
    const grownKiB = (rssMiB - (before[name]?.rssMiB ?? 0)) * 1024;
    console.log(`  ${name.padEnd(11)} ${rssMiB.toFixed(0)} MiB, ${(grownKiB / LIVE).toFixed(0)} KiB per call`);
  }
}
