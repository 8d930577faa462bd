import type { BlockList } from "node:net";
import type { Scope } from "../../edges/store/api-key-table.ts";
import type { Account } from "../../core/contract/account.ts";
import type { DialPolicy } from "./limits/dial-policy.ts";
import { dialPolicy } from "./limits/dial-policy.ts";
import type { RecordingLinkPolicy } from "./recording-links.ts";
import { blockListOf, parseSubnet } from "./subnet.ts";
import type { WorkspaceAccount, WorkspaceTrunk } from "./workspace-schema.ts";

/** One SIP trunk of an account: where calls go out and who may send calls in. */
export interface Trunk {
  /** `<account sid>/<name>`: what counts calls over it counts by this, since changes of the configuration make new objects. */
  readonly id: string;
  readonly name: string;
  readonly host: string;
  /** Null: found by SRV (RFC 3263). */
  readonly port: number | null;
  readonly transport: "udp" | "tcp";
  readonly acceptFrom: BlockList;
  readonly credentials: { readonly username: string; readonly password: string } | null;
  readonly dialFormat: "e164" | "e164-no-plus" | "national";
  /** E.164 prefixes it connects to; empty: all. */
  readonly reaches: readonly string[];
  /** Among the trunks that reach a destination the lowest number is taken. */
  readonly priority: number;
  /** Calls at once, both directions; null: no limit. */
  readonly channels: number | null;
  /** Where its calls in carry the number called. */
  readonly numberIn: "request-uri" | "to" | "p-called-party-id";
  /** How long a call out waits for any response at all. */
  readonly firstResponseTimeoutMs: number;
  /** Requests within a call go to where the trunk's own came from. */
  readonly nat: boolean;
  /** Audio goes to where the trunk's comes from; false: always to the address in its session description. */
  readonly symmetricRtp: boolean;
  /** Calls out wait for the caller's ACK. */
  readonly waitForAck: boolean;
}

/** A key of the workspace file, as written there; the database has its hash only. */
export interface ApiKey {
  readonly key: string;
  readonly token: string;
  /** Left out: all. */
  readonly scopes?: readonly Scope[] | undefined;
}

/** An account as configured: what the contract needs (`account`) and what only the live platform needs. */
export interface AccountConfig {
  readonly account: Account;
  readonly apiKeys: readonly ApiKey[];
  readonly privateDestinations: boolean;
  /** REQ-9; empty: requests go out unsigned. Two are valid at once while one replaces the other. Never logged or shown. */
  readonly signingSecrets: readonly string[];
  readonly recordingLinks: RecordingLinkPolicy;
  readonly callsPerSecond: number;
  readonly concurrentCalls: number;
  /** On calls out, and on HTTP requests. */
  readonly limits: DialPolicy;
  readonly trunks: readonly Trunk[];
  /** ExoPhone (E.164) → flow id. */
  readonly flowOf: ReadonlyMap<string, string>;
  /** ExoPhone (E.164) → its name for people; the others have none. */
  readonly nameOf: ReadonlyMap<string, string>;
}

/** An account of the file as the platform uses it; every address in it has been checked. */
export function accountConfig(document: WorkspaceAccount): AccountConfig {
  return {
    account: contractAccount(document),
    apiKeys: document.api_keys,
    privateDestinations: document.private_destinations,
    signingSecrets: [document.signing_secret ?? []].flat(),
    recordingLinks: document.recording_links === "none" ? null : { days: document.recording_links.expire_after_days },
    callsPerSecond: document.limits.calls_per_second,
    concurrentCalls: document.limits.concurrent_calls,
    limits: dialPolicy(document.limits, document.price_table),
    trunks: document.trunks.map((trunk) => trunkConfig(document.sid, trunk)),
    flowOf: new Map(document.exophones.flatMap(({ number, flow }) => (flow === null ? [] : [[number, flow] as const]))),
    nameOf: new Map(document.exophones.flatMap(({ number, name }) => (name === "" ? [] : [[number, name] as const]))),
  };
}

function contractAccount(document: WorkspaceAccount): Account {
  return {
    sid: document.sid,
    tenantId: String(document.tenant_id),
    country: document.country,
    timezone: document.timezone,
    language: document.language,
    numberFormat: document.number_format,
    wire: document.wire,
    dialEvents: document.dial_events,
    sipHosts: document.sip_hosts,
    dialPrefixes: document.limits.dial_prefixes,
    exophones: document.exophones.map(({ number, region, trunk }) => ({
      number,
      region,
      trunk,
      reaches: reachOf(document, trunk),
    })),
    users: document.users.map(({ name, number, email }) => ({ name, number, email })),
    groups: Object.fromEntries(document.groups.map((group) => [group.name, group.order ?? group.users])),
  };
}

/** An ExoPhone that names no trunk is on the first one. */
function reachOf({ trunks }: WorkspaceAccount, name: string | null): readonly string[] {
  return (trunks.find((trunk) => trunk.name === name) ?? trunks[0])?.reaches ?? [];
}

function trunkConfig(sid: string, document: WorkspaceTrunk): Trunk {
  const { username, password } = document;
  return {
    id: `${sid}/${document.name}`,
    name: document.name,
    ...hostAndPort(document.address),
    transport: document.transport,
    acceptFrom: blockListOf(document.accept_from.map(parseSubnet).filter((subnet) => subnet !== null)),
    credentials: username === null ? null : { username, password: password ?? "" },
    dialFormat: document.dial_format,
    reaches: document.reaches,
    priority: document.priority,
    channels: document.channels,
    numberIn: document.number_in,
    firstResponseTimeoutMs: document.first_response_timeout * 1000,
    nat: document.nat,
    symmetricRtp: document.symmetric_rtp,
    waitForAck: document.wait_for_ack,
  };
}

function hostAndPort(address: string): Pick<Trunk, "host" | "port"> {
  const colon = /:(\d+)$/.exec(address);
  // The last colon of an IPv6 address in brackets is no port's.
  if (colon === null || address.endsWith("]")) return { host: address, port: null };
  return { host: address.slice(0, colon.index), port: Number(colon[1]) };
}
