/** Maps every string, number, boolean and null of a document; the mapping also gets the path of each. */
export function mapLeaves(
  value: unknown,
  change: (leaf: unknown, path: readonly string[]) => unknown,
  path: readonly string[] = [],
): unknown {
  if (Array.isArray(value)) return value.map((entry, i) => mapLeaves(entry, change, [...path, entryName(entry, i)]));
  if (typeof value !== "object" || value === null) return change(value, path);
  const entries = Object.entries(value).map(([key, inner]) => [key, mapLeaves(inner, change, [...path, key])] as const);
  return Object.fromEntries(entries);
}

/** Identifies a list entry by its name or key, so that its path stays when others are added or removed. */
function entryName(entry: unknown, index: number): string {
  if (typeof entry !== "object" || entry === null) return String(index);
  const { key, name, number } = entry as Record<string, unknown>;
  return [key, name, number].find((each) => typeof each === "string") ?? String(index);
}

/** The leaves of a document, by path as one string. */
export function leavesOf(document: unknown): ReadonlyMap<string, unknown> {
  const leaves = new Map<string, unknown>();
  mapLeaves(document, (leaf, path) => void leaves.set(placeOf(path), leaf));
  return leaves;
}

export function placeOf(path: readonly string[]): string {
  return path.join(".");
}

/** No configuration is nested deeper; a deeper document could not be compared or shown. */
const MAX_DEPTH = 32;

/** Whether a value from outside is nested deeper than any document; without recursion, since it may be very deep. */
export function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap((each) => (typeof each === "object" && each !== null ? Object.values(each) : []));
  }
  return false;
}
