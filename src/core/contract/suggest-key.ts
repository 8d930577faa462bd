/** The known keys of a shape: per object (its path; empty: the top), the names it may hold. */
export type KnownKeys = Readonly<Record<string, readonly string[]>>;

export function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

/** Longest key that is compared and shown: twice the longest known one. */
export const MAX_KEY_CHARACTERS = 64;

/** A key of another object must be this much nearer than one of the same object to be suggested. */
const ELSEWHERE = 2;

/**
 * The full path of the known key that `key` was probably meant to be; case and separators do not count. Null: no known
 * key is near enough to be worth suggesting.
 */
export function suggestKey(shape: KnownKeys, path: string, key: string): string | null {
  const wanted = key.slice(0, MAX_KEY_CHARACTERS);
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const [owner, names] of Object.entries(shape)) {
    for (const name of names) {
      const distance = keyDistance(wanted, name, owner === path);
      if (distance === null || distance >= bestDistance) continue;
      best = join(owner, name);
      bestDistance = distance;
    }
  }
  return best;
}

function normalized(key: string): string {
  return key.toLowerCase().replace(/[_\s-]/g, "");
}

/** Shortest part of a name that stands for it: `music` is music_on_hold, `max` could be anything. */
const MIN_PART = 4;

/**
 * How much two names differ: 0 if they are the same; 1 to 2 if one is part of the other, by how much is missing; otherwise by their
 * letters. Null: not alike. Parts count within one object only: `agent_type` is not music_on_hold.type.
 */
function keyDistance(key: string, name: string, isSameObject: boolean): number | null {
  const [a, b] = [normalized(key), normalized(name)];
  const isPart = a !== b && (a.length < b.length ? isPartOf(key, name) : isPartOf(name, key));
  if (isSameObject && isPart) return 2 - Math.min(a.length, b.length) / Math.max(a.length, b.length);
  const distance = editDistance(a, b);
  if (distance > maxTypos(a)) return null;
  return distance + (isSameObject ? 0 : ELSEWHERE);
}

/** Letters in a row (`timeout` of input_timeout), or all of its words (`max_digits` of max_input_digits). */
function isPartOf(short: string, long: string): boolean {
  const part = normalized(short);
  if (part.length < MIN_PART) return false;
  const words = new Set(wordsOf(long));
  return normalized(long).includes(part) || wordsOf(short).every((word) => words.has(word));
}

function wordsOf(key: string): readonly string[] {
  return key
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[_\s-]+/);
}

/** How many letters may differ for one word to pass as a typo of another: two, a third of a long one, fewer in a tiny one. */
function maxTypos(word: string): number {
  return Math.max(0, Math.min(Math.max(2, Math.floor(word.length / 3)), word.length - 1));
}

/** The candidate that `word` was probably meant to be, ignoring case; null: none is near enough to be worth suggesting. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  let bestDistance = maxTypos(word) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Levenshtein distance: how many letters to insert, delete or replace. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
