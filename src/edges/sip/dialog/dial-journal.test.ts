import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { cseq, to } from "../message/message.ts";
import { Peer } from "../testing/peer.ts";
import { ANSWER, type Dialled, type Party, Rig } from "../testing/rig.ts";
import type { DialogSnapshot, RingingSnapshot } from "./types.ts";

const CHALLENGE = [["WWW-Authenticate", 'Digest realm="r", nonce="n"']] as const;

/** A dial whose journal completes its writes when the test says so. */
async function world() {
  const rig = new Rig();
  const alice = await rig.endpoint("10.0.0.1");
  const peer = await Peer.at(rig, "10.0.0.9");
  const written: RingingSnapshot[] = [];
  const waiting: (() => void)[] = [];
  const wait = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
  const dial = (): Dialled =>
    alice.dial("10.0.0.9", {
      credentials: { username: "u", password: "p" },
      journal: {
        inviting: (invite) => {
          written.push(JSON.parse(JSON.stringify(invite)) as RingingSnapshot);
          return wait();
        },
        answered: wait,
      },
    });
  const write = async (): Promise<void> => {
    waiting.shift()?.();
    await rig.pass(20);
  };
  return { rig, alice, peer, written, dial, write };
}

/** The process has died; its successor has what was written. */
async function successor(rig: Rig, party: Party): Promise<Party> {
  await party.endpoint.stop();
  return rig.endpoint(party.host);
}

describe("A3: the state that a CANCEL needs", () => {
  it("is journalled before the INVITE is sent, and lets another process cancel it", async () => {
    const { rig, alice, peer, written, dial, write } = await world();
    dial();
    await rig.pass(5000);
    expect(peer.received).toEqual([]);
    expect(written).toHaveLength(1);
    await write();
    const again = await successor(rig, alice);
    const [invite] = written;
    if (invite !== undefined) again.endpoint.cancel(invite);
    await rig.pass(20);
    const [sent, cancel] = [peer.request("INVITE"), peer.request("CANCEL")];
    for (const name of ["via", "from", "to", "call-id"]) expect(cancel.headers.get(name)).toBe(sent.headers.get(name));
    expect(cseq(cancel).number).toBe(cseq(sent).number);
  });

  it("is journalled again for the INVITE that answers a challenge", async () => {
    const { rig, peer, written, dial, write } = await world();
    dial();
    await rig.pass(1);
    await write();
    peer.respond(peer.request("INVITE"), 401, { toTag: "peer", headers: CHALLENGE });
    await rig.pass(5000);
    expect(peer.requests("INVITE")).toHaveLength(1);
    await write();
    expect(peer.requests("INVITE")).toHaveLength(2);
    expect(written.map(({ cseq: number }) => number)).toEqual(peer.requests("INVITE").map((sent) => cseq(sent).number));
    expect(written[1]?.via).toBe(peer.request("INVITE", 1).headers.get("via"));
  });

  it("an INVITE that is cancelled while it is being journalled is never sent", async () => {
    const { rig, peer, dial, write } = await world();
    const { out } = dial();
    await rig.pass(5);
    out.cancel();
    await write();
    await rig.pass(60_000);
    expect(peer.received).toEqual([]);
  });
});

describe("A3: the state that a BYE needs", () => {
  async function answered() {
    const all = await world();
    const { rig, peer, dial, write } = all;
    const dialled = dial();
    await rig.pass(1);
    await write();
    peer.respond(peer.request("INVITE"), 200, { body: ANSWER, toTag: "peer" });
    await rig.pass(20);
    return { ...all, dialled };
  }

  it("is journalled before the ACK is sent, even if the 200 is repeated", async () => {
    const { rig, peer, dialled, write } = await answered();
    expect(dialled.answers).toEqual([ANSWER]);
    peer.respond(peer.request("INVITE"), 200, { body: ANSWER, toTag: "peer" });
    await rig.pass(20);
    expect(peer.requests("ACK")).toEqual([]);
    await write();
    expect(peer.requests("ACK")).toHaveLength(1);
    peer.respond(peer.request("INVITE"), 200, { body: ANSWER, toTag: "peer" });
    await rig.pass(20);
    expect(peer.requests("ACK")).toHaveLength(2);
  });

  it("a call that is hung up meanwhile is acknowledged, then ended, and acknowledged once", async () => {
    const { peer, dialled, write, rig } = await answered();
    dialled.call?.hangUp();
    await rig.pass(20);
    expect(peer.received.map((one) => cseq(one).method)).toEqual(["INVITE", "ACK", "BYE"]);
    await write();
    expect(peer.requests("ACK")).toHaveLength(1);
  });

  it("lets another process hang up before the ACK was sent", async () => {
    const { rig, alice, peer, dialled } = await answered();
    const snapshot = JSON.parse(JSON.stringify(dialled.call?.snapshot())) as DialogSnapshot;
    const again = await successor(rig, alice);
    again.endpoint.adopt(snapshot).hangUp();
    await rig.pass(20);
    expect(to(peer.request("BYE")).tag).toBe("peer");
  });
});

it("A3: the dialog of an incoming call is known before its 200 is sent, and lets another process hang up", async () => {
  const rig = new Rig();
  const bob = await rig.endpoint("10.0.0.2");
  const alice = await rig.endpoint("10.0.0.1");
  const { log } = alice.dial("10.0.0.2");
  await rig.pass(20);
  const written = bob.invites[0]?.snapshot();
  bob.invites[0]?.answer(ANSWER);
  await rig.pass(20);
  const again = await successor(rig, bob);
  if (written !== undefined) again.endpoint.adopt(written).hangUp();
  await rig.pass(20);
  expect(log.ends).toEqual(["remote_bye"]);
});

describe("once a call is over, what the stack keeps for repeats holds no reference to its user", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;

  it.each(["answered", "refused"])("when it was %s", async (how) => {
    const rig = new Rig();
    const alice = await rig.endpoint("10.0.0.1");
    const peer = await Peer.at(rig, "10.0.0.9");
    const users: WeakRef<object>[] = [];
    const dial = (): void => {
      const user = { writes: 0 };
      users.push(new WeakRef(user));
      const write = async (): Promise<void> => void (user.writes += 1);
      const handlers = {
        onProgress: () => void user.writes,
        onAnswered: (call: { hangUp(): void }) => call.hangUp(),
        onFailed: () => void user.writes,
      };
      alice.dial("10.0.0.9", { journal: { inviting: write, answered: write }, handlers });
    };
    dial();
    await rig.pass(20);
    const invite = peer.request("INVITE");
    peer.respond(invite, how === "answered" ? 200 : 486, how === "answered" ? { body: ANSWER, toTag: "peer" } : {});
    await rig.pass(20);
    if (how === "answered") peer.respond(peer.request("BYE"), 200);
    await rig.pass(1000);
    // A weak reference keeps its object alive until the task that created it ends.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    expect(users.map((user) => user.deref())).toEqual([undefined]);
  });
});
