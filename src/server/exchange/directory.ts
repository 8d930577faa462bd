import { isIPv6 } from "node:net";
import type { Exophone } from "../../core/contract/account.ts";
import type { SipRequest } from "../../edges/sip/message/message.ts";
import type { AccountConfig, Trunk } from "./account-config.ts";
import { calledNumber } from "./identity.ts";
import { dialedForms } from "./number-forms.ts";
import type { Workspace } from "./workspace.ts";

/** An ExoPhone with everything that a call to it needs. */
export interface InboundRoute {
  readonly config: AccountConfig;
  readonly exophone: Exophone;
  /** Null: the number points at no flow. */
  readonly flowId: string | null;
  /** The trunk that the call came over. */
  readonly trunk: Trunk;
}

/** An inbound call to a number that is not an ExoPhone of its trunk's account. */
export interface UnknownNumber {
  /** As received; null: the request names no number. */
  readonly called: string | null;
  /** Null: trunks of several accounts accept calls from this source, and the call could be for any of them. */
  readonly config: AccountConfig | null;
}

interface Owner {
  readonly config: AccountConfig;
  readonly exophone: Exophone;
}

/** The trunks, of any account, that accept calls from one address. */
interface Behind {
  readonly trunks: ReadonlyMap<AccountConfig, readonly Trunk[]>;
  /** Every place where one of them puts the called number. */
  readonly numberIn: ReadonlySet<Trunk["numberIn"]>;
  readonly nat: boolean;
}

/** The look-up tables that calls need, built once per workspace; a look-up costs the same for any number of accounts. */
export class Directory {
  /** Owners by every form in which a trunk may write the number; rarely more than one. */
  readonly #owners = new Map<string, readonly Owner[]>();
  /** Addresses of trunks with `nat`; a trunk configured by host name is recognised by its `accept_from`. */
  readonly #natHosts = new Set<string>();
  readonly #accounts = new Map<string, AccountConfig>();
  /** The trunks behind each address. Sources are few and repeat with every call, so subnets are searched once per address. */
  readonly #behind = new Map<string, Behind>();

  constructor(workspace: Workspace) {
    this.load(workspace);
  }

  /** Switches to this workspace. Live calls keep the one they began with. */
  load(workspace: Workspace): void {
    for (const known of [this.#owners, this.#natHosts, this.#accounts, this.#behind]) known.clear();
    for (const config of workspace.accounts) {
      this.#accounts.set(config.account.sid, config);
      for (const { nat, host } of config.trunks) if (nat) this.#natHosts.add(host.replaceAll(/[[\]]/g, ""));
      for (const exophone of config.account.exophones)
        for (const form of new Set(dialedForms(exophone.number)))
          this.#owners.set(form, [...(this.#owners.get(form) ?? []), { config, exophone }]);
    }
  }

  account(sid: string): AccountConfig | undefined {
    return this.#accounts.get(sid);
  }

  get accounts(): Iterable<AccountConfig> {
    return this.#accounts.values();
  }

  /** Whether any trunk accepts requests from this address. */
  admits(address: string): boolean {
    return this.#trunksBehind(address).trunks.size > 0;
  }

  /**
   * The ExoPhone that an inbound call is for, read from where each trunk that accepts `source` puts the called number.
   * Numbers written alike are told apart by their trunk (`workspace-references.ts` refuses those that cannot be).
   */
  inboundRoute(request: SipRequest, source: string): InboundRoute | UnknownNumber {
    const { trunks, numberIn } = this.#trunksBehind(source);
    const found = [...numberIn].flatMap((place) =>
      (this.#owners.get(formOf(calledNumber(request, place))) ?? []).flatMap((owner) =>
        (trunks.get(owner.config) ?? [])
          .filter((trunk) => trunk.numberIn === place)
          .map((trunk) => ({ ...owner, trunk })),
      ),
    );
    const route = found.find(({ exophone, trunk }) => exophone.trunk === trunk.name) ?? found[0];
    if (route !== undefined) return { ...route, flowId: route.config.flowOf.get(route.exophone.number) ?? null };
    const [first, ...others] = trunks.keys();
    const [place = "request-uri"] = numberIn;
    return { called: calledNumber(request, place), config: others.length === 0 ? (first ?? null) : null };
  }

  /** Whether this address is that of a trunk with `nat`, or is accepted by one. */
  isBehindNat(address: string): boolean {
    return this.#natHosts.has(address) || this.#trunksBehind(address).nat;
  }

  #trunksBehind(address: string): Behind {
    const known = this.#behind.get(address);
    if (known !== undefined) return known;
    const trunks = new Map<AccountConfig, readonly Trunk[]>();
    for (const config of this.#accounts.values()) {
      const accepting = config.trunks.filter((trunk) => accepts(trunk, address));
      if (accepting.length > 0) trunks.set(config, accepting);
    }
    const all = [...trunks.values()].flat();
    const numberIn = new Set(all.map((trunk) => trunk.numberIn));
    const behind = { trunks, numberIn, nat: all.some(({ nat }) => nat) };
    if (this.#behind.size >= MAX_REMEMBERED_SOURCES) this.#behind.clear();
    this.#behind.set(address, behind);
    return behind;
  }
}

/** Limit on remembered sources: scanners keep bringing new addresses. */
const MAX_REMEMBERED_SOURCES = 10_000;

function accepts(trunk: Trunk, address: string): boolean {
  return trunk.acceptFrom.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

function formOf(called: string | null): string {
  return called?.replaceAll(/[\s().-]/g, "") ?? "";
}
