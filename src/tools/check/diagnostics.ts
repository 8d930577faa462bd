import type { Finding } from "../../core/contract/finding.ts";
import type { HttpOutcome } from "../../core/contract/http.ts";

/** One kind of mistake of a customer's URL: the contract's rule, what is wrong, and how to fix it. */
export interface Diagnostic {
  readonly rule: string;
  readonly about: string;
  readonly fix: string;
}

/**
 * Everything `plugboard check` can report, in the order of docs/check.md, which lists the same. What is found is in the
 * message of the finding; what is said here holds for every endpoint.
 */
export const DIAGNOSTICS = {
  unreachable: {
    rule: "RES-1",
    about: "no HTTP answer: connection refused, unknown host, TLS failure, broken connection",
    fix: "Start the server, and make host name, port and certificate right as seen from the platform's machine.",
  },
  status: {
    rule: "RES-1",
    about: "an answer with another status than 200",
    fix: 'Answer 200 to every request, unknown callers included; with nobody to ring answer {"destination":{"numbers":[]}}. What failed here is in your server\'s log under this CallSid.',
  },
  redirect: {
    rule: "REQ-5",
    about: "a redirect",
    fix: "Configure the address where the answer is: mostly a slash at the end, https for http, or a login page in front.",
  },
  timeout: {
    rule: "REQ-6",
    about: "no whole answer within 5 s",
    fix: "Answer from memory or one indexed look-up, and do slow work after the answer; set timeouts well under 5 s on whatever you ask yourself.",
  },
  slow: {
    rule: "REQ-6",
    about: "an answer, or an answer and the check of its audio, that takes more than 3 s of the 5 s",
    fix: "Take out of the request what is slow: the caller hears nothing meanwhile, and a busy hour takes the other two seconds.",
  },
  "slow-start": {
    rule: "REQ-6",
    about: "a first request that takes more than 3 s",
    fix: "Keep an instance warm, or open connections and load code at the start of the server: the first caller of the day waits that long.",
  },
  "too-large": {
    rule: "REQ-8",
    about: "an answer larger than 64 KiB",
    fix: "Answer nothing but the call's data; a page of HTML or a whole contact list does not belong here.",
  },
  "content-type": {
    rule: "RES-1",
    about: "another Content-Type than application/json",
    fix: "Send the header Content-Type: application/json.",
  },
  "json-like-type": {
    rule: "RES-5",
    about: "a relative of application/json, which only lenient flows take",
    fix: "Send the header Content-Type: application/json.",
  },
  "not-json": {
    rule: "RES-1",
    about: "a body that is no JSON, or no JSON object",
    fix: "Write the body with a JSON library and nothing before or after it: no warning, no debug output, no JSON in a string.",
  },
  "numbers-missing": {
    rule: "RES-2",
    about: "no array destination.numbers",
    fix: 'Answer {"destination":{"numbers":["+919900000001"]}}; one number is an array too, nobody is [].',
  },
  "too-many-numbers": {
    rule: "REQ-8",
    about: "more than 100 numbers",
    fix: "Name the few people who should ring now; use fetch_after_attempt to name more after each attempt.",
  },
  nobody: {
    rule: "RES-3",
    about: "a first answer that rings nobody",
    fix: "Fine if on purpose: the flow goes on at “we didn't dial anyone”. Otherwise give --from a caller your endpoint knows.",
  },
  "number-undialable": {
    rule: "RES-4",
    about: "an entry of the list that is no dialable number",
    fix: "Write E.164 (+, country code, number) and leave empty, short and internal numbers out.",
  },
  "number-form": {
    rule: "RES-24",
    about: "a number in another form than E.164",
    fix: "Write E.164 (+, country code, number) in quotes: it is the same number in every country.",
  },
  "own-exophone": {
    rule: "RES-25",
    about: "an ExoPhone of the account as a destination",
    fix: "Name a person's number: a call to the account's own number would come back here.",
  },
  duplicate: {
    rule: "RES-26",
    about: "the same destination twice in one list",
    fix: "Name each destination once; it is dialled once in any case.",
  },
  field: {
    rule: "RES-5",
    about: "a field of the wrong type, an unknown word, or a number out of range",
    fix: "Write what is allowed, or leave the field out: then its default holds. Strict flows reject the answer, lenient ones drop or limit the field.",
  },
  coerced: {
    rule: "RES-6",
    about: "true, false or a whole number inside quotes",
    fix: "Write it without quotes.",
  },
  "null-field": {
    rule: "RES-28",
    about: "null for an optional field",
    fix: "Leave the field out; null means the same.",
  },
  "switched-off": {
    rule: "RES-29",
    about: "a mistake in parallel_ringing while it is switched off",
    fix: "Correct it before you switch parallel_ringing on: then it makes the answer unusable.",
  },
  "unknown-key": {
    rule: "RES-7",
    about: "a key that the contract does not know",
    fix: "Correct the spelling or leave the key out; it has no effect.",
  },
  music: {
    rule: "RES-17",
    about: "music_on_hold without what it needs",
    fix: "Write music_on_hold as {type} of default_tone or operator_tone, or {type: custom_tone, value: http(s) URL}.",
  },
  "event-url": {
    rule: "RES-20",
    about: "a dial_passthru_event_url that is no URL",
    fix: "Write an absolute http or https URL, or leave it out: no dial events are sent to this one.",
  },
  "playback-to": {
    rule: "RES-21",
    about: "start_call_playback without a good playback_to",
    fix: "Write playback_to as both or callee.",
  },
  "playback-type": {
    rule: "RES-22",
    about: "start_call_playback without a good type",
    fix: "Write type as text or audio_url.",
  },
  "playback-value": {
    rule: "RES-23",
    about: "start_call_playback without a good value",
    fix: "With type text write the words to speak, with audio_url an http or https URL.",
  },
  "outgoing-number": {
    rule: "DIAL-6",
    about: "an outgoing_phone_number that is no ExoPhone of the account",
    fix: "Name an ExoPhone of the account in the region of the one called, or leave it out. Tell the check your ExoPhones with --exophone.",
  },
  audio: {
    rule: "RES-27",
    about: "an audio URL that does not answer 200, or answers something that is no audio",
    fix: "Serve the file itself at this URL, without login or redirect, with Content-Type: audio/wav, to HEAD or GET.",
  },
  "audio-format": {
    rule: "RES-27",
    about: "audio in another format than WAV, 8 kHz, 16 bit, mono",
    fix: "Convert the file: ffmpeg -i IN -ar 8000 -ac 1 -c:a pcm_s16le OUT.wav. A telephone carries no more.",
  },
  "constant-list": {
    rule: "REF-4",
    about: "fetch_after_attempt with a list that does not change",
    fix: "Leave fetch_after_attempt out to ring the list one after the other, or answer each re-fetch with whom to ring next (DialWhomNumber, Legs and numbers say who was tried).",
  },
  "endless-refetch": {
    rule: "REF-7",
    about: "re-fetching that has no end",
    fix: "Count the attempts (the Legs of the request, or the CallSid) and end with an empty list or fetch_after_attempt false.",
  },
  "digits-quotes": {
    rule: "REQ-25",
    about: "digits understood only without the double quotes they come in",
    fix: "Strip the quotes before use: digits.replaceAll('\"', \"\") in JavaScript, digits.strip('\"') in Python.",
  },
  "at-once": {
    rule: "RES-1",
    about: "a request that is answered alone, and fails when it comes twice at once",
    fix: "Make answering the same CallSid safe to repeat: an upsert for an insert, no lock that the second request loses.",
  },
  "same-fallback": {
    rule: "EXIT-1",
    about: "a Fallback URL on the Primary's own host",
    fix: "Put the Fallback on another machine; what takes the Primary down takes this one down too.",
  },
} as const satisfies Record<string, Diagnostic>;

export type DiagnosticId = keyof typeof DIAGNOSTICS;

const BY_RULE: Readonly<Record<string, DiagnosticId>> = {
  "REQ-5": "redirect",
  "REQ-6": "timeout",
  "RES-2": "numbers-missing",
  "RES-4": "number-undialable",
  "RES-6": "coerced",
  "RES-7": "unknown-key",
  "RES-17": "music",
  "RES-20": "event-url",
  "RES-21": "playback-to",
  "RES-22": "playback-type",
  "RES-23": "playback-value",
  "RES-24": "number-form",
  "RES-25": "own-exophone",
  "RES-26": "duplicate",
  "RES-28": "null-field",
  "RES-29": "switched-off",
  "DIAL-6": "outgoing-number",
};

/** The lesson in a finding of the contract about an answer. */
export function diagnosticOf(finding: Finding, outcome: HttpOutcome): DiagnosticId {
  const { rule, path } = finding;
  if (rule === "RES-1") return wholeAnswer(finding, outcome);
  if (rule === "REQ-8") return path === "" ? "too-large" : "too-many-numbers";
  if (rule === "RES-5") return path === "" ? "json-like-type" : "field";
  return BY_RULE[rule] ?? "field";
}

/** RES-1 has four ways to be broken. */
function wholeAnswer(finding: Finding, outcome: HttpOutcome): DiagnosticId {
  if (!outcome.ok) return "unreachable";
  if (outcome.status !== 200) return "status";
  return finding.allowed === "application/json" ? "content-type" : "not-json";
}
