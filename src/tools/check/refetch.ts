import type { ConnectAnswer } from "../../core/contract/answer.ts";
import { destinationKey } from "../../core/contract/destination.ts";
import { attemptOf, ENDINGS, factsAfterAttempt } from "./calls.ts";
import type { Exchanged } from "./exchange.ts";
import { answerOf } from "./exchange.ts";
import type { ProbeSession } from "./probe-session.ts";
import { ProbeEnds } from "./probe-session.ts";

/** REF-7: fetches of one Connect. */
export const MAX_FETCHES = 20;

/** How the attempts end, in turn. */
const IN_TURN = [ENDINGS.busy, ENDINGS["no-answer"], ENDINGS.rejected, ENDINGS.failed] as const;

/** Plays one Connect in which nobody ever answers, by the rules of fetch_after_attempt (REF-1 to REF-7). */
export async function refetchToTheEnd(session: ProbeSession): Promise<void> {
  if (!isRefetched(session.usualAnswer())) throw new ProbeEnds(whyNoRefetch(session.endpoint.plain));
  let facts = session.call();
  let asked = await session.ask(facts);
  let answer = answerOf(asked);
  const dialled = new Set<string>();
  for (let fetches = 1; isRefetched(answer); fetches++) {
    if (fetches === MAX_FETCHES) return noteEndless(session, asked);
    for (const destination of attemptOf(answer)) dialled.add(destinationKey(destination));
    const ending = IN_TURN[(fetches - 1) % IN_TURN.length] ?? ENDINGS.busy;
    facts = factsAfterAttempt(facts, answer, ending, true);
    asked = await session.ask(facts);
    const next = answerOf(asked);
    if (next !== null && hasSameSet(answer, next)) return noteSame(session, asked, next, dialled, fetches);
    answer = next;
  }
}

/** REF-5, REF-6: whether this answer is dialled and followed by a re-fetch. */
export function isRefetched(answer: ConnectAnswer | null): answer is ConnectAnswer {
  return answer !== null && answer.fetchAfterAttempt && answer.destinations.length > 0;
}

/** Why none of these answers is followed by a re-fetch: a body that asks for one in any form does not count as "no". */
export function whyNoRefetch(answers: readonly Exchanged[]): string {
  if (answers.some((asked) => answerOf(asked)?.fetchAfterAttempt === true))
    return "the answer asks for a re-fetch, but names nobody to try first";
  if (answers.some(wantsRefetch)) return "the answer asks for a re-fetch, but it cannot be used as it is";
  if (answers.every((asked) => answerOf(asked) === null)) return "no answer could be read";
  return "the answer asks for no re-fetch";
}

/** Whether `fetch_after_attempt` is anything but off, in a body that need not be valid. */
function wantsRefetch({ outcome }: Exchanged): boolean {
  const [, value] = outcome.ok ? (/"fetch_after_attempt"\s*:\s*("[^"]*"|[^\s,}]+)/.exec(outcome.body) ?? []) : [];
  return value !== undefined && !/^"?(?:false|null|0|no|off)?"?$/i.test(value);
}

/** REF-4: order and duplicates do not count. */
function hasSameSet(a: ConnectAnswer, b: ConnectAnswer): boolean {
  const first = new Set(a.destinations.map(destinationKey));
  const second = new Set(b.destinations.map(destinationKey));
  return first.size === second.size && [...first].every((key) => second.has(key));
}

/** Repeating a list after all of its numbers were dialled is one way to end; a list that is never completed is a mistake. */
function noteSame(
  session: ProbeSession,
  asked: Exchanged,
  { destinations }: ConnectAnswer,
  dialled: ReadonlySet<string>,
  fetches: number,
): void {
  const never = destinations.map(destinationKey).filter((key) => !dialled.has(key));
  if (fetches > 1 && never.length === 0) return;
  const stops = `the platform stops after ${[...dialled].join(", ")}`;
  const rest = never.length === 0 ? "and the re-fetch changes nothing" : `and never rings ${never.join(", ")}`;
  const message = `fetch_after_attempt is true, and the re-fetch names the same destinations again: ${stops} ${rest}.`;
  session.note(asked, { id: "constant-list", message, path: "destination.numbers" });
}

function noteEndless(session: ProbeSession, asked: Exchanged): void {
  const message = `The answer still asks for a re-fetch after ${MAX_FETCHES} fetches in one Connect; the platform stops there.`;
  session.note(asked, { id: "endless-refetch", message, path: "fetch_after_attempt" });
}
