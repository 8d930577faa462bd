/** The thread behind `flow-comparison.ts`: compares one pair of flows and ends. */
import { constants, getPriority, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import type { FlowPair } from "./flow-comparison.ts";
import { compareFlows } from "../../tools/simulator/compare/compare-flows.ts";

/** How much lower this thread's priority is (nice), because calls come first. */
const LOWER_BY = 10;
// On Linux 0 means only this thread; elsewhere it would be the whole process.
if (process.platform === "linux") setPriority(0, Math.min(constants.priority.PRIORITY_LOW, getPriority(0) + LOWER_BY));

const { before, after, ...options } = workerData as FlowPair;
parentPort?.postMessage(compareFlows(before, after, options), []);
