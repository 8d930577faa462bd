import type { Resource, ResourceKey, WantedResource } from "./resources.ts";
import { inOrder, keyOf } from "./resources.ts";

/** What a change asks for; everything it doesn't name stays. */
export interface ConfigurationEdit {
  readonly put: readonly WantedResource[];
  readonly remove: readonly ResourceKey[];
}

export interface ReplaceOptions {
  /** Which unlisted accounts are removed, with everything that belongs to them. */
  readonly removesAccount: (account: Resource) => boolean;
  /** Written into the accounts; null: unchanged. */
  readonly managedBy: string | null;
}

/** The accounts in `wanted` become exactly what `wanted` says; others stay, unless `removesAccount` says otherwise. */
export function replaceAccounts(
  current: readonly Resource[],
  wanted: readonly WantedResource[],
  { removesAccount, managedBy }: ReplaceOptions,
): ConfigurationEdit {
  const named = new Set(wanted.map(({ account }) => account));
  const known = new Map(current.map((each) => [keyOf(each), each]));
  const kept = new Set(wanted.map(keyOf));
  const gone = new Set(
    current
      .filter((each) => each.kind === "account" && !named.has(each.account) && removesAccount(each))
      .map(({ account }) => account),
  );
  const remove = current.filter(
    (each) => gone.has(each.account) || (named.has(each.account) && !kept.has(keyOf(each))),
  );
  const managed = wanted.map((each) => {
    const before = known.get(keyOf(each))?.managedBy ?? null;
    return { ...each, managedBy: each.kind === "account" ? (managedBy ?? before) : null };
  });
  return { put: withPositions(known, managed), remove };
}

/**
 * Gives the list its order with as few changes as possible: existing resources share out their positions, new ones come
 * after them.
 */
function withPositions(known: ReadonlyMap<string, Resource>, wanted: readonly WantedResource[]): WantedResource[] {
  const free = new Map<string, number[]>();
  for (const each of wanted) {
    const before = known.get(keyOf(each));
    if (before !== undefined) listAt(free, scopeOf(each)).push(before.position);
  }
  for (const positions of free.values()) positions.sort((a, b) => b - a);
  const next = nextPositions(known.values());
  return wanted.map((each) => {
    const position = free.get(scopeOf(each))?.pop() ?? next(each);
    return { ...each, position };
  });
}

/** Gives each new resource a position after all others of its kind. */
export function nextPositions(resources: Iterable<Resource>): (wanted: ResourceKey) => number {
  const last = new Map<string, number>();
  for (const each of resources) last.set(scopeOf(each), Math.max(last.get(scopeOf(each)) ?? -1, each.position));
  return (wanted) => {
    const position = (last.get(scopeOf(wanted)) ?? -1) + 1;
    last.set(scopeOf(wanted), position);
    return position;
  };
}

/** Accounts and flows each have one order; everything else has one within its account. */
function scopeOf({ account, kind }: ResourceKey): string {
  return kind === "account" || kind === "flow" ? kind : JSON.stringify([account, kind]);
}

function listAt(lists: Map<string, number[]>, key: string): number[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

/** The order of an account's trunks, which decides between trunks of equal priority. */
export function trunkOrder(resources: readonly Resource[], account: string): readonly string[] {
  return inOrder(resources.filter((each) => each.account === account && each.kind === "trunk")).map(({ name }) => name);
}
