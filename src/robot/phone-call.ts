import type { Timer } from "../base/clock.ts";
import { callId } from "../sip/message/message.ts";
import type { IncomingInvite, SipCall } from "../sip/endpoint.ts";
import type { Heard } from "./hearing.ts";
import { endingOf, hangUpAfterMs } from "./script.ts";
import type { PhoneScript } from "./script.ts";
import { Talk } from "./talk.ts";
import type { RobotCall, RobotSetup } from "./talk.ts";

/** One INVITE at a robot's phone, played by its script. */
export class PhoneCall implements RobotCall {
  readonly callId: string;
  readonly number: string;
  state: RobotCall["state"] = "calling";
  end: RobotCall["end"] = null;
  status: number | null = null;
  readonly #setup: RobotSetup;
  readonly #invite: IncomingInvite;
  readonly #script: PhoneScript;
  readonly #timers: Timer[] = [];
  #talk: Talk | null = null;
  #up: SipCall | null = null;

  constructor(setup: RobotSetup, invite: IncomingInvite, number: string, script: PhoneScript) {
    this.#setup = setup;
    this.#invite = invite;
    this.#script = script;
    this.number = number;
    this.callId = callId(invite.request);
    invite.onCancelled(() => this.#ended("cancelled"));
    void this.#play();
  }

  get heard(): readonly Heard[] {
    return this.#talk?.voice.heard ?? [];
  }

  get keysHeard(): string {
    return this.#talk?.voice.keysHeard ?? "";
  }

  get packetsReceived(): number {
    return this.#talk?.voice.packetsReceived ?? 0;
  }

  press(keys: string): void {
    this.#talk?.voice.press(keys);
  }

  /** Ends the call in whatever state it is. */
  hangUp(): void {
    if (this.#up !== null) this.#up.hangUp();
    else this.#refuse(480);
  }

  async #play(): Promise<void> {
    const { ring_after_ms, early_media_after_ms, tone_hz, codec } = this.#script;
    const ending = endingOf(this.#script);
    this.#talk = await Talk.open(this.#setup, tone_hz ?? null, codec);
    if (this.state === "ended") return this.#talk.voice.close();
    if (ring_after_ms !== undefined) this.#later(ring_after_ms, () => this.#invite.ring());
    if (early_media_after_ms !== undefined) this.#later(early_media_after_ms, () => this.#ringAloud());
    if (ending === null) return;
    this.#later(ending.afterMs, () => (ending.sip === 200 ? this.#answer() : this.#refuse(ending.sip)));
  }

  #ringAloud(): void {
    const sdp = this.#agree();
    if (sdp !== null) this.#invite.ring(183, sdp);
  }

  #answer(): void {
    const sdp = this.#agree();
    if (this.#talk === null || sdp === null) return this.#refuse(488);
    this.state = "talking";
    this.status = 200;
    this.#up = this.#invite.answer(sdp);
    this.#up.handlers = this.#talk.handlers((end) => this.#ended(end));
    const after = hangUpAfterMs(this.#script);
    if (after !== null) this.#later(after, () => this.#up?.hangUp());
    for (const { after_ms, digits } of this.#script.presses ?? []) this.#later(after_ms, () => this.press(digits));
  }

  /** Our answer to what came with the INVITE; an offer of ours where nothing came. */
  #agree(): string | null {
    const { offer } = this.#invite;
    return (offer === null ? this.#talk?.offer() : this.#talk?.answer(offer)) ?? null;
  }

  #refuse(status: number): void {
    if (this.state !== "calling") return;
    this.status = status;
    this.#invite.reject(status);
    this.#ended("refused");
  }

  #later(ms: number, run: () => void): void {
    this.#timers.push(this.#setup.clock.after(ms, run));
  }

  #ended(end: NonNullable<RobotCall["end"]>): void {
    if (this.state === "ended") return;
    this.state = "ended";
    this.end = end;
    for (const timer of this.#timers) timer.cancel();
    this.#talk?.voice.close();
  }
}
