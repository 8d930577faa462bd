import { isObject } from "./fields.ts";
import { describe, quote, warning, type Finding } from "./finding.ts";
import type { HttpOutcome } from "./http.ts";
import { contentTypeOf, readResponse, unusable, type HttpResponse } from "./http-response.ts";
import type { Unusable, Verdict } from "./verdict.ts";

/** The case that a Passthru's URL selects for the Switch after it. Unusable: the default, and the findings say why. */
export type SwitchVerdict = Verdict<{ readonly select: string }>;

const SELECT = '{"select":"<case>"}';
const MEDIA_TYPES = ["text/plain", "application/json"];

/** Longest case name of a Switch; a longer bare text is a page, not a case. */
const MAX_CASE_CHARACTERS = 64;

/**
 * APP-5: `{"select":"<case>"}`, as `text/plain` or JSON. Also understood, each with a warning: another media type or none, `select` with
 * other capitals, a number or boolean, and the name of the case alone. Anything else selects nothing, with an error that says why.
 */
export function validateSwitchAnswer(outcome: HttpOutcome): SwitchVerdict {
  const received = readResponse(outcome);
  if (!received.usable) return received;
  const verdict = readSelection(received.body.trim());
  if (!verdict.usable || MEDIA_TYPES.includes(received.mediaType)) return verdict;
  return { ...verdict, findings: [otherMediaType(received), ...verdict.findings] };
}

function readSelection(body: string): SwitchVerdict {
  const value = parseBody(body);
  if (typeof value === "string") return readBareCase(value);
  if (!isObject(value)) return noSelection(describe(value));
  const key = Object.hasOwn(value, "select") ? "select" : otherSpelling(value);
  const select = value[key];
  const spelling = key === "select" ? [] : [respelledKey(key)];
  if (typeof select === "string" && select !== "") return { usable: true, select, findings: spelling };
  if (typeof select === "number" || typeof select === "boolean")
    return { usable: true, select: String(select), findings: [...spelling, selectCoerced(select)] };
  return noSelection(`${key} ${describe(select)}`);
}

/** The JSON value, or the text itself where it is not JSON. */
function parseBody(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return body;
  }
}

function readBareCase(text: string): SwitchVerdict {
  const name = text.trim();
  if (name === "") return noSelection("an empty text");
  const isName = name.length <= MAX_CASE_CHARACTERS && !/[\r\n<>{}[\]]/.test(name);
  if (!isName) return noSelection(quote(name));
  const parts = { rule: "APP-5", path: "", found: quote(name), allowed: SELECT };
  return { usable: true, select: name, findings: [warning({ ...parts, consequence: "it is read as the case" })] };
}

function otherSpelling(value: object): string {
  return Object.keys(value).find((key) => key.toLowerCase() === "select") ?? "select";
}

function respelledKey(key: string): Finding {
  const parts = { rule: "APP-5", path: key.slice(0, MAX_CASE_CHARACTERS), found: "an unknown key", allowed: "select" };
  return warning({ ...parts, consequence: "it is read as select" });
}

function selectCoerced(select: number | boolean): Finding {
  const parts = { rule: "RES-6", path: "select", found: describe(select), allowed: "a string" };
  return warning({ ...parts, consequence: `it is read as ${quote(String(select))}` });
}

function otherMediaType({ contentType }: HttpResponse): Finding {
  const found = contentTypeOf(contentType);
  const allowed = MEDIA_TYPES.join(" or ");
  const problem = `has ${found}; allowed is ${allowed}`;
  return warning({ rule: "APP-5", path: "", found, allowed, consequence: "it is read anyway", problem });
}

function noSelection(found: string): Unusable {
  return unusable("invalid", { rule: "APP-5", found, allowed: SELECT, problem: `has ${found}; allowed is ${SELECT}` });
}
