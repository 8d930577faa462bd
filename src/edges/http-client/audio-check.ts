import type { Clock } from "../../base/clock.ts";
import type { HttpClientOutcome } from "./types.ts";

/** RES-27: a HEAD without an answer by then is too slow, and GET is sent, too: the rest of the 5 s is enough for it. */
const HEAD_LIMIT_MS = 2_000;
/** Failures of requests that are never sent, so that GET would not fare better than HEAD. */
const NEVER_SENT: readonly string[] = ["bad_url", "blocked"];

/**
 * RES-27: a HEAD that is not 200 proves nothing: servers refuse it, and URLs signed for GET answer it with 403. Then
 * GET decides. If HEAD is only slow, a good HEAD or an answer to GET decides, whichever comes first.
 */
export async function headOrGet(
  clock: Clock,
  deadlineMs: number,
  head: Promise<HttpClientOutcome>,
  get: () => Promise<HttpClientOutcome>,
): Promise<HttpClientOutcome> {
  const early = await inTime(clock, Math.min(HEAD_LIMIT_MS, deadlineMs / 2), head);
  if (early !== null && !needsGet(early)) return early;
  const byGet = get();
  if (early !== null) return byGet;
  return new Promise((resolve) => {
    void byGet.then(resolve);
    void head.then((late) => {
      if (!needsGet(late)) resolve(late);
    });
  });
}

function needsGet(outcome: HttpClientOutcome): boolean {
  return outcome.ok ? outcome.status !== 200 : !NEVER_SENT.includes(outcome.reason);
}

function inTime<T>(clock: Clock, limitMs: number, promise: Promise<T>): Promise<T | null> {
  return new Promise((resolve) => {
    const timer = clock.after(limitMs, () => resolve(null));
    void promise.then((value) => {
      timer.cancel();
      resolve(value);
    });
  });
}
