import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import type { CallEvent } from "../../core/call/events.ts";
import type { DialOptions, PreparedInvite } from "../../edges/sip/endpoint.ts";
import { DialedLeg } from "./dialed-leg.ts";
import type { LegPorts } from "./live-leg.ts";
import type { OutboundRoute } from "./route.ts";
import { testTrunk } from "../../../test/support/exchange-config.ts";

const LEG = 2;
const ROUTE: OutboundRoute = {
  trunk: testTrunk(),
  overTrunk: true,
  headers: [],
  maxForwards: 70,
  target: { uri: "sip:+919900000011@192.0.2.1", address: "192.0.2.1", port: 5060, protocol: "udp" },
  from: { uri: "sip:+918047100000@192.0.2.1" },
  to: { uri: "sip:+919900000011@192.0.2.1" },
  credentials: null,
};

/** A leg whose RTP port is there (or not), and what its INVITE and its call were told. */
async function prepared(port: Promise<{ port: number }>): Promise<{ leg: DialedLeg; said: string[] }> {
  const said: string[] = [];
  const invite: PreparedInvite = {
    callId: "c",
    send: () => void said.push("send"),
    cancel: () => void said.push("cancel"),
    snapshot: () => null,
  };
  const ports = {
    services: {
      mediaAddress: "192.0.2.9",
      sip: { prepare: ({ sdp }: DialOptions) => (said.push(/^m=audio (\d+)/m.exec(sdp)?.[1] ?? "no port"), invite) },
    },
    callerCodec: null,
    call: { now: () => 1000, deliver: (event: CallEvent) => void said.push(event.kind) },
    openLeg: () => port,
    forgetLeg: () => void said.push("forget"),
    legFailed: (_: number, sip: number | null, detail: string) => void said.push(`${sip} ${detail}`),
  } as unknown as LegPorts;
  const leg = new DialedLeg(ports, LEG, ROUTE);
  expect(said).toEqual([]);
  await nextTurn();
  return { leg, said };
}

it("makes its INVITE ready behind the rows of this turn and sends it when it is dialled", async () => {
  const { leg, said } = await prepared(Promise.resolve({ port: 30_000 }));
  expect(said).toEqual(["30000"]);
  leg.dial();
  await Promise.resolve();
  expect(said).toEqual(["30000", "send"]);
});

it("is not dialled when it was hung up before the journal let it go", async () => {
  const { leg, said } = await prepared(Promise.resolve({ port: 30_000 }));
  leg.hangUp();
  leg.dial();
  await Promise.resolve();
  expect(said).toEqual(["30000", "cancel", "forget"]);
});

it("fails when it is dialled, not before, where there is no RTP port", async () => {
  const { leg, said } = await prepared(Promise.reject(new Error("no free RTP port")));
  expect(said).toEqual([]);
  leg.dial();
  await nextTurn();
  expect(said).toEqual(["null no free RTP port"]);
});

it("is dialled as soon as its INVITE is ready when the journal was quicker", async () => {
  const port = Promise.withResolvers<{ port: number }>();
  const { leg, said } = await prepared(port.promise);
  leg.dial();
  await nextTurn();
  expect(said).toEqual([]);
  port.resolve({ port: 30_002 });
  await nextTurn();
  expect(said).toEqual(["30002", "send"]);
});
