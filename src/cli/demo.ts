import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import type { CallReport } from "../core/call/report.ts";
import type { CallerCall } from "../tools/softphone/caller.ts";
import { toneMs } from "../tools/softphone/tone-monitor.ts";
import type { Softphone } from "../tools/softphone/phone.ts";
import { recordingTones } from "../tools/softphone/recording-tones.ts";
import type { PhoneScript } from "../tools/softphone/script.ts";
import { timelineLine } from "../tools/simulator/timeline.ts";
import { buildEnvironment } from "./demo-environment.ts";
import type { RunningPlatform, DemoEnvironment } from "./demo-environment.ts";

/** From the sample files: examples/workspace.yaml and examples/app.mjs. */
const EXOPHONE = "+918047100000";
const ANIL = "+919900000011";
const PRIYA = "+919900000022";
const ACCOUNT = "acme";
const AUTHORIZATION = `Basic ${Buffer.from("acme-key:acme-token").toString("base64")}`;

const CALLER = "+919812345678";
/** Two tones far apart, neither of them part of a ringback. */
const CALLER_HZ = 700;
const PRIYA_HZ = 1100;

const PHONES: Readonly<Record<string, readonly PhoneScript[]>> = {
  [ANIL]: [{ ring_after_ms: 100, busy_after_ms: 900 }],
  [PRIYA]: [{ ring_after_ms: 200, answer_after_ms: 1500, talk_ms: 4000, tone_hz: PRIYA_HZ, codec: "PCMA" }],
};

/** How much of the four seconds of conversation must be heard; set-up, jitter and a busy machine may take the rest. */
const MIN_TONE_MS = 2000;
/** The call takes seven seconds; one that takes longer than this will never end. */
const CALL_LIMIT_MS = 20_000;
/** How often the trace is polled: often enough to look live. */
const POLL_MS = 150;

interface Options {
  readonly running?: boolean;
  readonly http: string;
  readonly sipPort: string;
  readonly save?: string;
}

/** A call with its recordings, as the API shows it. */
interface ApiCall extends CallReport {
  readonly recordings: readonly {
    readonly duration_ms: number;
    readonly failure: string | null;
    readonly url: string;
  }[];
}

interface Check {
  readonly good: boolean;
  readonly what: string;
}

/** `plugboard demo`: a complete call between robots over real SIP and RTP, with a check that they heard each other. */
export function demoCommand(): Command {
  return new Command("demo")
    .option("--running", "call through a platform that is already running with the sample workspace")
    .option("--http <url>", "with --running: its API", "http://127.0.0.1:8080")
    .option("--sip-port <port>", "with --running: its SIP port on this machine", "5060")
    .option("--save <file>", "keep the recording (WAV)")
    .action(demo);
}

async function demo(options: Options): Promise<void> {
  const cleanUp = new AsyncDisposableStack();
  const end = endingOnce(cleanUp);
  const interrupted = (): void => void end(1);
  process.on("SIGINT", interrupted).on("SIGTERM", interrupted);
  const running = options.running === true ? { httpUrl: options.http, sipPort: Number(options.sipPort) } : null;
  say(`${CALLER} calls ${EXOPHONE}; the sample application names Anil (${ANIL}), then Priya (${PRIYA}).\n`);
  try {
    const checks = await play(await buildEnvironment(PHONES, running, cleanUp), options.save ?? null);
    for (const { good, what } of checks) say(`  ${good ? "✓" : "✗"} ${what}`);
    const good = checks.every((check) => check.good);
    say(good ? "\nThe conversation was heard." : "\nSomething went wrong (✗ above).");
    await end(good ? 0 : 1);
  } catch (error) {
    await end(1, `plugboard demo: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * Stops everything and ends the process, once: errors caused by stopping are not reported. The
 * process is ended by force, because a platform that hangs while starting would keep it alive.
 */
function endingOnce(cleanUp: AsyncDisposableStack): (status: number, error?: string) => Promise<void> {
  let ending: Promise<void> | null = null;
  return (status, error) => {
    if (ending === null && error !== undefined) process.stderr.write(`${error}\n`);
    ending ??= cleanUp.disposeAsync().finally(() => process.exit(status));
    return ending;
  };
}

/** Makes the call, shows its trace as it grows, and checks the result. */
async function play(environment: DemoEnvironment, saveTo: string | null): Promise<Check[]> {
  const earlier = new Set(await callSids(environment));
  const via = { host: "127.0.0.1", port: environment.sipPort };
  const call = environment.caller.call({ to: EXOPHONE, from: CALLER, via, tone_hz: CALLER_HZ, codec: "PCMU" });
  const report = await follow(environment, earlier);
  say("");
  const recording = report === null ? null : await fetchRecording(environment, report);
  if (recording !== null && saveTo !== null) await writeFile(saveTo, recording);
  return [...phonesRung(environment.phone), ...tonesHeard(call, environment.phone), recorded(recording), ended(report)];
}

/** Prints new lines of the trace until the call is over; null: it did not start or did not end. */
async function follow(environment: DemoEnvironment, earlier: ReadonlySet<string>): Promise<ApiCall | null> {
  const until = performance.now() + CALL_LIMIT_MS;
  let printed = 0;
  while (performance.now() < until) {
    const callSid = (await callSids(environment)).find((one) => !earlier.has(one));
    const report = callSid === undefined ? null : await ask<ApiCall>(environment, `calls/${callSid}`);
    for (const entry of report?.trace.slice(printed) ?? []) say(timelineLine(entry));
    printed = report?.trace.length ?? 0;
    if (report !== null && report.cdr !== null && report.recordings.every((one) => one.duration_ms > 0)) return report;
    await sleep(POLL_MS);
  }
  return null;
}

async function callSids(platform: RunningPlatform): Promise<readonly string[]> {
  const { calls } = await ask<{ calls: readonly { call_sid: string }[] }>(platform, "calls");
  return calls.map((call) => call.call_sid);
}

async function ask<T>(platform: RunningPlatform, path: string): Promise<T> {
  return (await (await get(platform, `/api/accounts/${ACCOUNT}/${path}`)).json()) as T;
}

async function get({ httpUrl }: RunningPlatform, path: string): Promise<Response> {
  const asked = fetch(`${httpUrl}${path}`, { headers: { authorization: AUTHORIZATION } });
  const response = await asked.catch((error: unknown) => {
    throw new Error(`nothing answers at ${httpUrl}: is the platform running?`, { cause: error });
  });
  if (!response.ok) throw new Error(`${httpUrl}${path} answers ${response.status}`);
  return response;
}

async function fetchRecording(environment: DemoEnvironment, report: ApiCall): Promise<Buffer | null> {
  const [recording] = report.recordings;
  return recording === undefined ? null : Buffer.from(await (await get(environment, recording.url)).arrayBuffer());
}

function phonesRung(phone: Softphone): Check[] {
  const [anil, priya] = [phone.callsTo(ANIL), phone.callsTo(PRIYA)];
  return [
    { good: anil.length === 1 && anil[0]?.status === 486, what: "Anil was rung once and was busy" },
    { good: priya.length === 1 && priya[0]?.status === 200, what: "Priya was rung once and answered" },
  ];
}

function tonesHeard(caller: CallerCall, phone: Softphone): Check[] {
  const atPriyaMs = toneMs(phone.callsTo(PRIYA)[0]?.tones ?? [], CALLER_HZ);
  const atCallerMs = toneMs(caller.tones, PRIYA_HZ);
  return [
    { good: atCallerMs >= MIN_TONE_MS, what: `the caller heard Priya: ${PRIYA_HZ} Hz for ${atCallerMs} ms` },
    { good: atPriyaMs >= MIN_TONE_MS, what: `Priya heard the caller: ${CALLER_HZ} Hz for ${atPriyaMs} ms` },
  ];
}

/** Checks that each tone is on its own side of the recording, and only there. */
function recorded(recording: Buffer | null): Check {
  const [left = [], right = []] = recording === null ? [] : recordingTones(recording);
  const [caller, priya] = [toneMs(left, CALLER_HZ), toneMs(right, PRIYA_HZ)];
  const crossed = toneMs(left, PRIYA_HZ) + toneMs(right, CALLER_HZ);
  const what = `the recording has the caller on the left (${caller} ms) and Priya on the right (${priya} ms)`;
  return { good: caller >= MIN_TONE_MS && priya >= MIN_TONE_MS && crossed === 0, what };
}

function ended(report: ApiCall | null): Check {
  const status = report?.cdr?.dial_call_status ?? "missing";
  return { good: status === "completed", what: `the call's record has the dial status ${status}` };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
