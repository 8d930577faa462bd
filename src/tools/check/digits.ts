import type { Query } from "../../core/contract/query.ts";
import { factsKey } from "./calls.ts";
import type { Exchanged, ProbeSession } from "./probe-session.ts";
import { answerOf } from "./probe-session.ts";

/** Keys of a menu, and an entry of two digits. The Fallback is asked with the first only. */
const ENTRIES = ["1", "2", "12"];
export const MAX_DIGIT_REQUESTS = 2 * ENTRIES.length;

interface Pair {
  readonly quoted: Exchanged;
  readonly bare: Exchanged;
}

/** REQ-25: digits come in double quotes. Asks with and without, and says so where only the bare ones are understood. */
export async function askWithDigits(session: ProbeSession): Promise<void> {
  const pairs: Pair[] = [];
  for (const digits of session.endpoint.role === "primary" ? ENTRIES : ENTRIES.slice(0, 1)) {
    const quoted = await session.ask(session.call({ digits }));
    const bare = await session.ask(session.call({ digits }), { rewrite: withoutQuotes });
    pairs.push({ quoted, bare });
  }
  const broken = pairs.find(({ quoted, bare }) => !quoted.verdict.usable && bare.verdict.usable);
  const deaf = broken ?? (isStable(session) ? deafTo(pairs, session.endpoint.plain[0]) : undefined);
  if (deaf === undefined) return;
  const does = broken === undefined ? "is the same whatever was pressed" : "cannot be used";
  const message = `The answer to digits in quotes ${does}; without the quotes, which the platform always sends, it is different.`;
  session.note(deaf.quoted, { id: "digits-quotes", message, path: "digits" });
}

function withoutQuotes(query: Query): Query {
  return query.map(([name, value]) => [name, name === "digits" ? value.replaceAll('"', "") : value] as const);
}

/** Only an endpoint that answers equal requests equally can be compared with itself. */
function isStable({ endpoint }: ProbeSession): boolean {
  return new Set(endpoint.plain.map(keyFor)).size === 1;
}

/**
 * All quoted entries come to one answer, while the bare ones make a difference: among themselves, or against no digits
 * at all. (Whoever compares with the quotes in place answers the quoted ones differently, and is right.)
 */
function deafTo(pairs: readonly Pair[], plain: Exchanged | undefined): Pair | undefined {
  const quoted = new Set(pairs.map((pair) => keyFor(pair.quoted)));
  const bare = new Set(pairs.map((pair) => keyFor(pair.bare)));
  const ignored = plain !== undefined && quoted.has(keyFor(plain));
  if (quoted.size !== 1 || (bare.size === 1 && !ignored)) return undefined;
  return pairs.find((pair) => keyFor(pair.quoted) !== keyFor(pair.bare));
}

function keyFor(asked: Exchanged): string {
  return factsKey(answerOf(asked));
}
