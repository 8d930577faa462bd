import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ACCOUNT, EXOPHONE } from "../../../test/fixtures/contract.ts";
import { effectiveAnswer, validateAudio, validateConnectAnswer, type ConnectVerdict } from "./answer.ts";
import type { Account } from "./account.ts";
import type { Destination } from "./destination.ts";
import { validateGatherAnswer } from "./gather-answer.ts";
import type { HttpOutcome } from "./http.ts";
import type { CallType, DialStatus } from "./outcome.ts";
import { appendQuery, encodeQuery, type Query } from "./query.ts";
import {
  buildHttpRequest,
  connectQuery,
  dialEventQuery,
  greetingQuery,
  type DialEventFacts,
  type LegFacts,
  type RequestFacts,
} from "./request.ts";
import { validateSwitchAnswer } from "./switch-answer.ts";
import { validateDialWhomText, validateGreetingText } from "./text-answers.ts";

interface RequestExample {
  readonly id: string;
  readonly kind: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly raw_query: string;
}

interface AnswerExample {
  readonly id: string;
  readonly applies_to: string;
  readonly expect?: string;
  readonly expected?: string;
  readonly transport?: string;
  readonly http?: { readonly status: number; readonly headers: Readonly<Record<string, string>> };
  readonly body?: unknown;
  readonly body_text?: string;
  readonly effective?: Readonly<Record<string, unknown>>;
  readonly lenient_mode?: string;
}

interface Examples {
  readonly requests: readonly RequestExample[];
  readonly responses_valid: readonly AnswerExample[];
  readonly responses_invalid: readonly AnswerExample[];
}

const examples = JSON.parse(
  readFileSync(new URL("../../../test/fixtures/examples.json", import.meta.url), "utf8"),
) as Examples;

/** Examples of another product (contact-centre mode) are not part of the contract. */
const isOurs = (example: RequestExample): boolean => !example.kind.startsWith("ccm.");

/** Extras of single accounts, not part of the contract. */
const EXTRA = /^ForwardedFrom$|^ProcessStatus$|^RecordingAvailableBy$|Insights\]?\[|\[DisconnectedBy\]$|^key$|^team$/;
/** The captures have these at another place than the contract's table, which we follow. */
const MOVED = /^(?:CallStatus|DialCallStatus|RecordingUrl)$/;
/** Sent by us, missing in older captures. */
const NEWER = /^(?:CallStatus|flow_id|tenant_id)$|^Legs\[\d+\]\[(?:Type|CallerId|CauseCode|Cause)\]$/;

/** Numbers of the examples as the engine holds them; made-up ones like 0000000004 stay as they are. */
function e164(text: string): string {
  return /^0[1-9][0-9]{9}$/.test(text) ? `+91${text.slice(1)}` : text;
}

function destination(text: string): Destination {
  if (text.startsWith("sip:")) return { kind: "sip", user: text.slice(4), host: null };
  return { kind: "number", e164: e164(text) };
}

function epochMs(text: string): number {
  return text.includes(",") ? Date.parse(`${text} +0530`) : Date.parse(`${text.replace(" ", "T")}+05:30`);
}

function legsOf(get: (name: string) => string | null): readonly LegFacts[] {
  const legs: LegFacts[] = [];
  for (let i = 0; get(`Legs[${i}][Number]`) !== null; i++) {
    legs.push({
      number: destination(get(`Legs[${i}][Number]`) ?? ""),
      onCallDurationS: Number(get(`Legs[${i}][OnCallDuration]`)),
      callerId: e164(get(`Legs[${i}][CallerId]`) ?? ""),
      cause: { code: Number(get(`Legs[${i}][Cause]`)), name: get(`Legs[${i}][CauseCode]`) ?? "" },
    });
  }
  return legs;
}

function factsOf(query: Query): RequestFacts {
  const values = new Map(query);
  const get = (name: string): string | null => values.get(name) ?? null;
  const have = (name: string): string => values.get(name) ?? "";
  const outgoing = get("OutgoingPhoneNumber");
  return {
    callSid: have("CallSid"),
    callFrom: e164(have("CallFrom")),
    callTo: e164(have("CallTo")),
    to: e164(have("To")),
    direction: have("Direction") === "incoming" ? "incoming" : "outbound-dial",
    createdMs: epochMs(have("Created")),
    startMs: epochMs(have("StartTime")),
    nowMs: epochMs(have("CurrentTime")),
    flowId: have("flow_id"),
    callType: have("CallType") as CallType,
    dialWhomNumber: have("DialWhomNumber") === "" ? null : destination(have("DialWhomNumber")),
    dialCallDurationS: Number(have("DialCallDuration")),
    dialCallStatus: get("DialCallStatus") as DialStatus | null,
    digits: get("digits")?.replaceAll('"', "") ?? null,
    customField: get("CustomField"),
    recordingUrl: get("RecordingUrl"),
    outgoingPhoneNumber: outgoing === null ? null : e164(outgoing),
    legs: legsOf(get),
    numbers: null,
  };
}

/** Captures of the production system have the observed form of `Created`, the documents' samples the documented one. */
function accountOf(query: Query): Account {
  const values = new Map(query);
  const wire = values.get("Created")?.includes(",") === true ? "observed" : "documented";
  return { ...ACCOUNT, tenantId: values.get("tenant_id") ?? "", wire };
}

function oursOf(example: RequestExample): Query {
  const ours = example.query.filter(([name]) => !EXTRA.test(name));
  if (example.id !== "connect-refetch-after-no-answer") return ours;
  // An inferred example: its destinations are E.164 although the account's other numbers are national (REQ-32).
  return ours.map(([name, value]) => [name, value.replace("+91", "0")]);
}

const isSection1 = (example: RequestExample): boolean =>
  /^(?:connect\.(?!playback)|gather|passthru)/.test(example.kind);

describe("requests of the examples", () => {
  it.each(examples.requests.filter(isOurs))("$id: its query is encoded as it was on the wire", (example) => {
    expect(encodeQuery(example.query)).toBe(example.raw_query);
  });

  it.each(examples.requests.filter((each) => isOurs(each) && isSection1(each)))(
    "$id: has every parameter that is ours, in the contract's order",
    (example) => {
      const account = accountOf(example.query);
      const built = connectQuery(account, factsOf(example.query));
      const ours = oursOf(example);
      const names = new Set(ours.map(([name]) => name));
      const common = built.filter(([name]) => names.has(name));
      expect(new Map(common)).toEqual(new Map(ours));
      const order = (query: Query): readonly string[] =>
        query.map(([name]) => name).filter((name) => !MOVED.test(name));
      expect(order(common)).toEqual(order(ours));
      const added = built.map(([name]) => name).filter((name) => !names.has(name));
      expect(added.filter((name) => !NEWER.test(name))).toEqual([]);
    },
  );

  it.each(examples.requests.filter((each) => each.kind === "dial_event"))(
    "$id: has exactly these parameters",
    (example) => {
      const values = new Map(example.query);
      const facts: DialEventFacts = {
        ...factsOf(example.query),
        destination: destination(values.get("DialWhomNumber") ?? ""),
        event: values.get("EventType") as DialEventFacts["event"],
      };
      expect(dialEventQuery(accountOf(example.query), facts)).toEqual(example.query);
    },
  );

  it.each(examples.requests.filter((each) => /^greeting|playback/.test(each.kind)))(
    "$id: has exactly these parameters",
    (example) => {
      const values = new Map(example.query);
      const facts = {
        ...factsOf(example.query),
        callFrom: e164(values.get("From") ?? ""),
      };
      expect(greetingQuery(ACCOUNT, facts)).toEqual(example.query);
    },
  );

  it.each(examples.requests.filter(isOurs))("$id: carries the version header or not", (example) => {
    const configuredUrl = "https://app.example.invalid/connect";
    const versionHeader = "Exotel-Version" in example.headers;
    const built = buildHttpRequest({ configuredUrl, query: example.query, version: "1", versionHeader, accept: "*/*" });
    expect(built.ok && built.value.headers["exotel-version"]).toBe(example.headers["Exotel-Version"]);
  });

  it("connect-url-with-own-query: ours is appended to the URL's own", () => {
    const example = examples.requests.find((each) => each.id === "connect-url-with-own-query");
    const ours = example?.query.slice(2) ?? [];
    const url = "https://app.example.invalid/connect?key=s3cret&team=north";
    expect(appendQuery(url, ours)).toBe(`https://app.example.invalid/connect?${example?.raw_query}`);
  });
});

function outcomeOf(example: AnswerExample): HttpOutcome {
  if (example.transport?.startsWith("timeout") === true) return { ok: false, reason: "timeout", detail: "" };
  if (example.transport !== undefined)
    return { ok: false, reason: example.transport === "ENOTFOUND" ? "dns" : "tls", detail: example.transport };
  const body = example.body_text ?? JSON.stringify(example.body);
  const contentType = example.http?.headers["Content-Type"] ?? null;
  return { ok: true, status: example.http?.status ?? 0, contentType, body };
}

/** The names of the examples' audio files say what they answer. */
function audioAt(url: string): HttpOutcome {
  const status = Number(/-(404|302)\.wav$/.exec(url)?.[1] ?? 200);
  return { ok: true, status, contentType: "audio/wav", body: "" };
}

/** The treatment, as the examples name it. */
function treatment(verdict: ConnectVerdict): string {
  if (!verdict.usable || !verdict.audioUrls.every((url) => validateAudio(url, audioAt(url)).ok)) return "fallback";
  if (verdict.answer.destinations.length === 0) return "didnt_dial";
  return verdict.findings.length === 0 ? "accept" : "accept_with_warning";
}

const answers = [...examples.responses_valid, ...examples.responses_invalid];
const connectAnswers = answers.filter((each) => each.applies_to === "connect-1.0");

describe("answers of the examples", () => {
  it.each(connectAnswers)("$id: gets the treatment the example asks for", (example) => {
    const verdict = validateConnectAnswer(outcomeOf(example), ACCOUNT, EXOPHONE, "strict");
    const wanted = example.expect ?? example.expected ?? "";
    if (!wanted.startsWith("degrade:")) {
      expect(treatment(verdict)).toBe(wanted);
      return;
    }
    expect(treatment(verdict)).toBe("accept_with_warning");
    const degraded = /^degrade:(\w+)/.exec(wanted)?.[1] ?? "nothing";
    expect(verdict.findings.map((each) => each.path).join()).toContain(degraded);
    expect(verdict.usable && verdict.answer.outgoingPhoneNumber).toBeNull();
    expect(verdict.usable && verdict.answer.dialEventUrl).toBeNull();
  });

  it.each(connectAnswers.filter((each) => each.effective !== undefined))(
    "$id: has this effective answer",
    (example) => {
      const verdict = validateConnectAnswer(outcomeOf(example), ACCOUNT, EXOPHONE, "strict");
      const effective = verdict.usable ? effectiveAnswer(verdict.answer, "<first-leg ExoPhone>") : {};
      expect(effective).toMatchObject(example.effective ?? {});
    },
  );

  const forgiven: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    "accept +json": { numbers: ["+919900000011"] },
    "clamp to 60": { max_ringing_duration: 60 },
    "use default 30": { max_ringing_duration: 30 },
    floor: { max_ringing_duration: 30 },
    "drop start_call_playback": { start_call_playback: null },
    "clamp to 10": { parallel_ringing: { activate: true, max_parallel_attempts: 10 } },
  };

  it.each(connectAnswers.filter((each) => each.lenient_mode !== undefined))(
    "$id: lenient, $lenient_mode",
    (example) => {
      const verdict = validateConnectAnswer(outcomeOf(example), ACCOUNT, EXOPHONE, "lenient");
      expect(verdict.findings.map((each) => each.level)).toEqual(["warning"]);
      expect(verdict.usable && effectiveAnswer(verdict.answer)).toMatchObject(
        forgiven[example.lenient_mode ?? ""] ?? { unknown: example.lenient_mode },
      );
    },
  );

  it.each(answers.filter((each) => each.applies_to === "gather-1.0"))("$id: is unusable for a Gather", (example) => {
    expect(example.expected).toBe("fallback");
    expect(validateGatherAnswer(outcomeOf(example), "strict").usable).toBe(false);
  });

  it.each(answers.filter((each) => each.applies_to === "dial-whom-text"))("$id: as Dial-Whom", (example) => {
    const verdict = validateDialWhomText(outcomeOf(example), ACCOUNT);
    const dialled = verdict.usable && verdict.destinations.length > 0;
    expect(dialled ? "accept" : "didnt_dial").toBe(example.expect ?? example.expected);
  });

  it.each(answers.filter((each) => each.applies_to === "greeting-url"))("$id: as Greeting", (example) => {
    expect(validateGreetingText(outcomeOf(example)).usable).toBe(example.expect === "accept");
  });

  it.each(answers.filter((each) => each.applies_to === "passthru+switch-case"))("$id: as Switch", (example) => {
    expect(validateSwitchAnswer(outcomeOf(example))).toEqual({ usable: true, select: "product1", findings: [] });
  });

  it("covers every example but the contact-centre ones", () => {
    const kinds = new Set(answers.map((each) => each.applies_to));
    expect([...kinds].sort()).toEqual(
      ["ccm-1.1", "connect-1.0", "dial-whom-text", "gather-1.0", "greeting-url", "passthru+switch-case"].sort(),
    );
  });
});
