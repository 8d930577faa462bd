import { Worker } from "node:worker_threads";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { Flow } from "../../core/call/setup.ts";
import type { CompareOptions, FlowComparison } from "../../tools/simulator/compare/compare-flows.ts";

export interface FlowPair {
  readonly before: Flow;
  readonly after: Flow;
  /** People whose numbers are shown with their names. */
  readonly people: CompareOptions["people"] & object;
  /** The account's time zone. */
  readonly timezone: string;
}

/** Limit on concurrent comparisons: each keeps a core busy for a second or more. */
const MAX_COMPARISONS = 2;
/** ms; the largest flows take a few seconds. */
const COMPARISON_LIMIT_MS = 30_000;
/** Memory of a comparison, MB; it holds the traces of one call at a time. */
const HEAP_MB = 128;
/** TypeScript in development, JavaScript once built. */
const ENDING = import.meta.url.endsWith(".ts") ? "ts" : "js";

let running = 0;

/** Plays calls through both flows in a separate thread, so that no live call waits. The error is one sentence. */
export async function compareInThread(pair: FlowPair): Promise<Result<FlowComparison, string>> {
  if (running >= MAX_COMPARISONS) return err("other flows are being compared: try again in a few seconds");
  running += 1;
  const limit = AbortSignal.timeout(COMPARISON_LIMIT_MS);
  const worker = new Worker(new URL(`./compare-thread.${ENDING}`, import.meta.url), {
    workerData: pair,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  worker.unref();
  try {
    return await resultOf(worker, limit);
  } finally {
    running -= 1;
    await worker.terminate();
  }
}

function resultOf(worker: Worker, limit: AbortSignal): Promise<Result<FlowComparison, string>> {
  return new Promise((resolve) => {
    worker.once("message", (comparison: FlowComparison) => resolve(ok(comparison)));
    worker.once("error", (error) => resolve(err(`the flows could not be compared: ${error.message}`)));
    limit.addEventListener("abort", () =>
      resolve(err(`comparing the flows took more than ${COMPARISON_LIMIT_MS / 1000} s`)),
    );
  });
}
