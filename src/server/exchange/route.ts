import { unreachable } from "../../base/never.ts";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { LimitFact } from "../../core/call/limit-fact.ts";
import type { Destination } from "../../core/contract/destination.ts";
import { formatNumber } from "../../core/contract/numbers.ts";
import type { DialTarget, ExtraHeaders, PartyAddress, SipCredentials } from "../../edges/sip/endpoint.ts";
import { DEFAULT_MAX_FORWARDS } from "../../edges/sip/message/message.ts";
import type { AccountConfig, Trunk } from "./account-config.ts";
import type { Hops } from "./hops.ts";
import type { RefusalReason } from "./refusals.ts";

/** Where one attempt goes and what it shows. */
export interface OutboundRoute {
  readonly trunk: Trunk;
  /** True: it uses one of the trunk's channels; false: it goes directly to a host. */
  readonly overTrunk: boolean;
  readonly target: DialTarget;
  readonly from: PartyAddress;
  readonly to: PartyAddress;
  readonly credentials: SipCredentials | null;
  readonly headers: ExtraHeaders;
  readonly maxForwards: number;
}

/** Why an outbound call can't be made; `message` is for the trace. */
export interface NoRoute {
  readonly reason: RefusalReason;
  readonly message: string;
  /** The account's limit that forbids it. */
  readonly limit?: LimitFact;
}

/** What an inbound call passes on to the outbound calls made because of it. */
export interface PassedOn {
  readonly hops: Hops;
  /** The caller's withheld number (`CallerIdentity.withheld`). */
  readonly withheld: string | null;
}

/** For an outbound call without an inbound one. */
export const NOTHING_PASSED_ON: PassedOn = { hops: { left: DEFAULT_MAX_FORWARDS, history: [] }, withheld: null };

export interface RouteRequest {
  readonly destination: Destination;
  /** E.164. */
  readonly callerId: string;
  readonly passedOn: PassedOn;
  /** Whether a trunk has a channel left. */
  readonly isFree: (trunk: Trunk) => boolean;
}

/** The trunk for a destination and the URIs in that trunk's format, or why there is no route. */
export function outboundRoute(config: AccountConfig, request: RouteRequest): Result<OutboundRoute, NoRoute> {
  const { destination } = request;
  if (destination.kind === "number") return byNumber(config, destination.e164, request);
  if (destination.host !== null) return toHost(config, destination.user, destination.host, request);
  const user = config.account.users.find(({ name }) => name === destination.user);
  // Until users' phones can register with us, a user is reached by the number in the workspace.
  if (user?.number != null) return byNumber(config, user.number, request);
  return none("unreachable_user", `sip:${destination.user} has no registered phone and no number`);
}

function byNumber(config: AccountConfig, e164: string, request: RouteRequest): Result<OutboundRoute, NoRoute> {
  const { dialPrefixes } = config.account;
  if (!startsWithOneOf(e164, dialPrefixes))
    return none("dial_prefix", `the account may dial only ${dialPrefixes.join(", ")}`);
  const reaching = trunksInOrder(config, request.callerId).filter(({ reaches }) => startsWithOneOf(e164, reaches));
  if (reaching.length === 0) return none("no_trunk", `no trunk of the account reaches ${e164}`);
  const trunk = reaching.find(request.isFree);
  if (trunk !== undefined) return ok(overTrunk(trunk, e164, request));
  const names = reaching.map(({ name }) => name).join(", ");
  return none("trunk_channels", `all channels of every trunk that reaches ${e164} are in use (${names})`);
}

function none(reason: RefusalReason, message: string): Result<OutboundRoute, NoRoute> {
  return err({ reason, message });
}

/** An empty list allows every number. */
function startsWithOneOf(e164: string, prefixes: readonly string[]): boolean {
  return prefixes.length === 0 || prefixes.some((prefix) => e164.startsWith(prefix));
}

/** By priority; for equal priority first the trunk of the ExoPhone shown, then in workspace order. */
function trunksInOrder({ account, trunks }: AccountConfig, callerId: string): readonly Trunk[] {
  const own = account.exophones.find(({ number }) => number === callerId)?.trunk ?? null;
  const rank = ({ name }: Trunk): number => (name === own ? 0 : 1);
  return trunks.toSorted((a, b) => a.priority - b.priority || rank(a) - rank(b));
}

function overTrunk(trunk: Trunk, e164: string, request: RouteRequest): OutboundRoute {
  const { hops, withheld } = request.passedOn;
  const host = trunk.port === null ? trunk.host : `${trunk.host}:${trunk.port}`;
  const uri = `sip:${numberFor(trunk, e164)}@${host}`;
  return {
    trunk,
    overTrunk: true,
    target: { uri, address: withoutBrackets(trunk.host), port: trunk.port, protocol: trunk.transport },
    from: { uri: `sip:${numberFor(trunk, request.callerId)}@${host}` },
    to: { uri },
    credentials: trunk.credentials,
    headers: [...hops.history, ...privacyOf(trunk, withheld, host)],
    maxForwards: hops.left,
  };
}

/** REQ-34: the trunk may know the caller, and is asked to keep it private (RFC 3325, 9.1 and 9.3). */
function privacyOf(trunk: Trunk, withheld: string | null, host: string): ExtraHeaders {
  if (withheld === null || !/^\+?\d+$/.test(withheld)) return [];
  return [
    ["P-Asserted-Identity", `<sip:${numberFor(trunk, withheld)}@${host}>`],
    ["Privacy", "id"],
  ];
}

/** The route to an allowed host that is not a trunk: it isn't told a withheld number. */
function toHost(
  config: AccountConfig,
  user: string,
  hostAndPort: string,
  { callerId, passedOn }: RouteRequest,
): Result<OutboundRoute, NoRoute> {
  const [trunk] = trunksInOrder(config, callerId);
  if (trunk === undefined) return none("no_trunk", "the account has no trunk");
  const match = /^(.*?)(?::(\d+))?$/.exec(hostAndPort);
  const uri = `sip:${user}@${hostAndPort}`;
  const port = match?.[2] === undefined ? null : Number(match[2]);
  return ok({
    trunk,
    overTrunk: false,
    target: { uri, address: withoutBrackets(match?.[1] ?? hostAndPort), port, protocol: "udp" },
    from: { uri: `sip:${numberFor(trunk, callerId)}@${trunk.host}` },
    to: { uri },
    credentials: null,
    headers: passedOn.hops.history,
    maxForwards: passedOn.hops.left,
  });
}

function withoutBrackets(host: string): string {
  return host.replaceAll(/[[\]]/g, "");
}

/** A number as the trunk wants it in URIs. */
function numberFor(trunk: Trunk, e164: string): string {
  switch (trunk.dialFormat) {
    case "e164":
      return e164;
    case "e164-no-plus":
      return e164.replace(/^\+/, "");
    case "national":
      return formatNumber(e164, { numberFormat: "national" });
    default:
      return unreachable(trunk.dialFormat);
  }
}
