import { systemClock } from "../../../base/system-clock.ts";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { silentLog } from "../../../base/log.ts";
import { MediaClient } from "./client.ts";
import type { MediaEvent } from "./protocol.ts";
import { RtpPhone } from "../testing/rtp-phone.ts";
import { dominantTones } from "../sound/tone.ts";
import { parseWav, repairWav } from "../sound/wav.ts";

/** Real processes, sockets and time: few and short. Everything else is tested in virtual time. */
const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const ADDRESS = "127.0.0.1";

let folder = "";
let logged = "";
const processes: ChildProcess[] = [];
const phones: RtpPhone[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plugboard-media-"));
  logged = "";
});

afterEach(() => {
  for (const phone of phones.splice(0)) phone.close();
  for (const child of processes.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

function startMedia(): ChildProcess {
  const options = {
    socket: join(folder, "s"),
    rtp: "17000-17099",
    bind: ADDRESS,
    recordings: join(folder, "rec"),
    instance: "test",
  };
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(process.execPath, [MAIN, ...flags], { stdio: ["ignore", "ignore", "pipe"] });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (logged += text));
  processes.push(child);
  return child;
}

interface Controller {
  readonly client: MediaClient;
  readonly events: MediaEvent[];
  /** Resolves with the next event of that kind. */
  next: (kind: MediaEvent["event"]) => Promise<MediaEvent>;
}

async function control(): Promise<Controller> {
  const events: MediaEvent[] = [];
  const waiting = new Map<string, (event: MediaEvent) => void>();
  const client = await MediaClient.connect({
    clock: systemClock,
    socketPath: join(folder, "s"),
    instance: "test",
    log: silentLog,
    onEvent: (event) => {
      events.push(event);
      waiting.get(event.event)?.(event);
    },
    onDisconnected: () => {},
  });
  const next = (kind: MediaEvent["event"]): Promise<MediaEvent> =>
    new Promise((resolve) => {
      const found = events.find((event) => event.event === kind);
      if (found === undefined) waiting.set(kind, resolve);
      else resolve(found);
    });
  return { client, events, next };
}

/** A phone connected to a leg of a call. */
async function phone(client: MediaClient, leg: number, hz: number): Promise<RtpPhone> {
  const made = RtpPhone.open({ codec: leg === 1 ? "PCMU" : "PCMA" });
  phones.push(made);
  const { port } = await client.open("c", leg);
  const { codec, payloadType, eventPayloadType } = made;
  const remote = { address: ADDRESS, port: made.port, rtcpPort: null, codec, payloadType };
  client.setRemote("c", leg, { ...remote, dtmfPayloadType: eventPayloadType, direction: "sendrecv" });
  made.tone(hz);
  made.sendTo(ADDRESS, port);
  return made;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

it.each([
  ["is taken over", 0],
  ["has been away for a second", 1000],
])(
  "M6: media continues when the controller %s; the next one finds the call and its complete recording",
  async (_, goneMs) => {
    startMedia();
    const first = await control();
    const anil = await phone(first.client, 1, 440);
    const bela = await phone(first.client, 2, 1000);
    first.client.bridge("c", 1, 2);
    first.client.record("c", "r", [1, 2], "dual", "acme/r.wav", null, null);
    await first.next("first_rtp");
    if (goneMs > 0) first.client.close();
    await pause(goneMs);
    anil.clear();
    const second = await control();
    await pause(1200);
    expect(dominantTones(anil.received())).toEqual([1000]);
    expect(dominantTones(bela.received().subarray(-4000))).toEqual([440]);
    expect(anil.report()).toMatchObject({ ssrcs: 1, sequenceJumps: 0 });
    // On a machine that is too busy, ticks are skipped; nothing else may move the timestamps.
    const { ticksSkipped } = await second.client.stats();
    expect(anil.report().timestampJumps).toBeLessThanOrEqual(ticksSkipped);
    const [call] = await second.client.list();
    expect(call).toMatchObject({ call: "c", legs: [{ leg: 1 }, { leg: 2 }], recordings: [{ recording: "r" }] });
    second.client.closeCall("c");
    const closed = await second.next("recording_closed");
    const bytes = readFileSync(join(folder, "rec", "acme", "r.wav"));
    expect(closed).toMatchObject({ event: "recording_closed", failure: null, bytes: bytes.length });
    expect(parseWav(bytes).length).toBeGreaterThan((goneMs + 1200) * 8);
    expect(await second.client.list()).toEqual([]);
    expect(await second.client.stats()).toMatchObject({ calls: 0, legs: 0, recordings: 0, portsQuarantined: 2 });
  },
);

it("A9: a recording cut off by kill -9 of the media process can be played at once, and is complete after the repair", async () => {
  const child = startMedia();
  const { client, next } = await control();
  await phone(client, 1, 440);
  client.record("c", "r", [1], "mono", "r.wav", null, null);
  await next("first_rtp");
  await pause(1300);
  child.kill("SIGKILL");
  const path = join(folder, "rec", "r.wav");
  const asLeft = parseWav(readFileSync(path));
  expect(asLeft.length).toBeGreaterThanOrEqual(8000);
  expect(await repairWav(path)).toEqual({ durationMs: asLeft.length / 8 });
});

it("SIGTERM closes recordings before the process ends", async () => {
  const child = startMedia();
  const { client, next } = await control();
  await phone(client, 1, 440);
  client.record("c", "r", [1], "mono", "r.wav", null, null);
  await next("first_rtp");
  await pause(300);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
  const audio = parseWav(readFileSync(join(folder, "rec", "r.wav")));
  expect(audio.length).toBeGreaterThan(200 * 8);
});

it("logs JSON lines with the name of its process, as the other processes do", async () => {
  startMedia();
  const { client } = await control();
  await client.list();
  await expect.poll(() => logged, { timeout: 3000 }).toContain("controller connected");
  const lines = logged
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
  expect(lines.at(-1)).toMatchObject({ level: 30, process: "s", msg: "controller connected" });
});
