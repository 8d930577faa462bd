import type { Account } from "./account.ts";
import { MAX_NUMBERS, readList } from "./destinations.ts";
import type { Destination } from "./destination.ts";
import { describe, warning, type Finding } from "./finding.ts";
import type { HttpOutcome } from "./http.ts";
import type { Prompt } from "./prompt.ts";
import { isHttpUrl } from "./query.ts";
import { readResponse, unusable, wrongMediaType } from "./http-response.ts";
import type { Unusable, Verdict } from "./verdict.ts";

/** The destinations that a Dial-Whom URL names. Empty, or unusable: nobody is dialled (the third exit). */
export type DialWhomVerdict = Verdict<{ readonly destinations: readonly Destination[] }>;

/** What a Greeting's URL answers, in the order it is played; empty or unusable: the greeting is skipped. */
export type GreetingVerdict = Verdict<{ readonly prompts: readonly Prompt[]; readonly audioUrls: readonly string[] }>;

/** The entries of an answer in text, before anything is known about what they mean. */
type TextEntries = Verdict<{ readonly entries: readonly unknown[] }>;

const LINE_BREAK = /\r\n|\r|\n/;

/**
 * APP-7: `text/plain`, one number or several separated by commas or lines, each read as in an answer of section 2. Also
 * as one JSON text or list, with a warning: some frameworks serialise whatever a handler returns.
 */
export function validateDialWhomText(outcome: HttpOutcome, account: Account): DialWhomVerdict {
  const read = readEntries("APP-7", outcome, "one number, or several separated by commas or lines");
  if (!read.usable) return read;
  const entries = read.entries.flatMap((entry): readonly unknown[] =>
    typeof entry === "string" ? splitNumbers(entry) : [entry],
  );
  if (entries.length > MAX_NUMBERS) {
    const found = `${entries.length} numbers`;
    const allowed = `at most ${MAX_NUMBERS} numbers`;
    return unusable("invalid", { rule: "REQ-8", found, allowed, problem: `holds ${found}; allowed is ${allowed}` });
  }
  const findings = [...read.findings];
  return { usable: true, destinations: readList(findings, entries, account, "numbers"), findings };
}

function splitNumbers(text: string): readonly string[] {
  return nonEmpty(text.split(/[,\r\n]/));
}

function nonEmpty(texts: readonly string[]): readonly string[] {
  return texts.map((text) => text.trim()).filter((text) => text !== "");
}

/**
 * What both text answers share. `text/plain` is taken as it is; `application/json` must hold one text, number or list;
 * a body that is a JSON text or list is read as such, whatever its type. `allowed` is for the findings.
 */
function readEntries(rule: string, outcome: HttpOutcome, allowed: string): TextEntries {
  const received = readResponse(outcome);
  if (!received.usable) return received;
  const { mediaType, body } = received;
  const isJson = mediaType === "application/json";
  if (!isJson && mediaType !== "text/plain") return wrongMediaType(rule, received, "text/plain");
  const value = isJson || /^\s*["[{]/.test(body) ? jsonValueOf(body) : undefined;
  if (value === undefined) return { usable: true, entries: [body], findings: isJson ? [mislabelled(rule)] : [] };
  if (typeof value === "string" || typeof value === "number" || Array.isArray(value))
    return { usable: true, entries: Array.isArray(value) ? value : [value], findings: [asJson(rule, value, allowed)] };
  return notEntries(rule, value, allowed);
}

/** Undefined: the text is not JSON. */
function jsonValueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function asJson(rule: string, value: unknown, allowed: string): Finding {
  const found = `JSON (${describe(value)})`;
  const parts = { rule, path: "", found, allowed: `${allowed}, as text/plain` };
  return warning({ ...parts, consequence: "it is read anyway" });
}

function mislabelled(rule: string): Finding {
  const parts = { rule, path: "", found: "plain text labelled application/json", allowed: "text/plain" };
  return warning({ ...parts, consequence: "it is read as text" });
}

function notEntries(rule: string, value: unknown, allowed: string): Unusable {
  const found = `JSON (${describe(value)})`;
  return unusable("invalid", { rule, found, allowed: `${allowed}, as text/plain` });
}

/** Audio files of one greeting: a longer list is a mistake, and each is checked and fetched. */
const MAX_GREETING_URLS = 20;
const GREETING = "a text, or audio URLs, one per line";

/** APP-1: `text/plain`; a text to speak, or audio URLs, one per line. Also as one JSON text or list, with a warning. */
export function validateGreetingText(outcome: HttpOutcome): GreetingVerdict {
  const read = readEntries("APP-1", outcome, GREETING);
  if (!read.usable) return read;
  const lines = nonEmpty(read.entries.flatMap(linesOf));
  const greeting = readGreeting(lines, lines.filter(isHttpUrl));
  return { ...greeting, findings: [...read.findings, ...greeting.findings] };
}

function linesOf(entry: unknown): readonly string[] {
  return typeof entry === "string" || typeof entry === "number" ? String(entry).split(LINE_BREAK) : [];
}

function readGreeting(lines: readonly string[], urls: readonly string[]): Extract<GreetingVerdict, { usable: true }> {
  if (lines.length === 0) return { usable: true, prompts: [], audioUrls: [], findings: [emptyGreeting()] };
  if (urls.length === lines.length) return playGreeting(urls);
  const findings = urls.length === 0 ? [] : [mixedGreeting(urls.length, lines.length)];
  return { usable: true, prompts: [{ kind: "text", value: lines.join("\n") }], audioUrls: [], findings };
}

function playGreeting(urls: readonly string[]): Extract<GreetingVerdict, { usable: true }> {
  const played = urls.slice(0, MAX_GREETING_URLS);
  const prompts = played.map((value) => ({ kind: "audio_url", value }) as const);
  const findings = urls.length > MAX_GREETING_URLS ? [longGreeting(urls.length)] : [];
  return { usable: true, prompts, audioUrls: [...new Set(played)], findings };
}

function emptyGreeting(): Finding {
  const parts = { rule: "APP-1", path: "", found: "nothing", allowed: GREETING };
  return warning({ ...parts, consequence: "nothing is played", problem: "is empty" });
}

function mixedGreeting(urls: number, lines: number): Finding {
  const found = `${urls} ${urls === 1 ? "URL" : "URLs"} in ${lines} lines`;
  const parts = { rule: "APP-1", path: "", found, allowed: GREETING };
  return warning({ ...parts, consequence: "all of it is spoken as text", problem: `holds ${found}` });
}

function longGreeting(urls: number): Finding {
  const found = `${urls} audio URLs`;
  const parts = { rule: "APP-1", path: "", found, allowed: `at most ${MAX_GREETING_URLS} audio URLs` };
  return warning({ ...parts, consequence: "the others are left out", problem: `holds ${found}` });
}
