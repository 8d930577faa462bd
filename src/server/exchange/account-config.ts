import type { BlockList } from "node:net";
import type { Scope } from "../../edges/store/api-key-table.ts";
import type { Account } from "../../core/contract/account.ts";
import type { DialPolicy } from "./limits/dial-policy.ts";
import { dialPolicy } from "./limits/dial-policy.ts";
import type { RecordingLinkPolicy } from "./recording-links.ts";
import type { RetentionPolicy } from "./retention-schema.ts";
import { retentionPolicy } from "./retention-schema.ts";
import { blockListOf, parseSubnet } from "./subnet.ts";
import type { WorkspaceAccount, WorkspaceTrunk } from "./workspace-schema.ts";

/** One SIP trunk of an account: where outbound calls go, and who may send inbound calls. */
export interface Trunk {
  /** `<account sid>/<name>`. Calls are counted under this id, because a configuration change makes new objects. */
  readonly id: string;
  readonly name: string;
  readonly host: string;
  /** Null: looked up by SRV (RFC 3263). */
  readonly port: number | null;
  readonly transport: "udp" | "tcp";
  readonly acceptFrom: BlockList;
  readonly credentials: { readonly username: string; readonly password: string } | null;
  readonly dialFormat: "e164" | "e164-no-plus" | "national";
  /** E.164 prefixes it can reach; empty: all. */
  readonly reaches: readonly string[];
  /** Of the trunks that reach a destination, the one with the lowest number is used. */
  readonly priority: number;
  /** Calls at once, both directions; null: no limit. */
  readonly channels: number | null;
  /** Where its inbound calls carry the called number. */
  readonly numberIn: "request-uri" | "to" | "p-called-party-id";
  /** How long an outbound call waits for a first response. */
  readonly firstResponseTimeoutMs: number;
  /** In-dialog requests go to the address that the trunk's own requests came from. */
  readonly nat: boolean;
  /** Audio goes to the address the trunk's audio comes from; false: always to the address in its session description. */
  readonly symmetricRtp: boolean;
  /** Outbound calls wait for the caller's ACK. */
  readonly waitForAck: boolean;
}

/** A key as written in the workspace file; the database stores only its hash. */
export interface ApiKey {
  readonly key: string;
  readonly token: string;
  /** Absent: all scopes. */
  readonly scopes?: readonly Scope[] | undefined;
}

/** A configured account: the part defined by the contract (`account`), and what only the live platform needs. */
export interface AccountConfig {
  readonly account: Account;
  readonly apiKeys: readonly ApiKey[];
  readonly privateDestinations: boolean;
  /** REQ-9; empty: requests are unsigned. Two are valid during a rotation. Never logged or shown. */
  readonly signingSecrets: readonly string[];
  readonly recordingLinks: RecordingLinkPolicy;
  readonly retention: RetentionPolicy;
  readonly callsPerSecond: number;
  readonly concurrentCalls: number;
  /** Limits on outbound calls and on HTTP requests. */
  readonly limits: DialPolicy;
  readonly trunks: readonly Trunk[];
  /** ExoPhone (E.164) → flow id. */
  readonly flowOf: ReadonlyMap<string, string>;
  /** ExoPhone (E.164) → its display name; ExoPhones without a name are not in the map. */
  readonly nameOf: ReadonlyMap<string, string>;
}

/** Converts an account of the workspace file to what the platform uses; every address in it is already validated. */
export function accountConfig(document: WorkspaceAccount): AccountConfig {
  return {
    account: contractAccount(document),
    apiKeys: document.api_keys,
    privateDestinations: document.private_destinations,
    signingSecrets: [document.signing_secret ?? []].flat(),
    recordingLinks: document.recording_links === "none" ? null : { days: document.recording_links.expire_after_days },
    retention: retentionPolicy(document.retention),
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

/** An ExoPhone that names no trunk belongs to the first one. */
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
  // In a bracketed IPv6 address the last colon does not start a port.
  if (colon === null || address.endsWith("]")) return { host: address, port: null };
  return { host: address.slice(0, colon.index), port: Number(colon[1]) };
}
