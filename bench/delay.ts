import { fork } from "node:child_process";
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EXOPHONE, sleep, startRig } from "./rig.ts";

const RATE = 20;
const SECONDS = 60;
/** The machine's pace changes within minutes: platform and bare process take turns. */
const TURNS = 4;
/** Time for the last call of a turn to arrive. */
const LAST_CALL_MS = 1000;
/** A steady state is measured: functions are compiled, tables and pools have grown; the last warm-up runs at the measured rate. */
const WARM_UP = [
  { rate: 50, seconds: 40 },
  { rate: RATE, seconds: 10 },
];

/**
 * Added post-dial delay: from the caller's INVITE leaving to the callee's INVITE arriving, minus the time the
 * customer's URL took. Caller, callee and URL are one process here, so that one clock reads all four moments. Measured
 * in turns with what a bare process needs in place of the platform, which is the machine's share of the figure.
 */
export async function postDialDelay(): Promise<void> {
  const ends = new Ends();
  await ends.start();
  const rig = await startRig({ trunkPort: ends.trunkPort, customerUrl: ends.customerUrl });
  const folder = mkdtempSync(join(tmpdir(), "plugboard-bench-"));
  const bare = fork(new URL("./bare.mjs", import.meta.url), [
    join(folder, "log"),
    String(ends.customerPort),
    String(ends.trunkPort),
  ]);
  try {
    const barePort = await new Promise<number>((resolve) => bare.once("message", (port) => resolve(Number(port))));
    for (const { rate, seconds } of WARM_UP) {
      await measure(ends, barePort, rate, seconds / 4);
      await measure(ends, rig.sipPort, rate, seconds);
    }
    const platform: number[] = [];
    const machine: number[] = [];
    for (let turn = 0; turn < TURNS; turn++) {
      platform.push(...(await measure(ends, rig.sipPort, RATE, SECONDS / TURNS)));
      machine.push(...(await measure(ends, barePort, RATE, SECONDS / TURNS)));
    }
    console.log(`added post-dial delay at ${RATE} calls/s, ${platform.length} calls: ${figures(platform)}`);
    console.log(`a bare process in the platform's place, ${machine.length} calls: ${figures(machine)}`);
  } finally {
    bare.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
    await rig.stop();
    await ends.stop();
  }
}

/** The delays of this many calls, ms. */
async function measure(ends: Ends, port: number, rate: number, seconds: number): Promise<readonly number[]> {
  for (let i = 0; i < rate * seconds; i++) {
    ends.call(port);
    await sleep(1000 / rate);
  }
  await sleep(LAST_CALL_MS);
  return ends.delays.splice(0);
}

function figures(delays: readonly number[]): string {
  const sorted = delays.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(2);
  return `p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`;
}

interface Moments {
  readonly sentAt: number;
  /** ms that the customer's URL had the request. */
  urlMs: number;
}

/** The answer to each of a call's requests, from its headers on. */
function answerTo(number: string): string {
  const body = JSON.stringify({ destination: { numbers: [`+919${number}`] } });
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

/** Returns an address unchanged: a name look-up would add to what is measured. */
function literal(address: string, _: unknown, done: (error: null, address: string, family: number) => void): void {
  done(null, address, 4);
}

/** The outer ends: a caller and a callee that speak just enough SIP, and the customer's URL. */
class Ends {
  readonly delays: number[] = [];
  trunkPort = 0;
  customerPort = 0;
  readonly #caller: Socket = createSocket({ type: "udp4", lookup: literal });
  readonly #callee: Socket = createSocket({ type: "udp4", lookup: literal });
  /** By the caller's number, the only thing that every end sees. */
  readonly #calls = new Map<string, Moments>();
  #next = 0;
  /** Speaks just enough HTTP to stamp a request when it arrives and when its answer is sent; the platform sends it in one piece. */
  readonly #server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on("data", (octets) => {
      const askedAt = performance.now();
      const number = /[?&]CallFrom=[^& ]*?(\d{9})[& ]/.exec(octets.toString("latin1"))?.[1] ?? "";
      const moments = this.#calls.get(number);
      // The callee's number carries the caller's, so that the INVITE can be matched.
      socket.write(answerTo(number));
      if (moments !== undefined) moments.urlMs = performance.now() - askedAt;
    });
    socket.on("error", () => socket.destroy());
  });

  get customerUrl(): string {
    return `http://127.0.0.1:${this.customerPort}`;
  }

  async start(): Promise<void> {
    this.#caller.on("message", (message, from) => this.#atCaller(message.toString("latin1"), from.port));
    this.#callee.on("message", (message, from) => this.#atCallee(message.toString("latin1"), from.port));
    await new Promise<void>((resolve) => this.#caller.bind(0, "127.0.0.1", resolve));
    await new Promise<void>((resolve) => this.#callee.bind(0, "127.0.0.1", resolve));
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.trunkPort = this.#callee.address().port;
    this.customerPort = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#caller.close();
    this.#callee.close();
    this.#server.close();
  }

  call(port: number): void {
    const number = String(812_000_000 + this.#next++);
    const me = `127.0.0.1:${this.#caller.address().port}`;
    const sdp = `v=0\r\no=a 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\na=inactive\r\n`;
    const invite = request("INVITE", `sip:${EXOPHONE}@127.0.0.1:${port}`, me, number, "", sdp);
    this.#calls.set(number, { sentAt: performance.now(), urlMs: 0 });
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
    const now = performance.now();
    const number = /^INVITE sip:\+919(\d+)@/.exec(message)?.[1] ?? "";
    const moments = this.#calls.get(number);
    if (moments !== undefined) this.delays.push(now - moments.sentAt - moments.urlMs);
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
