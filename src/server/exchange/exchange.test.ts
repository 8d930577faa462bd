import { expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { seededRandom } from "../../base/random.ts";
import { VirtualClock } from "../../base/virtual-clock.ts";
import { ACCOUNT, EXOPHONE } from "../../../test/fixtures/contract.ts";
import type { MediaClient } from "../../edges/media/process/client.ts";
import { buildRequest } from "../../edges/sip/message/build.ts";
import type { IncomingInvite, SipEndpointApi } from "../../edges/sip/endpoint.ts";
import type { InboundRoute } from "./directory.ts";
import { Exchange } from "./exchange.ts";
import type { ExchangeOptions } from "./exchange.ts";
import type { AccountConfig, Workspace } from "./workspace.ts";

const connect = { type: "connect", url: { primary: "http://app.example/connect" }, exits: {} };
const flow = { id: "1", name: "", start: "c", validation: "strict", applets: { c: connect } };
const config = {
  account: ACCOUNT,
  concurrentCalls: 10,
  callsPerSecond: 10,
  signingSecret: null,
  privateDestinations: false,
} as unknown as AccountConfig;
const inboundRoute: InboundRoute = { config, exophone: EXOPHONE, flowId: "1" };

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}

/** An exchange that is open, with SIP that reads what comes in so late. */
async function exchangeBehind(queueDelayMs: number): Promise<Exchange> {
  const exchange = new Exchange({
    clock: new VirtualClock(1_767_600_000_000),
    random: seededRandom(1),
    log: silentLog,
    store: { putSetup: () => Promise.resolve(), append: never },
    fetcher: { fetch: never },
    directory: { inboundRoute: () => inboundRoute },
    mediaAddress: "192.0.2.9",
    recordingsDir: "recordings",
    publicUrl: "http://192.0.2.9",
    version: "test",
  } as unknown as ExchangeOptions);
  const workspace = { accounts: [config], flows: new Map([[`${ACCOUNT.sid}/1`, flow]]) };
  await exchange.prepare(workspace as unknown as Workspace);
  exchange.connect({ queueDelayMs } as SipEndpointApi);
  exchange.addMedia({ open: never } as unknown as MediaClient);
  exchange.open();
  return exchange;
}

/** What the caller of one INVITE is told at once. */
function refusalBy(exchange: Exchange): unknown[] | null {
  let refusal: unknown[] | null = null;
  exchange.handlers.onInvite({
    request: buildRequest({
      method: "INVITE",
      uri: `sip:${EXOPHONE.number}@192.0.2.9`,
      from: "<sip:+919812345678@192.0.2.1>;tag=a",
      to: `<sip:${EXOPHONE.number}@192.0.2.9>`,
      callId: "c",
      cseq: 1,
    }),
    source: { protocol: "udp", address: "192.0.2.1", port: 5060 },
    offer: null,
    reject: (...told: unknown[]) => (refusal = told),
    onCancelled: () => undefined,
  } as unknown as IncomingInvite);
  return refusal;
}

it("refuses new calls while what comes in by SIP waits so long that everybody will repeat it", async () => {
  const exchange = await exchangeBehind(301);
  expect(refusalBy(exchange)).toEqual([503, null, [["Retry-After", "2"]]]);
  expect(exchange.liveCalls).toBe(0);
});

it("takes calls while it reads in time", async () => {
  const exchange = await exchangeBehind(300);
  expect(refusalBy(exchange)).toBeNull();
  expect(exchange.liveCalls).toBe(1);
});
