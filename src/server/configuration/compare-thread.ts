/** The thread behind `flow-comparison.ts`: compares one pair of flows and ends. */
import { parentPort, workerData } from "node:worker_threads";
import type { FlowPair } from "./flow-comparison.ts";
import { lowerPriority } from "./lower-priority.ts";
import { compareFlows } from "../../tools/simulator/compare/compare-flows.ts";

lowerPriority();

const { before, after, ...options } = workerData as FlowPair;
parentPort?.postMessage(compareFlows(before, after, options), []);
