import { unreachable } from "../../base/never.ts";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { Destination } from "../../core/contract/destination.ts";
import { formatNumber } from "../../core/contract/numbers.ts";
import type { DialTarget, PartyAddress, SipCredentials } from "../../edges/sip/endpoint.ts";
import { trunkFor } from "./directory.ts";
import type { AccountConfig, Trunk } from "./workspace.ts";

/** Where one attempt goes and what it shows. */
export interface OutboundRoute {
  readonly target: DialTarget;
  readonly from: PartyAddress;
  readonly to: PartyAddress;
  readonly credentials: SipCredentials | null;
}

/** From a destination to a trunk and the URIs it wants; the error says why there is no way there. */
export function outboundRoute(
  config: AccountConfig,
  destination: Destination,
  callerId: string,
): Result<OutboundRoute, string> {
  const trunk = trunkFor(config, callerId);
  if (trunk === null) return err("the account has no trunk");
  if (destination.kind === "number") {
    const { dialPrefixes } = config.account;
    if (dialPrefixes.length > 0 && !dialPrefixes.some((prefix) => destination.e164.startsWith(prefix)))
      return err(`the account may dial only ${dialPrefixes.join(", ")}`);
    return ok(overTrunk(trunk, numberFor(trunk, destination.e164), callerId));
  }
  const user = config.account.users.find(({ name }) => name === destination.user);
  if (destination.host !== null) return ok(toHost(trunk, destination.user, destination.host, callerId));
  // Until a user's phone registers with us, the number in his record is the way to him.
  if (user?.number != null) return ok(overTrunk(trunk, numberFor(trunk, user.number), callerId));
  return err(`sip:${destination.user} has no registered phone and no number`);
}

function overTrunk(trunk: Trunk, user: string, callerId: string): OutboundRoute {
  const host = trunk.port === null ? trunk.host : `${trunk.host}:${trunk.port}`;
  const uri = `sip:${user}@${host}`;
  return {
    target: { uri, address: bare(trunk.host), port: trunk.port, protocol: trunk.transport },
    from: { uri: `sip:${numberFor(trunk, callerId)}@${host}` },
    to: { uri },
    credentials: trunk.credentials,
  };
}

function toHost(trunk: Trunk, user: string, hostAndPort: string, callerId: string): OutboundRoute {
  const match = /^(.*?)(?::(\d+))?$/.exec(hostAndPort);
  const uri = `sip:${user}@${hostAndPort}`;
  return {
    target: {
      uri,
      address: bare(match?.[1] ?? hostAndPort),
      port: match?.[2] === undefined ? null : Number(match[2]),
      protocol: "udp",
    },
    from: { uri: `sip:${numberFor(trunk, callerId)}@${trunk.host}` },
    to: { uri },
    credentials: null,
  };
}

function bare(host: string): string {
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
