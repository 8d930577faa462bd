import { stringify } from "yaml";
import type { Account } from "../../../core/contract/account.ts";
import { DEFAULT_RING_S } from "../../../core/contract/placed-call.ts";
import { unreachable } from "../../../base/never.ts";
import type { CallerBehaviour, PhoneBehaviour, PhoneEnding, Scenario, UrlAnswer } from "./scenario-types.ts";

type Json = Readonly<Record<string, unknown>>;

/** Lines of a scenario are not folded: an answer stays on one line if it fits. */
const LINE_WIDTH = 110;

/**
 * Writes a scenario as a file that `parseScenario` reads back to the same value. `flow`: the value of its `flow` key, a
 * path or the flow document itself; the lines of `comment` go on top.
 */
export function showScenario(scenario: Scenario, flow: unknown, comment: readonly string[] = []): string {
  return showScenarioDocument(scenarioDocument(scenario, flow), comment);
}

/** {@link showScenario} for a document. Nothing is written as an alias, because readers limit those. */
export function showScenarioDocument(document: Json, comment: readonly string[]): string {
  const head = comment.map((line) => `# ${line}\n`).join("");
  const options = { lineWidth: LINE_WIDTH, defaultKeyType: "PLAIN", aliasDuplicateObjects: false } as const;
  return head + stringify(document, options);
}

/** The document of a scenario: as in its file, without defaults. */
export function scenarioDocument(scenario: Scenario, flow: unknown): Json {
  const { call, urls, phones, sounds, caller, startMs, setup } = scenario;
  return withoutEmpty({
    flow: call.placed?.second == null ? flow : null,
    account: accountDocument(setup.account),
    call: withoutEmpty({
      from: call.from,
      to: call.to,
      direction: call.direction === "incoming" ? null : call.direction,
      custom_field: call.customField,
      ...placedDocument(call),
    }),
    start: new Date(startMs).toISOString(),
    urls: mapValues(urls, urlDocument),
    phones: mapValues(phones, phoneDocument),
    sounds,
    caller: callerDocument(caller),
  });
}

/** Everything that differs from the defaults of `scenario-schema.ts`. */
function accountDocument(account: Account): Json {
  return withoutEmpty({
    sid: account.sid === "acme" ? null : account.sid,
    tenant_id: account.tenantId === "1409" ? null : account.tenantId,
    country: account.country === "IN" ? null : account.country,
    timezone: account.timezone === "Asia/Kolkata" ? null : account.timezone,
    language: account.language === "en" ? null : account.language,
    number_format: account.numberFormat === "national" ? null : account.numberFormat,
    wire: account.wire === "documented" ? null : account.wire,
    dial_events: account.dialEvents.join() === "dial,terminal" ? null : account.dialEvents,
    sip_hosts: account.sipHosts,
    limits: account.dialPrefixes.length === 0 ? null : { dial_prefixes: account.dialPrefixes },
    exophones: account.exophones.map((phone) =>
      phone.region === null && phone.trunk === null ? phone.number : withoutEmpty({ ...phone }),
    ),
    users: account.users.map((user) => withoutEmpty({ ...user })),
    groups: Object.entries(account.groups).map(([name, users]) => ({ name, users })),
  });
}

/** A call by API: everything that differs from the defaults of `placed-call-schema.ts`. */
function placedDocument({ placed, dialTo, timeLimitMs }: Scenario["call"]): Json {
  if (placed === undefined) return {};
  const { ringLimitMs, statusCallback, second } = placed;
  const playback = second?.playback ?? null;
  return {
    dial_to: dialTo,
    time_limit: timeLimitMs === undefined ? null : timeLimitMs / 1000,
    time_out: ringLimitMs === DEFAULT_RING_S * 1000 ? null : ringLimitMs / 1000,
    record: second?.record === true ? true : null,
    recording_channels: second?.recordingChannels === "dual" ? "dual" : null,
    wait_url: second?.waitUrl,
    start_playback: playback === null ? null : { to: playback.to, type: playback.kind, value: playback.value },
    status_callback: statusCallback,
  };
}

function urlDocument(answer: UrlAnswer): Json {
  const after_ms = answer.afterMs === 0 ? null : answer.afterMs;
  if (answer.kind === "error") return withoutEmpty({ after_ms, error: answer.error });
  const type = answer.headers["content-type"];
  const json = type === "application/json" ? jsonOf(answer.body) : undefined;
  const implied = json !== undefined || (type === "text/plain" && answer.body !== "");
  const { "content-type": _implied, ...others } = answer.headers;
  const headers = headersDocument(answer, implied ? others : answer.headers);
  const document = withoutEmpty({ after_ms, status: answer.status, headers });
  if (json !== undefined) return { ...document, json };
  return answer.body === "" ? document : { ...document, text: answer.body };
}

/** A body implies its content type, so a missing one must be written down. */
function headersDocument(answer: Extract<UrlAnswer, { kind: "answer" }>, headers: Json): Json {
  return answer.body !== "" && answer.headers["content-type"] === undefined
    ? { ...headers, "content-type": null }
    : headers;
}

/** The value of a JSON body, if writing it again gives the same body; only then may the file use `json`. */
function jsonOf(body: string): unknown {
  try {
    const value: unknown = JSON.parse(body);
    return JSON.stringify(value) === body ? value : undefined;
  } catch {
    return undefined;
  }
}

function phoneDocument(phone: PhoneBehaviour): Json {
  return withoutEmpty({
    ring_after_ms: phone.ringAfterMs,
    early_media_after_ms: phone.earlyMediaAfterMs,
    ...endingDocument(phone.ending),
    talk_ms: phone.talkMs,
    hang_up_after_ms: phone.hangUpAfterMs,
    cancel_takes_ms: phone.cancelTakesMs === 0 ? null : phone.cancelTakesMs,
  });
}

function endingDocument(ending: PhoneEnding): Json {
  switch (ending.kind) {
    case "answer":
      return { answer_after_ms: ending.afterMs };
    case "fail":
      return withoutEmpty({ fail_after_ms: ending.afterMs, sip: ending.sip, q850: ending.q850 ?? null });
    case "ring":
      return {};
    default:
      return unreachable(ending);
  }
}

function callerDocument(caller: CallerBehaviour): Json {
  return withoutEmpty({
    hang_up_after_ms: caller.hangUpAfterMs,
    presses: caller.presses.map(({ afterMs, digits }) => ({ after_ms: afterMs, digits })),
    silent_after_ms: caller.silentAfterMs,
  });
}

function mapValues<In>(entries: Readonly<Record<string, readonly In[]>>, show: (value: In) => Json): Json {
  return Object.fromEntries(Object.entries(entries).map(([key, list]) => [key, list.map(show)]));
}

/** Leaves out what readers fill in anyway: null, and empty lists and maps. */
function withoutEmpty(document: Json): Json {
  return Object.fromEntries(Object.entries(document).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
