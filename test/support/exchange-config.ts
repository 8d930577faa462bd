import { ACCOUNT } from "../fixtures/contract.ts";
import type { AccountConfig, Trunk } from "../../src/server/exchange/account-config.ts";
import { defaultPolicy } from "../../src/server/exchange/limits/dial-policy.ts";
import { DEFAULT_RETENTION } from "../../src/server/exchange/retention-schema.ts";
import { blockListOf, parseSubnet } from "../../src/server/exchange/subnet.ts";

/** A trunk at 192.0.2.1:5060 that accepts calls from there, with every setting at its default. */
export function testTrunk(settings: Partial<Trunk> = {}): Trunk {
  const subnet = parseSubnet("192.0.2.1");
  return {
    id: `${ACCOUNT.sid}/${settings.name ?? "main"}`,
    name: "main",
    host: "192.0.2.1",
    port: 5060,
    transport: "udp",
    acceptFrom: blockListOf(subnet === null ? [] : [subnet]),
    credentials: null,
    dialFormat: "e164",
    reaches: [],
    priority: 1,
    channels: null,
    numberIn: "request-uri",
    firstResponseTimeoutMs: 5000,
    nat: false,
    symmetricRtp: true,
    waitForAck: false,
    ...settings,
  };
}

/** The account of the contract's tests with one trunk; its ExoPhone points at flow 1. */
export function testConfig(settings: Partial<AccountConfig> = {}): AccountConfig {
  return {
    account: ACCOUNT,
    apiKeys: [],
    privateDestinations: false,
    signingSecrets: [],
    recordingLinks: null,
    retention: DEFAULT_RETENTION,
    callsPerSecond: 10,
    concurrentCalls: 10,
    limits: defaultPolicy(),
    trunks: [testTrunk()],
    flowOf: new Map(ACCOUNT.exophones.map(({ number }) => [number, "1"])),
    nameOf: new Map(),
    ...settings,
  };
}
