import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import { answerOffer } from "../../edges/sdp/negotiate.ts";
import { parseSdp } from "../../edges/sdp/parse.ts";
import type { ReadOffer } from "./leg-media.ts";
import { readOffer } from "./leg-media.ts";

/** Why an offer cannot be answered: for the caller, and for the log. */
export interface UnusableOffer {
  /** Value of a Warning header (RFC 3261, 20.43). */
  readonly warning: string;
  /** One sentence. */
  readonly message: string;
}

/** What is missing, by the code of the warning. */
const MISSING: Readonly<Record<string, string>> = {
  "301": "its audio is at an address that this platform can't send to (a host name, or of the other IP version)",
  "302": "its audio is not plain RTP (RTP/AVP); SRTP and other transports can't be used",
  "304": "it has no audio",
  "305": "its audio has neither PCMU nor PCMA",
};

/** Reads the offer of a call in; `mediaAddress`: ours. */
export function checkOffer(text: string, mediaAddress: string): Result<ReadOffer, UnusableOffer> {
  const offer = readOffer(text);
  if (offer !== null) return ok(offer);
  const description = parseSdp(text);
  if (!description.ok)
    return err({
      warning: '399 plugboard "Unreadable session description"',
      message: `the session description can't be read: ${description.error}`,
    });
  const probe = { address: mediaAddress, port: 9, codecs: ["PCMU", "PCMA"], sessionId: "0", version: 1 } as const;
  const answered = answerOffer(description.value, probe);
  const warning = answered.ok ? '399 plugboard "Incompatible session description"' : answered.error.warning;
  const missing = MISSING[warning.slice(0, 3)] ?? "nothing in it can be used";
  return err({ warning, message: `the session description can't be answered: ${missing}` });
}
