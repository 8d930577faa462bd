import type { Usage } from "./processes.ts";
import type { CallsResult, Rig } from "./rig.ts";
import { sleep, startRig } from "./rig.ts";

const TALK_MS = 1000;
const WARM_UP_S = 10;
const PROBE_S = 8;
const SETTLE_S = 20;
const MEASURE_S = 30;
const RATES = [100, 200, 300, 400, 500, 600, 700, 800, 1000, 1200];
/** Beyond that share of failed calls, or of retransmissions, a rate is over capacity. */
const MAX_FAILED = 0.001;
const MAX_RETRANSMITTED = 0.02;

/** Calls per CPU second through the whole path: SIP in, URL fetched, SIP out, journal. */
export async function signalling(fixedRate: number | null): Promise<void> {
  const rig = await startRig({ trunkPort: null, customerUrl: null });
  try {
    await rig.calls(100, WARM_UP_S, TALK_MS);
    const rate = fixedRate ?? Math.round((await capacity(rig)) / 2);
    // A steady state is measured: functions are compiled for this load, and tables and pools have grown to the size it needs.
    await rig.calls(rate, SETTLE_S, TALK_MS);
    await sleep(1000);
    await measure(rig, rate);
  } finally {
    await rig.stop();
  }
}

async function capacity(rig: Rig): Promise<number> {
  let best = 0;
  for (const rate of RATES) {
    const result = await rig.calls(rate, PROBE_S, TALK_MS);
    const holds = fits(result);
    console.log(
      `  ${rate} calls/s: ${result.failed} failed, ${result.retransmissions} retransmissions${holds ? "" : " — over capacity"}`,
    );
    if (!holds) break;
    best = rate;
    await sleep(2000);
  }
  console.log(`capacity (callers, callees and the customer's application on the same two cores): ${best} calls/s`);
  return best;
}

function fits({ succeeded, failed, retransmissions }: CallsResult): boolean {
  const total = succeeded + failed;
  return failed <= total * MAX_FAILED && retransmissions <= total * MAX_RETRANSMITTED;
}

async function measure(rig: Rig, rate: number): Promise<void> {
  const before = rig.usage();
  const result = await rig.calls(rate, MEASURE_S, TALK_MS);
  await sleep(1000);
  const after = rig.usage();
  console.log(
    `at ${rate} calls/s for ${MEASURE_S} s: ${result.succeeded} calls, ${result.failed} failed, ${result.retransmissions} retransmissions`,
  );
  report(before, after, result.succeeded);
}

function report(before: Record<string, Usage>, after: Record<string, Usage>, calls: number): void {
  let total = 0;
  for (const [name, usage] of Object.entries(after)) {
    const cpuS = usage.cpuS - (before[name]?.cpuS ?? 0);
    total += cpuS;
    console.log(
      `  ${name.padEnd(11)} ${((cpuS / calls) * 1000).toFixed(2)} CPU s per 1,000 calls, ${usage.rssMiB.toFixed(0)} MiB`,
    );
  }
  console.log(`  all         ${((total / calls) * 1000).toFixed(2)} CPU s per 1,000 calls`);
}
