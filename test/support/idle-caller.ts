import type { LiveCallerLeg } from "../../src/server/exchange/live-leg.ts";

/** A caller's leg that does nothing, for tests of other parts of a call. */
export const IDLE_CALLER: LiveCallerLeg = {
  snapshot: () => null,
  ringing: () => null,
  hangUp: () => undefined,
  onFirstRtp: () => undefined,
  sendDigit: () => undefined,
  sendsTelephoneEvents: false,
  answer: () => undefined,
  reject: () => undefined,
};
