/** The digit in a SIP INFO: `application/dtmf-relay` (`Signal=5`) or `application/dtmf` (`5`); null if there is none. */
export function infoDigit(contentType: string, body: Buffer): string | null {
  const type = contentType.split(";", 1)[0]?.trim().toLowerCase();
  const text = body.subarray(0, MAX_INFO_BYTES).toString("latin1");
  const signal =
    type === "application/dtmf-relay"
      ? /^\s*Signal\s*=\s*([0-9A-Da-d*#]+)/im.exec(text)?.[1]
      : type === "application/dtmf"
        ? /^\s*([0-9A-Da-d*#]+)\s*$/.exec(text)?.[1]
        : undefined;
  if (signal === undefined) return null;
  const event = "0123456789*#ABCD"[Number(signal)];
  // Some senders give the RFC 4733 event number: 10 is the star, 11 the hash.
  return signal.length === 1 ? signal.toUpperCase() : (event ?? null);
}

/** A digit needs far less; the rest of a hostile body is not read. */
const MAX_INFO_BYTES = 256;
