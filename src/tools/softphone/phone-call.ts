import { callId } from "../../edges/sip/message/message.ts";
import type { IncomingInvite } from "../../edges/sip/endpoint.ts";
import { endingOf, hangUpAfterMs } from "./script.ts";
import type { PhoneScript } from "./script.ts";
import { MediaSession } from "./media-session.ts";
import type { SoftphoneSetup } from "./media-session.ts";
import { ScriptedCall } from "./scripted-call.ts";

/** One INVITE to a softphone, handled as its script says. */
export class PhoneCall extends ScriptedCall {
  readonly callId: string;
  readonly #invite: IncomingInvite;
  readonly #script: PhoneScript;

  constructor(setup: SoftphoneSetup, invite: IncomingInvite, number: string, script: PhoneScript) {
    super(setup, new MediaSession(setup, script.tone_hz ?? null, script.codec), number);
    this.#invite = invite;
    this.#script = script;
    this.callId = callId(invite.request);
    invite.onCancelled(() => this.finish("cancelled"));
    this.#schedule();
  }

  /** Ends the call whatever its state. */
  hangUp(): void {
    if (this.call !== null) this.call.hangUp();
    else this.#refuse(480);
  }

  #schedule(): void {
    const { ring_after_ms, early_media_after_ms } = this.#script;
    const ending = endingOf(this.#script);
    if (ring_after_ms !== undefined) this.later(ring_after_ms, () => this.#invite.ring());
    if (early_media_after_ms !== undefined) this.later(early_media_after_ms, () => this.#sendEarlyMedia());
    if (ending === null) return;
    this.later(ending.afterMs, () => (ending.sip === 200 ? this.#answer() : this.#refuse(ending.sip)));
  }

  #sendEarlyMedia(): void {
    const sdp = this.#localSdp();
    if (sdp !== null) this.#invite.ring(183, sdp);
  }

  #answer(): void {
    const sdp = this.#localSdp();
    if (sdp === null) return this.#refuse(488);
    this.startTalking(this.#invite.answer(sdp));
    const after = hangUpAfterMs(this.#script);
    if (after !== null) this.later(after, () => this.call?.hangUp());
    this.sendScripted(this.#script.presses);
  }

  /** Our answer to the offer of the INVITE, or an offer if it had none; null if there is no common codec. */
  #localSdp(): string | null {
    const { offer } = this.#invite;
    return offer === null ? this.media.offer() : this.media.answer(offer);
  }

  #refuse(status: number): void {
    if (this.state !== "calling") return;
    this.status = status;
    this.#invite.reject(status);
    this.finish("refused");
  }
}
