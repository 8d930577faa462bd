import type { Account } from "../../core/contract/account.ts";
import { validateConnectAnswer } from "../../core/contract/answer.ts";
import type { ConnectAnswer, ValidationMode } from "../../core/contract/answer.ts";
import type { Destination } from "../../core/contract/destination.ts";
import { destinationKey } from "../../core/contract/destination.ts";
import type { Finding } from "../../core/contract/finding.ts";
import { quote, warning } from "../../core/contract/finding.ts";
import type { GatherAnswer } from "../../core/contract/gather-answer.ts";
import { validateGatherAnswer } from "../../core/contract/gather-answer.ts";
import type { HttpOutcome } from "../../core/contract/http.ts";
import { readResponse } from "../../core/contract/http-response.ts";
import type { Prompt } from "../../core/contract/prompt.ts";
import type { Query } from "../../core/contract/query.ts";
import { maskCredentials } from "../../core/contract/query.ts";
import type { DialEventFacts, RequestFacts } from "../../core/contract/request.ts";
import { ACCEPT_JSON, ACCEPT_TEXT, connectQuery, dialEventQuery, greetingQuery } from "../../core/contract/request.ts";
import { validateSwitchAnswer } from "../../core/contract/switch-answer.ts";
import { validateDialWhomText, validateGreetingText } from "../../core/contract/text-answers.ts";

/** The applets (and the dial events of Connect) that ask a customer's URL. */
export const URL_KINDS = ["connect", "gather", "passthru", "dial-whom", "greeting", "event"] as const;
export type UrlKind = (typeof URL_KINDS)[number];

/** What the platform makes of one answer, for any kind of URL. */
export interface KindVerdict {
  readonly usable: boolean;
  readonly findings: readonly Finding[];
  /** URLs that must serve audio before the answer is used (RES-27). */
  readonly audioUrls: readonly string[];
  /** The answer, if it is a usable one of a Connect. */
  readonly answer: ConnectAnswer | null;
  /** Whom a Connect or Dial-Whom rings; null: this kind rings nobody. */
  readonly destinations: readonly Destination[] | null;
  /** What the platform then does, as a predicate: "rings +919900000001". Equal for answers with the same effect. */
  readonly effect: string;
}

/** How the platform asks a URL of one kind and reads its answer. */
export interface KindRules {
  /** For people: "a good Connect URL". */
  readonly title: string;
  /** REQ-3. */
  readonly versionHeader: boolean;
  readonly accept: string;
  readonly hasFallback: boolean;
  readonly query: (account: Account, facts: RequestFacts, event: DialEventFacts["event"]) => Query;
  readonly validate: (outcome: HttpOutcome, account: Account, mode: ValidationMode) => KindVerdict;
}

/** Dialled if no answer names anyone: from the range of the contract's examples. */
export const EXAMPLE_DESTINATION: Destination = { kind: "number", e164: "+919900000001" };

export const KINDS: Readonly<Record<UrlKind, KindRules>> = {
  connect: {
    title: "Connect URL",
    versionHeader: true,
    accept: ACCEPT_JSON,
    hasFallback: true,
    query: connectQuery,
    validate: validateConnect,
  },
  gather: {
    title: "Gather URL",
    versionHeader: true,
    accept: ACCEPT_JSON,
    hasFallback: true,
    query: connectQuery,
    validate: validateGather,
  },
  passthru: {
    title: "Passthru URL",
    versionHeader: false,
    accept: "*/*",
    hasFallback: false,
    query: connectQuery,
    validate: validatePassthru,
  },
  "dial-whom": {
    title: "Dial-Whom URL",
    versionHeader: false,
    accept: ACCEPT_TEXT,
    hasFallback: false,
    query: connectQuery,
    validate: validateDialWhom,
  },
  greeting: {
    title: "Greeting URL",
    versionHeader: false,
    accept: ACCEPT_TEXT,
    hasFallback: false,
    query: greetingQuery,
    validate: validateGreeting,
  },
  event: {
    title: "dial event URL",
    versionHeader: false,
    accept: "*/*",
    hasFallback: false,
    query: (account, facts, event) =>
      dialEventQuery(account, { ...facts, destination: facts.dialWhomNumber ?? EXAMPLE_DESTINATION, event }),
    validate: validateEventAnswer,
  },
};

const NOTHING = { audioUrls: [], answer: null, destinations: null } as const;

function unusable(findings: readonly Finding[]): KindVerdict {
  return { ...NOTHING, usable: false, findings, effect: "gets no answer that can be used" };
}

function validateConnect(outcome: HttpOutcome, account: Account, mode: ValidationMode): KindVerdict {
  const exophone = account.exophones[0] ?? { number: "", region: null, trunk: null };
  const verdict = validateConnectAnswer(outcome, account, exophone, mode);
  if (!verdict.usable) return unusable(verdict.findings);
  const { answer, audioUrls, findings } = verdict;
  return {
    usable: true,
    findings,
    audioUrls,
    answer,
    destinations: answer.destinations,
    effect: connectEffect(answer),
  };
}

function connectEffect(answer: ConnectAnswer): string {
  const { destinations, fetchAfterAttempt, outgoingPhoneNumber, parallel, startCallPlayback } = answer;
  const atOnce = parallel.activate ? parallel.maxAttempts : 1;
  const parts = [ringEffect(destinations, atOnce)];
  if (outgoingPhoneNumber !== null) parts.push(`calling from ${outgoingPhoneNumber}`);
  if (startCallPlayback !== null)
    parts.push(promptEffect({ kind: startCallPlayback.kind, value: startCallPlayback.value }, "on answer"));
  if (fetchAfterAttempt && destinations.length > 0) parts.push("asks again after each attempt");
  return parts.join("; ");
}

/** "rings A and B at once, then C". */
function ringEffect(destinations: readonly Destination[], atOnce: number): string {
  if (destinations.length === 0) return "rings nobody";
  const keys = destinations.map(destinationKey);
  const rounds: string[] = [];
  for (let at = 0; at < keys.length; at += atOnce) {
    const round = keys.slice(at, at + atOnce);
    rounds.push(round.length === 1 ? (round[0] ?? "") : `${round.join(" and ")} at once`);
  }
  return `rings ${rounds.join(", then ")}`;
}

function promptEffect({ kind, value }: Prompt, when = ""): string {
  const act = kind === "text" ? `says ${quote(value)}` : `plays ${maskCredentials(value)}`;
  return when === "" ? act : `${act} ${when}`;
}

function validateGather(outcome: HttpOutcome, _account: Account, mode: ValidationMode): KindVerdict {
  const verdict = validateGatherAnswer(outcome, mode);
  if (!verdict.usable) return unusable(verdict.findings);
  const { answer, audioUrls, findings } = verdict;
  return { ...NOTHING, usable: true, findings, audioUrls, effect: gatherEffect(answer) };
}

function gatherEffect({ prompt, maxInputDigits, finishOnKey, inputTimeoutS, repeatMenu }: GatherAnswer): string {
  const finish = finishOnKey === "" ? "no finish key" : `finish key ${finishOnKey}`;
  const repeats = repeatMenu === 0 ? "" : `, repeats ${repeatMenu}`;
  return `${promptEffect(prompt)} and collects up to ${maxInputDigits} digits (${finish}, ${inputTimeoutS} s${repeats})`;
}

/**
 * APP-4: 200 takes the first exit, any other answer the second, which is legal, so it is only a warning. Only a missing
 * answer is an error. APP-5 checks a body that selects a case for a Switch.
 */
function validatePassthru(outcome: HttpOutcome): KindVerdict {
  const received = readResponse(outcome);
  if (!received.usable) {
    if (!outcome.ok) return unusable(received.findings);
    const findings = outcome.status === 200 ? received.findings.map(asWarning) : [secondExit(outcome.status)];
    return { ...NOTHING, usable: true, findings, effect: "takes the second exit (otherwise)" };
  }
  const selection = validateSwitchAnswer(outcome);
  const selected = selection.usable ? `; a Switch after it takes case ${quote(selection.select)}` : "";
  const findings = /^\s*\{[^]*select/i.test(received.body) ? selection.findings.map(asWarning) : [];
  return { ...NOTHING, usable: true, findings, effect: `takes the first exit (ok)${selected}` };
}

function secondExit(status: number): Finding {
  const found = `status ${status}`;
  const problem = `has ${found}; only 200 takes the first exit`;
  const consequence = "the flow takes the second exit (otherwise)";
  return warning({ rule: "APP-4", path: "", found, allowed: "status 200", problem, consequence });
}

/** A body that cannot be read as a case selects the default: the call goes on. */
function asWarning(finding: Finding): Finding {
  return { ...finding, level: "warning" };
}

function validateDialWhom(outcome: HttpOutcome, account: Account): KindVerdict {
  const verdict = validateDialWhomText(outcome, account);
  if (!verdict.usable) return unusable(verdict.findings);
  const { destinations, findings } = verdict;
  return { ...NOTHING, usable: true, findings, destinations, effect: ringEffect(destinations, 1) };
}

function validateGreeting(outcome: HttpOutcome): KindVerdict {
  const verdict = validateGreetingText(outcome);
  if (!verdict.usable) return unusable(verdict.findings);
  const { prompts, audioUrls, findings } = verdict;
  const effect = prompts.length === 0 ? "plays nothing" : prompts.map((prompt) => promptEffect(prompt)).join(", then ");
  return { ...NOTHING, usable: true, findings, audioUrls, effect };
}

/** EVT-6: any complete answer counts as delivered; one that reports a failure is probably a mistake. */
function validateEventAnswer(outcome: HttpOutcome): KindVerdict {
  const received = readResponse(outcome);
  if (!outcome.ok) return unusable(received.usable ? [] : received.findings);
  const { status } = outcome;
  const findings = status >= 200 && status <= 299 ? [] : [undelivered(status)];
  return { ...NOTHING, usable: true, findings, effect: `is delivered (status ${status})` };
}

function undelivered(status: number): Finding {
  const found = `status ${status}`;
  const problem = `has ${found}; expected is 200`;
  const consequence = "the event counts as delivered and is not sent again";
  return warning({ rule: "EVT-6", path: "", found, allowed: "status 200", problem, consequence });
}
