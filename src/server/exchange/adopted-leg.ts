import type { LegId } from "../../core/call/legs.ts";
import type { DialogSnapshot, RingingSnapshot, SipCall } from "../../edges/sip/endpoint.ts";
import type { LegPorts, LiveCallerLeg } from "./live-leg.ts";

/** What an earlier process recorded about a leg. Both null: nothing is known about it. */
export interface LegRemains {
  readonly dialog: DialogSnapshot | null;
  readonly invite: RingingSnapshot | null;
}

/** A leg of an earlier process. It can only end: with a BYE or a CANCEL, or by itself if neither can be built. */
export class AdoptedLeg implements LiveCallerLeg {
  readonly #ports: LegPorts;
  readonly #leg: LegId;
  readonly #remains: LegRemains;
  readonly #call: SipCall | null;
  #ended = false;

  constructor(ports: LegPorts, leg: LegId, remains: LegRemains) {
    this.#ports = ports;
    this.#leg = leg;
    this.#remains = remains;
    this.#call = remains.dialog === null ? null : this.#adopt(remains.dialog);
  }

  snapshot(): DialogSnapshot | null {
    return this.#remains.dialog;
  }

  ringing(): RingingSnapshot | null {
    return this.#remains.invite;
  }

  hangUp(): void {
    const { invite } = this.#remains;
    if (this.#call !== null) this.#call.hangUp();
    else if (invite === null) this.#end("its dialog was not known after the restart");
    else {
      this.#ports.services.sip.cancel(invite);
      this.#end("it rang when the process died, and was cancelled after the restart");
    }
  }

  readonly sendsTelephoneEvents = false;

  onFirstRtp(): void {}

  sendDigit(): void {}

  answer(): void {}

  reject(): void {
    this.hangUp();
  }

  /** Null: its local address is no longer ours; the other side will find out through its own timers. */
  #adopt(snapshot: DialogSnapshot): SipCall | null {
    const { sip, log } = this.#ports.services;
    try {
      const call = sip.adopt(snapshot);
      call.handlers = {
        onEnded: (reason) => this.#end(reason),
        onOffer: () => ({ status: 488 }),
        onAnswer() {},
        onInfo() {},
      };
      return call;
    } catch (error) {
      log.warn({ err: error, call: this.#ports.call.sid }, "a dialog of an earlier process can't be taken back");
      return null;
    }
  }

  #end(detail: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#ports.legEnded(this.#leg, { detail });
  }
}
