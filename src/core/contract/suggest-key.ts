/** The known keys of a shape: per object (its path; empty: the top), the names it may hold. */
export type KnownKeys = Readonly<Record<string, readonly string[]>>;

export function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

/** Longest key that is compared and shown: twice the longest known one. */
export const MAX_KEY_CHARACTERS = 64;

/** A key of another object must be so much nearer than one of the same object to be what was meant. */
const ELSEWHERE = 2;

/** The full path of the known key that `key` is most like; case and separators do not count. Empty: none is known. */
export function suggestKey(shape: KnownKeys, path: string, key: string): string {
  const wanted = normalized(key.slice(0, MAX_KEY_CHARACTERS));
  let best = "";
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const [owner, names] of Object.entries(shape)) {
    for (const name of names) {
      const distance = keyDistance(wanted, normalized(name)) + (owner === path ? 0 : ELSEWHERE);
      if (distance >= bestDistance) continue;
      best = join(owner, name);
      bestDistance = distance;
    }
  }
  return best;
}

function normalized(key: string): string {
  return key.toLowerCase().replace(/[_\s-]/g, "");
}

/** Shortest part of a name that stands for it: `music` is music_on_hold, `nu` nothing. */
const MIN_PART = 3;

/** How much two names differ: 0 the same; 1 to 2, one a part of the other, by what is missing; else by their letters. */
function keyDistance(a: string, b: string): number {
  if (a === b) return 0;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  if (short.length < MIN_PART || !long.includes(short)) return editDistance(a, b);
  return 2 - short.length / long.length;
}

/** Levenshtein's distance: how many letters to put in, take out or change. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
