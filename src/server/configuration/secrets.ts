import type { DocumentMistake } from "../../core/flow/yaml-document.ts";
import { mapLeaves, placeOf } from "./document-leaves.ts";
import type { ResourceDocument, ResourceKind } from "./resources.ts";

/** Stands for a stored secret in everything that is shown; sent back, it means "unchanged". */
export const MASK = "********";

/** Keys of accounts, trunks and users whose values are never shown. */
const SECRET_KEY = /token|password|secret/;
/** A URL with a password in it: `https://user:password@host`. */
const URL_PASSWORD = /^(https?:\/\/[^/?#@:\s]*:)([^/?#@\s]+)(@.*)$/is;
/** `${NAME}`, which says where a secret is, not what it is. */
export const REFERENCE = /\$\{[A-Za-z_][A-Za-z0-9_]*\}/;

/** A document with {@link MASK} in place of each secret. `asWritten`: references to the environment stay. */
export function masked(kind: ResourceKind, document: ResourceDocument, asWritten = false): ResourceDocument {
  const hide = (leaf: unknown, path: readonly string[]): unknown => {
    if (typeof leaf !== "string" || (asWritten && REFERENCE.test(leaf))) return leaf;
    return isSecretField(kind, path) ? MASK : maskedUrl(leaf);
  };
  return mapLeaves(document, hide) as ResourceDocument;
}

function isSecretField(kind: ResourceKind, path: readonly string[]): boolean {
  return kind !== "flow" && SECRET_KEY.test(path.at(-1) ?? "");
}

function maskedUrl(text: string): string {
  return text.replace(URL_PASSWORD, `$1${MASK}$3`);
}

/**
 * A document that was read masked and comes back, with each mask replaced by the secret stored in its place (in a list: in
 * the entry with the same name or key). A mask without a stored secret is a mistake. `stored`: the first one with it counts.
 */
export function unmasked(
  kind: ResourceKind,
  document: ResourceDocument,
  stored: readonly ResourceDocument[],
): { readonly document: ResourceDocument; readonly mistakes: readonly DocumentMistake[] } {
  const known = new Map(stored.toReversed().flatMap((each) => secretsOf(kind, each)));
  const mistakes: DocumentMistake[] = [];
  const restore = (leaf: unknown, path: readonly string[]): unknown => {
    if (typeof leaf !== "string" || !leaf.includes(MASK)) return leaf;
    const secret = known.get(isSecretField(kind, path) ? placeOf(path) : leaf);
    if (secret !== undefined) return secret;
    mistakes.push({ path, message: `is "${leaf}", which stands for a stored secret, but none is stored there` });
    return leaf;
  };
  return { document: mapLeaves(document, restore) as ResourceDocument, mistakes };
}

/** Every secret by its place; passwords in URLs by the URL as shown. */
function secretsOf(kind: ResourceKind, document: ResourceDocument): (readonly [string, string])[] {
  const found: (readonly [string, string])[] = [];
  mapLeaves(document, (leaf, path) => {
    if (typeof leaf !== "string") return;
    if (isSecretField(kind, path)) found.push([placeOf(path), leaf]);
    else if (URL_PASSWORD.test(leaf)) found.push([maskedUrl(leaf), leaf]);
  });
  return found;
}

/** The places where secrets differ; no other comparison shows them. */
export function changedSecrets(kind: ResourceKind, before: ResourceDocument, after: ResourceDocument): string[] {
  const [old, now] = [new Map(secretsOf(kind, before)), new Map(secretsOf(kind, after))];
  return [...now].flatMap(([place, secret]) => (old.has(place) && old.get(place) !== secret ? [place] : []));
}
