import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const SECONDS = 15;
/** From a comfortable load to more than one core can carry. */
const CALLS = [100, 200, 300, 400];

/** Bridged, transcoded, recorded G.711 calls in one media process: its share of a core, loss and jitter at the phones. */
export function media(): void {
  const script = fileURLToPath(new URL("../src/edges/media/testing/load.ts", import.meta.url));
  for (const calls of CALLS) {
    const run = spawnSync(process.execPath, [script, "--calls", String(calls), "--seconds", String(SECONDS)], {
      encoding: "utf8",
    });
    if (run.status !== 0) throw new Error(`the load of ${calls} calls failed: ${run.stderr}`);
    process.stdout.write(run.stdout);
  }
}
