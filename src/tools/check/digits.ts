import type { Query } from "../../core/contract/query.ts";
import type { Exchanged } from "./exchange.ts";
import { effectOf } from "./exchange.ts";
import type { ProbeSession } from "./probe-session.ts";
import type { Role } from "./report.ts";

/** Choices of a menu, and an entry of two digits. */
const ENTRIES: readonly string[] = ["1", "2", "12"];

/** The Fallback is asked only with the first. */
function entriesFor(role: Role): readonly string[] {
  return role === "primary" ? ENTRIES : ENTRIES.slice(0, 1);
}

export function digitRequests(role: Role): number {
  return 2 * entriesFor(role).length;
}

interface Pair {
  readonly quoted: Exchanged;
  readonly bare: Exchanged;
}

/** REQ-25: digits come in double quotes. Asks with and without them, and notes if only the bare ones are understood. */
export async function askWithDigits(session: ProbeSession): Promise<void> {
  const pairs: Pair[] = [];
  for (const digits of entriesFor(session.endpoint.role)) {
    const quoted = await session.ask(session.call({ digits }));
    const bare = await session.ask(session.call({ digits }), { rewrite: withoutQuotes });
    pairs.push({ quoted, bare });
  }
  const broken = pairs.find(({ quoted, bare }) => !quoted.verdict.usable && bare.verdict.usable);
  const pair = broken ?? (isStable(session) ? ignoredPair(pairs, session.endpoint.plain[0]) : undefined);
  if (pair === undefined) return;
  const is = broken === undefined ? "is the same for all digits" : "cannot be used";
  const message = `The answer to digits in quotes, as the platform always sends them, ${is}; without the quotes it is different.`;
  session.note(pair.quoted, { id: "digits-quotes", message, path: "digits" });
}

function withoutQuotes(query: Query): Query {
  return query.map(([name, value]) => [name, name === "digits" ? value.replaceAll('"', "") : value] as const);
}

/** Only an endpoint that answers equal requests equally can be compared with itself. */
function isStable({ endpoint }: ProbeSession): boolean {
  return new Set(endpoint.plain.map(effectOf)).size === 1;
}

/**
 * All quoted entries get the same answer, while the bare ones make a difference, among themselves or compared with no
 * digits at all. (An endpoint that compares with the quotes in place answers the quoted ones differently, which is
 * right.)
 */
function ignoredPair(pairs: readonly Pair[], plain: Exchanged | undefined): Pair | undefined {
  const quoted = new Set(pairs.map((pair) => effectOf(pair.quoted)));
  const bare = new Set(pairs.map((pair) => effectOf(pair.bare)));
  const ignored = plain !== undefined && quoted.has(effectOf(plain));
  if (quoted.size !== 1 || (bare.size === 1 && !ignored)) return undefined;
  return pairs.find((pair) => effectOf(pair.quoted) !== effectOf(pair.bare));
}
