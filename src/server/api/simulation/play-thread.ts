/** The thread behind `play-in-thread.ts`: plays one call after the other. */
import { constants, getPriority, setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import type { PlayWork } from "./play.ts";
import { play } from "./play.ts";

/** Live calls come first: how much lower than theirs this thread's priority is (nice). */
const LOWER_BY = 10;
// On Linux 0 means this thread alone; elsewhere it would be the whole process.
if (process.platform === "linux") setPriority(0, Math.min(constants.priority.PRIORITY_LOW, getPriority(0) + LOWER_BY));

parentPort?.on("message", (work: PlayWork) => parentPort?.postMessage(play(work), []));
