/**
 * Measures how many calls one media process carries:
 * `node src/edges/media/testing/load.ts [--calls N] [--seconds S] [--no-record]`. Two processes on two cores: this one
 * plays all phones and starts the measured one. Prints figures per core.
 */
import { systemClock } from "../../../base/system-clock.ts";
import { spawn, type ChildProcess } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { silentLog } from "../../../base/log.ts";
import { seededRandom } from "../../../base/random.ts";
import { MediaClient } from "../process/client.ts";
import { FRAME_MS } from "../sound/frame.ts";
import { RtpSender } from "../rtp/rtp-sender.ts";
import { monotonicClock, Ticker } from "../process/ticker.ts";
import type { Codec, StatsReply } from "../process/protocol.ts";
import { Sine } from "../sound/tone.ts";
import { RtpPhone } from "./rtp-phone.ts";

const ADDRESS = "127.0.0.1";
/** Phones send in as many bursts per frame as the engine does. */
const BURSTS = 4;
/** Calls run this long before anything is measured. */
const WARM_UP_MS = 3000;
/** Calls set up per burst of the set-up measurement, and the number of bursts: 500 calls a second for 4 s. */
const SETUPS_PER_BURST = 5;
const SETUP_BURST_MS = 10;
const SETUP_BURSTS = 400;
/** /proc counts CPU in hundredths of a second. */
const PROC_TICK_MS = 10;

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "200" },
    seconds: { type: "string", default: "10" },
    "no-record": { type: "boolean", default: false },
  },
});

/** Too small for more than a few packets: the kernel drops most of what comes back, so that the phones cost little here. */
const RECEIVE_BUFFER_BYTES = 2304;

interface Target {
  readonly port: number;
  readonly sender: RtpSender;
}

/** The one port that all phones share; what it receives is not read. */
async function sinkSocket(): Promise<Socket> {
  const lookup = (host: string, _: unknown, done: (error: null, address: string, family: number) => void): void =>
    done(null, host, 4);
  const socket = createSocket({ type: "udp4", recvBufferSize: RECEIVE_BUFFER_BYTES, lookup });
  await new Promise<void>((resolve) => socket.bind(0, ADDRESS, resolve));
  return socket;
}

function startMedia(folder: string): { child: ChildProcess; ready: Promise<void> } {
  const main = fileURLToPath(new URL(`../process/main${extname(import.meta.url)}`, import.meta.url));
  const flags = ["--socket", join(folder, "s"), "--rtp", "10000-29999", "--bind", ADDRESS, "--recordings", folder];
  const child = spawn(process.execPath, [main, ...flags], { stdio: ["ignore", "pipe", "inherit"] });
  return { child, ready: new Promise((resolve) => child.stdout?.once("data", () => resolve())) };
}

/** CPU time of a process and its threads so far. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * PROC_TICK_MS;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function remote(port: number, codec: Codec): Parameters<MediaClient["setRemote"]>[2] {
  const payloadType = codec === "PCMU" ? 0 : 8;
  return { address: ADDRESS, port, rtcpPort: null, codec, payloadType, dtmfPayloadType: 101, direction: "sendrecv" };
}

/** Sets up one bridged call; returns where and what to send to its two legs. */
async function setUp(client: MediaClient, call: string, from: number): Promise<Target[]> {
  const codecs = ["PCMU", "PCMA"] as const;
  const ports = await Promise.all(codecs.map((_, i) => client.open(call, i + 1)));
  codecs.forEach((codec, i) => client.setRemote(call, i + 1, remote(from, codec)));
  client.bridge(call, 1, 2);
  return ports.map(({ port }, i) => {
    const sender = new RtpSender(seededRandom(port));
    sender.configure(remote(port, codecs[i] ?? "PCMU"));
    return { port, sender };
  });
}

/** Sends to every target every 20 ms, a share of them in each burst. */
function sendTo(targets: readonly Target[], socket: Socket): Ticker {
  const sine = new Sine([440]);
  const frame = new Int16Array(160);
  sine.fill(frame);
  const ticker = new Ticker(monotonicClock, FRAME_MS / BURSTS, (tick) => {
    for (let i = tick % BURSTS; i < targets.length; i += BURSTS) {
      const target = targets[i];
      if (target === undefined) continue;
      socket.send(target.sender.packet, 0, target.sender.audio(frame), target.port, ADDRESS);
    }
  });
  ticker.start();
  return ticker;
}

async function measureCalls(client: MediaClient, pid: number, calls: number, seconds: number): Promise<void> {
  const socket = await sinkSocket();
  const targets: Target[] = [];
  for (let i = 0; i < calls; i++) {
    targets.push(...(await setUp(client, `call${i}`, socket.address().port)));
    if (!values["no-record"]) client.record(`call${i}`, "r", [1, 2], "dual", `${i}.wav`, null, null);
  }
  const ticker = sendTo(targets, socket);
  const phones = await measuringPhones(client);
  await pause(WARM_UP_MS);
  const [before, cpuBefore, startedAt] = [await client.stats(), cpuMs(pid), performance.now()];
  await pause(seconds * 1000);
  const [after, spent, took] = [await client.stats(), cpuMs(pid) - cpuBefore, performance.now() - startedAt];
  report(calls, before, after, spent / took, phones, ticker);
  ticker.stop();
  for (const phone of phones) phone.close();
  for (let i = 0; i < calls; i++) client.closeCall(`call${i}`);
  client.closeCall("measured");
  socket.close();
}

/** One more call, between two phones that measure what they receive. */
async function measuringPhones(client: MediaClient): Promise<RtpPhone[]> {
  const phones = [RtpPhone.open(), RtpPhone.open()];
  for (const [i, phone] of phones.entries()) {
    const { port } = await client.open("measured", i + 1);
    client.setRemote("measured", i + 1, remote(phone.port, phone.codec));
    phone.sendTo(ADDRESS, port);
  }
  client.bridge("measured", 1, 2);
  return phones;
}

function report(
  calls: number,
  before: StatsReply,
  after: StatsReply,
  load: number,
  phones: readonly RtpPhone[],
  ticker: Ticker,
): void {
  const sent = after.packetsSent - before.packetsSent;
  const received = after.packetsReceived - before.packetsReceived;
  const [continuity] = phones.map((phone) => phone.report());
  const lines = {
    calls: calls + 1,
    recorded: !values["no-record"],
    "load of one core": load.toFixed(2),
    "calls per core at full load": Math.round((calls + 1) / load),
    "CPU µs per packet (in and out)": ((load * Number(values.seconds) * 1e6) / sent).toFixed(1),
    "packets sent, received": `${sent}, ${received}`,
    "tick late p50, p99, max ms": `${after.tickLateP50Ms}, ${after.tickLateP99Ms}, ${after.tickLateMaxMs}`,
    "ticks skipped": after.ticksSkipped,
    "largest gap at a phone, ms (of this busy process)": continuity?.maxGapMs.toFixed(1),
    "phones' own lateness p99 ms": ticker.lateness().p99Ms,
  };
  console.table(lines);
}

/** Sets up and closes calls of two legs repeatedly, to measure what one endpoint costs the media process. */
async function measureSetup(client: MediaClient, pid: number): Promise<void> {
  const idlePerMs = await measureIdle(client, pid);
  const before = cpuMs(pid);
  const startedAt = performance.now();
  for (let burst = 0; burst < SETUP_BURSTS; burst++) {
    const ids = Array.from({ length: SETUPS_PER_BURST }, (_, i) => `setup${burst}.${i}`);
    await Promise.all(ids.map((id) => openAndClose(client, id)));
    await pause(Math.max(0, startedAt + (burst + 1) * SETUP_BURST_MS - performance.now()));
  }
  const endpoints = 2 * SETUPS_PER_BURST * SETUP_BURSTS;
  const took = performance.now() - startedAt;
  const spent = cpuMs(pid) - before - idlePerMs * took;
  const stats = await client.stats();
  console.table({
    "idle ticker, share of one core": idlePerMs.toFixed(3),
    "calls per second": Math.round(endpoints / 2 / (took / 1000)),
    "CPU µs per endpoint (open, remote, route, close)": ((spent * 1000) / endpoints).toFixed(0),
    "tick late p50, p99, max ms": `${stats.tickLateP50Ms}, ${stats.tickLateP99Ms}, ${stats.tickLateMaxMs}`,
    "ports in quarantine": stats.portsQuarantined,
  });
}

/** The cost of the ticker's wake-ups alone, while a call is open. */
async function measureIdle(client: MediaClient, pid: number): Promise<number> {
  await client.open("idle", 1);
  await pause(WARM_UP_MS);
  const [before, startedAt] = [cpuMs(pid), performance.now()];
  await pause(WARM_UP_MS);
  const share = (cpuMs(pid) - before) / (performance.now() - startedAt);
  client.closeCall("idle");
  return share;
}

async function openAndClose(client: MediaClient, call: string): Promise<void> {
  await Promise.all([client.open(call, 1), client.open(call, 2)]);
  client.setRemote(call, 1, remote(9, "PCMU"));
  client.setRemote(call, 2, remote(9, "PCMU"));
  client.closeCall(call);
}

const folder = mkdtempSync(join(tmpdir(), "plugboard-load-"));
const { child, ready } = startMedia(folder);
try {
  await ready;
  const client = await MediaClient.connect({
    clock: systemClock,
    socketPath: join(folder, "s"),
    instance: "",
    log: silentLog,
    onEvent: () => {},
    onDisconnected: () => console.error("the media process has ended"),
  });
  await measureSetup(client, child.pid ?? 0);
  await measureCalls(client, child.pid ?? 0, Number(values.calls), Number(values.seconds));
  client.close();
} finally {
  child.kill("SIGTERM");
  await new Promise((resolve) => child.once("exit", resolve));
  rmSync(folder, { recursive: true, force: true });
}
