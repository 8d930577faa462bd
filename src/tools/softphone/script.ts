import type { Codec } from "../../edges/media/process/protocol.ts";

/**
 * What a phone does with one INVITE: the fields of a scenario file, and those that only audio needs. Times are ms from
 * the INVITE unless stated otherwise; without an ending it rings forever.
 */
export interface PhoneScript {
  /** 180. */
  readonly ring_after_ms?: number;
  /** 183 with a session description; from then on the caller can hear the phone's tone. */
  readonly early_media_after_ms?: number;
  readonly answer_after_ms?: number;
  /** Hangs up this long after answering. A phone can't see the bridge of a scenario, which comes no earlier than the answer. */
  readonly talk_ms?: number;
  /** Hangs up this long after answering. */
  readonly hang_up_after_ms?: number;
  /** 486. */
  readonly busy_after_ms?: number;
  /** 603. */
  readonly reject_after_ms?: number;
  /** Refuses with `sip`, 480 if none is given. */
  readonly fail_after_ms?: number;
  readonly sip?: number;
  /** The tone it sends from early media or the answer on; absent: silence. */
  readonly tone_hz?: number;
  /** The only codec it offers and accepts; absent: both, PCMU first. */
  readonly codec?: Codec;
  /** Digits sent this long after answering. */
  readonly presses?: readonly ScriptedDigits[];
}

export interface ScriptedDigits {
  readonly after_ms: number;
  readonly digits: string;
}

/** What ends an INVITE and when; null: it rings forever. */
export function endingOf(script: PhoneScript): { readonly afterMs: number; readonly sip: number } | null {
  const { answer_after_ms, busy_after_ms, reject_after_ms, fail_after_ms, sip } = script;
  if (answer_after_ms !== undefined) return { afterMs: answer_after_ms, sip: 200 };
  if (busy_after_ms !== undefined) return { afterMs: busy_after_ms, sip: 486 };
  if (reject_after_ms !== undefined) return { afterMs: reject_after_ms, sip: 603 };
  if (fail_after_ms !== undefined) return { afterMs: fail_after_ms, sip: sip ?? 480 };
  return null;
}

/** When an answered phone hangs up, in ms from its answer; null: never. */
export function hangUpAfterMs(script: PhoneScript): number | null {
  const times = [script.talk_ms, script.hang_up_after_ms].filter((one) => one !== undefined);
  return times.length === 0 ? null : Math.min(...times);
}
