import type { Account, Exophone } from "./account.ts";
import type { ValidationMode } from "./fields.ts";
import { GenerationalCache } from "./generational-cache.ts";

/** Everything that the verdict on a body depends on. Account and ExoPhone are compared by identity: they never change. */
export interface VerdictKey {
  readonly account: Account;
  readonly exophone: Exophone;
  readonly mode: ValidationMode;
  readonly contentType: string | null;
  readonly body: string;
}

interface CachedVerdict<V> extends VerdictKey {
  readonly verdict: V;
}

/** Longer answers are lists that change; common ones have 100 to 500 characters. */
const MAX_BODY_CHARACTERS = 1024;
/** Each finding takes half a kilobyte, and an answer with many will soon be corrected. */
const MAX_FINDINGS = 5;
/** Verdicts kept per body, for accounts or modes that get the same answer. */
const VERDICTS_PER_BODY = 4;
/** At most 2,000 bodies in two generations, 40 MB if all are as large as they may be; 2 MB in practice. */
const MAX_BODIES = 1000;

/** Verdicts given before: most customers' URLs answer many calls with the same text. */
export class VerdictCache<V extends { readonly findings: readonly unknown[] }> {
  readonly #verdicts = new GenerationalCache<readonly CachedVerdict<V>[]>(MAX_BODIES);

  /** The verdict given before in the same circumstances, if it is still kept. */
  recall({ account, exophone, mode, contentType, body }: VerdictKey): V | undefined {
    const known = this.#verdicts.get(body);
    if (known === undefined) return undefined;
    for (const each of known) {
      const same = each.account === account && each.exophone === exophone;
      if (same && each.mode === mode && each.contentType === contentType) return each.verdict;
    }
    return undefined;
  }

  remember(key: VerdictKey, verdict: V): void {
    const { body } = key;
    if (body.length > MAX_BODY_CHARACTERS || verdict.findings.length > MAX_FINDINGS) return;
    const others = this.#verdicts.get(body)?.slice(1 - VERDICTS_PER_BODY) ?? [];
    this.#verdicts.set(body, [...others, { ...key, verdict }]);
  }
}
