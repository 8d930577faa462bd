import type { Account } from "./account.ts";
import { MAX_NUMBERS, readList } from "./destinations.ts";
import type { Destination } from "./destination.ts";
import { isObject } from "./fields.ts";
import { describe, quote, warning, type Finding } from "./finding.ts";
import type { HttpOutcome } from "./http.ts";
import type { Prompt } from "./prompt.ts";
import { isHttpUrl } from "./query.ts";
import {
  parseJson,
  readResponse,
  unusable,
  wrongMediaType,
  type HttpResponse,
  type Unusable,
} from "./http-response.ts";

/** Whom a Dial-Whom URL wants dialled. Empty, or unusable: nobody (the third exit). */
export type DialWhomVerdict =
  | { readonly usable: true; readonly destinations: readonly Destination[]; readonly findings: readonly Finding[] }
  | Unusable;

/** What a Greeting's URL wants said, in order; empty or unusable: the greeting is skipped. */
export type GreetingVerdict =
  | {
      readonly usable: true;
      readonly prompts: readonly Prompt[];
      readonly audioUrls: readonly string[];
      readonly findings: readonly Finding[];
    }
  | Unusable;

/** The case a Passthru's URL selects for the Switch behind it. Unusable: the default. */
export type SwitchVerdict =
  | { readonly usable: true; readonly select: string; readonly findings: readonly Finding[] }
  | Unusable;

/** APP-7: `text/plain`, one number or several separated by commas, each read as in an answer of section 2. */
export function validateDialWhomText(outcome: HttpOutcome, account: Account): DialWhomVerdict {
  const received = receiveText("APP-7", outcome);
  if (!received.usable) return received;
  const entries = received.body.split(",").map((entry) => entry.trim());
  const given = entries.filter((entry) => entry !== "");
  if (given.length > MAX_NUMBERS) {
    const found = `${given.length} numbers`;
    const allowed = `at most ${MAX_NUMBERS} numbers`;
    return unusable("invalid", { rule: "REQ-8", found, allowed, problem: `holds ${found}; allowed is ${allowed}` });
  }
  const findings: Finding[] = [];
  return { usable: true, destinations: readList(findings, given, account, "numbers"), findings };
}

function receiveText(rule: string, outcome: HttpOutcome): HttpResponse | Unusable {
  const received = readResponse(outcome);
  if (!received.usable) return received;
  return received.mediaType === "text/plain" ? received : wrongMediaType(rule, received, "text/plain");
}

/** Audio files of one greeting: more is no greeting any more, and each is checked and fetched. */
const MAX_GREETING_URLS = 20;

/** APP-1: `text/plain`; a text to speak, or audio URLs one a line. */
export function validateGreetingText(outcome: HttpOutcome): GreetingVerdict {
  const received = receiveText("APP-1", outcome);
  if (!received.usable) return received;
  const lines = received.body.split(/\r\n|\r|\n/).map((line) => line.trim());
  const given = lines.filter((line) => line !== "");
  const urls = given.filter(isHttpUrl);
  if (given.length === 0) return { usable: true, prompts: [], audioUrls: [], findings: [emptyGreeting()] };
  if (urls.length === given.length) return playGreeting(urls);
  const findings = urls.length === 0 ? [] : [mixedGreeting(urls.length, given.length)];
  return { usable: true, prompts: [{ kind: "text", value: given.join("\n") }], audioUrls: [], findings };
}

function playGreeting(urls: readonly string[]): GreetingVerdict {
  const played = urls.slice(0, MAX_GREETING_URLS);
  const prompts = played.map((value) => ({ kind: "audio_url", value }) as const);
  const findings = urls.length > MAX_GREETING_URLS ? [longGreeting(urls.length)] : [];
  return { usable: true, prompts, audioUrls: [...new Set(played)], findings };
}

function emptyGreeting(): Finding {
  const parts = { rule: "APP-1", path: "", found: "nothing", allowed: "a text, or audio URLs one a line" };
  return warning({ ...parts, consequence: "nothing is said", problem: "is empty" });
}

function mixedGreeting(urls: number, lines: number): Finding {
  const found = `${urls} URLs in ${lines} lines`;
  const parts = { rule: "APP-1", path: "", found, allowed: "a text, or audio URLs one a line" };
  return warning({ ...parts, consequence: "all of it is spoken as text", problem: `holds ${found}` });
}

function longGreeting(urls: number): Finding {
  const found = `${urls} audio URLs`;
  const parts = { rule: "APP-1", path: "", found, allowed: `at most ${MAX_GREETING_URLS} audio URLs` };
  return warning({ ...parts, consequence: "the rest is left out", problem: `holds ${found}` });
}

const SELECT = '{"select":"<case>"}';

/** APP-5: `{"select":"<case>"}`, as `text/plain` or as JSON. A number or boolean is taken by its text. */
export function validateSwitchAnswer(outcome: HttpOutcome): SwitchVerdict {
  const received = readResponse(outcome);
  if (!received.usable) return received;
  if (received.mediaType !== "text/plain" && received.mediaType !== "application/json")
    return wrongMediaType("APP-5", received, "text/plain or application/json");
  const parsed = parseJson(received.body);
  if (!parsed.usable) return parsed;
  const select = isObject(parsed.value) ? parsed.value["select"] : undefined;
  if (typeof select === "string" && select !== "") return { usable: true, select, findings: [] };
  if (typeof select === "number" || typeof select === "boolean")
    return { usable: true, select: String(select), findings: [selectCoerced(select)] };
  const found = isObject(parsed.value) ? `select ${describe(select)}` : describe(parsed.value);
  return unusable("invalid", { rule: "APP-5", found, allowed: SELECT, problem: `has ${found}; allowed is ${SELECT}` });
}

function selectCoerced(select: number | boolean): Finding {
  const parts = { rule: "RES-6", path: "select", found: describe(select), allowed: "a string" };
  return warning({ ...parts, consequence: `it is read as ${quote(String(select))}` });
}
