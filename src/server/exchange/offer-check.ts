import type { Result } from "../../base/result.ts";
import { err } from "../../base/result.ts";
import type { ReadOffer } from "./leg-media.ts";
import { readOffer } from "./leg-media.ts";

/** Why an offer can't be answered, for the caller and for the log. */
export interface UnusableOffer {
  /** The value of a Warning header (RFC 3261, 20.43). */
  readonly warning: string;
  /** One sentence. */
  readonly message: string;
}

/** Reads the offer of an inbound call; `mediaAddress` is ours. */
export function checkOffer(text: string, mediaAddress: string): Result<ReadOffer, UnusableOffer> {
  const offer = readOffer(text, mediaAddress);
  if (offer.ok) return offer;
  const { code, warning, detail } = offer.error;
  return err({ warning, message: `the session description can't be ${code === 399 ? "read" : "answered"}: ${detail}` });
}
