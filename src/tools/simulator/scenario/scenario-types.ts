import type { CallSetup } from "../../../core/call/setup.ts";
import type { CallPlacement } from "../../../core/contract/placed-call.ts";

/** Why a scripted request gets no answer. */
export type UrlError = "timeout" | "refused" | "dns" | "tls";

/**
 * One scripted answer of a URL. `afterMs` counts from the request; an answer later than the request's deadline is a
 * timeout. `headers` have lower-case names.
 */
export type UrlAnswer =
  | {
      readonly kind: "answer";
      readonly afterMs: number;
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | { readonly kind: "error"; readonly afterMs: number; readonly error: UrlError };

/** How a phone ends an INVITE, `afterMs` after it was sent; `ring` never does. `sip` null: it cannot be reached. */
export type PhoneEnding =
  | { readonly kind: "answer"; readonly afterMs: number }
  | { readonly kind: "fail"; readonly afterMs: number; readonly sip: number | null; readonly q850?: number }
  | { readonly kind: "ring" };

/** What a phone does with one INVITE. All times are ms from the INVITE unless stated otherwise; null: never. */
export interface PhoneBehaviour {
  readonly ringAfterMs: number | null;
  readonly earlyMediaAfterMs: number | null;
  readonly ending: PhoneEnding;
  /** The callee hangs up this long after the bridge. */
  readonly talkMs: number | null;
  /** The callee hangs up this long after answering, bridged or not. */
  readonly hangUpAfterMs: number | null;
  /** How long our CANCEL travels; what the phone does in the meantime crosses it (DIAL-2). */
  readonly cancelTakesMs: number;
}

/** What the caller does, in ms from the call's arrival, or from their answer in a call by API; null: never. */
export interface CallerBehaviour {
  readonly hangUpAfterMs: number | null;
  readonly presses: readonly { readonly afterMs: number; readonly digits: string }[];
  /** When the caller stops speaking: ends a voicemail by silence. */
  readonly silentAfterMs: number | null;
}

/** One scripted call: a plain value, and together with a seed all that `simulate` needs. */
export interface Scenario {
  readonly name: string;
  readonly setup: CallSetup;
  readonly call: {
    readonly from: string;
    readonly to: string;
    readonly direction: "incoming" | "outbound-dial";
    readonly customField: string | null;
    /** As in `call_arrived`. */
    readonly dialTo?: string;
    readonly timeLimitMs?: number;
    /** A call by API: leg 1 is dialled; a phone that is not in `phones` answers at once. */
    readonly placed?: CallPlacement;
  };
  /** Epoch ms of the call's arrival. */
  readonly startMs: number;
  /** By `urlKey`; answers in the order of the requests, and the last repeats; a URL that is not here does not resolve. */
  readonly urls: Readonly<Record<string, readonly UrlAnswer[]>>;
  /** By `destinationKey`, in the order dialled, and the last repeats; a phone that is not here cannot be reached. */
  readonly phones: Readonly<Record<string, readonly PhoneBehaviour[]>>;
  /** How long a text, a file or the audio of a URL plays, in ms; anything else takes a plausible time. */
  readonly sounds: Readonly<Record<string, number>>;
  readonly caller: CallerBehaviour;
}
