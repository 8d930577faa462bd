import { Worker } from "node:worker_threads";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { Flow } from "../../core/call/setup.ts";
import type { CompareOptions, FlowComparison } from "../../tools/simulator/compare/compare-flows.ts";

export interface FlowPair {
  readonly before: Flow;
  readonly after: Flow;
  /** Whose numbers are shown with their names. */
  readonly people: CompareOptions["people"] & object;
  /** The account's. */
  readonly timezone: string;
}

/** Comparisons at a time: each has a core to itself for a second or more. */
const MAX_COMPARISONS = 2;
/** ms; the largest flows take some seconds. */
const COMPARISON_LIMIT_MS = 30_000;
/** Memory of a comparison, MB: traces of one call at a time. */
const HEAP_MB = 128;
/** The sources run as TypeScript in development, and as JavaScript once built. */
const ENDING = import.meta.url.endsWith(".ts") ? "ts" : "js";

let running = 0;

/** Plays calls through both flows in a thread of its own, so that nobody's call waits. The error is one sentence. */
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
