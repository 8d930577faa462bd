/** The thread behind `play-in-thread.ts`: plays one call after another. */
import { parentPort } from "node:worker_threads";
import { lowerPriority } from "../../configuration/lower-priority.ts";
import type { PlayWork } from "./play.ts";
import { play } from "./play.ts";

lowerPriority();

parentPort?.on("message", (work: PlayWork) => parentPort?.postMessage(play(work), []));
