/**
 * Everything that the platform asks an HTTP server for, and who names the URL. A URL named by a customer, or by an
 * answer of theirs, never leads into our own network unless their account allows it; one named by the operator of this
 * machine may. Nothing is fetched for any other purpose, and `test/outbound-guard.test.ts` has a sender for each.
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
  /** A URL that an account has checked by the API. */
  check_by_api: "customer",
  /** `plugboard check URL`. */
  check: "operator",
  /** `plugboard simulate --live`. */
  live: "operator",
  /** `PLUGBOARD_TTS_URL`. */
  speech: "operator",
} as const;

export type OutboundPurpose = keyof typeof PURPOSES;

/** Checks the purpose of a stored delivery, which an earlier or later version may have written. */
export function isOutboundPurpose(text: string): text is OutboundPurpose {
  return Object.hasOwn(PURPOSES, text);
}
