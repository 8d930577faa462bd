import type { Finding } from "../../core/contract/finding.ts";
import type { HttpOutcome } from "../../core/contract/http.ts";

/** One kind of mistake that a customer's URL can make: the contract's rule, what is wrong, and how to fix it. */
export interface Diagnostic {
  readonly rule: string;
  readonly about: string;
  readonly fix: string;
}

/**
 * Everything `plugboard check` can report, in the order of docs/check.md, which has the same list. The message of a
 * finding says what was found; these texts apply to every endpoint.
 */
export const DIAGNOSTICS = {
  unreachable: {
    rule: "RES-1",
    about: "no HTTP answer: connection refused, unknown host, TLS failure, broken connection",
    fix: "Start the server, and make sure that host name, port and certificate are right as seen from the platform's machine.",
  },
  status: {
    rule: "RES-1",
    about: "a status other than 200",
    fix: 'Answer 200 to every request, even for unknown callers; a Connect URL with nobody to ring answers {"destination":{"numbers":[]}}. Look for this CallSid in the log of your server.',
  },
  redirect: {
    rule: "REQ-5",
    about: "a redirect",
    fix: "Configure the address that answers directly. The usual causes are a missing slash at the end, http instead of https, or a login page in front.",
  },
  timeout: {
    rule: "REQ-6",
    about: "no complete answer within 5 s",
    fix: "Answer from memory or with one indexed query, and do slow work after answering. Give your own outgoing requests timeouts well under 5 s.",
  },
  slow: {
    rule: "REQ-6",
    about: "an answer, or an answer and the check of its audio, that takes more than 3 s of the 5 s",
    fix: "Move slow work out of the request: the caller waits in silence, and a busy hour takes the other two seconds.",
  },
  "slow-start": {
    rule: "REQ-6",
    about: "a first request that takes more than 3 s",
    fix: "Keep an instance warm, or open connections and load code when the server starts: the first caller of the day waits that long.",
  },
  "too-large": {
    rule: "REQ-8",
    about: "an answer larger than 64 KiB",
    fix: "Answer with the data of this call only, not with a web page or a whole contact list.",
  },
  "content-type": {
    rule: "RES-1",
    about: "a Content-Type other than application/json",
    fix: "Send the header Content-Type: application/json.",
  },
  "json-like-type": {
    rule: "RES-5",
    about: "a Content-Type such as application/vnd.api+json, which only lenient flows accept",
    fix: "Send the header Content-Type: application/json.",
  },
  "not-json": {
    rule: "RES-1",
    about: "a body that is not a JSON object",
    fix: "Write the body with a JSON library, with nothing before or after it: no warnings, no debug output, no JSON inside a JSON string.",
  },
  "numbers-missing": {
    rule: "RES-2",
    about: "destination.numbers is missing or not an array",
    fix: 'Answer {"destination":{"numbers":["+919900000001"]}}: an array even for one number, and [] for nobody.',
  },
  "too-many-numbers": {
    rule: "REQ-8",
    about: "more than 100 numbers",
    fix: "Name only those who should ring now; with fetch_after_attempt you can name more after each attempt.",
  },
  nobody: {
    rule: "RES-3",
    about: "a first answer that rings nobody",
    fix: "This is fine if you mean it: the flow goes on at “we didn't dial anyone”. Otherwise use --from with a caller that your URL knows.",
  },
  "number-undialable": {
    rule: "RES-4",
    about: "an entry of the list that cannot be dialled",
    fix: "Write E.164 (+, country code, number), and leave out empty, short and internal numbers.",
  },
  "number-form": {
    rule: "RES-24",
    about: "a number that is not in E.164 form",
    fix: "Write E.164 (+, country code, number) in quotes: it means the same number in every country.",
  },
  "own-exophone": {
    rule: "RES-25",
    about: "an ExoPhone of the account as a destination",
    fix: "Name the number of a person: a call to the account's own number would come back to this flow.",
  },
  duplicate: {
    rule: "RES-26",
    about: "the same destination twice in one list",
    fix: "Name each destination once: it is dialled only once anyway.",
  },
  field: {
    rule: "RES-5",
    about: "a field with the wrong type, an unknown word, or a number out of range",
    fix: "Use an allowed value, or leave the field out to get its default. A strict flow rejects the answer; a lenient one drops the field or limits its value.",
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
    fix: "Correct it before you switch parallel_ringing on: from then on it makes the answer unusable.",
  },
  "unknown-key": {
    rule: "RES-7",
    about: "a key that the contract does not know",
    fix: "Correct the spelling, or leave the key out: it has no effect.",
  },
  music: {
    rule: "RES-17",
    about: "music_on_hold without what it needs",
    fix: "Give music_on_hold a type: default_tone, operator_tone, or custom_tone with an http(s) URL as value.",
  },
  "event-url": {
    rule: "RES-20",
    about: "a dial_passthru_event_url that is not a URL",
    fix: "Use an absolute http or https URL, or leave it out: no dial events are sent to this one.",
  },
  "playback-to": {
    rule: "RES-21",
    about: "start_call_playback without a valid playback_to",
    fix: "Set playback_to to both or callee.",
  },
  "playback-type": {
    rule: "RES-22",
    about: "start_call_playback without a valid type",
    fix: "Set type to text or audio_url.",
  },
  "playback-value": {
    rule: "RES-23",
    about: "start_call_playback without a valid value",
    fix: "Set value to the words to speak (type text) or to an http or https URL (type audio_url).",
  },
  "outgoing-number": {
    rule: "DIAL-6",
    about: "an outgoing_phone_number that is not an ExoPhone of the account",
    fix: "Use an ExoPhone of the account in the same region as the one called, or leave it out. Give the check your ExoPhones with --exophone.",
  },
  audio: {
    rule: "RES-27",
    about: "an audio URL that does not answer 200, or whose answer is not audio",
    fix: "Serve the file itself at this URL, without login or redirect, with Content-Type: audio/wav, for HEAD or GET.",
  },
  "audio-format": {
    rule: "RES-27",
    about: "audio that is not WAV, 8 kHz, 16 bit, mono",
    fix: "Convert the file: ffmpeg -i IN -ar 8000 -ac 1 -c:a pcm_s16le OUT.wav. A telephone line carries no more.",
  },
  "constant-list": {
    rule: "REF-4",
    about: "fetch_after_attempt with a list that does not change",
    fix: "Leave fetch_after_attempt out to ring the whole list in order, or answer each re-fetch with who is next (DialWhomNumber, Legs and numbers say who was tried).",
  },
  "endless-refetch": {
    rule: "REF-7",
    about: "re-fetches that never end",
    fix: "Count the attempts (by the Legs of the request, or per CallSid), and end with an empty list or fetch_after_attempt false.",
  },
  "digits-quotes": {
    rule: "REQ-25",
    about: "digits that are understood only without the double quotes around them",
    fix: "Strip the quotes before use: digits.replaceAll('\"', \"\") in JavaScript, digits.strip('\"') in Python.",
  },
  "at-once": {
    rule: "RES-1",
    about: "a request that works alone but fails when it comes twice at once",
    fix: "Make it safe to answer the same CallSid twice: use an upsert instead of an insert, and no lock that fails the second request.",
  },
  "same-fallback": {
    rule: "EXIT-1",
    about: "a Fallback URL on the same host as the Primary",
    fix: "Put the Fallback on another machine: whatever takes the Primary down takes this one down too.",
  },
  "caller-form": {
    rule: "REQ-32",
    about: "no usable answer for a caller without a national number, although national numbers get one",
    fix: "Accept every form of CallFrom: +country code and number, sip:user, anonymous. Such callers get the Fallback, or ring nobody. With --number-forms this is an error.",
  },
  "conditional-parameter": {
    rule: "REQ-30",
    about: "a URL that answers only requests with a parameter that other calls do not have",
    fix: "Treat CustomField and digits as optional: an incoming call has no CustomField, and there are no digits before a Gather or menu. Ignore this if every call of the flow has it.",
  },
  "gather-field": {
    rule: "APP-2",
    about: "a Gather answer without a valid prompt, or with a field out of range",
    fix: 'Answer {"gather_prompt":{"text":"…"}}, or audio_url instead of text; max_input_digits is 1 to 255, input_timeout 1 to 600, repeat_menu 0 to 20.',
  },
  "dial-whom-text": {
    rule: "APP-7",
    about: "a Dial-Whom answer that is not plain text with numbers",
    fix: "Answer text/plain: one number, or several separated by commas or lines.",
  },
  "greeting-text": {
    rule: "APP-1",
    about: "a Greeting answer that is neither plain text to speak nor audio URLs, one per line",
    fix: "Answer text/plain: either the text to speak, or nothing but audio URLs, one per line.",
  },
  "second-exit": {
    rule: "APP-4",
    about: "a Passthru answer with a status other than 200",
    fix: "This is fine if the flow should take the second exit (otherwise); answer 200 for the first exit (ok).",
  },
  selection: {
    rule: "APP-5",
    about: "a Passthru answer whose case for a Switch is not written as the contract says",
    fix: 'Answer {"select":"<case>"} with the case as a string, as application/json or text/plain.',
  },
  "event-status": {
    rule: "EVT-6",
    about: "a dial event answered with a status other than 2xx",
    fix: "Answer 200. The event is not sent again: only an event without any answer is.",
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
  "APP-1": "greeting-text",
  "APP-2": "gather-field",
  "APP-4": "second-exit",
  "APP-5": "selection",
  "APP-7": "dial-whom-text",
  "EVT-6": "event-status",
};

/** The diagnostic for a finding of the contract about an answer. */
export function diagnosticOf(finding: Finding, outcome: HttpOutcome): DiagnosticId {
  const { rule, path } = finding;
  if (rule === "RES-1") return wholeAnswer(finding, outcome);
  if (rule === "REQ-8") return path === "" ? "too-large" : "too-many-numbers";
  if (rule === "RES-5") return path === "" ? "json-like-type" : "field";
  return BY_RULE[rule] ?? "field";
}

/** RES-1 can be broken in four ways. */
function wholeAnswer(finding: Finding, outcome: HttpOutcome): DiagnosticId {
  if (!outcome.ok) return "unreachable";
  if (outcome.status !== 200) return "status";
  return finding.allowed === "application/json" ? "content-type" : "not-json";
}
