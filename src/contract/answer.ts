import type { Account, Exophone } from "./account.ts";
import type { Destination } from "./destination.ts";
import type { Finding } from "./finding.ts";
import type { HttpOutcome } from "./http.ts";

export type { Finding } from "./finding.ts";

/** RES-5: what a wrong optional field does. `strict`: the whole answer is invalid. `lenient`: it is clamped or dropped. */
export type ValidationMode = "strict" | "lenient";

/** RES-17: what the caller hears while leg 2 rings. */
export type MusicOnHold =
  | { readonly type: "default_tone" | "operator_tone" }
  | { readonly type: "custom_tone"; readonly url: string };

/** RES-21 to RES-23. A `text` that is itself an http(s) URL comes out as `audio_url`. */
export interface StartCallPlayback {
  readonly to: "callee" | "both";
  readonly kind: "text" | "audio_url";
  readonly value: string;
}

/** An answer of version 1.0 with every default filled in (RES-8). URLs are as given and may hold credentials. */
export interface ConnectAnswer {
  readonly fetchAfterAttempt: boolean;
  /** Dialable, without duplicates, in array order. Empty: valid, dials nobody (RES-3, RES-4). */
  readonly destinations: readonly Destination[];
  /** E.164 of an ExoPhone that passed DIAL-6's checks; null: the ExoPhone of leg 1. */
  readonly outgoingPhoneNumber: string | null;
  readonly record: boolean;
  readonly recordingChannels: "single" | "dual";
  readonly maxRingingDurationS: number;
  readonly maxConversationDurationS: number;
  readonly musicOnHold: MusicOnHold;
  readonly parallel: { readonly activate: boolean; readonly maxAttempts: number };
  readonly dialEventUrl: string | null;
  readonly startCallPlayback: StartCallPlayback | null;
}

/** Why an answer cannot be used; the words of `result` in traces and reports. */
export type Unusable = {
  readonly usable: false;
  readonly result: "invalid" | "http_error" | "timeout" | "unreachable";
  readonly findings: readonly Finding[];
};

/** `audioUrls` must each pass {@link judgeAudio} before the answer is used (RES-17, RES-23, RES-27). */
export type Verdict =
  | {
      readonly usable: true;
      readonly answer: ConnectAnswer;
      readonly audioUrls: readonly string[];
      readonly findings: readonly Finding[];
    }
  | Unusable;

/** Judges what a Primary or Fallback URL answered (section 2). `exophone` is leg 1's. Never throws. */
export declare function judgeConnectAnswer(
  outcome: HttpOutcome,
  account: Account,
  exophone: Exophone,
  mode: ValidationMode,
): Verdict;

/** Judges the same shape written in a flow document (`parameters`). `exophone` null: not known yet. Never throws. */
export declare function judgeConnectBody(
  value: unknown,
  account: Account,
  exophone: Exophone | null,
  mode: ValidationMode,
): Verdict;

/** RES-27: judges the answer to the check of one audio URL. Not `ok`: the answer that names it is invalid. */
export declare function judgeAudio(
  url: string,
  outcome: HttpOutcome,
): { readonly ok: boolean; readonly findings: readonly Finding[] };

/** RES-5 lenient: the answer without what needs this audio (default tone, no playback). */
export declare function withoutAudio(answer: ConnectAnswer, url: string): ConnectAnswer;

/** The effective answer for traces: snake_case, every default filled in, credentials masked. */
export declare function effectiveAnswer(
  answer: ConnectAnswer,
  firstLegExophone?: string | null,
): Record<string, unknown>;
