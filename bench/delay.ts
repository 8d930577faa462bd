import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { EXOPHONE, sleep, startRig } from "./rig.ts";

const RATE = 20;
const SECONDS = 60;
const WARM_UP_CALLS = 200;

/**
 * Added post-dial delay: from the caller's INVITE leaving to the callee's INVITE arriving, less the time the customer's
 * URL took. Caller, callee and URL are one process here, so that one clock reads all four moments.
 */
export async function postDialDelay(): Promise<void> {
  const ends = new Ends();
  await ends.start();
  const rig = await startRig({ trunkPort: ends.trunkPort, customerUrl: ends.customerUrl });
  try {
    for (let i = 0; i < WARM_UP_CALLS + RATE * SECONDS; i++) {
      ends.call(rig.sipPort, i >= WARM_UP_CALLS);
      await sleep(1000 / RATE);
    }
    await sleep(1000);
    const delays = ends.delays.toSorted((a, b) => a - b);
    const at = (share: number): string => (delays[Math.floor(share * (delays.length - 1))] ?? Number.NaN).toFixed(2);
    console.log(
      `added post-dial delay at ${RATE} calls/s, ${delays.length} calls: p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`,
    );
  } finally {
    await rig.stop();
    await ends.stop();
  }
}

interface Moments {
  sentAt: number;
  askedAt: number;
  counts: boolean;
}

/** The outer ends: a caller and a callee that speak just enough SIP, and the customer's URL. */
class Ends {
  readonly delays: number[] = [];
  trunkPort = 0;
  customerUrl = "";
  readonly #caller: Socket = createSocket("udp4");
  readonly #callee: Socket = createSocket("udp4");
  /** By the caller's number, which is all that every end sees. */
  readonly #calls = new Map<string, Moments>();
  #next = 0;
  readonly #server = createServer((request, response) => {
    const from = new URL(request.url ?? "", "http://x").searchParams.get("CallFrom")?.slice(-9) ?? "";
    const moments = this.#calls.get(from);
    if (moments !== undefined) moments.askedAt = performance.now();
    response.writeHead(200, { "content-type": "application/json" });
    // The callee's number carries the caller's, so that the INVITE can be matched.
    response.end(JSON.stringify({ destination: { numbers: [`+919${from}`] } }), () => {
      if (moments !== undefined) moments.askedAt = performance.now() - moments.askedAt;
    });
  });

  async start(): Promise<void> {
    this.#caller.on("message", (message, from) => this.#atCaller(message.toString("latin1"), from.port));
    this.#callee.on("message", (message, from) => this.#atCallee(message.toString("latin1"), from.port));
    await new Promise<void>((resolve) => this.#caller.bind(0, "127.0.0.1", resolve));
    await new Promise<void>((resolve) => this.#callee.bind(0, "127.0.0.1", resolve));
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.trunkPort = this.#callee.address().port;
    this.customerUrl = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#caller.close();
    this.#callee.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  call(port: number, counts: boolean): void {
    const number = String(812_000_000 + this.#next++);
    const me = `127.0.0.1:${this.#caller.address().port}`;
    const sdp = `v=0\r\no=a 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\na=inactive\r\n`;
    const invite = request("INVITE", `sip:${EXOPHONE}@127.0.0.1:${port}`, me, number, "", sdp);
    this.#calls.set(number, { sentAt: performance.now(), askedAt: 0, counts });
    this.#caller.send(invite, port, "127.0.0.1");
  }

  #atCaller(message: string, port: number): void {
    const me = `127.0.0.1:${this.#caller.address().port}`;
    if (message.startsWith("BYE")) this.#caller.send(reply(message, "200 OK", ""), port, "127.0.0.1");
    if (!message.startsWith("SIP/2.0 200") || !/^CSeq: 1 INVITE/m.test(message)) return;
    const number = /^From:.*\+919(\d+)@/m.exec(message)?.[1] ?? "";
    const target = /^Contact: *<([^>]+)>/m.exec(message)?.[1] ?? "";
    const tag = /^To:.*;tag=(\S+)/m.exec(message)?.[1] ?? "";
    this.#caller.send(request("ACK", target, me, number, tag, ""), port, "127.0.0.1");
  }

  /** Notes the moment and refuses, which ends the call. */
  #atCallee(message: string, port: number): void {
    if (!message.startsWith("INVITE")) return;
    const number = /^INVITE sip:\+919(\d+)@/.exec(message)?.[1] ?? "";
    const moments = this.#calls.get(number);
    if (moments?.counts === true) this.delays.push(performance.now() - moments.sentAt - moments.askedAt);
    this.#calls.delete(number);
    this.#callee.send(reply(message, "486 Busy Here", ";tag=c"), port, "127.0.0.1");
  }
}

function request(method: string, uri: string, me: string, number: string, toTag: string, sdp: string): string {
  return [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP ${me};branch=z9hG4bK${number}${method}`,
    `From: <sip:+919${number}@${me}>;tag=t${number}`,
    `To: <sip:${EXOPHONE}@${me}>${toTag === "" ? "" : `;tag=${toTag}`}`,
    `Call-ID: ${number}@bench`,
    `CSeq: 1 ${method}`,
    `Contact: <sip:caller@${me}>`,
    "Max-Forwards: 70",
    ...(sdp === "" ? [] : ["Content-Type: application/sdp"]),
    `Content-Length: ${sdp.length}`,
    "",
    sdp,
  ].join("\r\n");
}

function reply(message: string, status: string, toTag: string): string {
  const kept = message.split("\r\n").filter((line) => /^(Via|From|Call-ID|CSeq|To):/i.test(line));
  const headers = kept.map((line) => (/^To:/i.test(line) && !line.includes("tag=") ? line + toTag : line));
  return [`SIP/2.0 ${status}`, ...headers, "Content-Length: 0", "", ""].join("\r\n");
}
