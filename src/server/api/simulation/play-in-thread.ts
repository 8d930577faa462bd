import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Result } from "../../../base/result.ts";
import { err, ok } from "../../../base/result.ts";
import type { PlayResult, PlayWork } from "./play.ts";

/** Limit of plays under way or waiting; a person or an assistant requests one at a time. */
const MAX_PLAYS = 16;
/** ms. One call takes milliseconds; the largest flow and scenario a few seconds. */
const PLAY_LIMIT_MS = 20_000;
/** ms without work after which the thread is ended, to free its memory. */
const IDLE_MS = 60_000;
/** Memory of the thread, MB. */
const HEAP_MB = 128;
/** The sources run as TypeScript in development, and as JavaScript once built. */
const ENDING = import.meta.url.endsWith(".ts") ? "ts" : "js";

let thread: Worker | null = null;
let idle: NodeJS.Timeout | undefined;
let plays = 0;
let last: Promise<unknown> = Promise.resolve();

/**
 * Plays one call in virtual time, in a thread that all plays share in turn, so that no live call waits. The thread is kept
 * for a while, because starting one takes longer than a play. The error is one sentence.
 */
export async function playInThread(work: PlayWork): Promise<Result<PlayResult, string>> {
  if (plays >= MAX_PLAYS) return err(`${MAX_PLAYS} calls are being simulated already: try again in a few seconds`);
  plays += 1;
  clearTimeout(idle);
  const turn = last.then(() => playNow(work));
  last = turn;
  try {
    return await turn;
  } finally {
    plays -= 1;
    if (plays === 0) idle = setTimeout(() => end(thread), IDLE_MS).unref();
  }
}

async function playNow(work: PlayWork): Promise<Result<PlayResult, string>> {
  const worker = (thread ??= started());
  const played = await resultOf(worker, work);
  // A thread that failed may still be busy, or out of memory.
  if (!played.ok) end(worker);
  return played;
}

async function resultOf(worker: Worker, work: PlayWork): Promise<Result<PlayResult, string>> {
  const limit = AbortSignal.timeout(PLAY_LIMIT_MS);
  try {
    const message = once(worker, "message", { signal: limit });
    worker.postMessage(work, []);
    const [played] = (await message) as [PlayResult];
    return ok(played);
  } catch (error) {
    if (limit.aborted) return err(`simulating the call took more than ${PLAY_LIMIT_MS / 1000} s`);
    return err(`the call could not be simulated: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function started(): Worker {
  const worker = new Worker(new URL(`./play-thread.${ENDING}`, import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  worker.unref();
  return worker;
}

function end(worker: Worker | null): void {
  if (thread === worker) thread = null;
  void worker?.terminate();
}
