import { isIPv6 } from "node:net";
import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import type { CountryCode } from "libphonenumber-js/max";
import type { Exophone } from "../../core/contract/account.ts";
import type { AccountConfig, ApiKey, Trunk, Workspace } from "./workspace.ts";

/** An ExoPhone with all that a call to it needs. */
export interface InboundRoute {
  readonly config: AccountConfig;
  readonly exophone: Exophone;
  /** Null: the number points at no flow. */
  readonly flowId: string | null;
}

/** Every look-up that a call needs, made once per workspace: nothing here costs more with more calls or accounts. */
export class Directory {
  readonly #byForm = new Map<string, InboundRoute>();
  readonly #accounts = new Map<string, AccountConfig>();
  /** Trunk sources are few and repeat with every call; subnets are searched once per address. */
  readonly #accountsOf = new Map<string, ReadonlySet<AccountConfig>>();

  constructor(workspace: Workspace) {
    for (const config of workspace.accounts) {
      this.#accounts.set(config.account.sid, config);
      for (const exophone of config.account.exophones) {
        const inboundRoute = { config, exophone, flowId: config.flowOf.get(exophone.number) ?? null };
        for (const form of dialedForms(exophone.number))
          if (!this.#byForm.has(form)) this.#byForm.set(form, inboundRoute);
      }
    }
  }

  account(sid: string): AccountConfig | undefined {
    return this.#accounts.get(sid);
  }

  get accounts(): Iterable<AccountConfig> {
    return this.#accounts.values();
  }

  /** May this address send requests at all: does any trunk accept it? */
  admits(address: string): boolean {
    return this.#accountsBehind(address).size > 0;
  }

  /** The ExoPhone that a Request-URI's user part names, when a trunk of its account accepts calls from `source`. */
  inboundRoute(user: string, source: string): InboundRoute | null {
    const inboundRoute = this.#byForm.get(user.split(";", 1)[0]?.replaceAll(/[\s().-]/g, "") ?? "");
    if (inboundRoute === undefined) return null;
    return this.#accountsBehind(source).has(inboundRoute.config) ? inboundRoute : null;
  }

  /** The accounts with a trunk that accepts calls from this address. */
  #accountsBehind(address: string): ReadonlySet<AccountConfig> {
    const known = this.#accountsOf.get(address);
    if (known !== undefined) return known;
    const accounts = [...this.#accounts.values()].filter(({ trunks }) =>
      trunks.some((trunk) => accepts(trunk, address)),
    );
    if (this.#accountsOf.size >= MAX_REMEMBERED_SOURCES) this.#accountsOf.clear();
    const set = new Set(accounts);
    this.#accountsOf.set(address, set);
    return set;
  }

  /** Does this account hold that key and token? */
  hasKey(account: string, check: (known: ApiKey) => boolean): boolean {
    return this.#accounts.get(account)?.apiKeys.some(check) ?? false;
  }
}

/** Sources whose verdict is remembered; scanners bring new addresses without end. */
const MAX_REMEMBERED_SOURCES = 10_000;

function accepts(trunk: Trunk, address: string): boolean {
  return trunk.acceptFrom.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

/** How trunks write a number of ours in a Request-URI: `+91…`, `91…`, `0…` and the bare national number. */
function dialedForms(number: string): string[] {
  const parsed = parsePhoneNumberFromString(number);
  const digits = number.slice(1);
  if (parsed === undefined) return [number, digits];
  return [number, digits, `00${digits}`, `0${parsed.nationalNumber}`, parsed.nationalNumber];
}

/** The caller's number as E.164 where it is a telephone number of the account's country, else the text as it came. */
export function callerNumber(text: string, country: string): string {
  if (/^\+[1-9]\d{6,14}$/.test(text)) return text;
  if (!/^[\d+][\d\s().-]{5,24}$/.test(text)) return text;
  const parsed = parsePhoneNumberFromString(text, country as CountryCode);
  return parsed?.isPossible() === true ? parsed.number : text;
}

/** The trunk of an account that calls showing `callerId` go out on: the ExoPhone's own, else the first. */
export function trunkFor(config: AccountConfig, callerId: string): Trunk | null {
  const name = config.account.exophones.find((exophone) => exophone.number === callerId)?.trunk ?? null;
  return config.trunks.find((trunk) => trunk.name === name) ?? config.trunks[0] ?? null;
}
