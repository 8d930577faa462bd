/** Flow of media as the description's own side states it: `sendonly` is "I send and accept nothing". */
export type Direction = "sendrecv" | "sendonly" | "recvonly" | "inactive";

/**
 * `o=`: numbers are kept as text, since 64 bits do not fit a JavaScript number. In another side's description they are
 * whatever that side wrote: nothing here depends on them.
 */
export interface Origin {
  readonly username: string;
  readonly sessionId: string;
  readonly version: string;
  readonly address: string;
}

export interface Attribute {
  readonly name: string;
  /** Null for a flag. */
  readonly value: string | null;
}

/** One payload type of an RTP media line, from its rtpmap or from the static table of RFC 3551. */
export interface CodecDescription {
  readonly payloadType: number;
  /** As written; compare without case. */
  readonly name: string;
  /** Hz. */
  readonly clockRate: number;
  readonly channels: number;
  readonly fmtp: string | null;
}

/** One `m=` line with everything that belongs to it, including what was stated at session level. */
export interface MediaDescription {
  /** audio, video, image… */
  readonly kind: string;
  /** 0: refused or switched off. */
  readonly port: number;
  /** `m=audio 5000/2`: how many ports in a row; 1 if absent. */
  readonly portCount: number;
  /** As written: RTP/AVP, UDP/TLS/RTP/SAVPF… */
  readonly protocol: string;
  readonly formats: readonly string[];
  /** IP address or host name; for audio, null only if the port is 0. */
  readonly address: string | null;
  /** `address` is a host name, to be resolved before anything is sent: see `withAddresses`. */
  readonly isName?: true;
  readonly direction: Direction;
  /** In the order of `formats`; a dynamic payload type without a usable rtpmap is not among them. */
  readonly codecs: readonly CodecDescription[];
  /** Milliseconds; null if absent. */
  readonly ptimeMs: number | null;
  readonly maxptimeMs: number | null;
  /** `a=rtcp`; null if absent. */
  readonly rtcpPort: number | null;
  readonly rtcpMux: boolean;
  /** Every other attribute, in order. */
  readonly attributes: readonly Attribute[];
}

/** RFC 8866. Lines that telephony does not use (i, u, e, p, b, z, k, r) are not kept. */
export interface SessionDescription {
  readonly origin: Origin;
  readonly name: string;
  /** Session-level `c=`. */
  readonly address: string | null;
  readonly attributes: readonly Attribute[];
  readonly media: readonly MediaDescription[];
}

/** The host names that a description gives as addresses, each once. */
export function hostNames(description: SessionDescription): readonly string[] {
  return [
    ...new Set(description.media.flatMap(({ address, isName }) => (isName && address !== null ? [address] : []))),
  ];
}

/** The description with IP addresses instead of host names; a name that is not in `addresses` stays. */
export function withAddresses(
  description: SessionDescription,
  addresses: ReadonlyMap<string, string>,
): SessionDescription {
  const media = description.media.map((line) => {
    const address = line.isName && line.address !== null ? addresses.get(line.address) : undefined;
    if (address === undefined) return line;
    const { isName: _, ...rest } = line;
    return { ...rest, address };
  });
  return { ...description, media };
}

/** Whether the media line is audio, in use or not. */
export function isAudio({ kind }: MediaDescription): boolean {
  return kind.toLowerCase() === "audio";
}

/** Whether the media line carries plain RTP, the only supported kind. */
export function isPlainRtp(protocol: string): boolean {
  return /^RTP\/AVPF?$/i.test(protocol);
}
