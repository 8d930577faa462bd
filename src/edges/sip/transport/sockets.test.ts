import { connect, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { silentLog } from "../../../base/log.ts";
import { seededRandom } from "../../../base/random.ts";
import { systemClock } from "../../../base/system-clock.ts";
import { type DialHandlers, type SipCall, SipEndpoint, type SipHandlers, type SipListener } from "../endpoint.ts";
import { ANSWER, CallLog, OFFER } from "../testing/rig.ts";

const bothProtocols: readonly SipListener[] = [
  { protocol: "udp", host: "127.0.0.1", port: 0 },
  { protocol: "tcp", host: "127.0.0.1", port: 0 },
];

async function endpoint(handlers: SipHandlers, listeners = bothProtocols): Promise<SipEndpoint> {
  const made = new SipEndpoint({
    listeners,
    advertised: null,
    clock: systemClock,
    random: seededRandom(listeners.length + Date.now()),
    log: silentLog,
    userAgent: "test",
    handlers,
  });
  await made.start();
  return made;
}

const quiet: SipHandlers = { admits: () => "accept", onInvite() {} };

function portOf(one: SipEndpoint, protocol: "udp" | "tcp"): number {
  return one.listening.find((listener) => listener.protocol === protocol)?.port ?? 0;
}

/** Dials and waits for the answer. */
function call(from: SipEndpoint, protocol: "udp" | "tcp", port: number, extraHeaders = 0): Promise<SipCall> {
  return new Promise((resolve, reject) => {
    const handlers: DialHandlers = {
      onProgress() {},
      onAnswered: (answered) => resolve(answered),
      onFailed: (status, reason) => reject(new Error(`${status} ${reason}`)),
    };
    from.dial({
      target: { uri: `sip:bob@127.0.0.1:${port}`, address: "127.0.0.1", port, protocol },
      from: { uri: "sip:alice@127.0.0.1" },
      to: { uri: "sip:bob@127.0.0.1" },
      headers: Array.from({ length: extraHeaders }, () => ["X-Extra", "x".repeat(1_000)] as const),
      sdp: OFFER,
      handlers,
    });
  });
}

describe("real sockets", () => {
  for (const protocol of ["udp", "tcp"] as const) {
    it(`carry a whole call over loopback on ${protocol}, even with an INVITE of 20,000 octets`, async () => {
      let ended: (reason: string) => void = () => {};
      const end = new Promise<string>((resolve) => (ended = resolve));
      const bob = await endpoint({
        admits: () => "accept",
        onInvite: (invite) => {
          const log = new CallLog();
          log.onEnded = (reason) => ended(reason);
          invite.answer(ANSWER).handlers = log;
        },
      });
      const alice = await endpoint(quiet);
      const answered = await call(alice, protocol, portOf(bob, protocol), 20);
      answered.hangUp();
      expect(await end).toBe("remote_bye");
      await Promise.all([alice.stop(), bob.stop()]);
    });
  }

  it("answer a double CRLF on a connection with CRLF, and close it if framing is lost", async () => {
    const bob = await endpoint(quiet);
    const socket = connect(portOf(bob, "tcp"), "127.0.0.1");
    socket.write("\r\n\r\n");
    const pong = await new Promise<string>((resolve) => socket.once("data", (data) => resolve(data.toString())));
    expect(pong).toBe("\r\n");
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.write("this is no SIP at all\r\n\r\n");
    await closed;
    await bob.stop();
  });

  it("accept no more connections from one address than a proxy needs", async () => {
    const bob = await endpoint(quiet);
    const sockets = Array.from({ length: 300 }, () => connect(portOf(bob, "tcp"), "127.0.0.1"));
    const closed = sockets.map(
      (socket) => new Promise<boolean>((resolve) => socket.once("close", () => resolve(true)).on("error", () => {})),
    );
    await Promise.all(closed.slice(256));
    expect(bob.stats.connections).toBe(256);
    for (const socket of sockets) socket.destroy();
    await bob.stop();
  });

  it("A7: have few places for strangers, so that a flood of them leaves room for a trunk", async () => {
    const refused: string[] = [];
    const bob = await endpoint({
      admits: ({ address }) => (address === "127.0.0.1" ? "accept" : "drop"),
      onInvite: (invite) => void (invite.answer(ANSWER).handlers = new CallLog()),
      onRefusedSource: (_, method) => void refused.push(method),
    });
    const port = portOf(bob, "tcp");
    const strangers = Array.from({ length: 400 }, (_, i) =>
      connect({ port, host: "127.0.0.1", localAddress: `127.0.1.${1 + (i % 40)}` }).on("error", () => {}),
    );
    const closed = strangers.map((socket) => new Promise<void>((resolve) => socket.once("close", () => resolve())));
    for (const socket of strangers)
      socket.once("connect", () => socket.write("INVITE sip:x@127.0.0.1 SIP/2.0\r\nVia: "));
    let count = 0;
    await new Promise<void>((resolve) => {
      for (const one of closed) void one.then(() => (++count === 336 ? resolve() : undefined));
    });
    expect([bob.stats.connections, refused.length, new Set(refused)]).toEqual([64, 336, new Set(["CONNECT"])]);
    const alice = await endpoint(quiet);
    (await call(alice, "tcp", port)).hangUp();
    for (const socket of strangers) socket.destroy();
    await Promise.all([alice.stop(), bob.stop()]);
  });

  it("A7: close a stranger's connection whose request belongs to no call", async () => {
    const refused: string[] = [];
    const bob = await endpoint({
      ...quiet,
      admits: () => "drop",
      onRefusedSource: (_, method) => void refused.push(method),
    });
    const socket = connect(portOf(bob, "tcp"), "127.0.0.1").on("error", () => {});
    const via = "Via: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK1";
    socket.write(
      `OPTIONS sip:x@a SIP/2.0\r\n${via}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@a>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n`,
    );
    const seen: Buffer[] = [];
    socket.on("data", (octets) => void seen.push(octets));
    await new Promise<void>((resolve) => socket.once("close", () => resolve()));
    expect([seen, refused]).toEqual([[], ["OPTIONS"]]);
    await bob.stop();
  });

  it("A7: keep a stranger's connection that brings a request in a call", async () => {
    const refused: string[] = [];
    const log = new CallLog();
    const bob = await endpoint({
      admits: ({ address }) => (address === "127.0.0.1" ? "accept" : "drop"),
      onInvite: (invite) => void (invite.answer(ANSWER).handlers = log),
      onRefusedSource: (_, method) => void refused.push(method),
    });
    const alice = await endpoint(quiet);
    const dialled = await call(alice, "tcp", portOf(bob, "tcp"));
    const { localTag, remoteTag, callId, localSequence } = dialled.snapshot();
    const socket = connect({ port: portOf(bob, "tcp"), host: "127.0.0.1", localAddress: "127.0.1.1" });
    const lines = [
      "BYE sip:bob@127.0.0.1 SIP/2.0",
      "Via: SIP/2.0/TCP 127.0.1.1;branch=z9hG4bKx",
      `From: <sip:alice@127.0.0.1>;tag=${localTag}`,
      `To: <sip:bob@127.0.0.1>;tag=${remoteTag}`,
      `Call-ID: ${callId}`,
      `CSeq: ${localSequence + 1} BYE`,
    ];
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    const answer = await new Promise<string>((resolve) => socket.once("data", (octets) => resolve(octets.toString())));
    expect([answer.slice(0, 11), log.ends, refused]).toEqual(["SIP/2.0 200", ["remote_bye"], []]);
    socket.destroy();
    await Promise.all([alice.stop(), bob.stop()]);
  });

  it("report a refused connection at once", async () => {
    const alice = await endpoint(quiet);
    const closed = createServer();
    const port = await new Promise<number>((resolve) =>
      closed.listen(0, "127.0.0.1", () => {
        const bound = closed.address();
        resolve(typeof bound === "object" && bound !== null ? bound.port : 0);
      }),
    );
    await new Promise<void>((resolve) => closed.close(() => resolve()));
    await expect(call(alice, "tcp", port)).rejects.toThrow("ECONNREFUSED");
    await alice.stop();
  });

  it("reject the start if a port is taken, and leave nothing open", async () => {
    const first = await endpoint(quiet);
    const taken = portOf(first, "tcp");
    const second = endpoint(quiet, [
      { protocol: "udp", host: "127.0.0.1", port: 0 },
      { protocol: "tcp", host: "127.0.0.1", port: taken },
    ]);
    await expect(second).rejects.toThrow("EADDRINUSE");
    await first.stop();
  });

  it("survive a datagram to a closed port, and a target that cannot be reached", async () => {
    const alice = await endpoint(quiet);
    const unreachable = { uri: "sip:x@127.0.0.1", address: "127.0.0.1", port: 9, protocol: "udp" } as const;
    expect(await alice.ping(unreachable, 50)).toEqual({ alive: false, reason: "no response" });
    await alice.stop();
  });
});
