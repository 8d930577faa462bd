import type { ConnectAnswer } from "../contract/answer.ts";
import { destinationKey } from "../contract/destination.ts";
import { afterAttempt, attemptOf, ENDINGS } from "./calls.ts";
import type { Asked, Interview } from "./interview.ts";
import { answerOf, ProbeEnds } from "./interview.ts";

/** REF-7: fetches of one Connect. */
export const MAX_FETCHES = 20;

/** How attempts of the walk end, in turn. */
const IN_TURN = [ENDINGS.busy, ENDINGS["no-answer"], ENDINGS.rejected, ENDINGS.failed] as const;

/** Plays one Connect in which nobody ever answers, by the rules of fetch_after_attempt (REF-1 to REF-7). */
export async function walk(interview: Interview): Promise<void> {
  if (!goesOn(interview.usual())) throw new ProbeEnds("the answer asks for no re-fetch");
  let facts = interview.call();
  let asked = await interview.ask(facts);
  let answer = answerOf(asked);
  const dialled = new Set<string>();
  for (let fetches = 1; goesOn(answer); fetches++) {
    if (fetches === MAX_FETCHES) return noteEndless(interview, asked);
    for (const destination of attemptOf(answer)) dialled.add(destinationKey(destination));
    const ending = IN_TURN[(fetches - 1) % IN_TURN.length] ?? ENDINGS.busy;
    facts = afterAttempt(facts, answer, ending, true);
    asked = await interview.ask(facts);
    const next = answerOf(asked);
    if (next !== null && sameSet(answer, next)) return noteSame(interview, asked, next, dialled, fetches);
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
  interview: Interview,
  asked: Asked,
  { destinations }: ConnectAnswer,
  dialled: ReadonlySet<string>,
  fetches: number,
): void {
  const never = destinations.map(destinationKey).filter((key) => !dialled.has(key));
  if (fetches > 1 && never.length === 0) return;
  const rung = `the platform stops after ${[...dialled].join(", ")}`;
  const rest = never.length === 0 ? "the re-fetch is for nothing" : `${never.join(", ")} would never be rung`;
  const message = `fetch_after_attempt is true, and the re-fetch names the same destinations again: ${rung}, ${rest}.`;
  interview.note(asked, { id: "constant-list", message, path: "destination.numbers" });
}

function noteEndless(interview: Interview, asked: Asked): void {
  const message = `The answer still asks for a re-fetch after ${MAX_FETCHES} fetches of one Connect: the platform stops there.`;
  interview.note(asked, { id: "endless-refetch", message, path: "fetch_after_attempt" });
}
