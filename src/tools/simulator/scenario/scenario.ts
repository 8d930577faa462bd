import { YamlDocument, checkDocument } from "../../../core/flow/yaml-document.ts";
import type { SourceProblem } from "../../../core/flow/yaml-document.ts";
import type { Result } from "../../../base/result.ts";
import { err, ok } from "../../../base/result.ts";
import type { Flow } from "../../../core/call/setup.ts";
import { TWO_NUMBERS_FLOW } from "../../../core/call/two-numbers-flow.ts";
import type { Account } from "../../../core/contract/account.ts";
import { readFlow } from "../../../core/flow/flow.ts";
import type {
  AccountDocument,
  PhoneDocument,
  ScenarioDocument,
  ScenarioInput,
  UrlAnswerDocument,
} from "./scenario-schema.ts";
import { placedCallOf } from "./placed-call-schema.ts";
import { accountSchema, scenarioSchema, urlsSchema } from "./scenario-schema.ts";
import type { PhoneBehaviour, PhoneEnding, Scenario, UrlAnswer } from "./scenario-types.ts";
import { urlKey } from "../scripted-urls.ts";

export type { Scenario } from "./scenario-types.ts";

export type ScenarioProblem = SourceProblem;
export type { ScenarioInput } from "./scenario-schema.ts";

/** Prefix of the recording URLs that simulated customers see; nothing is there. */
export const SIMULATED_RECORDINGS_URL = "https://plugboard.invalid/recordings";
/** What a simulated request says in its `User-Agent` (REQ-4). */
export const SIMULATED_VERSION = "simulator";

/**
 * Reads a scenario (YAML or JSON). `name` is the file in every problem. `readFile` returns the text of the flow
 * document if the scenario names one by path, and throws if it cannot; the path is as written in the scenario.
 */
export function parseScenario(
  text: string,
  name: string,
  readFile: (path: string) => string,
): Result<Scenario, readonly ScenarioProblem[]> {
  const parsed = YamlDocument.parse(text, name);
  if (!parsed.ok) return parsed;
  const checked = checkDocument(parsed.value, scenarioSchema);
  const flow = flowIn(parsed.value, readFile);
  if (!checked.ok) return err(byLine(flow.ok ? checked.error : [...checked.error, ...flow.error]));
  if (!flow.ok) return flow;
  return ok(assemble(name, checked.value, flow.value));
}

function byLine(problems: readonly ScenarioProblem[]): readonly ScenarioProblem[] {
  return problems.toSorted((a, b) => a.line - b.line);
}

/** Reads a flow document from a text. Problems name `file` and the line. */
export function parseFlowText(text: string, file: string): Result<Flow, readonly SourceProblem[]> {
  const document = YamlDocument.parse(text, file);
  return document.ok ? checkFlow(document.value, document.value.value(), [], false) : document;
}

/** Only the account of a scenario; fields that are left out get the scenario's defaults. */
export function defaultAccount(document: ScenarioInput["account"] = {}): Result<Account, readonly SourceProblem[]> {
  const parsed = YamlDocument.parse(JSON.stringify(document), "account");
  if (!parsed.ok) return parsed;
  const checked = checkDocument(parsed.value, accountSchema);
  return checked.ok ? ok(accountOf(checked.value, undefined)) : checked;
}

/** The `urls` of a scenario alone: what each URL answers. */
export function parseUrls(
  document: Readonly<Record<string, unknown>>,
): Result<Scenario["urls"], readonly SourceProblem[]> {
  const parsed = YamlDocument.parse(JSON.stringify(document), "urls");
  if (!parsed.ok) return parsed;
  const checked = checkDocument(parsed.value, urlsSchema);
  return checked.ok ? ok(mapEntries(checked.value, urlKey, urlAnswer)) : checked;
}

function flowIn(document: YamlDocument, readFile: (path: string) => string): Result<Flow, readonly ScenarioProblem[]> {
  const root = document.value();
  if (typeof root !== "object" || root === null) return err([]);
  // The schema reports a scenario that has neither a flow nor a second number.
  if (!("flow" in root)) return ok(TWO_NUMBERS_FLOW);
  const { flow } = root;
  const playsRefused = "play_refused_flow" in root && root.play_refused_flow === true;
  if (typeof flow !== "string") return checkFlow(document, flow, ["flow"], playsRefused);
  let text: string;
  try {
    text = readFile(flow);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return err([document.problem(["flow"], `the flow document "${flow}" cannot be read: ${reason}`)]);
  }
  const parsed = YamlDocument.parse(text, flow);
  return parsed.ok ? checkFlow(parsed.value, parsed.value.value(), [], playsRefused) : parsed;
}

function checkFlow(
  document: YamlDocument,
  value: unknown,
  prefix: readonly PropertyKey[],
  playsRefused: boolean,
): Result<Flow, readonly ScenarioProblem[]> {
  const { problems, playable } = readFlow(value);
  if (playable !== null && (playsRefused || problems.length === 0)) return ok(playable);
  return err(problems.map((problem) => document.problem([...prefix, ...problem.path], problem.message)));
}

function assemble(name: string, document: ScenarioDocument, flow: Flow): Scenario {
  const account = accountOf(document.account, document.call.to);
  return {
    name,
    setup: { account, flow, recordingsUrl: SIMULATED_RECORDINGS_URL, version: SIMULATED_VERSION },
    call: {
      from: document.call.from,
      to: document.call.to ?? account.exophones[0]?.number ?? DEFAULT_EXOPHONE,
      direction: document.call.direction,
      customField: document.call.custom_field,
      ...placedCallOf(document.call),
    },
    startMs: document.start,
    urls: mapEntries(document.urls, urlKey, urlAnswer),
    phones: mapEntries(document.phones, (key) => key, phoneBehaviour),
    sounds: document.sounds,
    caller: {
      hangUpAfterMs: document.caller.hang_up_after_ms ?? null,
      presses: document.caller.presses.map(({ after_ms, digits }) => ({ afterMs: after_ms, digits })),
      silentAfterMs: document.caller.silent_after_ms ?? null,
    },
  };
}

/** The ExoPhone of a scenario that does not name one. */
const DEFAULT_EXOPHONE = "+918047100000";

function accountOf(document: AccountDocument, to: string | undefined): Account {
  const listed = document.exophones.map((phone) =>
    typeof phone === "string" ? { number: phone, region: null, trunk: null } : phone,
  );
  const fallback = { number: to ?? DEFAULT_EXOPHONE, region: null, trunk: null };
  return {
    sid: document.sid,
    tenantId: String(document.tenant_id),
    country: document.country,
    timezone: document.timezone,
    numberFormat: document.number_format,
    wire: document.wire,
    dialEvents: document.dial_events,
    language: document.language,
    sipHosts: document.sip_hosts,
    dialPrefixes: document.limits.dial_prefixes,
    exophones: listed.length === 0 ? [fallback] : listed,
    users: document.users,
    groups: Object.fromEntries(document.groups.map((group) => [group.name, group.order ?? group.users])),
  };
}

function mapEntries<In, Out>(
  entries: Readonly<Record<string, readonly In[]>>,
  key: (key: string) => string,
  value: (value: In) => Out,
): Record<string, Out[]> {
  return Object.fromEntries(Object.entries(entries).map(([k, list]) => [key(k), list.map(value)]));
}

function urlAnswer(document: UrlAnswerDocument): UrlAnswer {
  if (document.error !== undefined) return { kind: "error", afterMs: document.after_ms, error: document.error };
  const implied = impliedType(document);
  const headers: Record<string, string> = implied === null ? {} : { "content-type": implied };
  for (const [name, value] of Object.entries(document.headers ?? {})) {
    if (value === null) delete headers[name.toLowerCase()];
    else headers[name.toLowerCase()] = value;
  }
  return {
    kind: "answer",
    afterMs: document.after_ms,
    status: document.status ?? 200,
    headers,
    body: document.json === undefined ? (document.text ?? "") : JSON.stringify(document.json),
  };
}

function impliedType(document: UrlAnswerDocument): string | null {
  if (document.json !== undefined) return "application/json";
  return document.text === undefined ? null : "text/plain";
}

/** SIP's statuses for the two ways a callee refuses: 486 Busy Here, 603 Decline. */
const BUSY_HERE = 486;
const DECLINE = 603;

function phoneBehaviour(document: PhoneDocument): PhoneBehaviour {
  return {
    ringAfterMs: document.ring_after_ms ?? null,
    earlyMediaAfterMs: document.early_media_after_ms ?? null,
    ending: phoneEnding(document),
    talkMs: document.talk_ms ?? null,
    hangUpAfterMs: document.hang_up_after_ms ?? null,
    cancelTakesMs: document.cancel_takes_ms,
  };
}

function phoneEnding(document: PhoneDocument): PhoneEnding {
  const { answer_after_ms, busy_after_ms, reject_after_ms, fail_after_ms, sip, q850 } = document;
  if (answer_after_ms !== undefined) return { kind: "answer", afterMs: answer_after_ms };
  if (busy_after_ms !== undefined) return { kind: "fail", afterMs: busy_after_ms, sip: BUSY_HERE };
  if (reject_after_ms !== undefined) return { kind: "fail", afterMs: reject_after_ms, sip: DECLINE };
  if (fail_after_ms !== undefined) {
    const cause = q850 === undefined ? {} : { q850 };
    return { kind: "fail", afterMs: fail_after_ms, sip: sip ?? null, ...cause };
  }
  return { kind: "ring" };
}
