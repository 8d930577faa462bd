import type { ConnectAnswer } from "../../core/contract/answer.ts";
import { destinationKey } from "../../core/contract/destination.ts";
import { factsAfterAttempt, attemptOf, ENDINGS } from "./calls.ts";
import type { Exchanged, ProbeSession } from "./probe-session.ts";
import { answerOf, ProbeEnds } from "./probe-session.ts";

/** REF-7: fetches of one Connect. */
export const MAX_FETCHES = 20;

/** How attempts of the walk end, in turn. */
const IN_TURN = [ENDINGS.busy, ENDINGS["no-answer"], ENDINGS.rejected, ENDINGS.failed] as const;

/** Plays one Connect in which nobody ever answers, by the rules of fetch_after_attempt (REF-1 to REF-7). */
export async function walk(session: ProbeSession): Promise<void> {
  if (!goesOn(session.usual())) throw new ProbeEnds("the answer asks for no re-fetch");
  let facts = session.call();
  let asked = await session.ask(facts);
  let answer = answerOf(asked);
  const dialled = new Set<string>();
  for (let fetches = 1; goesOn(answer); fetches++) {
    if (fetches === MAX_FETCHES) return noteEndless(session, asked);
    for (const destination of attemptOf(answer)) dialled.add(destinationKey(destination));
    const ending = IN_TURN[(fetches - 1) % IN_TURN.length] ?? ENDINGS.busy;
    facts = factsAfterAttempt(facts, answer, ending, true);
    asked = await session.ask(facts);
    const next = answerOf(asked);
    if (next !== null && sameSet(answer, next)) return noteSame(session, asked, next, dialled, fetches);
    answer = next;
  }
}

/** REF-5, REF-6: whether this answer is dialled and followed by a re-fetch. */
function goesOn(answer: ConnectAnswer | null): answer is ConnectAnswer {
  return answer !== null && answer.fetchAfterAttempt && answer.destinations.length > 0;
}

/** REF-4: order and duplicates do not count. */
function sameSet(a: ConnectAnswer, b: ConnectAnswer): boolean {
  const first = new Set(a.destinations.map(destinationKey));
  const second = new Set(b.destinations.map(destinationKey));
  return first.size === second.size && [...first].every((key) => second.has(key));
}

/** Repeating a list that is rung through is one way to end; a list that is never rung through is a mistake. */
function noteSame(
  session: ProbeSession,
  asked: Exchanged,
  { destinations }: ConnectAnswer,
  dialled: ReadonlySet<string>,
  fetches: number,
): void {
  const never = destinations.map(destinationKey).filter((key) => !dialled.has(key));
  if (fetches > 1 && never.length === 0) return;
  const rung = `the platform stops after ${[...dialled].join(", ")}`;
  const rest = never.length === 0 ? "the re-fetch is for nothing" : `${never.join(", ")} would never be rung`;
  const message = `fetch_after_attempt is true, and the re-fetch names the same destinations again: ${rung}, ${rest}.`;
  session.note(asked, { id: "constant-list", message, path: "destination.numbers" });
}

function noteEndless(session: ProbeSession, asked: Exchanged): void {
  const message = `The answer still asks for a re-fetch after ${MAX_FETCHES} fetches of one Connect: the platform stops there.`;
  session.note(asked, { id: "endless-refetch", message, path: "fetch_after_attempt" });
}
