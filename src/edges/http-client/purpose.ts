/**
 * Everything that the platform asks an HTTP server for, and who names the URL. What a customer names, or an answer of
 * theirs, never leads inward unless their account says so; what the operator of this machine names may. A purpose that is
 * not here cannot be fetched, and `test/outbound-guard.test.ts` holds a sender for each.
 */
export const PURPOSES = {
  connect: "customer",
  gather: "customer",
  passthru: "customer",
  greeting: "customer",
  dial_whom: "customer",
  audio: "customer",
  dial_event: "customer",
  status_callback: "customer",
  /** Audio that an endpoint under check names: the endpoint may be anyone's. */
  check_audio: "customer",
  /** `plugboard check URL`. */
  check: "operator",
  /** `plugboard simulate --live`. */
  live: "operator",
  /** `PLUGBOARD_TTS_URL`. */
  speech: "operator",
} as const;

export type OutboundPurpose = keyof typeof PURPOSES;

/** Of a stored delivery: an earlier or later version may have written it. */
export function isOutboundPurpose(text: string): text is OutboundPurpose {
  return Object.hasOwn(PURPOSES, text);
}
