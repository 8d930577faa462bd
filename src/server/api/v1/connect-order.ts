import type { Result } from "../../../base/result.ts";
import { err, ok } from "../../../base/result.ts";
import { MAX_CALL_MS } from "../../../core/call/limits.ts";
import type { StartCallPlayback } from "../../../core/contract/answer.ts";
import type { Account } from "../../../core/contract/account.ts";
import type { Destination } from "../../../core/contract/destination.ts";
import { destinationKey } from "../../../core/contract/destination.ts";
import { readDestination, readPhone } from "../../../core/contract/numbers.ts";
import type { SecondNumber, StatusCallback, StatusEvent } from "../../../core/contract/placed-call.ts";
import { DEFAULT_RING_S, MAX_RING_S } from "../../../core/contract/placed-call.ts";
import { isHttpUrl, MAX_URL_CHARACTERS } from "../../../core/contract/query.ts";
import type { AccountConfig } from "../../exchange/account-config.ts";
import type { CallOrder } from "../../exchange/call-order.ts";
import type { Parameters } from "./parameters.ts";
import { ParameterReader } from "./parameters.ts";

/** Sent with every later request, which may be 8 KiB long in all. */
const MAX_CUSTOM_FIELD_CHARACTERS = 4096;
const MAX_NUMBER_CHARACTERS = 128;
const MAX_PLAYBACK_CHARACTERS = 4096;
const EVENTS: readonly StatusEvent[] = ["terminal", "answered", "ringing"];
const FORMS = { "multipart/form-data": "multipart", "application/json": "json" } as const;

/** An order without what comes from the request's headers. */
export type ConnectOrder = Omit<CallOrder, "key" | "apiKey">;

/** Whether the account has a flow with this id. */
type HasFlow = (flowId: string) => boolean;

/** API-1, API-2: reads what a request to `Calls/connect` asks for. The error is one sentence naming the parameter. */
export function readConnectOrder(
  parameters: Parameters,
  config: AccountConfig,
  hasFlow: HasFlow,
): Result<ConnectOrder, string> {
  const read = new ParameterReader(parameters);
  const { account } = config;
  const from = destinationIn(read, "From", account);
  const exophone = callerIdIn(read, account);
  const { flowId, to } = goalIn(read, account, hasFlow);
  const timeLimitS = read.wholeNumber("TimeLimit", 1, MAX_CALL_MS / 1000);
  const ringS = read.wholeNumber("TimeOut", 1, MAX_RING_S) ?? DEFAULT_RING_S;
  const statusCallback = statusCallbackIn(read);
  const customField = read.text("CustomField", MAX_CUSTOM_FIELD_CHARACTERS);
  const second = to === null ? null : secondIn(read, to);
  if (read.problem !== null || from === null || exophone === null) return err(read.problem ?? "From is missing");
  return ok({
    config,
    flowId,
    from: destinationKey(from),
    exophone,
    dialTo: to === null ? null : destinationKey(to),
    customField,
    timeLimitMs: timeLimitS === null ? null : timeLimitS * 1000,
    placed: { destination: from, ringLimitMs: ringS * 1000, statusCallback, second },
  });
}

function destinationIn(read: ParameterReader, name: string, account: Account): Destination | null {
  const text = read.text(name, MAX_NUMBER_CHARACTERS);
  if (text === null) return read.refuse(`${name} is missing`);
  const { destination, findings } = readDestination(text, account, name);
  return destination ?? read.refuse(findings[0]?.message ?? `${name} is not a number that can be dialled`);
}

/** E.164 of the ExoPhone shown to both legs. */
function callerIdIn(read: ParameterReader, account: Account): string | null {
  const text = read.text("CallerId", MAX_NUMBER_CHARACTERS);
  if (text === null) return read.refuse("CallerId is missing: it must be an ExoPhone of the account");
  const { e164 } = readPhone(text, account.country);
  const owned = account.exophones.find(({ number }) => number === e164);
  return owned?.number ?? read.refuse(`CallerId is ${JSON.stringify(text)}, which is no ExoPhone of this account`);
}

interface Goal {
  /** Null: there is a second number. */
  readonly flowId: string | null;
  readonly to: Destination | null;
}

const NOWHERE: Goal = { flowId: null, to: null };

/** Where the call goes once leg 1 has answered: `Url` (API-1) or `To` (API-2). */
function goalIn(read: ParameterReader, account: Account, hasFlow: HasFlow): Goal {
  const url = read.text("Url", MAX_URL_CHARACTERS);
  const hasTo = read.list("To").length > 0;
  if (url === null) return hasTo ? { flowId: null, to: destinationIn(read, "To", account) } : nowhere(read);
  // Some clients repeat the ExoPhone as To: it is not dialled.
  if (hasTo && !isOwnNumber(read, account)) {
    read.refuse("Url and To are both given: Url puts the call into a flow, To connects two numbers");
    return NOWHERE;
  }
  return { flowId: flowIn(read, url, account, hasFlow), to: null };
}

function nowhere(read: ParameterReader): Goal {
  read.refuse("Url and To are both missing: Url puts the call into a flow, To connects two numbers");
  return NOWHERE;
}

function isOwnNumber(read: ParameterReader, account: Account): boolean {
  const { e164 } = readPhone(read.text("To", MAX_NUMBER_CHARACTERS) ?? "", account.country);
  return account.exophones.some(({ number }) => number === e164);
}

/** `http://my.exotel.com/{sid}/exoml/start_voice/{flow_id}`, and clients' variants of it. */
const FLOW_URL = /^https?:\/\/[^/?#]+(?:\/([^/?#]+))?\/exoml\/start(?:_voice)?\/([0-9]{1,20})\/?(?:[?#].*)?$/i;

function flowIn(read: ParameterReader, url: string, account: Account, hasFlow: HasFlow): string | null {
  const [, sid, flowId] = FLOW_URL.exec(url.trim()) ?? [];
  const example = `http://my.exotel.com/${account.sid}/exoml/start_voice/11754`;
  if (flowId === undefined) return read.refuse(`Url must name a flow, as in ${example}`);
  if (sid !== undefined && sid.toLowerCase() !== account.sid.toLowerCase())
    return read.refuse(`Url names account ${sid.slice(0, MAX_NUMBER_CHARACTERS)}, but this is ${account.sid}`);
  return hasFlow(flowId) ? flowId : read.refuse(`Url names flow ${flowId}, which account ${account.sid} does not have`);
}

/** API-6. Without events, only the end is reported, as Exotel does. */
function statusCallbackIn(read: ParameterReader): StatusCallback | null {
  const url = read.text("StatusCallback", MAX_URL_CHARACTERS);
  const named = [...read.words("StatusCallbackEvents", EVENTS), ...read.words("StatusCallbackEvent", EVENTS)];
  const contentType = read.word("StatusCallbackContentType", ["multipart/form-data", "application/json"]);
  if (url === null) return null;
  if (!isHttpUrl(url)) return read.refuse("StatusCallback must be an absolute http(s) URL");
  const events = named.length === 0 ? (["terminal"] as const) : EVENTS.filter((event) => named.includes(event));
  return { url, events, form: FORMS[contentType ?? "multipart/form-data"] };
}

function secondIn(read: ParameterReader, destination: Destination): SecondNumber {
  const waitUrl = read.text("WaitUrl", MAX_URL_CHARACTERS);
  if (waitUrl !== null && !isHttpUrl(waitUrl)) read.refuse("WaitUrl must be an absolute http(s) URL");
  return {
    destination,
    record: read.word("Record", ["true", "false"]) === "true",
    recordingChannels: read.word("RecordingChannels", ["single", "dual"]) ?? "single",
    waitUrl,
    playback: playbackIn(read),
  };
}

/** `StartPlaybackValueNew` is a URL, or a text to speak. */
function playbackIn(read: ParameterReader): StartCallPlayback | null {
  const to = read.word("StartPlaybackToNew", ["callee", "both"]);
  const value = read.text("StartPlaybackValueNew", MAX_PLAYBACK_CHARACTERS);
  if (value === null)
    return to === null ? null : read.refuse("StartPlaybackToNew needs StartPlaybackValueNew, a URL or a text");
  return { to: to ?? "callee", kind: isHttpUrl(value) ? "audio_url" : "text", value };
}
