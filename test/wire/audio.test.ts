import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLog } from "../../src/base/log.ts";
import { systemClock } from "../../src/base/system-clock.ts";
import { systemRandom } from "../../src/base/system-random.ts";
import { Sine } from "../../src/edges/media/sound/tone.ts";
import { wavHeader } from "../../src/edges/media/sound/wav.ts";
import { SoftphoneCaller } from "../../src/tools/softphone/caller.ts";
import type { ToneSpan } from "../../src/tools/softphone/tone-monitor.ts";
import { toneMs } from "../../src/tools/softphone/tone-monitor.ts";
import { Softphone } from "../../src/tools/softphone/phone.ts";
import type { PhoneScript } from "../../src/tools/softphone/script.ts";
import type { Behaviour, Customer } from "../support/customer.ts";
import { dials, startCustomer } from "../support/customer.ts";
import type { ApiCall, TestPlatform } from "../support/platform.ts";
import { EXOPHONE, startTestPlatform } from "../support/platform.ts";

/**
 * What callers and callees hear of customers' audio, over real SIP, RTP and HTTP. Each has their own tone. Times are taken
 * when packets are read, on a machine that is busy with all of this: a few tenths of a second mean nothing.
 */
const CALLER_HZ = 700;
const CALLEE_HZ = 1100;
const MUSIC_HZ = 500;
const WHISPER_HZ = 1500;
const WHISPER_MS = 1500;
const UPLOAD_HZ = 900;

/** One callee rings and answers; the other sends sound while it rings, and is finally busy. */
const ANSWERS: PhoneScript = { ring_after_ms: 50, answer_after_ms: 1800, tone_hz: CALLEE_HZ };
const RINGS_ALOUD: PhoneScript = { early_media_after_ms: 100, busy_after_ms: 2500, tone_hz: CALLEE_HZ };

const setup = { clock: systemClock, random: systemRandom(), log: silentLog, host: "127.0.0.1" };
const caller = new SoftphoneCaller(setup);
const phones: Record<string, PhoneScript[]> = {};
const trunk = new Softphone({ ...setup, port: 0, phones });
/** What the customer's URL answers, by caller. */
const answers = new Map<string, object>();
let platform: TestPlatform;
let customer: Customer;
let lastNumber = 0;

/** A tone as a customer's WAV file: 8 kHz, 16 bit, mono. */
function tone(hz: number, ms: number): Buffer {
  const samples = new Int16Array(8 * ms);
  new Sine([hz]).fill(samples);
  return Buffer.concat([wavHeader(1, samples.byteLength), Buffer.from(samples.buffer)]);
}

function audio(file: Buffer, delayMs = 0): Behaviour {
  return ({ method }, response) => {
    response.writeHead(200, { "content-type": "audio/wav", "content-length": file.length });
    if (method === "HEAD") response.end();
    else setTimeout(() => response.end(file), delayMs);
  };
}

beforeAll(async () => {
  customer = await startCustomer();
  customer.on("/connect", (request, response) => {
    const from = request.query.find(([name]) => name === "CallFrom")?.[1] ?? "";
    dials([`+9199${from.slice(-8)}`], answers.get(from.slice(-8)))(request, response);
  });
  customer.on("/music.wav", audio(tone(MUSIC_HZ, 1000)));
  customer.on("/whisper.wav", audio(tone(WHISPER_HZ, WHISPER_MS)));
  await trunk.start();
  await caller.start();
  platform = await startTestPlatform({
    trunkPort: trunk.port,
    flow: {
      start: "hello",
      applets: {
        hello: { type: "greeting", say: { audio_file: "hello.mp3" }, next: "sales" },
        sales: {
          type: "connect",
          url: { primary: `${customer.url}/connect` },
          exits: { conversation_ended: "bye", nobody_answered: "bye", nobody_dialed: "bye" },
        },
        bye: { type: "hangup" },
      },
    },
  });
  await mkdir(join(platform.dataDir, "audio"));
  const upload = new URL("../fixtures/audio/tone-900.mp3", import.meta.url);
  await copyFile(upload, join(platform.dataDir, "audio", "hello.mp3"));
});

afterAll(async () => {
  await caller.stop();
  await trunk.stop();
  await platform?.stop();
  await customer?.close();
});

interface ObservedCall {
  readonly atCaller: readonly ToneSpan[];
  readonly atCallee: readonly ToneSpan[];
  readonly report: ApiCall;
}

type ReceivedTones = Omit<ObservedCall, "report">;

/** The longest a call goes on if what it waits for does not come. */
const CALL_LIMIT_MS = 30_000;
/** ms after which a tone counts as received; a busy machine makes it seem shorter than it was. */
const ENOUGH_MS = 400;

const bothTalk = ({ atCaller, atCallee }: ReceivedTones): boolean =>
  toneMs(atCaller, CALLEE_HZ) > ENOUGH_MS && toneMs(atCallee, CALLER_HZ) > ENOUGH_MS;

/** Makes one call with its own numbers; the caller hangs up once `until` holds, unless the call is over before. */
async function call(
  script: PhoneScript,
  more: object,
  until: (received: ReceivedTones) => boolean,
): Promise<ObservedCall> {
  const number = String(20_000_000 + ++lastNumber);
  answers.set(number, more);
  phones[`+9199${number}`] = [script];
  const phone = caller.call({
    to: EXOPHONE,
    from: `+9198${number}`,
    via: { host: "127.0.0.1", port: platform.sipPort },
    hang_up_after_ms: CALL_LIMIT_MS,
    tone_hz: CALLER_HZ,
  });
  const received = (): ReceivedTones => ({
    atCaller: phone.tones,
    atCallee: trunk.callsTo(`+9199${number}`)[0]?.tones ?? [],
  });
  const watch = setInterval(() => until(received()) && phone.hangUp(), 100);
  await phone.over;
  clearInterval(watch);
  return { ...received(), report: await reportOf(`+9198${number}`) };
}

async function reportOf(from: string): Promise<ApiCall> {
  for (let count = 1; ; count++) {
    const found = (await platform.endedCalls(count)).find((one) => one.from === from);
    if (found !== undefined) return found;
  }
}

/** When a tone was first and last heard. */
function span(received: readonly ToneSpan[], hz: number): { fromMs: number; toMs: number } {
  const tones = received.filter((one) => one.hz !== null && Math.abs(one.hz - hz) <= 15);
  return { fromMs: tones[0]?.fromMs ?? Number.NaN, toMs: tones.at(-1)?.toMs ?? Number.NaN };
}

function lengthOf(tones: readonly ToneSpan[]): number {
  return tones.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
}

function atMs(report: ApiCall, type: string): number {
  return report.trace.find((entry) => entry.type === type)?.at_ms ?? Number.NaN;
}

function decisions(report: ApiCall): string {
  return report.trace.flatMap((entry) => (entry.type === "decision" ? [entry.message] : [])).join("\n");
}

describe("audio on a live call", () => {
  it.concurrent("APP-1: an uploaded file (MP3) greets the caller before anything else", async () => {
    const { atCaller } = await call(ANSWERS, {}, bothTalk);
    expect(toneMs(atCaller, UPLOAD_HZ)).toBeGreaterThan(ENOUGH_MS);
    expect(span(atCaller, UPLOAD_HZ).toMs).toBeLessThan(span(atCaller, CALLEE_HZ).fromMs);
  });

  it.concurrent("DIAL-7: the custom tone plays to the caller while leg 2 rings, and stops with the bridge", async () => {
    const music = { type: "custom_tone", value: `${customer.url}/music.wav` };
    const { atCaller, atCallee } = await call(ANSWERS, { music_on_hold: music }, bothTalk);
    expect(toneMs(atCaller, MUSIC_HZ)).toBeGreaterThan(ENOUGH_MS);
    expect(span(atCaller, MUSIC_HZ).toMs).toBeLessThanOrEqual(span(atCaller, CALLEE_HZ).fromMs + 300);
    expect(toneMs(atCallee, MUSIC_HZ)).toBe(0);
  });

  it.concurrent("DIAL-8: a whisper plays at once, only to the callee; the music goes on for the caller", async () => {
    const start_call_playback = { playback_to: "callee", type: "audio_url", value: `${customer.url}/whisper.wav` };
    const music_on_hold = { type: "custom_tone", value: `${customer.url}/music.wav` };
    const { atCaller, atCallee, report } = await call(ANSWERS, { start_call_playback, music_on_hold }, bothTalk);
    const whisper = span(atCallee, WHISPER_HZ);
    expect(whisper.toMs - whisper.fromMs).toBeGreaterThan(ENOUGH_MS);
    expect(toneMs(atCaller, WHISPER_HZ)).toBe(0);
    expect(span(atCaller, MUSIC_HZ).toMs).toBeGreaterThan(whisper.toMs - 400);
    expect(span(atCaller, CALLEE_HZ).fromMs).toBeGreaterThan(whisper.toMs - 400);
    // It was fetched while the phone rang: between answer and bridge the file plays, without a wait for it.
    const silenceMs = atMs(report, "conversation.started") - atMs(report, "attempt.answered") - WHISPER_MS;
    expect(silenceMs).toBeLessThan(800);
  });

  it.concurrent("DIAL-8: a playback to both reaches both at the same time, and then they talk", async () => {
    const start_call_playback = { playback_to: "both", type: "audio_url", value: `${customer.url}/whisper.wav` };
    const { atCaller, atCallee } = await call(ANSWERS, { start_call_playback }, bothTalk);
    for (const received of [atCaller, atCallee]) expect(toneMs(received, WHISPER_HZ)).toBeGreaterThan(ENOUGH_MS);
    expect(Math.abs(span(atCaller, WHISPER_HZ).fromMs - span(atCallee, WHISPER_HZ).fromMs)).toBeLessThanOrEqual(400);
    expect(span(atCaller, CALLEE_HZ).fromMs).toBeGreaterThan(span(atCaller, WHISPER_HZ).toMs - 400);
  });

  it.concurrent("DIAL-7: with operator_tone the caller hears what the callee's network sends before any answer", async () => {
    const { atCaller, report } = await call(RINGS_ALOUD, { music_on_hold: { type: "operator_tone" } }, () => false);
    expect(toneMs(atCaller, CALLEE_HZ)).toBeGreaterThan(ENOUGH_MS);
    expect(report.attempts.map(({ outcome }) => outcome)).toEqual(["busy"]);
  });

  it.concurrent("DIAL-8: a text is spoken to the callee", async () => {
    const value = "You have a call from the sales line. Please take it.";
    const start_call_playback = { playback_to: "callee", type: "text", value };
    const { atCaller, atCallee, report } = await call(ANSWERS, { start_call_playback }, bothTalk);
    // Speech is sound that is not a single tone, or one that changes.
    const spoken = atCallee.filter(({ hz }) => hz === null || Math.abs(hz - CALLER_HZ) > 30);
    const others = atCaller.filter(({ hz }) => hz === null);
    expect(decisions(report)).not.toContain("skipped");
    expect(atMs(report, "conversation.started") - atMs(report, "attempt.answered")).toBeGreaterThan(2000);
    expect(lengthOf(spoken)).toBeGreaterThan(1000);
    expect(lengthOf(others)).toBeLessThan(lengthOf(spoken));
  });

  it.concurrent("DIAL-8: audio that fails after the check is skipped with the reason in the trace; the call is connected", async () => {
    customer.on("/broken.wav", ({ method }, response) => {
      response.writeHead(method === "HEAD" ? 200 : 404, { "content-type": "audio/wav" }).end();
    });
    const start_call_playback = { playback_to: "callee", type: "audio_url", value: `${customer.url}/broken.wav` };
    const { report } = await call(ANSWERS, { start_call_playback }, bothTalk);
    const [warning] = report.warnings.filter(({ rule }) => rule === "DIAL-8");
    expect(warning?.message).toContain(`${customer.url}/broken.wav answered 404`);
    expect(report.cdr?.call_type).toBe("completed");
  });

  it.concurrent("C11: a file that is not audio, whatever its media type says, makes the answer invalid with the reason (RES-27)", async () => {
    customer.on("/page.wav", audio(Buffer.from("<!doctype html><title>Sign in</title>")));
    const start_call_playback = { playback_to: "callee", type: "audio_url", value: `${customer.url}/page.wav` };
    const { report } = await call(ANSWERS, { start_call_playback }, bothTalk);
    expect(JSON.stringify(report.trace)).toContain(`${customer.url}/page.wav is a page of HTML, not audio`);
    expect(report.attempts).toEqual([]);
  });

  it.concurrent("DIAL-9: audio is downloaded once for many calls", async () => {
    customer.on("/once.wav", audio(tone(MUSIC_HZ, 1000)));
    const music_on_hold = { type: "custom_tone", value: `${customer.url}/once.wav` };
    await Promise.all([1, 2, 3].map(() => call(ANSWERS, { music_on_hold }, bothTalk)));
    const asked = customer.seen.filter(({ path }) => path === "/once.wav").map(({ method }) => method);
    expect(asked.filter((method) => method === "HEAD")).toHaveLength(3);
    expect(asked.filter((method) => method === "GET")).toHaveLength(1);
  });
});
