import { setImmediate as nextTurn } from "node:timers/promises";
import type { LegId } from "../../core/call/legs.ts";
import type { DialogSnapshot, PreparedInvite, RingingSnapshot, SipCall } from "../../edges/sip/endpoint.ts";
import type { CallIo, LiveLeg } from "./call-io.ts";
import { infoDigit } from "./info-digit.ts";
import { LegMedia } from "./leg-media.ts";
import type { OutboundRoute } from "./route.ts";

/** A trunk that says nothing at all in so long is dead; its alternative, or the next destination, is worth more. */
const NO_PROVISIONAL_MS = 5000;

/** One attempt: an INVITE of ours, then, when it is answered, a leg that is up. */
export class DialedLeg implements LiveLeg {
  readonly #io: CallIo;
  readonly #id: LegId;
  readonly #prepared: Promise<void>;
  #media: LegMedia | null = null;
  #invite: PreparedInvite | null = null;
  #call: SipCall | null = null;
  #gone = false;
  #ringing = false;
  #earlySdp: string | null = null;
  #digitsByRtp = false;

  /** Makes its INVITE ready while the journal row is on its way to the disk; it goes out with `dial`. */
  constructor(io: CallIo, id: LegId, route: OutboundRoute) {
    this.#io = io;
    this.#id = id;
    this.#prepared = this.#prepare(route);
    this.#prepared.catch(() => undefined); // told when it is dialled
  }

  dial(): void {
    this.#prepared.then(
      () => {
        if (!this.#gone) this.#invite?.send();
      },
      (error: unknown) => this.#failed(null, error instanceof Error ? error.message : String(error)),
    );
  }

  async #prepare(route: OutboundRoute): Promise<void> {
    // The journal sends its rows at the end of this turn of the event loop.
    const [{ port }] = await Promise.all([this.#io.openLeg(this.#id), nextTurn()]);
    if (this.#gone) return;
    const { services, callerCodec, call } = this.#io;
    this.#media = new LegMedia(services.mediaAddress, port, `${call.now()}${this.#id}`, callerCodec);
    this.#invite = services.sip.prepare({
      ...route,
      sdp: this.#media.offer(),
      noProvisionalTimeoutMs: NO_PROVISIONAL_MS,
      handlers: {
        onProgress: (status, sdp) => this.#progress(status, sdp),
        onAnswered: (sipCall, sdp) => this.#answered(sipCall, sdp),
        onFailed: (status, reason) => this.#failed(status, reason),
      },
    });
  }

  #progress(_status: number, sdp: string | null): void {
    if (this.#gone) return;
    const { call } = this.#io;
    if (!this.#ringing) {
      this.#ringing = true;
      this.#io.dialogChanged();
      call.deliver({ kind: "leg_ringing", at: call.now(), leg: this.#id });
    }
    if (sdp === null || sdp === this.#earlySdp || !this.#agree(sdp)) return;
    const first = this.#earlySdp === null;
    this.#earlySdp = sdp;
    if (first) call.deliver({ kind: "leg_early_media", at: call.now(), leg: this.#id });
  }

  /** Their answer to our offer takes effect; false when it is none we can use. */
  #agree(sdp: string): boolean {
    const remote = this.#media?.accept(sdp);
    if (remote?.ok !== true) return false;
    this.#io.media.setRemote(this.#io.call.sid, this.#id, remote.value);
    return true;
  }

  #answered(sipCall: SipCall, sdp: string | null): void {
    this.#call = sipCall;
    sipCall.handlers = {
      onEnded: (end) => this.#ended(end),
      onOffer: (offer) => this.#reoffered(offer),
      onAnswer: (answer) => void this.#agree(answer),
      onInfo: (type, body) => this.#info(type, body),
    };
    if (sdp === null || (sdp !== this.#earlySdp && !this.#agree(sdp))) {
      this.#gone = true;
      sipCall.hangUp();
      this.#io.legFailed(this.#id, 488, "answered without a session description that we can use");
      return;
    }
    this.#io.dialogChanged();
    const { call } = this.#io;
    call.deliver({ kind: "leg_answered", at: call.now(), leg: this.#id });
  }

  #reoffered(offer: string | null): string | { status: number } {
    if (this.#media === null) return { status: 488 };
    if (offer === null) return this.#media.offer();
    const answer = this.#media.answer(offer);
    if (!answer.ok) return { status: 488 };
    this.#io.media.setRemote(this.#io.call.sid, this.#id, answer.value.remote);
    return answer.value.sdp;
  }

  #info(type: string, body: Buffer): void {
    const digit = this.#digitsByRtp ? null : infoDigit(type, body);
    const { call } = this.#io;
    if (digit !== null) call.deliver({ kind: "digit", at: call.now(), leg: this.#id, digit });
  }

  #failed(sip: number | null, reason: string): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#io.legFailed(this.#id, sip, reason);
  }

  #ended(reason: string): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#io.legEnded(this.#id, reason);
  }

  heardDigit(): void {
    this.#digitsByRtp = true;
  }

  snapshot(): DialogSnapshot | null {
    return this.#gone ? null : (this.#call?.snapshot() ?? null);
  }

  ringing(): RingingSnapshot | null {
    return this.#gone ? null : (this.#invite?.snapshot() ?? null);
  }

  /** Gives the attempt up, or ends the leg that came of it. Only a leg that was up has an end to tell. */
  hangUp(): void {
    if (this.#gone) return;
    if (this.#call !== null) {
      this.#call.hangUp();
      return;
    }
    this.#gone = true;
    this.#invite?.cancel();
    this.#io.forgetLeg(this.#id);
  }
}
