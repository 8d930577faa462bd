import { warning, type Finding } from "./finding.ts";
import { encodeQuery, splitConfiguredUrl, type Query } from "./query.ts";

/**
 * Longest request URL, our parameters included, in octets: the 8 KiB that common HTTP servers accept as one request
 * line, minus room for the method and the version. Servers answer a longer one with 414, and the call would lose its answer.
 */
export const MAX_REQUEST_URL_OCTETS = 8_128;

interface FittedQuery {
  readonly query: Query;
  /** Null: nothing was left out. */
  readonly finding: Finding | null;
}

/**
 * REQ-29: the query, short enough for each of `urls` (a Fallback gets the same as the Primary, REQ-7). If it would be too long, the
 * earliest `Legs[i]` are left out; the others keep their `i`.
 */
export function fitQuery(query: Query, urls: readonly string[]): FittedQuery {
  if (!query.some(isLeg)) return { query, finding: null };
  let excess = Math.max(...urls.map(octetsOf)) + 1 + encodeQuery(query).length - MAX_REQUEST_URL_OCTETS;
  if (excess <= 0) return { query, finding: null };
  const sizes = legSizes(query);
  const leftOut = new Set<string>();
  for (const [leg, octets] of sizes) {
    if (excess <= 0) break;
    excess -= octets;
    leftOut.add(leg);
  }
  const rest = query.filter((pair) => !isLeg(pair) || !leftOut.has(legOf(pair)));
  return { query: rest, finding: legsLeftOut(sizes.size, leftOut.size) };
}

/** Octets of each leg's parameters in the encoded query, earliest leg first. */
function legSizes(query: Query): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const pair of query.filter(isLeg)) {
    const leg = legOf(pair);
    sizes.set(leg, (sizes.get(leg) ?? 0) + encodeQuery([pair]).length + 1);
  }
  return sizes;
}

function isLeg([name]: Query[number]): boolean {
  return name.startsWith("Legs[");
}

/** `Legs[7]` of `Legs[7][Number]`. */
function legOf([name]: Query[number]): string {
  return name.slice(0, name.indexOf("]") + 1);
}

/** The length of a malformed URL does not matter: it is never requested. */
function octetsOf(url: string): number {
  const split = splitConfiguredUrl(url);
  return split.ok ? split.value.url.length : 0;
}

function legsLeftOut(count: number, leftOut: number): Finding {
  const found = `${count} destinations tried`;
  return warning({
    rule: "REQ-29",
    path: "Legs",
    found,
    allowed: "as many as fit into 8 KiB",
    consequence: `the earliest ${leftOut} are left out of the request`,
    problem: `would make the request longer than 8 KiB with ${found}`,
  });
}
