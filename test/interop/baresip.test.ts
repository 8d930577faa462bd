import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { encodeUlaw } from "../../src/edges/media/sound/g711.ts";
import { dominantTones, Sine } from "../../src/edges/media/sound/tone.ts";
import { parseWav } from "../../src/edges/media/sound/wav.ts";
import type { Baresip } from "../support/baresip.ts";
import { startBaresip } from "../support/baresip.ts";
import type { Customer } from "../support/customer.ts";
import { dials, startCustomer } from "../support/customer.ts";
import type { TestPlatform } from "../support/platform.ts";
import { EXOPHONE, startTestPlatform } from "../support/platform.ts";
import { freePort, rtpRange } from "../support/ports.ts";
import { startSipp } from "../support/sipp.ts";

const CALLER_HZ = 440;
const CALLEE_HZ = 1000;
const EARLY_HZ = 700;
const RATE = 8000;
const CALLEE = "+919900000012";
const PHONE_RTP_PORTS = 40;

let platform: TestPlatform;
let customer: Customer;
let trunkPort: number;
const phones: Baresip[] = [];

beforeAll(async () => {
  customer = await startCustomer();
  trunkPort = await freePort();
  platform = await startTestPlatform({
    trunkPort,
    flow: { start: "c", applets: { c: { type: "connect", url: { primary: `${customer.url}/connect` }, exits: {} } } },
  });
});

afterAll(async () => {
  await Promise.all(phones.map((phone) => phone.stop()));
  await platform?.stop();
  await customer?.close();
});

/** The tones in the loudest half second in the middle: after the first packets and before the hang-up. */
function tonesOf(samples: Int16Array): number[] {
  return dominantTones(samples);
}

it("bridges an A-law-only caller with a µ-law-only callee, each hearing only the other's tone", async () => {
  customer.on("/connect", dials([CALLEE], { record: true, recording_channels: "dual" }));
  const callee = await startBaresip({
    user: CALLEE,
    port: trunkPort,
    codec: "PCMU",
    toneHz: CALLEE_HZ,
    rtpPorts: await rtpRange(PHONE_RTP_PORTS),
    calls: null,
    seconds: 9,
  });
  const caller = await startBaresip({
    user: "+919812345678",
    port: await freePort(),
    codec: "PCMA",
    toneHz: CALLER_HZ,
    rtpPorts: await rtpRange(PHONE_RTP_PORTS),
    calls: `sip:${EXOPHONE}@127.0.0.1:${platform.sipPort}`,
    seconds: 6,
  });
  phones.push(callee, caller);
  const [atCaller, atCallee] = await Promise.all([caller.received(), callee.received()]);
  expect(tonesOf(atCaller)).toEqual([CALLEE_HZ]);
  expect(tonesOf(atCallee)).toEqual([CALLER_HZ]);

  const [report] = await platform.endedCalls(1);
  const [recording] = report?.recordings ?? [];
  expect(recording?.failure).toBeNull();
  const wav = parseWav(await readFile(join(platform.dataDir, "recordings", "acme", `${recording?.id}.wav`)));
  expect(wav).toMatchObject({ rate: 8000, channels: 2 });
  const served = await platform.get(`/recordings/${recording?.id}.wav`);
  const bytes = Buffer.from(await served.arrayBuffer());
  const channel = (index: number): Int16Array =>
    Int16Array.from({ length: wav.length }, (_, i) => bytes.readInt16LE(44 + 2 * (2 * i + index)));
  expect(tonesOf(channel(0))).toEqual([CALLER_HZ]);
  expect(tonesOf(channel(1))).toEqual([CALLEE_HZ]);
  expect(Math.abs(wav.length / 8 - (recording?.duration_ms ?? 0))).toBeLessThan(100);
});

it("DIAL-7: operator_tone passes the early media of a real callee on to a real caller", async () => {
  customer.on("/connect", dials([CALLEE], { music_on_hold: { type: "operator_tone" } }));
  const folder = await mkdtemp(join(tmpdir(), "early-"));
  const file = join(folder, "tone.ul");
  const tone = new Int16Array(RATE);
  new Sine([EARLY_HZ]).fill(tone);
  await writeFile(file, Uint8Array.from(tone, encodeUlaw));
  const callee = await startSipp({
    scenario: "rings-aloud.xml",
    port: trunkPort,
    args: ["-m", "1"],
    values: { file, ring_ms: 3000 },
  });
  const caller = await startBaresip({
    user: "+919812345678",
    port: await freePort(),
    codec: "PCMU",
    toneHz: CALLER_HZ,
    rtpPorts: await rtpRange(PHONE_RTP_PORTS),
    calls: `sip:${EXOPHONE}@127.0.0.1:${platform.sipPort}`,
    seconds: 5,
  });
  phones.push(caller);
  expect(tonesOf(await caller.received())).toEqual([EARLY_HZ]);
  expect((await callee.done).code).toBe(0);
  await rm(folder, { recursive: true, force: true });
});
