import type { Random } from "../../base/random.ts";
import { ok, type Result } from "../../base/result.ts";
import type { Account } from "./account.ts";
import type { Destination } from "./destination.ts";
import type { HttpRequest, PreparedRequest, RequestBody } from "./http.ts";
import type { CallType, Cause, DialStatus } from "./outcome.ts";
import { findUser, formatDestination, formatNumber } from "./numbers.ts";
import { appendQuery, splitConfiguredUrl, type Query } from "./query.ts";
import { END_TIME, formatDateTime, zonedDate } from "./time.ts";
import { formatCreated, legCause } from "./wire.ts";

/** One destination tried (REQ-29). `callerId` is E.164; `onCallDurationS` whole seconds of conversation. */
export interface LegFacts {
  readonly number: Destination;
  readonly onCallDurationS: number;
  readonly callerId: string;
  readonly cause: Cause;
}

/** What every request of a call says about it. `callFrom`, `callTo` and `to` are E.164, `sip:user`, or the raw text. */
export interface CallFacts {
  readonly callSid: string;
  /** REQ-11, REQ-21: the caller; of a call started by API, leg 1's number. */
  readonly callFrom: string;
  /** REQ-12: the ExoPhone; of a call started by API, the number that it dials out to, if any. */
  readonly callTo: string;
  /** REQ-21: always the ExoPhone. */
  readonly to: string;
  readonly direction: "incoming" | "outbound-dial";
  readonly createdMs: number;
  readonly nowMs: number;
}

/** Everything a request of section 1 may carry; null or an empty list: the parameter is absent (REQ-30). */
export interface RequestFacts extends CallFacts {
  readonly startMs: number;
  readonly flowId: string;
  readonly callType: CallType;
  /** The destination dialled last; null is sent empty (REQ-19). */
  readonly dialWhomNumber: Destination | null;
  readonly dialCallDurationS: number;
  readonly dialCallStatus: DialStatus | null;
  /** Without quotes, which are added here (REQ-25). */
  readonly digits: string | null;
  readonly customField: string | null;
  readonly recordingUrl: string | null;
  /** E.164. */
  readonly outgoingPhoneNumber: string | null;
  readonly legs: readonly LegFacts[];
  /** REF-3: the previous destination list, only on a re-fetch. */
  readonly numbers: readonly Destination[] | null;
}

/** What a call's requests say before an applet has done anything. */
export const INITIAL_FACTS = {
  callType: "call-attempt",
  dialWhomNumber: null,
  dialCallDurationS: 0,
  dialCallStatus: null,
  digits: null,
  recordingUrl: null,
  outgoingPhoneNumber: null,
  legs: [],
} as const satisfies Partial<RequestFacts>;

/** One dial event about one attempt (EVT-1). */
export interface DialEventFacts extends CallFacts {
  readonly destination: Destination;
  readonly event: "Dial" | "Ringing" | "Answered" | "Terminal";
}

/** What a Greeting's URL gets (APP-1). */
export interface GreetingFacts {
  readonly callSid: string;
  readonly callFrom: string;
  readonly to: string;
  readonly dialWhomNumber: Destination | null;
  readonly customField: string | null;
}

export interface CustomerRequestParts {
  /** As configured: may hold `user:pass@` and a query of its own (REQ-2). */
  readonly configuredUrl: string;
  readonly query: Query;
  /** The platform's version, for `User-Agent` (REQ-4). */
  readonly version: string;
  /** REQ-3: `Exotel-Version: 1.0`, for the dynamic URLs of Connect and Gather only. */
  readonly versionHeader: boolean;
  readonly accept: string;
  /** If present, the request is a POST, and its parameters are in here. */
  readonly body?: RequestBody;
}

/** The parameters of section 1 (REQ-10 to REQ-29, then REF-3's `numbers`), for Connect, Gather, Passthru and Dial-Whom. */
export function connectQuery(account: Account, facts: RequestFacts): Query {
  const query: [string, string][] = [
    ...callParameters(account, facts),
    ["DialCallDuration", String(facts.dialCallDurationS)],
    ["StartTime", formatDateTime(facts.startMs, account.timezone)],
    ["EndTime", END_TIME],
    ["CallType", facts.callType],
    ["DialWhomNumber", formatOptional(facts.dialWhomNumber, account)],
    ["flow_id", facts.flowId],
    ["tenant_id", account.tenantId],
    ["From", formatNumber(facts.callFrom, account)],
    ["To", formatNumber(facts.to, account)],
    ["CurrentTime", formatDateTime(facts.nowMs, account.timezone)],
    ["CallStatus", "in-progress"],
  ];
  addConditional(query, account, facts);
  return query;
}

/** What the requests of section 1 and the dial events begin with. */
function callParameters(account: Account, facts: CallFacts): [string, string][] {
  return [
    ["CallSid", facts.callSid],
    ["CallFrom", formatNumber(facts.callFrom, account)],
    ["CallTo", formatNumber(facts.callTo, account)],
    ["Direction", facts.direction],
    ["Created", formatCreated(facts.createdMs, account)],
  ];
}

/** REQ-24 to REQ-29 and REF-3: absent, never empty (REQ-30). */
function addConditional(query: [string, string][], account: Account, facts: RequestFacts): void {
  const add = (name: string, value: string | null): void => {
    if (value !== null && value !== "") query.push([name, value]);
  };
  add("DialCallStatus", facts.dialCallStatus);
  if (facts.digits !== null && facts.digits !== "") add("digits", `"${facts.digits}"`);
  add("CustomField", facts.customField);
  add("RecordingUrl", facts.recordingUrl);
  if (facts.outgoingPhoneNumber !== null) add("OutgoingPhoneNumber", formatNumber(facts.outgoingPhoneNumber, account));
  for (const [i, leg] of facts.legs.entries()) addLeg(query, account, `Legs[${i}]`, leg);
  if (facts.numbers !== null) add("numbers", facts.numbers.map((each) => formatDestination(each, account)).join(","));
}

/** REQ-29. In observed payloads `CauseCode` is the word and `Cause` the number. */
function addLeg(query: [string, string][], account: Account, name: string, leg: LegFacts): void {
  const cause = legCause(leg.cause, account.wire);
  query.push(
    [`${name}[Number]`, formatDestination(leg.number, account)],
    [`${name}[Type]`, "single"],
    [`${name}[OnCallDuration]`, String(leg.onCallDurationS)],
    [`${name}[CallerId]`, formatNumber(leg.callerId, account)],
    [`${name}[CauseCode]`, cause.name],
    [`${name}[Cause]`, String(cause.code)],
  );
}

function formatOptional(destination: Destination | null, account: Account): string {
  return destination === null ? "" : formatDestination(destination, account);
}

/** The parameters of a dial event (EVT-1, EVT-2, EVT-3, EVT-5). */
export function dialEventQuery(account: Account, facts: DialEventFacts): Query {
  const query: [string, string][] = [
    ...callParameters(account, facts),
    ["From", formatNumber(facts.callFrom, account)],
    ["To", formatNumber(facts.to, account)],
    ["CurrentTime", formatDateTime(facts.nowMs, account.timezone)],
    ["DialWhomNumber", formatDestination(facts.destination, account)],
    // EVT-3: the line's state, not the outcome of the attempt.
    ["Status", facts.event === "Terminal" ? "free" : "busy"],
    ["EventType", facts.event],
  ];
  const email = findUser(account, facts.destination)?.email ?? "";
  if (email !== "") query.push(["AgentEmail", email]);
  return query;
}

/** The parameters of a Greeting's URL (APP-1). */
export function greetingQuery(account: Account, facts: GreetingFacts): Query {
  const query: [string, string][] = [
    ["CallSid", facts.callSid],
    ["From", formatNumber(facts.callFrom, account)],
    ["To", formatNumber(facts.to, account)],
    ["DialWhomNumber", formatOptional(facts.dialWhomNumber, account)],
  ];
  if (facts.customField !== null && facts.customField !== "") query.push(["CustomField", facts.customField]);
  return query;
}

/** REQ-4: `Accept` where the answer is JSON (Connect, Gather). */
export const ACCEPT_JSON = "application/json";

/** APP-7: `Accept` where the answer is text (Dial-Whom, Greeting). Frameworks that serve only JSON answer 406 to a narrower one. */
export const ACCEPT_TEXT = "text/plain, */*;q=0.5";

/** The version of the contract that Connect and Gather speak (REQ-3). */
const EXOTEL_VERSION = "1.0";

/** One request, ready to be sent (REQ-2 to REQ-4). Header names are lower-case. The error is a sentence without the URL. */
export function prepareRequest(parts: CustomerRequestParts): Result<PreparedRequest, string> {
  const split = splitConfiguredUrl(parts.configuredUrl);
  if (!split.ok) return split;
  const { url: baseUrl, authorization } = split.value;
  const { query, body } = parts;
  const request = { baseUrl, query, headers: headersOf(parts), authorization };
  return ok(body === undefined ? { ...request, method: "GET" } : { ...request, method: "POST", body });
}

function headersOf({ accept, version, versionHeader }: CustomerRequestParts): Readonly<Record<string, string>> {
  const userAgent = `plugboard/${version}`;
  if (!versionHeader) return { accept, "user-agent": userAgent };
  return { "exotel-version": EXOTEL_VERSION, accept, "user-agent": userAgent };
}

/** The request as it is sent: our parameters are appended to the URL's own query (REQ-1, REQ-2), or are the body of a POST. */
export function toHttpRequest({ method, baseUrl, query, headers, authorization, body }: PreparedRequest): HttpRequest {
  if (body === undefined) return { method, url: appendQuery(baseUrl, query), headers, authorization };
  const { contentType, text } = body;
  return { method, url: baseUrl, headers: { ...headers, "content-type": contentType }, authorization, body: text };
}

/** {@link prepareRequest} and {@link toHttpRequest} in one, for a request that is sent at once. */
export function buildHttpRequest(parts: CustomerRequestParts): Result<HttpRequest, string> {
  const prepared = prepareRequest(parts);
  return prepared.ok ? ok(toHttpRequest(prepared.value)) : prepared;
}

/**
 * A new `CallSid` (REQ-10): 28 random hex characters, then the date in `timezone`: two hex digits of the year since
 * 2000, month `1-9a-c`, day `1-9a-v`.
 */
export function makeCallSid(random: Random, nowMs: number, timezone: string): string {
  const date = zonedDate(nowMs, timezone);
  const year = (date.getUTCFullYear() - 2000).toString(16).padStart(2, "0");
  const month = (date.getUTCMonth() + 1).toString(13);
  return random.hex(14) + year + month + date.getUTCDate().toString(32);
}
