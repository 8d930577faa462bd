import { isIPv6 } from "node:net";
import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import type { Codec, RemoteMedia } from "../../edges/media/process/protocol.ts";
import type { LocalMedia, NegotiatedMedia, Unacceptable } from "../../edges/sdp/negotiate.ts";
import { answerOffer, createOffer, readAnswer, unreadableOffer } from "../../edges/sdp/negotiate.ts";
import { parseSdp } from "../../edges/sdp/parse.ts";
import { withAddress } from "./sdp-hosts.ts";

/** What we speak, best first; a leg moves the other side's own choice to the front so that nothing is transcoded needlessly. */
const CODECS: readonly Codec[] = ["PCMU", "PCMA"];

/** Our half of one leg's session description (RFC 3264): what we last sent, and with it identity and version. */
export class LegMedia {
  readonly #local: LocalMedia;
  #sent: string | null = null;

  constructor(address: string, port: number, sessionId: string, prefer: Codec | null) {
    const codecs = prefer === null ? CODECS : [prefer, ...CODECS.filter((codec) => codec !== prefer)];
    this.#local = { address, port, codecs, sessionId, version: 1 };
  }

  /** The description that is in force on our side. */
  offer(): string {
    this.#sent = createOffer({ ...this.#local, previous: this.#sent });
    return this.#sent;
  }

  /**
   * Our answer to their offer, and where to send from now on. The error is worded for a Warning header; what was in force
   * stays in force then.
   */
  answer(offerText: string): Result<{ sdp: string; remote: RemoteMedia }, string> {
    const offer = parseSdp(offerText);
    if (!offer.ok) return offer;
    const answered = answerOffer(offer.value, { ...this.#local, previous: this.#sent });
    if (!answered.ok) return err(answered.error.warning);
    this.#sent = answered.value.sdp;
    return ok({ sdp: this.#sent, remote: toRemote(answered.value.remote) });
  }

  /** Their answer to our offer. */
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
  readonly sdp: string;
  /** The codec it puts first among those we speak. */
  readonly codec: Codec;
}

/**
 * Reads an offer, and says whether we can answer it from `mediaAddress`. A host name is taken for an address of our kind:
 * it is looked up when the call is answered.
 */
export function readOffer(sdp: string, mediaAddress: string): Result<ReadOffer, Unacceptable> {
  const description = parseSdp(withAddress(sdp, isIPv6(mediaAddress) ? "::1" : "127.0.0.1"));
  if (!description.ok) return err(unreadableOffer(description.error));
  const probe = { address: mediaAddress, port: 9, codecs: CODECS, sessionId: "0", version: 1 };
  const answered = answerOffer(description.value, probe);
  return answered.ok ? ok({ sdp, codec: answered.value.remote.codec }) : answered;
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
