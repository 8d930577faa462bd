import { stringify } from "yaml";
import type { Clock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { seededRandom } from "../../src/base/random.ts";
import { err } from "../../src/base/result.ts";
import type { RequestPurpose } from "../../src/core/call/purpose.ts";
import type { HttpOutcome } from "../../src/core/contract/http.ts";
import { prepareRequest, toHttpRequest } from "../../src/core/contract/request.ts";
import { liveUrl, playLive } from "../../src/cli/live.ts";
import { AudioLibrary } from "../../src/edges/audio/library.ts";
import { HttpSpeech } from "../../src/edges/audio/speech/http-engine.ts";
import type { Fetcher } from "../../src/edges/http-client/fetcher.ts";
import { OutboxWorker } from "../../src/edges/http-client/outbox.ts";
import type { OutboundPurpose } from "../../src/edges/http-client/purpose.ts";
import type { OutboxVerdict } from "../../src/edges/store/types.ts";
import { CustomerRequests } from "../../src/server/exchange/customer-requests.ts";
import { RecordingLinks } from "../../src/server/exchange/recording-links.ts";
import type { Services } from "../../src/server/exchange/services.ts";
import { parseScenario } from "../../src/tools/simulator/scenario/scenario.ts";
import { check } from "../../src/tools/check/check.ts";
import { accountWith } from "../../src/tools/check/check-target.ts";
import type { CheckDeps } from "../../src/tools/check/check-target.ts";
import { urlChecker } from "../../src/server/supervisor/url-check.ts";
import { SoundRequest } from "../../src/tools/check/sound-request.ts";
import { testConfig } from "./exchange-config.ts";

export interface Outside {
  readonly fetcher: Fetcher;
  readonly clock: Clock;
  /** The account's `private_destinations`. */
  readonly allowPrivate: boolean;
  /** For the audio cache. */
  readonly folder: string;
}

/** Sends one request to a URL as the platform would for this purpose, and returns a short description of the result. */
export type Sender = (url: string, outside: Outside) => Promise<string>;

const DEADLINE_MS = 5000;
const WITHOUT_QUERY = { query: [], version: "1.0", versionHeader: false, accept: "*/*" } as const;

/** One sender for every purpose: a new purpose does not compile until it is here. */
export const SENDERS: Readonly<Record<OutboundPurpose, Sender>> = {
  connect: byCall("connect"),
  gather: byCall("gather"),
  passthru: byCall("passthru"),
  greeting: byCall("greeting"),
  dial_whom: byCall("dial_whom"),
  audio: playedAudio,
  dial_event: byOutbox("dial_event", "GET"),
  status_callback: byOutbox("status_callback", "POST"),
  check_audio: checkedAudio,
  check: checkedUrl,
  check_by_api: checkedByApi,
  live: simulatedLive,
  speech: spokenText,
};

function wordOf(outcome: HttpOutcome): string {
  return outcome.ok ? `answer ${outcome.status} of ${outcome.body.length}` : outcome.reason;
}

function servicesOf({ fetcher, clock }: Outside, audio: Services["audio"]): Services {
  const links = new RecordingLinks("secret", "https://voice.example");
  return { fetcher, clock, audio, links, log: silentLog, tracing: null } as Partial<Services> as Services;
}

const NO_AUDIO: Services["audio"] = {
  prepare: () => Promise.reject(new Error("nothing is played here")),
  check: () => Promise.reject(new Error("nothing is checked here")),
};

/** Sends like the effect `fetch` of a call. */
function byCall(purpose: RequestPurpose): Sender {
  return (url, outside) => {
    const prepared = prepareRequest({ configuredUrl: url, ...WITHOUT_QUERY });
    if (!prepared.ok) return Promise.resolve("bad_url");
    return new Promise((resolve) => {
      const config = testConfig({ privateDestinations: outside.allowPrivate });
      const requests = new CustomerRequests("c1", servicesOf(outside, NO_AUDIO), config, (_kind, _id, { outcome }) =>
        resolve(wordOf(outcome)),
      );
      requests.fetch({ kind: "fetch", id: "f1", purpose, request: prepared.value, deadlineMs: DEADLINE_MS });
    });
  };
}

/** Sends like the outbox, which delivers a row. */
function byOutbox(purpose: OutboundPurpose, method: "GET" | "POST"): Sender {
  return async (url, { fetcher, clock, allowPrivate }) => {
    const prepared = prepareRequest({ configuredUrl: url, ...WITHOUT_QUERY });
    if (!prepared.ok) return "bad_url";
    const request = { ...toHttpRequest(prepared.value), method, ...(method === "POST" && { body: "CallSid=c" }) };
    const row = {
      id: "d1",
      order: "leg 2",
      callSid: "c",
      account: "acct",
      purpose,
      request: JSON.stringify(request),
      version: 2,
      tries: 0,
      createdAt: clock.now(),
    };
    const rows = [row];
    const settled = Promise.withResolvers<OutboxVerdict>();
    const store = {
      claimOutbox: () => Promise.resolve(rows.splice(0)),
      settleOutbox: ([verdict]: readonly OutboxVerdict[]) => {
        if (verdict !== undefined) settled.resolve(verdict);
        return Promise.resolve(false);
      },
      takeOutbox: () => () => undefined,
    };
    const worker = new OutboxWorker({ store, fetcher, clock, log: silentLog, allowPrivate: () => allowPrivate });
    worker.start();
    const verdict = await settled.promise;
    await worker.stop();
    return verdict.kind === "done" || verdict.kind === "later" ? "answer" : (verdict.error.split(":", 1)[0] ?? "");
  };
}

/** Sends as a call does to check audio and to play it. */
async function playedAudio(url: string, outside: Outside): Promise<string> {
  const { fetcher, clock, allowPrivate, folder } = outside;
  const parts = { cacheFolder: folder, uploadsFolder: folder, speechUrl: null, fetcher, clock, log: silentLog };
  const library = await AudioLibrary.open(parts);
  try {
    const checked = await new Promise<string>((resolve) => {
      const config = testConfig({ privateDestinations: allowPrivate });
      const requests = new CustomerRequests("c1", servicesOf(outside, library), config, (_kind, _id, { outcome }) =>
        resolve(wordOf(outcome)),
      );
      requests.checkAudio({ kind: "check_audio", id: "a1", url, deadlineMs: DEADLINE_MS });
    });
    const played = await library.prepare({ kind: "url", url, allowPrivate }, DEADLINE_MS, "acct");
    if (played.ok) throw new Error("nothing here is audio");
    return checked;
  } finally {
    await library.close();
  }
}

/** Sends what `plugboard check` sends for audio named by an endpoint on the Internet, or by an internal one if that is allowed. */
async function checkedAudio(url: string, outside: Outside): Promise<string> {
  const namedBy = outside.allowPrivate ? "http://127.0.0.1/connect" : "https://app.example/connect";
  const sound = new SoundRequest(checkDeps(outside), url, namedBy);
  const { outcome } = await sound.check(DEADLINE_MS);
  const file = await sound.file();
  sound.cancel();
  return outcome.ok && !file.ok ? file.reason : wordOf(outcome);
}

function checkDeps({ fetcher, clock }: Outside): CheckDeps {
  return {
    fetcher,
    clock,
    random: seededRandom(1),
    decode: () => Promise.resolve(err("is no audio")),
    formatOf: () => null,
  };
}

async function checkedUrl(url: string, outside: Outside): Promise<string> {
  const account = accountWith(["+918047100000"], "IN");
  const facts = { account, mode: "strict", numberForms: false, from: "+919812345678", customField: "x" } as const;
  const rest = { runs: 1, version: "1.0", limits: { deadlineMs: DEADLINE_MS, slowMs: 3000 } };
  const report = await check({ kind: "event", primary: url, fallback: null, ...facts, ...rest }, checkDeps(outside));
  return report.issues.length > 0 ? "issues" : "answer";
}

/** As an account has its URL checked; what came of the last request. */
async function checkedByApi(url: string, { fetcher, clock, allowPrivate }: Outside): Promise<string> {
  const config = testConfig({ privateDestinations: allowPrivate });
  let last = "bad_url";
  const watched: CheckDeps["fetcher"] = {
    fetch: async (request, options) => {
      const fetched = await fetcher.fetch(request, options);
      last = wordOf(fetched.outcome);
      return fetched;
    },
    head: (audio, options) => fetcher.head(audio, options),
    download: (request, bytes, options) => fetcher.download(request, bytes, options),
  };
  const check = urlChecker({ fetcher: watched, clock, random: seededRandom(1) });
  await check({ config, url, fallback: null, as: "event", validation: "strict", runs: 0 });
  return last;
}

async function simulatedLive(url: string, { fetcher }: Outside): Promise<string> {
  const flow = { flow: "1", start: "p", applets: { p: { type: "passthru", url, mode: "sync", exits: {} } } };
  const scenario = parseScenario(stringify({ flow, call: { from: "+919812345678" } }), "scenario.yaml", () => "");
  if (!scenario.ok) return "bad_url";
  const { requests } = await playLive(scenario.value, liveUrl(url), 1, fetcher);
  return `${requests} requests`;
}

async function spokenText(url: string, { fetcher, clock }: Outside): Promise<string> {
  const processor = { process: () => Promise.resolve(err("is no audio")) };
  const spoken = await new HttpSpeech(url, fetcher, processor, clock).speak("hello", "en", "acct");
  return spoken.ok ? "answer" : spoken.error;
}
