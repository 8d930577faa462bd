import { describe, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { type Random, seededRandom } from "../../base/random.ts";
import { buildRequest, buildResponse, serialize, type SipRequestParts } from "./message/build.ts";
import { parseDatagram } from "./message/parse.ts";
import { Peer } from "./testing/peer.ts";
import { ALL_TIMERS_MS, ANSWER, answering, type CallLog, isIdle, OFFER, type Party, Rig } from "./testing/rig.ts";
import type { SipCall, SipProtocol } from "./endpoint.ts";
import type { Transport } from "./transport/types.ts";

const MUTATIONS = 20_000;
/** ms of virtual time that a batch takes to arrive. */
const STEP_MS = 20;
/** Messages that are sent together. A fault ends a connection and loses whatever follows, so over TCP they are sent one by one. */
const BATCH = { udp: 100, tcp: 1 };

/** Bob, who has calls in both directions, one per transport, and records whatever happens to them. */
async function busy(admitted: readonly string[]): Promise<{
  readonly rig: Rig;
  readonly alice: Party;
  readonly bob: Party;
  readonly calls: readonly SipCall[];
  readonly logs: readonly CallLog[];
  readonly lines: string[];
}> {
  const rig = new Rig();
  const lines: string[] = [];
  const note = (_: object, message: string): void => void lines.push(message);
  const alice = await rig.endpoint("10.0.0.1");
  const bob = await rig.endpoint("10.0.0.2", { log: { ...silentLog, info: note, warn: note, error: note } });
  bob.admits = ({ address }) => (admitted.includes(address) ? "accept" : "drop");
  const { calls, logs } = answering(bob);
  const dialled = (["udp", "tcp"] as const).map((protocol) => alice.dial("10.0.0.2", { protocol }));
  answering(alice);
  const back = bob.dial("10.0.0.1");
  await rig.pass(200);
  bob.onInvite = (invite) => invite.reject(486);
  const all = [...calls, back.call].filter((call) => call !== null);
  const every = [...logs, back.log, ...dialled.map(({ log }) => log)];
  return { rig, alice, bob, calls: all, logs: every, lines };
}

const INVITE: SipRequestParts = {
  method: "INVITE",
  uri: "sip:bob@10.0.0.2",
  via: "SIP/2.0/UDP 10.0.0.66:5060;rport;branch=z9hG4bKa",
  from: '"Anil" <sip:a@10.0.0.66>;tag=a',
  to: "<sip:bob@10.0.0.2>",
  callId: "hostile",
  cseq: 1,
  contact: "<sip:a@10.0.0.66>",
  headers: [
    ["Supported", "100rel, timer"],
    ["Session-Expires", "1800"],
  ],
  body: OFFER,
  contentType: "application/sdp",
};

/** Valid messages of every kind that a call has. */
const VALID: readonly Buffer[] = [
  ...["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "UPDATE", "INFO", "PRACK", "REGISTER"].map((method) =>
    serialize(buildRequest({ ...INVITE, method, to: method === "BYE" ? "<sip:bob@10.0.0.2>;tag=b" : INVITE.to })),
  ),
  ...[100, 180, 200, 302, 407, 487].map((status) =>
    serialize(buildResponse(buildRequest(INVITE), status, undefined, { toTag: "t", body: ANSWER })),
  ),
];

function mutated(random: Random): Buffer {
  const pick = (below: number): number => Math.floor(random.next() * below);
  // Each one is new: otherwise most would be repeats of the first.
  const text = VALID[pick(VALID.length)]?.toString() ?? "";
  let octets = Buffer.from(text.replaceAll("hostile", random.hex(4)).replace("z9hG4bKa", `z9hG4bK${random.hex(4)}`));
  for (let edits = pick(5); edits >= 0; edits--) {
    const at = pick(octets.length);
    const put = Buffer.from(Array.from({ length: pick(4) }, () => pick(256)));
    octets = Buffer.concat([octets.subarray(0, at), put, octets.subarray(at + pick(random.next() < 0.1 ? 300 : 3))]);
  }
  return octets;
}

async function attack(rig: Rig, host: string, protocol: SipProtocol, octetsOf: () => Buffer): Promise<void> {
  const events = { onOctets() {}, onFlowFailed() {} };
  const setup = { protocol, host, port: 5060, clock: rig.clock, random: rig.random, log: silentLog, events };
  const transport: Transport = rig.network.factory(setup);
  await transport.open();
  for (let i = 0; i < MUTATIONS; i++) {
    transport.flowTo("10.0.0.2", 5060, 1_000).send(octetsOf());
    if (i % BATCH[protocol] === 0) await rig.pass(STEP_MS);
  }
  await rig.pass(1_000);
}

describe("M10: while calls are up", () => {
  for (const protocol of ["udp", "tcp"] as const)
    for (const known of [false, true])
      it(`20,000 mutated messages over ${protocol} from ${known ? "a trunk" : "a stranger"} change none, and fill neither log nor memory`, async () => {
        const { rig, bob, calls, logs, lines } = await busy(known ? ["10.0.0.1", "10.0.0.66"] : ["10.0.0.1"]);
        const random = seededRandom(protocol === "udp" ? 7 : 8);
        await attack(rig, "10.0.0.66", protocol, () => mutated(random));
        expect(logs.map(({ ends, offers, answers, infos }) => [ends, offers, answers, infos].flat())).toEqual(
          logs.map(() => []),
        );
        expect([calls.length, calls.some(({ ended }) => ended)]).toEqual([3, false]);
        expect(lines.length).toBeLessThan(100);
        if (known) expect(bob.invites.length).toBeGreaterThan(100);
        else expect([bob.invites.length, bob.refusedRequests]).toEqual([2, []]);
        for (const call of calls) call.hangUp();
        await rig.pass(ALL_TIMERS_MS);
        expect([isIdle(bob), bob.endpoint.stats.connections < 4]).toEqual([true, true]);
      }, 60_000);

  it("spoofed requests and responses of their dialogs change none: the tags cannot be guessed", async () => {
    const { rig, bob, calls, logs } = await busy(["10.0.0.1", "10.0.0.66"]);
    const peer = await Peer.at(rig, "10.0.0.66");
    const methods = ["BYE", "INVITE", "UPDATE", "INFO", "ACK", "CANCEL", "PRACK", "REFER"];
    for (const call of calls)
      for (const [i, method] of methods.entries()) {
        const { localTag, remoteTag } = call.snapshot();
        // Everything is known except one tag, or the two are swapped.
        for (const [ours, theirs] of [
          [localTag, "guess"],
          ["guess", remoteTag],
          [remoteTag, localTag],
          ["", remoteTag],
        ]) {
          const to = ours === "" ? "<sip:bob@10.0.0.2>" : `<sip:bob@10.0.0.2>;tag=${ours}`;
          const from = `<sip:alice@10.0.0.1>;tag=${theirs}`;
          const { via: _, ...parts } = INVITE;
          peer.send({ ...parts, method, from, to, callId: call.callId, cseq: 1_000_000 + i }, "10.0.0.2");
          const request = buildRequest({ ...INVITE, method, from: to, to: from, callId: call.callId });
          for (const status of [200, 481]) peer.sendRaw(serialize(buildResponse(request, status)), "10.0.0.2");
        }
      }
    await rig.pass(5_000);
    expect(logs.flatMap(({ ends, offers, answers, infos }) => [ends, offers, answers, infos].flat())).toEqual([]);
    expect([calls.length, calls.some(({ ended }) => ended)]).toEqual([3, false]);
    for (const call of calls) call.hangUp();
    await rig.pass(ALL_TIMERS_MS);
    expect(isIdle(bob)).toBe(true);
  });
});

describe("A11: a 200 that belongs to no call of ours", () => {
  const stray = (host: string, contact: string): Buffer => {
    const via = "SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKstray";
    const headers = [
      ["Contact", contact],
      ["Record-Route", "<sip:10.0.0.77;lr>"],
    ] as const;
    const request = buildRequest({ ...INVITE, via, from: "<sip:bob@10.0.0.2>;tag=us", to: `<sip:x@${host}>` });
    return serialize(buildResponse(request, 200, undefined, { toTag: "them", headers }));
  };

  it("is acknowledged and ended where it came from, and nothing is sent to the addresses it names", async () => {
    const rig = new Rig();
    const bob = await rig.endpoint("10.0.0.2");
    const [peer, contact, route] = await Promise.all(
      ["10.0.0.9", "10.0.0.66", "10.0.0.77"].map((host) => Peer.at(rig, host)),
    );
    peer?.sendRaw(stray("10.0.0.9", "<sip:victim@10.0.0.66>"), "10.0.0.2");
    await rig.pass(100);
    expect(peer?.received.map((one) => (one.kind === "request" ? one.method : one.status))).toEqual(["ACK", "BYE"]);
    peer?.respond(peer.request("BYE"), 481);
    await rig.pass(ALL_TIMERS_MS);
    expect([contact?.received, route?.received, isIdle(bob)]).toEqual([[], [], true]);
    expect(peer?.requests("BYE")).toHaveLength(1);
  });

  it("gets no answer from a source that is not admitted, and a flood of them is bounded", async () => {
    const rig = new Rig();
    const bob = await rig.endpoint("10.0.0.2");
    const peer = await Peer.at(rig, "10.0.0.9");
    bob.admits = () => "drop";
    peer.sendRaw(stray("10.0.0.9", "<sip:victim@10.0.0.66>"), "10.0.0.2");
    await rig.pass(100);
    expect(peer.received).toEqual([]);
    bob.admits = () => "accept";
    for (let i = 0; i < 2_000; i++)
      peer.sendRaw(stray("10.0.0.9", "<sip:a@10.0.0.66>").toString().replace("tag=them", `tag=t${i}`), "10.0.0.2");
    await rig.pass(100);
    expect(bob.endpoint.stats.calls).toBe(256);
    await rig.pass(ALL_TIMERS_MS);
    expect(isIdle(bob)).toBe(true);
  });
});

describe("A11: an answered call that is never acknowledged", () => {
  it("ends after the time set for the endpoint", async () => {
    const rig = new Rig();
    const bob = await rig.endpoint("10.0.0.2", { ackTimeoutMs: 16_000 });
    const peer = await Peer.at(rig, "10.0.0.66");
    const { logs } = answering(bob);
    const { via: _, ...parts } = INVITE;
    peer.send(parts, "10.0.0.2");
    await rig.pass(15_900);
    expect(logs[0]?.ends).toEqual([]);
    await rig.pass(200);
    expect(logs[0]?.ends).toEqual(["no_ack"]);
    expect(parseDatagram(serialize(peer.request("BYE"))).kind).toBe("request");
  });
});
