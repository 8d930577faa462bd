import type { Timer } from "../../../base/clock.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import type { ExtraHeaders, ReinviteResult } from "./types.ts";
import { InviteAttempt } from "./attempt.ts";
import { sdpOf } from "./body.ts";
import { CAPABILITIES } from "./stack-context.ts";
import { withFlow } from "./route.ts";
import { addHeaders, retryCredentials, sendInDialog } from "./sender.ts";
import type { SessionContext } from "./session-context.ts";
import { agreeAsClient, longerInterval, refreshHeaders } from "./session-timer.ts";

/** How many times one re-INVITE is sent again, for 491, 422 and challenges together. */
const MOST_TRIES = 6;
/** ms without a final response to a re-INVITE, whatever its 1xx says: nothing rings in the middle of a call. */
const LONGEST_REINVITE_MS = 60_000;
/** ms, RFC 3261 14.1: the owner of the Call-ID waits 2.1 to 4 s, the other 0 to 2 s, in steps of 10 ms. */
const OWNER_WAIT_MS = { from: 2_100, to: 4_000 };
const OTHER_WAIT_MS = { from: 0, to: 2_000 };
const WAIT_STEP_MS = 10;

/** One re-INVITE from the user's point of view, over all its tries. */
interface Reoffer {
  readonly sdp: string;
  readonly headers: ExtraHeaders;
  /** Credentials for the challenge that has just arrived; null: those for earlier challenges. */
  readonly credentials: ExtraHeaders | null;
  readonly tries: number;
  readonly done: (result: ReinviteResult) => void;
}

/** Our re-INVITEs and session refreshes (RFC 3261 14.1, RFC 4028 10). */
export class OutboundOffers {
  readonly #session: SessionContext;
  #attempt: InviteAttempt | null = null;
  #reoffer: Reoffer | null = null;
  #retry: Timer | null = null;
  #limit: Timer | null = null;

  constructor(session: SessionContext) {
    this.#session = session;
  }

  reinvite(sdp: string, done: (result: ReinviteResult) => void): void {
    const { interval } = this.#session.timer;
    this.#begin({ sdp, headers: interval === null ? [] : refreshHeaders(interval), credentials: null, tries: 0, done });
  }

  /** By an UPDATE without SDP if the far side accepts that, else by a re-INVITE with our last SDP. */
  refresh(): void {
    const { stack, dialog, timer, peerAllows, localSdp } = this.#session;
    const { interval } = timer;
    if (this.#session.ended || interval === null) return;
    const headers = [...CAPABILITIES, ...refreshHeaders(interval)];
    if (localSdp !== null && !peerAllows.has("UPDATE")) this.#refreshByInvite(localSdp);
    else
      sendInDialog(stack, dialog, { method: "UPDATE", withContact: true, headers }, (outcome) => {
        if (outcome.kind === "silence") this.#session.end("lost");
        else this.#onRefreshed(outcome.response);
      });
  }

  /** The session is over: nothing is tried again, and a pending re-INVITE fails. */
  stop(): void {
    this.#attempt?.cancel([]);
    this.#finish({ ok: false, status: null, reason: "the call has ended" });
  }

  #begin(reoffer: Reoffer): void {
    const { offers, ended } = this.#session;
    if (ended) reoffer.done({ ok: false, status: null, reason: "the call has ended" });
    else if (this.#reoffer !== null || !offers.offer()) reoffer.done({ ok: false, status: 491, reason: "busy" });
    else {
      this.#reoffer = reoffer;
      this.#send(reoffer);
    }
  }

  #send(reoffer: Reoffer): void {
    const { stack, dialog } = this.#session;
    const { sdp: body, headers, credentials } = reoffer;
    const request = dialog.request({
      method: "INVITE",
      withContact: true,
      headers: [...CAPABILITIES, ...headers],
      body,
    });
    addHeaders(request, credentials ?? dialog.digest?.authorize(request) ?? []);
    withFlow(stack, dialog, (flow) => {
      if (this.#reoffer !== reoffer) return;
      const attempt: InviteAttempt = new InviteAttempt(stack, request, flow, {
        onProvisional() {},
        onSuccess: (_, response) => this.#onSuccess(attempt, response),
        onRefused: (_, response, refused) => this.#onRefused(reoffer, refused, response),
        onNoResponse: () => this.#session.end("lost"),
      });
      this.#attempt = attempt;
      this.#limit?.cancel();
      this.#limit = stack.clock.after(LONGEST_REINVITE_MS, () => this.#onTooLong());
      attempt.start();
    });
  }

  #onSuccess(attempt: InviteAttempt, response: SipResponse): void {
    const session = this.#session;
    session.dialog.refreshTarget(response);
    session.acknowledged = attempt.sequence;
    attempt.acknowledge(session.dialog);
    const reoffer = this.#reoffer;
    if (attempt !== this.#attempt || reoffer === null || session.ended) return;
    const sdp = sdpOf(response);
    session.offers.settle();
    if (sdp !== null) session.localSdp = reoffer.sdp;
    session.timer.restart(agreeAsClient(response));
    this.#finish(
      sdp === null ? { ok: false, status: response.status, reason: "no answer in the 200" } : { ok: true, sdp },
    );
  }

  #onRefused(reoffer: Reoffer, request: SipRequest, response: SipResponse): void {
    const { dialog, offers } = this.#session;
    const { status } = response;
    this.#attempt = null;
    this.#limit?.cancel();
    const credentials = retryCredentials(dialog.digest, request, response);
    const longer = status === 422 ? longerInterval(response) : null;
    if (credentials !== null) this.#again({ ...reoffer, credentials });
    else if (longer !== null) this.#again({ ...reoffer, credentials: null, headers: longer });
    else {
      offers.settle();
      if (status === 491 && reoffer.tries < MOST_TRIES) this.#afterGlare(reoffer);
      else if (status === 408 || status === 481) this.#session.end("lost");
      else this.#finish({ ok: false, status, reason: response.reason });
    }
  }

  /** Sends it again at once with other headers; a peer that keeps refusing gets a few tries. */
  #again(reoffer: Reoffer): void {
    const next = { ...reoffer, tries: reoffer.tries + 1 };
    this.#reoffer = next;
    if (next.tries <= MOST_TRIES) this.#send(next);
    else {
      this.#session.offers.settle();
      this.#finish({ ok: false, status: null, reason: "refused too many times" });
    }
  }

  /** Meanwhile the far side's re-INVITE may arrive, and goes first. */
  #afterGlare(reoffer: Reoffer): void {
    const next = { ...reoffer, credentials: null, tries: reoffer.tries + 1 };
    this.#reoffer = next;
    this.#retry = this.#session.stack.clock.after(this.#glareWait(), () => {
      if (this.#reoffer !== next) return;
      if (this.#session.offers.offer()) this.#send(next);
      else if (next.tries < MOST_TRIES) this.#afterGlare(next);
      else this.#finish({ ok: false, status: 491, reason: "busy" });
    });
  }

  #glareWait(): number {
    const { dialog, stack } = this.#session;
    const range = dialog.role === "caller" ? OWNER_WAIT_MS : OTHER_WAIT_MS;
    const steps = (range.to - range.from) / WAIT_STEP_MS;
    return range.from + Math.round(stack.random.next() * steps) * WAIT_STEP_MS;
  }

  #onTooLong(): void {
    this.#attempt?.cancel([]);
    this.#session.offers.settle();
    this.#finish({ ok: false, status: null, reason: "no final response" });
  }

  #finish(result: ReinviteResult): void {
    const reoffer = this.#reoffer;
    this.#reoffer = null;
    this.#attempt = null;
    this.#retry?.cancel();
    this.#limit?.cancel();
    reoffer?.done(result);
  }

  #refreshByInvite(sdp: string): void {
    this.reinvite(sdp, (result) => {
      if (result.ok) this.#session.handlers.onAnswer(result.sdp);
      else this.#refreshLater();
    });
  }

  #onRefreshed(response: SipResponse): void {
    const { timer, localSdp } = this.#session;
    const { status } = response;
    if (status < 300) {
      this.#session.dialog.refreshTarget(response);
      timer.restart(agreeAsClient(response));
    } else if (status === 408 || status === 481) this.#session.end("lost");
    else if ((status === 405 || status === 501) && localSdp !== null) this.#refreshByInvite(localSdp);
    else this.#onRefreshRefused(response);
  }

  /** After a 422, tries again with the interval that it names; after anything else, tries again soon, until the session expires. */
  #onRefreshRefused(response: SipResponse): void {
    const { timer } = this.#session;
    const least = response.status === 422 ? Number(longerInterval(response)?.[1]?.[1] ?? 0) : 0;
    if (timer.interval !== null && least > timer.interval.expiresS) timer.extend(least);
    this.#refreshLater();
  }

  #refreshLater(): void {
    const { stack } = this.#session;
    this.#retry?.cancel();
    this.#retry = stack.clock.after(Math.max(this.#glareWait(), OWNER_WAIT_MS.from), () => this.refresh());
  }
}
