import type { Account } from "./account.ts";
import { destinationKey, type Destination } from "./destination.ts";
import { describe, warning, type Finding } from "./finding.ts";
import { readDestination, readIntegerDestination } from "./numbers.ts";

/** REQ-8: no call rings more than a hundred numbers; a longer list is a mistake. */
export const MAX_NUMBERS = 100;

/** The entries of a destination list, without those that cannot be dialled (RES-4) and without duplicates (RES-26). */
export function readList(
  findings: Finding[],
  entries: readonly unknown[],
  account: Account,
  path: string,
): readonly Destination[] {
  const first = new Map<string, string>();
  const destinations: Destination[] = [];
  for (const [i, entry] of entries.entries()) {
    const at = `${path}[${i}]`;
    const destination = readEntry(findings, entry, account, at);
    if (destination === null) continue;
    const key = destinationKey(destination);
    const before = first.get(key);
    if (before !== undefined) {
      findings.push(duplicate(at, entry, before));
      continue;
    }
    first.set(key, at);
    destinations.push(destination);
  }
  return destinations;
}

function readEntry(findings: Finding[], entry: unknown, account: Account, path: string): Destination | null {
  const read =
    typeof entry === "string"
      ? readDestination(entry, account, path)
      : Number.isInteger(entry)
        ? readIntegerDestination(Number(entry), account, path)
        : { destination: null, findings: [notText(entry, path)] };
  findings.push(...read.findings);
  return read.destination;
}

function notText(entry: unknown, path: string): Finding {
  const consequence = "the entry is skipped";
  return warning({ rule: "RES-4", path, found: describe(entry), allowed: "a string", consequence });
}

function duplicate(path: string, entry: unknown, before: string): Finding {
  const found = describe(entry);
  const consequence = "it is dialled once";
  const problem = `is ${found}, the same destination as ${before}`;
  return warning({ rule: "RES-26", path, found, allowed: "each destination once", consequence, problem });
}
