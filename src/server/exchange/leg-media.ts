import { isIPv6 } from "node:net";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { Codec, RemoteMedia } from "../../edges/media/process/protocol.ts";
import type { LocalMedia, NegotiatedMedia, SessionDescription, Unacceptable } from "../../edges/sdp/negotiate.ts";
import { acceptableCodec, answerOffer, createOffer, readAnswer, unreadableOffer } from "../../edges/sdp/negotiate.ts";
import { parseSdp } from "../../edges/sdp/parse.ts";
import { namesHosts, withAddress } from "./sdp-hosts.ts";

/** Our codecs, best first; a leg moves the other side's choice to the front to avoid needless transcoding. */
const CODECS: readonly Codec[] = ["PCMU", "PCMA"];

/** Our side of one leg's session description (RFC 3264): what we last sent, with its identity and version. */
export class LegMedia {
  readonly #local: LocalMedia;
  #sent: string | null = null;

  constructor(address: string, port: number, sessionId: string, prefer: Codec | null) {
    const codecs = prefer === null ? CODECS : [prefer, ...CODECS.filter((codec) => codec !== prefer)];
    this.#local = { address, port, codecs, sessionId, version: 1 };
  }

  /** Our description now in force. */
  offer(): string {
    this.#sent = createOffer({ ...this.#local, previous: this.#sent });
    return this.#sent;
  }

  /**
   * Our answer to their offer (text or parsed), and where to send from now on. The error is worded for a Warning header;
   * the previous description then stays in force.
   */
  answer(theirs: string | SessionDescription): Result<{ sdp: string; remote: RemoteMedia }, string> {
    const offer = typeof theirs === "string" ? parseSdp(theirs) : ok(theirs);
    if (!offer.ok) return offer;
    const answered = answerOffer(offer.value, { ...this.#local, previous: this.#sent });
    if (!answered.ok) return err(answered.error.warning);
    this.#sent = answered.value.sdp;
    return ok({ sdp: this.#sent, remote: toRemote(answered.value.remote) });
  }

  /** Reads their answer to our offer. */
  accept(answerText: string): Result<RemoteMedia, string> {
    const answer = parseSdp(answerText);
    if (!answer.ok) return answer;
    const offer = parseSdp(this.#sent ?? this.offer());
    if (!offer.ok) return offer;
    const remote = readAnswer(answer.value, offer.value);
    return remote.ok ? ok(toRemote(remote.value)) : remote;
  }
}

/** An offer that we can answer. */
export interface ReadOffer {
  /** Its text if it names hosts that must be looked up first, otherwise parsed. */
  readonly sdp: string | SessionDescription;
  /** The first of its codecs that we speak. */
  readonly codec: Codec;
}

/**
 * Reads an offer, and says whether we can answer it from `mediaAddress`. A host name is assumed to have an address of the
 * same family as ours; it is looked up when the call is answered.
 */
export function readOffer(sdp: string, mediaAddress: string): Result<ReadOffer, Unacceptable> {
  const needsLookup = namesHosts(sdp);
  const description = parseSdp(needsLookup ? withAddress(sdp, isIPv6(mediaAddress) ? "::1" : "127.0.0.1") : sdp);
  if (!description.ok) return err(unreadableOffer(description.error));
  const codec = acceptableCodec(description.value, { address: mediaAddress, codecs: CODECS });
  return codec.ok ? ok({ sdp: needsLookup ? sdp : description.value, codec: codec.value }) : codec;
}

function toRemote(remote: NegotiatedMedia): RemoteMedia {
  return {
    address: remote.address,
    port: remote.port,
    rtcpPort: remote.rtcpPort,
    codec: remote.codec,
    payloadType: remote.payloadType,
    dtmfPayloadType: remote.dtmfPayloadType,
    dtmfReceivePayloadType: remote.dtmfReceivePayloadType,
    direction: remote.direction,
  };
}
