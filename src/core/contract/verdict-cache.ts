import type { Account, Exophone } from "./account.ts";
import type { ConnectVerdict } from "./answer.ts";
import type { ValidationMode } from "./fields.ts";
import { GenerationalCache } from "./generational-cache.ts";

/** All that the verdict on a body depends on. Account and ExoPhone are compared as objects: they are never changed. */
export interface VerdictKey {
  readonly account: Account;
  readonly exophone: Exophone;
  readonly mode: ValidationMode;
  readonly contentType: string | null;
  readonly body: string;
}

interface CachedVerdict extends VerdictKey {
  readonly verdict: ConnectVerdict;
}

/** Answers longer than this are lists that change; common ones have 100 to 500 characters. */
const MAX_BODY_CHARACTERS = 1024;
/** Each finding takes half a kilobyte, and an answer with many is one somebody is about to mend. */
const MAX_FINDINGS = 5;
/** Accounts, or modes, that give the very same answer. */
const VERDICTS_PER_BODY = 4;

/** At most 2,000 bodies, 40 MB if all are as large as they may be; 2 MB in practice. */
const verdicts = new GenerationalCache<readonly CachedVerdict[]>(1000);

/** The verdict given before in the same circumstances; undefined: none is remembered. */
export function recallVerdict({ account, exophone, mode, contentType, body }: VerdictKey): ConnectVerdict | undefined {
  const known = verdicts.get(body);
  if (known === undefined) return undefined;
  for (const each of known) {
    const same = each.account === account && each.exophone === exophone;
    if (same && each.mode === mode && each.contentType === contentType) return each.verdict;
  }
  return undefined;
}

/** Keeps a verdict for the next time: most customers' URLs answer many calls with the same words. */
export function rememberVerdict(key: VerdictKey, verdict: ConnectVerdict): void {
  const { body } = key;
  if (body.length > MAX_BODY_CHARACTERS || verdict.findings.length > MAX_FINDINGS) return;
  const others = verdicts.get(body)?.slice(1 - VERDICTS_PER_BODY) ?? [];
  verdicts.set(body, [...others, { ...key, verdict }]);
}
