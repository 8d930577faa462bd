import type { Account, Exophone } from "./account.ts";
import { destinationKey, type Destination } from "./destination.ts";
import { MAX_NUMBERS, readList } from "./destinations.ts";
import {
  checkKeys,
  isObject,
  isUsable,
  readBoolean,
  readInteger,
  readOptional,
  readWord,
  reportByMode,
  reportError,
  type ValidationContext,
  type JsonObject,
  type KnownKeys,
  type ValidationMode,
} from "./fields.ts";
import { describe, warning, type Finding } from "./finding.ts";
import type { HttpOutcome } from "./http.ts";
import { VerdictCache } from "./verdict-cache.ts";
import { readIntegerPhone, readPhone } from "./numbers.ts";
import { isHttpUrl, maskCredentials } from "./query.ts";
import { readJsonResponse, unusable } from "./http-response.ts";
import type { EvaluatedAnswer } from "./verdict.ts";

export { validateAudio } from "./audio.ts";
export type { ValidationMode } from "./fields.ts";
export type { Finding } from "./finding.ts";

/** RES-17: what is played to the caller while leg 2 rings. */
export type MusicOnHold =
  | { readonly type: "default_tone" | "operator_tone" }
  | { readonly type: "custom_tone"; readonly url: string };

/** RES-21 to RES-23. A `text` that is itself an http(s) URL comes out as `audio_url`. */
export interface StartCallPlayback {
  readonly to: "callee" | "both";
  readonly kind: "text" | "audio_url";
  readonly value: string;
}

/** An answer of version 1.0 with every default filled in (RES-8). URLs are as given and may contain credentials. */
export interface ConnectAnswer {
  readonly fetchAfterAttempt: boolean;
  /** Dialable, without duplicates, in array order. Empty: valid, dials nobody (RES-3, RES-4). */
  readonly destinations: readonly Destination[];
  /** E.164 of an ExoPhone that passed DIAL-6's checks; null: the ExoPhone of leg 1. */
  readonly outgoingPhoneNumber: string | null;
  readonly record: boolean;
  readonly recordingChannels: "single" | "dual";
  readonly maxRingingDurationS: number;
  readonly maxConversationDurationS: number;
  readonly musicOnHold: MusicOnHold;
  readonly parallel: { readonly activate: boolean; readonly maxAttempts: number };
  readonly dialEventUrl: string | null;
  readonly startCallPlayback: StartCallPlayback | null;
}

export type ConnectVerdict = EvaluatedAnswer<ConnectAnswer>;

const verdicts = new VerdictCache<ConnectVerdict>();

/** Every key of version 1.0, per object: what RES-7 compares unknown keys with. */
const SHAPE = {
  "": [
    "fetch_after_attempt",
    "destination",
    "outgoing_phone_number",
    "record",
    "recording_channels",
    "max_ringing_duration",
    "max_conversation_duration",
    "music_on_hold",
    "parallel_ringing",
    "dial_passthru_event_url",
    "start_call_playback",
  ],
  destination: ["numbers"],
  music_on_hold: ["type", "value"],
  parallel_ringing: ["activate", "max_parallel_attempts"],
  start_call_playback: ["playback_to", "type", "value"],
} satisfies KnownKeys;

const FETCH = { rule: "RES-10", path: "fetch_after_attempt" };
const RECORD = { rule: "RES-13", path: "record" };
const CHANNELS = { rule: "RES-14", path: "recording_channels" };
const RINGING = { rule: "RES-15", path: "max_ringing_duration", min: 1, max: 60, defaultValue: 30 };
const CONVERSATION = { rule: "RES-16", path: "max_conversation_duration", min: 1, max: 4500, defaultValue: 900 };
const ACTIVATE = { rule: "RES-18", path: "parallel_ringing.activate" };
const ATTEMPTS = { rule: "RES-19", path: "parallel_ringing.max_parallel_attempts", min: 1, max: 10, defaultValue: 5 };

/** The call's account, and leg 1's ExoPhone; null: there is no call yet. */
interface AnswerContext {
  readonly account: Account;
  readonly exophone: Exophone | null;
}

/**
 * Validates what a Primary or Fallback URL answered (section 2). `exophone` is leg 1's. Never throws. All findings are
 * reported, in the order of the contract's table: the first error does not hide the second.
 */
export function validateConnectAnswer(
  outcome: HttpOutcome,
  account: Account,
  exophone: Exophone,
  mode: ValidationMode,
): ConnectVerdict {
  const call = { account, exophone };
  if (!outcome.ok || outcome.status !== 200) return validateOutcome(outcome, call, mode);
  const key = { ...call, mode, contentType: outcome.contentType, body: outcome.body };
  const known = verdicts.recall(key);
  if (known !== undefined) return known;
  const verdict = validateOutcome(outcome, call, mode);
  verdicts.remember(key, verdict);
  return verdict;
}

function validateOutcome(outcome: HttpOutcome, call: AnswerContext, mode: ValidationMode): ConnectVerdict {
  const context: ValidationContext = { mode, findings: [] };
  const received = readJsonResponse(context, outcome);
  if (!received.usable) return received;
  return validateBody(context, received.value, call);
}

/** Validates the same shape written in a flow document (`parameters`). `exophone` null: not known yet. Never throws. */
export function validateConnectBody(
  value: unknown,
  account: Account,
  exophone: Exophone | null,
  mode: ValidationMode,
): ConnectVerdict {
  return validateBody({ mode, findings: [] }, value, { account, exophone });
}

function validateBody(context: ValidationContext, value: unknown, call: AnswerContext): ConnectVerdict {
  if (!isObject(value)) {
    const found = describe(value);
    return unusable("invalid", { rule: "RES-1", found, allowed: "a JSON object" });
  }
  const answer = readAnswer(context, value, call);
  const { findings } = context;
  if (!isUsable(context)) return { usable: false, result: "invalid", findings };
  return { usable: true, answer, audioUrls: audioUrlsOf(answer), findings };
}

/** Every field in the order of the contract's table; the unknown keys of each object after its fields. */
function readAnswer(context: ValidationContext, body: JsonObject, call: AnswerContext): ConnectAnswer {
  const optional = (key: string): unknown => readOptional(context, "", body, key);
  const fetchAfterAttempt = readBoolean(context, FETCH, optional("fetch_after_attempt"), false);
  const destinations = readDestinations(context, body["destination"], call.account);
  const answer = {
    fetchAfterAttempt,
    destinations,
    outgoingPhoneNumber: readOutgoing(context, optional("outgoing_phone_number"), call, destinations),
    record: readBoolean(context, RECORD, optional("record"), false),
    recordingChannels: readWord(context, CHANNELS, optional("recording_channels"), ["single", "dual"], "single"),
    maxRingingDurationS: readInteger(context, RINGING, optional("max_ringing_duration")),
    maxConversationDurationS: readInteger(context, CONVERSATION, optional("max_conversation_duration")),
    musicOnHold: readMusic(context, optional("music_on_hold")),
    parallel: readParallel(context, optional("parallel_ringing")),
    dialEventUrl: readEventUrl(context, optional("dial_passthru_event_url")),
    startCallPlayback: readPlayback(context, optional("start_call_playback")),
  };
  checkKeys(context, SHAPE, "", body);
  return answer;
}

/** How long the parameters of a flow let destinations ring, and how many at once, as a lenient flow takes them. */
export function readRinging(body: JsonObject): Pick<ConnectAnswer, "maxRingingDurationS" | "parallel"> {
  const context: ValidationContext = { mode: "lenient", findings: [] };
  return {
    maxRingingDurationS: readInteger(context, RINGING, readOptional(context, "", body, "max_ringing_duration")),
    parallel: readParallel(context, readOptional(context, "", body, "parallel_ringing")),
  };
}

const NUMBERS = "destination.numbers";

/** RES-11, RES-2, REQ-8. */
function readDestinations(context: ValidationContext, value: unknown, account: Account): readonly Destination[] {
  if (!isObject(value)) {
    reportError(context, { rule: "RES-2", path: "destination" }, value, "an object with an array numbers");
    return [];
  }
  const numbers: unknown = value["numbers"];
  if (!Array.isArray(numbers)) reportError(context, { rule: "RES-2", path: NUMBERS }, numbers, "an array of strings");
  else if (numbers.length > MAX_NUMBERS)
    reportError(context, { rule: "REQ-8", path: NUMBERS }, numbers, `at most ${MAX_NUMBERS} numbers`);
  checkKeys(context, SHAPE, "destination", value);
  if (!Array.isArray(numbers) || numbers.length > MAX_NUMBERS) return [];
  return readList(context.findings, numbers, account, NUMBERS);
}

const OUTGOING = "outgoing_phone_number";

/** RES-12: never an error; what DIAL-6 forbids is replaced by leg 1's ExoPhone. */
function readOutgoing(
  context: ValidationContext,
  value: unknown,
  call: AnswerContext,
  destinations: readonly Destination[],
): string | null {
  if (value === undefined) return null;
  const { account, exophone } = call;
  const e164 = readOutgoingNumber(value, account.country);
  if (e164 === null) return replaceOutgoing(context, value, "is not a phone number");
  if (e164 !== exophone?.number) {
    const owned = account.exophones.find((each) => each.number === e164);
    if (owned === undefined) return replaceOutgoing(context, value, "is not an ExoPhone of this account");
    if (isOtherRegion(owned, exophone)) return replaceOutgoing(context, value, "is in another region than leg 1's");
    const unreachable = firstUnreachable(owned, destinations);
    if (unreachable !== null)
      return replaceOutgoing(context, value, `is on a trunk that does not reach ${unreachable}`);
  }
  if (value !== e164) context.findings.push(respelledOutgoing(value, e164));
  return e164;
}

/** RES-24: read like an entry of a destination list, JSON integers included. */
function readOutgoingNumber(value: unknown, country: string): string | null {
  if (typeof value === "string") return readPhone(value, country).e164;
  return typeof value === "number" ? readIntegerPhone(value, country).e164 : null;
}

/** The first number that the ExoPhone's trunk does not reach. */
function firstUnreachable({ reaches = [] }: Exophone, destinations: readonly Destination[]): string | null {
  if (reaches.length === 0) return null;
  for (const each of destinations)
    if (each.kind === "number" && !reaches.some((prefix) => each.e164.startsWith(prefix))) return each.e164;
  return null;
}

/** An unknown region rules nothing out. */
function isOtherRegion(owned: Exophone, exophone: Exophone | null): boolean {
  const region = exophone?.region ?? null;
  return region !== null && owned.region !== null && owned.region !== region;
}

function replaceOutgoing(context: ValidationContext, value: unknown, fault: string): null {
  const found = describe(value);
  const allowed = "an ExoPhone of this account in the region of leg 1's, on a trunk that reaches every destination";
  const consequence = "the ExoPhone of leg 1 is used instead";
  const problem = `is ${found}, which ${fault}`;
  context.findings.push(warning({ rule: "DIAL-6", path: OUTGOING, found, allowed, consequence, problem }));
  return null;
}

function respelledOutgoing(value: unknown, e164: string): Finding {
  const consequence = `it is read as ${e164}`;
  return warning({ rule: "RES-24", path: OUTGOING, found: describe(value), allowed: "an E.164 number", consequence });
}

const DEFAULT_MUSIC: MusicOnHold = { type: "default_tone" };
const DEFAULT_MUSIC_USED = "default_tone is used instead";
const MUSIC = "music_on_hold";
const MUSIC_TYPES = "default_tone, operator_tone or custom_tone (RES-17)";

/** RES-17. */
function readMusic(context: ValidationContext, value: unknown): MusicOnHold {
  if (value === undefined) return DEFAULT_MUSIC;
  if (!isObject(value)) {
    reportByMode(context, "RES-5", MUSIC, describe(value), "an object with type (RES-17)", DEFAULT_MUSIC_USED);
    return DEFAULT_MUSIC;
  }
  const music = readMusicType(context, value);
  checkKeys(context, SHAPE, MUSIC, value);
  return music;
}

function readMusicType(context: ValidationContext, object: JsonObject): MusicOnHold {
  const { type } = object;
  switch (type) {
    case "custom_tone":
      return readCustomTone(context, object["value"]);
    case "default_tone":
    case "operator_tone": {
      const value = readOptional(context, MUSIC, object, "value");
      if (value !== undefined) context.findings.push(unusedMusicValue(value, type));
      return { type };
    }
    default: {
      const rule = type === undefined ? "RES-17" : "RES-5";
      reportByMode(context, rule, `${MUSIC}.type`, describe(type), MUSIC_TYPES, DEFAULT_MUSIC_USED);
      return DEFAULT_MUSIC;
    }
  }
}

function readCustomTone(context: ValidationContext, value: unknown): MusicOnHold {
  if (typeof value === "string" && isHttpUrl(value)) return { type: "custom_tone", url: value };
  reportByMode(context, "RES-17", `${MUSIC}.value`, describeUrl(value), "an http or https URL", DEFAULT_MUSIC_USED);
  return DEFAULT_MUSIC;
}

function unusedMusicValue(value: unknown, type: string): Finding {
  const parts = { rule: "RES-17", path: `${MUSIC}.value`, found: describeUrl(value), allowed: "nothing" };
  return warning({ ...parts, consequence: "it is ignored", problem: `has no meaning with type ${type}` });
}

/** {@link describe} without the credentials of a URL (REQ-2). */
function describeUrl(value: unknown): string {
  return describe(typeof value === "string" ? maskCredentials(value) : value);
}

const PARALLEL = "parallel_ringing";

/** RES-18, RES-19. */
function readParallel(context: ValidationContext, value: unknown): ConnectAnswer["parallel"] {
  const object = isObject(value) ? value : {};
  if (value !== undefined && object !== value)
    reportByMode(context, "RES-5", PARALLEL, describe(value), "an object (RES-18)", "parallel ringing is off");
  const activate = readBoolean(context, ACTIVATE, readOptional(context, PARALLEL, object, "activate"), false);
  const attempts = readOptional(context, PARALLEL, object, "max_parallel_attempts");
  const maxAttempts = activate ? readInteger(context, ATTEMPTS, attempts) : readUnusedAttempts(context, attempts);
  checkKeys(context, SHAPE, PARALLEL, object);
  return { activate, maxAttempts };
}

/** RES-29: what is switched off is not validated strictly: a number out of range is a warning in both modes. */
function readUnusedAttempts(context: ValidationContext, value: unknown): number {
  const lenient: ValidationContext = { mode: "lenient", findings: [] };
  const attempts = readInteger(lenient, ATTEMPTS, value);
  const findings = lenient.findings.map((each) => (each.rule === "RES-5" ? { ...each, rule: "RES-29" } : each));
  context.findings.push(...findings);
  return attempts;
}

/** RES-20: a wrong URL turns events off; it never costs the call. */
function readEventUrl(context: ValidationContext, value: unknown): string | null {
  if (value === undefined) return null;
  if (typeof value === "string" && isHttpUrl(value)) return value;
  context.findings.push(
    warning({
      rule: "RES-20",
      path: "dial_passthru_event_url",
      found: describeUrl(value),
      allowed: "an http or https URL",
      consequence: "no dial events are sent",
    }),
  );
  return null;
}

const PLAYBACK = "start_call_playback";
const NO_PLAYBACK = "nothing is played";

/** RES-21 to RES-23. Lenient drops the playback as a whole: half of one might be played to the wrong person. */
function readPlayback(context: ValidationContext, value: unknown): StartCallPlayback | null {
  if (value === undefined) return null;
  if (!isObject(value)) {
    reportByMode(context, "RES-5", PLAYBACK, describe(value), "an object (RES-22)", NO_PLAYBACK);
    return null;
  }
  const to = readPlaybackTo(context, readOptional(context, PLAYBACK, value, "playback_to"));
  const audio = readPlaybackAudio(context, value["type"], value["value"]);
  checkKeys(context, SHAPE, PLAYBACK, value);
  return to === null || audio === null ? null : { to, ...audio };
}

function readPlaybackTo(context: ValidationContext, value: unknown): "callee" | "both" | null {
  if (value === "callee" || value === "both") return value;
  const path = `${PLAYBACK}.playback_to`;
  const found = describe(value);
  const allowed = "both or callee";
  if (value !== undefined) {
    reportByMode(context, "RES-21", path, found, allowed, NO_PLAYBACK);
    return null;
  }
  context.findings.push(warning({ rule: "RES-21", path, found, allowed, consequence: "callee is used" }));
  return "callee";
}

function readPlaybackAudio(
  context: ValidationContext,
  type: unknown,
  value: unknown,
): Omit<StartCallPlayback, "to"> | null {
  if (type !== "text" && type !== "audio_url") {
    reportByMode(context, "RES-22", `${PLAYBACK}.type`, describe(type), "text or audio_url", NO_PLAYBACK);
    return null;
  }
  const path = `${PLAYBACK}.value`;
  const isText = type === "text" && typeof value === "string" && value.trim() !== "";
  if (typeof value === "string" && isHttpUrl(value.trim())) {
    if (isText) context.findings.push(urlAsText(path, value));
    return { kind: "audio_url", value: value.trim() };
  }
  if (isText) return { kind: "text", value };
  const allowed = type === "text" ? "a text to speak" : "an http or https URL";
  reportByMode(context, "RES-23", path, describeUrl(value), allowed, NO_PLAYBACK);
  return null;
}

/** RES-23: a URL is played, not read aloud. */
function urlAsText(path: string, value: string): Finding {
  const found = describeUrl(value);
  const consequence = "it is checked and played as audio_url";
  return warning({ rule: "RES-23", path, found, allowed: "a text to speak", consequence });
}

function audioUrlsOf({ musicOnHold, startCallPlayback }: ConnectAnswer): readonly string[] {
  const urls = [audioOfMusic(musicOnHold), audioOfPlayback(startCallPlayback)];
  return [...new Set(urls.filter((url) => url !== null))];
}

function audioOfMusic(music: MusicOnHold): string | null {
  return music.type === "custom_tone" ? music.url : null;
}

function audioOfPlayback(playback: StartCallPlayback | null): string | null {
  return playback?.kind === "audio_url" ? playback.value : null;
}

/** RES-5 lenient: the answer without this audio (the default tone instead, or no playback). */
export function withoutAudio(answer: ConnectAnswer, url: string): ConnectAnswer {
  const { musicOnHold, startCallPlayback } = answer;
  return {
    ...answer,
    musicOnHold: audioOfMusic(musicOnHold) === url ? DEFAULT_MUSIC : musicOnHold,
    startCallPlayback: audioOfPlayback(startCallPlayback) === url ? null : startCallPlayback,
  };
}

/**
 * The effective answer for traces: wire names, every default filled in, credentials masked.
 * `firstLegExophone` is shown where the answer names no `outgoing_phone_number` (RES-12).
 */
export function effectiveAnswer(
  answer: ConnectAnswer,
  firstLegExophone: string | null = null,
): Record<string, unknown> {
  const { musicOnHold, parallel, dialEventUrl, startCallPlayback } = answer;
  return {
    fetch_after_attempt: answer.fetchAfterAttempt,
    outgoing_phone_number: answer.outgoingPhoneNumber ?? firstLegExophone,
    record: answer.record,
    recording_channels: answer.recordingChannels,
    max_ringing_duration: answer.maxRingingDurationS,
    max_conversation_duration: answer.maxConversationDurationS,
    music_on_hold:
      musicOnHold.type === "custom_tone"
        ? { type: musicOnHold.type, value: maskCredentials(musicOnHold.url) }
        : { type: musicOnHold.type },
    parallel_ringing: { activate: parallel.activate, max_parallel_attempts: parallel.maxAttempts },
    dial_passthru_event_url: dialEventUrl === null ? null : maskCredentials(dialEventUrl),
    start_call_playback: startCallPlayback === null ? null : effectivePlayback(startCallPlayback),
    numbers: answer.destinations.map(destinationKey),
  };
}

function effectivePlayback(playback: StartCallPlayback): Record<string, unknown> {
  const { to, kind, value } = playback;
  return { playback_to: to, type: kind, value: kind === "audio_url" ? maskCredentials(value) : value };
}
