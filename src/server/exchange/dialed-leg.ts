import { setImmediate as nextTurn } from "node:timers/promises";
import type { LegId } from "../../core/call/legs.ts";
import type { DialogSnapshot, PreparedInvite, RingingSnapshot, SipCall } from "../../edges/sip/endpoint.ts";
import { LegMedia } from "./leg-media.ts";
import { LegSession } from "./leg-session.ts";
import type { LegPorts, LiveLeg } from "./live-leg.ts";
import type { OutboundRoute } from "./route.ts";

/** One attempt: an INVITE of ours, then, once it is answered, a leg that is up. */
export class DialedLeg implements LiveLeg {
  readonly #ports: LegPorts;
  readonly #id: LegId;
  readonly #session: LegSession;
  readonly #prepared: Promise<void>;
  #invite: PreparedInvite | null = null;
  #ringing = false;
  #earlySdp: string | null = null;

  /** Prepares its INVITE while the journal row is being written; it goes out with `dial`. */
  constructor(ports: LegPorts, id: LegId, route: OutboundRoute) {
    this.#ports = ports;
    this.#id = id;
    this.#session = new LegSession(ports, id);
    this.#prepared = this.#prepare(route);
    this.#prepared.catch(() => undefined); // reported when it is dialled
  }

  dial(): void {
    this.#prepared.then(
      () => {
        if (!this.#session.isOver) this.#invite?.send();
      },
      (error: unknown) => this.#session.fail(null, error instanceof Error ? error.message : String(error)),
    );
  }

  /** Cancels the attempt, or ends the leg that came of it. Only a leg that was up has an end to report. */
  hangUp(): void {
    if (this.#session.isUp) this.#session.hangUp();
    else if (this.#session.close()) {
      this.#invite?.cancel();
      this.#ports.forgetLeg(this.#id);
    }
  }

  snapshot(): DialogSnapshot | null {
    return this.#session.snapshot();
  }

  ringing(): RingingSnapshot | null {
    return this.#session.isOver ? null : (this.#invite?.snapshot() ?? null);
  }

  async #prepare(route: OutboundRoute): Promise<void> {
    // The journal sends its rows at the end of this turn of the event loop.
    const [{ port }] = await Promise.all([this.#ports.openLeg(this.#id), nextTurn()]);
    if (this.#session.isOver) return;
    const { services, callerCodec, call } = this.#ports;
    const media = new LegMedia(services.mediaAddress, port, `${call.now()}${this.#id}`, callerCodec);
    this.#session.useMedia(media);
    this.#invite = services.sip.prepare({
      ...route,
      sdp: media.offer(),
      noProvisionalTimeoutMs: route.trunk.firstResponseTimeoutMs,
      handlers: {
        onProgress: (_status, sdp) => this.#onProgress(sdp),
        onAnswered: (sipCall, sdp) => this.#onAnswered(sipCall, sdp),
        onFailed: (status, reason) => this.#session.fail(status, reason),
      },
    });
  }

  #onProgress(sdp: string | null): void {
    if (this.#session.isOver) return;
    const { call } = this.#ports;
    if (!this.#ringing) {
      this.#ringing = true;
      this.#ports.legChanged();
      this.#ports.routes.progress(this.#id, "ringing");
      call.deliver({ kind: "leg_ringing", at: call.now(), leg: this.#id });
    }
    if (sdp === null || sdp === this.#earlySdp || !this.#session.accept(sdp)) return;
    const first = this.#earlySdp === null;
    this.#earlySdp = sdp;
    if (first) call.deliver({ kind: "leg_early_media", at: call.now(), leg: this.#id });
  }

  #onAnswered(sipCall: SipCall, sdp: string | null): void {
    if (sdp === null || (sdp !== this.#earlySdp && !this.#session.accept(sdp))) {
      this.#session.fail(488, "answered without a session description that we can use");
      sipCall.hangUp();
      return;
    }
    this.#session.begin(sipCall);
    this.#ports.routes.progress(this.#id, "answered");
    const { call } = this.#ports;
    call.deliver({ kind: "leg_answered", at: call.now(), leg: this.#id });
  }
}
