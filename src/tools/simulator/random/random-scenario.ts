import { unreachable } from "../../../base/never.ts";
import type { Random } from "../../../base/random.ts";
import { seededRandom } from "../../../base/random.ts";
import type { CallSetup, Flow } from "../../../core/call/setup.ts";
import { TWO_NUMBERS_FLOW } from "../../../core/call/two-numbers-flow.ts";
import type { CallPlacement, SecondNumber } from "../../../core/contract/placed-call.ts";
import { type Account, plainAccount } from "../../../core/contract/account.ts";
import type { FlowProfile, UrlUse } from "./flow-profile.ts";
import { profileOf } from "./flow-profile.ts";
import { SIMULATED_RECORDINGS_URL, SIMULATED_VERSION } from "../scenario/scenario.ts";
import type { CallerBehaviour, PhoneBehaviour, PhoneEnding, Scenario, UrlAnswer } from "../scenario/scenario-types.ts";

/** The numbers in random answers: few, so that the same number comes up often, which is where faults show. */
const PEOPLE = ["+919900000011", "+919900000012", "+919900000013", "+919900000014"] as const;
const EXOPHONE = "+918047100000";
const OTHER_EXOPHONE = "+918047100001";
const HOLD_MUSIC = "https://cdn.example/hold.wav";
const ANNOUNCEMENT = "https://cdn.example/announcement.wav";
const EVENTS_URL = "https://events.example/dial";
const STATUS_URL = "https://events.example/status";
const CALLER_NUMBER = "+919812345678";
/** 2026-01-05T10:00:00+05:30, a Monday; calls start within the week after it, so that opening hours matter. */
const WEEK_START_MS = 1_767_587_400_000;
const WEEK_MS = 604_800_000;
/** Few enough that the days of a pool are formatted once, enough to cover all opening hours. */
const STARTS = 64;

/** Behaviours are drawn this many at a time and combined at random: drawing them costs more than playing them. */
const POOL_SIZE = 256;

/** Common waits: equal ones make events collide, which uniformly random ones hardly ever do. */
const COMMON_WAITS_MS = [0, 0, 1, 100, 200, 500, 1_000, 1_000, 2_000, 3_000, 5_000, 10_000, 30_000] as const;

/** Mostly the default: each event costs a request and makes no other difference to the call. */
const DIAL_EVENTS: readonly Account["dialEvents"][] = [
  ["dial", "terminal"],
  ["dial", "terminal"],
  ["dial", "ringing", "answered", "terminal"],
];

type ScriptOf<T> = readonly T[];

/** Everything that random scenarios of one flow are drawn from. Equal seeds give equal pools. */
export interface ScenarioPools {
  /** The flow, in accounts that differ in their dial events. */
  readonly setups: readonly CallSetup[];
  readonly urls: readonly { readonly key: string; readonly scripts: readonly ScriptOf<UrlAnswer>[] }[];
  readonly phones: readonly string[];
  readonly behaviours: readonly ScriptOf<PhoneBehaviour>[];
  readonly callers: readonly CallerBehaviour[];
  readonly starts: readonly number[];
  readonly sounds: readonly Scenario["sounds"][];
}

export function makeScenarioPools(flow: Flow, seed: number): ScenarioPools {
  const random = seededRandom(seed);
  const profile = profileOf(flow);
  const urls = new Map<string, UrlUse>([...profile.urls, [HOLD_MUSIC, "audio"], [ANNOUNCEMENT, "audio"]]);
  return {
    setups: DIAL_EVENTS.map((dialEvents) => {
      const account = { ...accountFor(profile), dialEvents };
      return { account, flow, recordingsUrl: SIMULATED_RECORDINGS_URL, version: SIMULATED_VERSION };
    }),
    urls: [...urls].map(([key, use]) => ({
      key,
      scripts: many(() => script(random, () => urlAnswer(random, use, profile))),
    })),
    phones: [...new Set([...PEOPLE, ...profile.numbers])],
    behaviours: many(() => script(random, () => phoneBehaviour(random))),
    callers: many(() => caller(random, profile)),
    sounds: many(() => sounds(random)),
    starts: many(() => WEEK_START_MS + Math.floor(random.next() * WEEK_MS)).slice(0, STARTS),
  };
}

/** Consecutive calls with the same start: a day is then formatted once for many calls, as on the live platform. */
const RUNS_PER_START = 16;

/** How many of the calls are calls by API, whose first leg may ring, be busy, or answer too late. */
const PLACED_SHARE = 0.25;

const INCOMING: Scenario["call"] = {
  from: CALLER_NUMBER,
  to: EXOPHONE,
  direction: "incoming",
  customField: null,
};

/** API-1, and API-2 if the setup is that of two numbers. */
function placedCall(random: Random, { flow }: CallSetup): Scenario["call"] {
  const [second] = PEOPLE;
  const timeLimitMs = maybe(random, 0.2, () => whole(random, 1, 60) * 1000);
  const placed: CallPlacement = {
    destination: { kind: "number", e164: CALLER_NUMBER },
    ringLimitMs: whole(random, 1, 20) * 1000,
    statusCallback: maybe(random, 0.5, () => statusCallback(random)) ?? null,
    second: flow === TWO_NUMBERS_FLOW ? secondNumber(random, second) : null,
  };
  return {
    from: CALLER_NUMBER,
    to: EXOPHONE,
    direction: "outbound-dial",
    customField: chance(random, 0.5) ? "order 12" : null,
    ...(placed.second === null ? {} : { dialTo: second }),
    ...(timeLimitMs === undefined ? {} : { timeLimitMs }),
    placed,
  };
}

function statusCallback(random: Random): CallPlacement["statusCallback"] {
  const events = (["ringing", "answered", "terminal"] as const).filter(
    (event) => event === "terminal" || chance(random, 0.5),
  );
  return { url: STATUS_URL, events, form: pick(random, ["multipart", "json"] as const) };
}

function secondNumber(random: Random, e164: string): SecondNumber {
  const playback = { to: pick(random, ["callee", "both"] as const), kind: "audio_url", value: ANNOUNCEMENT } as const;
  return {
    destination: { kind: "number", e164 },
    record: chance(random, 0.5),
    recordingChannels: pick(random, ["single", "dual"] as const),
    waitUrl: chance(random, 0.3) ? HOLD_MUSIC : null,
    playback: chance(random, 0.3) ? playback : null,
  };
}

/** Random call number `run`. Draws only from the pools, so it costs next to nothing. */
export function drawScenario(pools: ScenarioPools, random: Random, run: number): Scenario {
  const urls: Record<string, ScriptOf<UrlAnswer>> = {};
  for (const { key, scripts } of pools.urls) urls[key] = pick(random, scripts);
  const phones: Record<string, ScriptOf<PhoneBehaviour>> = {};
  for (const phone of pools.phones) phones[phone] = pick(random, pools.behaviours);
  const setup = pick(random, pools.setups);
  const isPlaced = chance(random, PLACED_SHARE);
  if (isPlaced) phones[CALLER_NUMBER] = pick(random, pools.behaviours);
  return {
    name: `run ${run}`,
    setup,
    call: isPlaced ? placedCall(random, setup) : INCOMING,
    startMs: pools.starts[Math.floor(run / RUNS_PER_START) % STARTS] ?? WEEK_START_MS,
    urls,
    phones,
    sounds: pick(random, pools.sounds),
    caller: pick(random, pools.callers),
  };
}

function accountFor(profile: FlowProfile): Account {
  const users = PEOPLE.slice(0, 2).map((number, index) => ({ name: `user${index + 1}`, number, email: null }));
  const members = users.map(({ name }) => name);
  return plainAccount({
    exophones: [EXOPHONE, OTHER_EXOPHONE].map((number) => ({ number, region: null, trunk: null })),
    users,
    groups: Object.fromEntries(profile.groups.map((group) => [group, members])),
  });
}

// Random choices

function pick<T>(random: Random, list: readonly T[]): T {
  const chosen = list[Math.floor(random.next() * list.length)];
  if (chosen === undefined) throw new Error("picked from an empty list");
  return chosen;
}

function chance(random: Random, probability: number): boolean {
  return random.next() < probability;
}

/** A value with this probability, otherwise undefined: the field is left out. */
function maybe<T>(random: Random, probability: number, make: () => T): T | undefined {
  return chance(random, probability) ? make() : undefined;
}

function whole(random: Random, from: number, to: number): number {
  return from + Math.floor(random.next() * (to - from + 1));
}

function wait(random: Random, mostMs: number): number {
  return Math.min(mostMs, chance(random, 0.5) ? pick(random, COMMON_WAITS_MS) : whole(random, 0, mostMs));
}

function many<T>(make: () => T): T[] {
  return Array.from({ length: POOL_SIZE }, make);
}

function script<T>(random: Random, make: () => T): T[] {
  return Array.from({ length: pick(random, [1, 1, 2, 3]) }, make);
}

// Customers' servers

function urlAnswer(random: Random, use: UrlUse, profile: FlowProfile): UrlAnswer {
  const afterMs = chance(random, 0.1) ? whole(random, 4_900, 5_100) : wait(random, 1_000);
  if (chance(random, 0.06)) {
    return { kind: "error", afterMs, error: pick(random, ["timeout", "refused", "dns", "tls"] as const) };
  }
  const status = chance(random, 0.08) ? pick(random, [201, 204, 302, 404, 405, 500, 503]) : 200;
  const { type, body } = content(random, use, profile);
  const headers: Record<string, string> = chance(random, 0.03) ? {} : { "content-type": type };
  return { kind: "answer", afterMs, status, headers, body };
}

interface Content {
  readonly type: string;
  readonly body: string;
}

function content(random: Random, use: UrlUse, profile: FlowProfile): Content {
  switch (use) {
    case "connect":
      return json(random, connectAnswer(random));
    case "gather":
      return json(random, gatherAnswer(random));
    case "passthru":
      return passthruAnswer(random, profile);
    case "numbers":
      return { type: "text/plain", body: numbers(random).join(",") };
    case "say":
      return { type: "text/plain", body: chance(random, 0.5) ? "Good morning" : `${ANNOUNCEMENT}\n${HOLD_MUSIC}` };
    case "audio":
      return { type: "audio/wav", body: "" };
    default:
      return unreachable(use);
  }
}

function json(random: Random, value: unknown): Content {
  const body = JSON.stringify(value);
  const broken = chance(random, 0.03) ? body.slice(0, -1) : body;
  return { type: chance(random, 0.03) ? "text/html" : "application/json", body: broken };
}

function numbers(random: Random): string[] {
  const mixed = [...PEOPLE, ...PEOPLE, ...PEOPLE, "09900000012", "+919900000099", "no number", EXOPHONE, "sip:user1"];
  return Array.from({ length: pick(random, [0, 1, 1, 2, 2, 3, 5]) }, () => pick(random, mixed));
}

function connectAnswer(random: Random): unknown {
  return {
    destination: chance(random, 0.03) ? undefined : { numbers: numbers(random) },
    fetch_after_attempt: maybe(random, 0.4, () => chance(random, 0.8)),
    outgoing_phone_number: maybe(random, 0.1, () => pick(random, [EXOPHONE, OTHER_EXOPHONE, "+918047199999"])),
    record: maybe(random, 0.3, () => true),
    recording_channels: maybe(random, 0.2, () => pick(random, ["single", "dual"])),
    max_ringing_duration: maybe(random, 0.5, () => (chance(random, 0.95) ? whole(random, 1, 20) : 0)),
    max_conversation_duration: maybe(random, 0.5, () => (chance(random, 0.95) ? whole(random, 1, 60) : "long")),
    music_on_hold: maybe(random, 0.3, () => musicOnHold(random)),
    parallel_ringing: maybe(random, 0.4, () => ({ activate: true, max_parallel_attempts: whole(random, 1, 3) })),
    dial_passthru_event_url: maybe(random, 0.5, () => EVENTS_URL),
    start_call_playback: maybe(random, 0.25, () => startCallPlayback(random)),
    unknown_key: maybe(random, 0.01, () => 1),
  };
}

function musicOnHold(random: Random): unknown {
  const type = pick(random, ["default_tone", "operator_tone", "operator_tone", "custom_tone"]);
  return type === "custom_tone" ? { type, value: HOLD_MUSIC } : { type };
}

function startCallPlayback(random: Random): unknown {
  const playback_to = pick(random, ["callee", "both", "callee", "both", "caller"]);
  return chance(random, 0.5)
    ? { playback_to, type: "text", value: "A call for you" }
    : { playback_to, type: "audio_url", value: ANNOUNCEMENT };
}

function gatherAnswer(random: Random): unknown {
  return {
    gather_prompt: chance(random, 0.7) ? { text: "Your number please" } : { audio_url: ANNOUNCEMENT },
    max_input_digits: maybe(random, 0.5, () => whole(random, 1, 4)),
    finish_on_key: maybe(random, 0.3, () => pick(random, ["#", "*", ""])),
    input_timeout: maybe(random, 0.5, () => whole(random, 1, 10)),
    repeat_menu: maybe(random, 0.3, () => whole(random, 0, 2)),
  };
}

function passthruAnswer(random: Random, profile: FlowProfile): Content {
  const body = JSON.stringify({ select: pick(random, ["something else", ...profile.cases]) });
  return { type: pick(random, ["application/json", "text/plain"]), body: chance(random, 0.1) ? "ok" : body };
}

function sounds(random: Random): Scenario["sounds"] {
  return {
    [HOLD_MUSIC]: wait(random, 6_000),
    [ANNOUNCEMENT]: wait(random, 6_000),
    "A call for you": wait(random, 6_000),
  };
}

// People

function phoneBehaviour(random: Random): PhoneBehaviour {
  const ending = phoneEnding(random);
  const answers = ending.kind === "answer";
  return {
    ringAfterMs: chance(random, 0.8) ? wait(random, 1_000) : null,
    earlyMediaAfterMs: chance(random, 0.3) ? wait(random, 2_000) : null,
    ending,
    talkMs: answers && chance(random, 0.7) ? wait(random, 90_000) : null,
    hangUpAfterMs: answers && chance(random, 0.2) ? wait(random, 5_000) : null,
    cancelTakesMs: chance(random, 0.4) ? wait(random, 2_000) : 0,
  };
}

function phoneEnding(random: Random): PhoneEnding {
  const afterMs = wait(random, 25_000);
  if (chance(random, 0.5)) return { kind: "answer", afterMs };
  if (chance(random, 0.3)) return { kind: "ring" };
  return { kind: "fail", afterMs, sip: pick(random, [null, 403, 404, 408, 480, 486, 486, 500, 503, 600, 603]) };
}

function caller(random: Random, profile: FlowProfile): CallerBehaviour {
  const keys = [...profile.keys, ...profile.keys, "0", "5", "#", "*"];
  const digits = (): string => Array.from({ length: whole(random, 1, 4) }, () => pick(random, keys)).join("");
  const presses = Array.from({ length: pick(random, [0, 0, 1, 2, 3]) }, () => {
    return { afterMs: wait(random, 30_000), digits: chance(random, 0.6) ? pick(random, keys) : digits() };
  });
  return {
    hangUpAfterMs: chance(random, 0.6) ? wait(random, chance(random, 0.7) ? 15_000 : 120_000) : null,
    presses,
    silentAfterMs: chance(random, 0.3) ? wait(random, 60_000) : null,
  };
}
