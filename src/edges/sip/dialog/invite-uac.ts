import type { Timer } from "../../../base/clock.ts";
import { DigestClient } from "../auth/client.ts";
import { buildRequest } from "../message/build.ts";
import { finalResponse } from "../message/fields.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { to } from "../message/message.ts";
import { NameAddr } from "../message/name-addr.ts";
import { LONGEST_RINGING_MS } from "../transaction/timers.ts";
import { LARGEST_UDP_REQUEST } from "../transport/layer.ts";
import { literalAddress, type SipTargetAddress } from "../transport/resolve.ts";
import type { TransportFlow } from "../transport/types.ts";
import type { DialHandlers, DialJournal, DialOptions, ExtraHeaders, PreparedInvite, RingingSnapshot } from "./types.ts";
import { type AttemptUser, InviteAttempt } from "./attempt.ts";
import { sdpOf } from "./body.ts";
import { CAPABILITIES, type StackContext, newId, userOf } from "./stack-context.ts";
import { callerDialog, firstSequence } from "./dialog.ts";
import { EarlyLeg } from "./early-leg.ts";
import type { EarlyOfferHandler } from "./early-updates.ts";
import { addHeaders, retryCredentials } from "./sender.ts";
import { allowedBy, Session } from "./session.ts";
import { agreeAsClient, longerInterval } from "./session-timer.ts";

/** ms to connect to one address over TCP. */
const CONNECT_MS = 5_000;
/** INVITEs sent again to one address for challenges and 422 together. */
const MOST_RETRIES = 4;
/** Early dialogs per attempt; a forking proxy has a few, an attacker many. More are not reported. */
const MOST_FORKS = 32;

/** An INVITE that is ready to be sent. */
interface Outgoing {
  readonly flow: TransportFlow;
  readonly request: SipRequest;
}

/*
 *   resolving ──► attempt at address 1 ── 401, 407, 422 ──► again, same flow
 *                  │      │ silence, 503, broken flow ──► attempt at address 2 …
 *                  │      └ any other refusal ──► failed
 *                  └ 2xx ──► answered (a Session); further forks: ACK, BYE
 */

/**
 * One dial: an INVITE over all addresses of its target (RFC 3261 13.2, RFC 3262, RFC 3263 4.3). Late answers are
 * handled for half a minute, during which the call that it made may end: it keeps only the tag of that call.
 */
export class InviteUac implements PreparedInvite, AttemptUser {
  readonly callId: string;
  readonly #stack: StackContext;
  readonly #options: Omit<DialOptions, "handlers" | "journal" | "sdp">;
  /** Null once the attempt is over. */
  #handlers: DialHandlers | null;
  /** Null: nothing is journalled, or the attempt is over. */
  #journal: DialJournal | null;
  readonly #localTag: string;
  readonly #from: string;
  /** User part of our Contact. */
  readonly #user: string | null;
  /** Our offer, until the attempt is over. */
  #sdp: string;
  readonly #digest: DigestClient | null;
  readonly #legs = new Map<string, EarlyLeg>();
  #sequence: number;
  #addresses: readonly SipTargetAddress[] = [];
  /** Prepared before `send`, for the first address. */
  #ready: Outgoing | null = null;
  #next = 0;
  #retries = 0;
  /** Headers that a 422 requires. */
  #interval: ExtraHeaders = [];
  #attempt: InviteAttempt | null = null;
  /** Earlier attempts whose CANCEL is still waiting for a 1xx. */
  readonly #abandoned: InviteAttempt[] = [];
  #progressed = false;
  /** To tag of the answer. */
  #answeredBy: string | null = null;
  #state: "dialling" | "over" = "dialling";
  #cancelHeaders: ExtraHeaders = [];
  #silence: Timer | null = null;
  #ringing: Timer | null = null;
  #lastRefusal: SipResponse | null = null;

  readonly #onClosed: () => void;

  /** `onClosed` is called when it has been answered, refused or cancelled. */
  constructor(stack: StackContext, options: DialOptions, onClosed: () => void) {
    this.#stack = stack;
    this.#onClosed = onClosed;
    const { handlers, journal = null, sdp, ...rest } = options;
    this.#options = rest;
    this.#handlers = handlers;
    this.#journal = journal;
    this.callId = newId(stack);
    this.#localTag = newId(stack);
    this.#sequence = firstSequence(stack);
    const { display, uri } = options.from;
    this.#from = `${new NameAddr(display ?? null, uri).toString()};tag=${this.#localTag}`;
    this.#user = userOf(this.#from);
    this.#sdp = sdp;
    this.#digest = options.credentials ? new DigestClient(options.credentials, stack.random) : null;
  }

  /** Prepares what needs no DNS: the INVITE to an IP literal. */
  prepare(): void {
    const { address, port } = this.#options.target;
    const literal = literalAddress(address, port);
    if (literal === null) return;
    this.#addresses = [literal];
    this.#ready = this.#outgoing(literal);
  }

  send(): void {
    if (this.#state === "over") return;
    this.#ringing = this.#stack.clock.after(LONGEST_RINGING_MS, () => this.#onTooLong());
    if (this.#addresses.length > 0) this.#tryNext("no address");
    else void this.#resolve();
  }

  async #resolve(): Promise<void> {
    const { address, port, protocol } = this.#options.target;
    const { clock, resolve } = this.#stack;
    let problem = "no address";
    try {
      this.#addresses = await resolve(address, port, protocol);
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    // Through the clock, which catches what the handlers throw.
    clock.after(0, () => this.#tryNext(problem));
  }

  cancel(headers: ExtraHeaders = []): void {
    const call =
      this.#answeredBy === null ? null : this.#stack.dialogs.of(this.callId, this.#localTag, this.#answeredBy);
    if (call instanceof Session) call.hangUp(headers);
    if (this.#state === "over") return;
    this.#cancelHeaders = headers;
    for (const attempt of this.#abandoned) attempt.cancel(headers);
    this.#attempt?.cancel(headers);
    this.#close();
  }

  snapshot(): RingingSnapshot | null {
    return this.#state === "over" ? null : (this.#attempt?.snapshot() ?? null);
  }

  /** Stops every timer and reports nothing: the endpoint is stopping. */
  suspend(): void {
    this.#close();
  }

  /** Tries the next address; after the last one, fails with the last refusal, or else with `reason`. */
  #tryNext(reason: string): void {
    if (this.#state === "over") return;
    const address = this.#addresses[this.#next++];
    const refusal = this.#lastRefusal;
    if (address !== undefined) this.#tryAddress(address);
    else this.#fail(reason, refusal);
  }

  #tryAddress(address: SipTargetAddress): void {
    const outgoing = this.#ready ?? this.#outgoing(address);
    this.#ready = null;
    this.#retries = 0;
    if (outgoing !== null) this.#begin(outgoing.flow, outgoing.request);
    else {
      const { protocol } = this.#options.target;
      this.#stack.clock.after(0, () => this.#tryNext(`no ${protocol} listener for ${address.address}`));
    }
  }

  /** The INVITE to that address, and the flow for it; null if no listener of ours leads there. */
  #outgoing(address: SipTargetAddress): Outgoing | null {
    const { target, connectTimeoutMs = CONNECT_MS } = this.#options;
    const flow = this.#stack.transport.flowTo(target.protocol, address.address, address.port, connectTimeoutMs);
    if (flow === null) return null;
    const request = this.#invite(flow);
    const other = flow.reliable ? null : this.#flowForSize(request, address);
    return other === null ? { flow, request } : { flow: other, request: this.#invite(other) };
  }

  /** RFC 3261 18.1.1: an INVITE that is too large for UDP is sent over TCP if the target accepts that, else as it is (null). */
  #flowForSize(request: SipRequest, address: SipTargetAddress): TransportFlow | null {
    const octets = sizeOf(request);
    if (octets <= LARGEST_UDP_REQUEST) return null;
    const { transport, log } = this.#stack;
    const { target, connectTimeoutMs = CONNECT_MS } = this.#options;
    const allowed = target.largeByTcp === true;
    const flow = allowed ? transport.flowTo("tcp", address.address, address.port, connectTimeoutMs) : null;
    if (flow === null) log.warn({ octets, callId: this.callId }, "an INVITE larger than 1,300 octets is sent over UDP");
    return flow;
  }

  #begin(flow: TransportFlow, request: SipRequest): void {
    const attempt = new InviteAttempt(this.#stack, request, flow, this);
    this.#attempt = attempt;
    const written = attempt.snapshot();
    if (this.#journal === null || written === null) this.#start(attempt);
    else void this.#journal.inviting(written).then(() => this.#start(attempt));
  }

  /** It may have been cancelled while it was being journalled. */
  #start(attempt: InviteAttempt): void {
    if (attempt !== this.#attempt || this.#state === "over") return;
    this.#watchSilence(attempt);
    attempt.start();
  }

  #invite(flow: TransportFlow): SipRequest {
    const { target, to: callee, headers = [], maxForwards } = this.#options;
    return buildRequest({
      method: "INVITE",
      uri: target.uri,
      from: this.#from,
      to: new NameAddr(callee.display ?? null, callee.uri),
      callId: this.callId,
      cseq: this.#sequence,
      ...(maxForwards === undefined ? {} : { maxForwards }),
      contact: `<${this.#stack.transport.contactUri(flow, this.#user)}>`,
      headers: [["User-Agent", this.#stack.userAgent], ...CAPABILITIES, ...this.#interval, ...headers],
      body: this.#sdp,
      contentType: "application/sdp",
    });
  }

  /** Notices a dead trunk long before timer B. */
  #watchSilence(attempt: InviteAttempt): void {
    this.#silence?.cancel();
    const { noProvisionalTimeoutMs } = this.#options;
    if (noProvisionalTimeoutMs === undefined) return;
    this.#silence = this.#stack.clock.after(noProvisionalTimeoutMs, () => {
      if (attempt !== this.#attempt || attempt.responded) return;
      attempt.cancel([]);
      this.#abandoned.push(attempt);
      this.#tryNext("no response");
    });
  }

  onProvisional(attempt: InviteAttempt, response: SipResponse): void {
    if (attempt !== this.#attempt || this.#state === "over") return;
    const tag = to(response).tag ?? "";
    this.#progressed = true;
    let leg = this.#legs.get(tag);
    if (leg === undefined) {
      if (this.#legs.size >= MOST_FORKS) return;
      const askUser = (sdp: string): ReturnType<EarlyOfferHandler> =>
        this.#handlers?.onOffer?.(sdp, tag) ?? { status: 488 };
      leg = new EarlyLeg(this.#stack, this.#dialogOf(attempt, response), askUser);
      this.#legs.set(leg.dialog.remoteTag, leg);
    }
    if (leg.onProvisional(response)) this.#handlers?.onProgress(response.status, leg.news, tag);
  }

  #dialogOf(attempt: InviteAttempt, response: SipResponse): ReturnType<typeof callerDialog> {
    const { callId } = this;
    const invite = { callId, localTag: this.#localTag, from: this.#from, uri: this.#options.target.uri };
    return callerDialog(this.#stack, { ...invite, cseq: attempt.sequence }, response, attempt.flow, this.#digest);
  }

  /** The first is the answer; a later one, or one of another fork, is acknowledged and ended. */
  onSuccess(attempt: InviteAttempt, response: SipResponse): void {
    const wanted = attempt === this.#attempt && this.#state === "dialling";
    const tag = to(response).tag ?? "";
    const leg = this.#legs.get(tag);
    // The 2xx has the last word on route set and target (RFC 3261 13.2.2.4); the sequence continues after our PRACKs.
    const dialog = this.#dialogOf(attempt, response);
    if (leg !== undefined) dialog.takeOver(leg.dialog);
    this.#legs.delete(tag);
    const session = new Session(this.#stack, dialog, {
      localSdp: wanted ? (leg?.localSdp ?? this.#sdp) : null,
      interval: agreeAsClient(response),
      peerAllows: allowedBy(response),
    });
    session.acknowledged = attempt.sequence;
    session.begin();
    session.acknowledgeFirst = () => attempt.acknowledge(dialog);
    const journal = wanted ? this.#journal : null;
    if (journal === null) session.acknowledge();
    // After an UPDATE the 200 can only repeat an older answer (RFC 3261 13.2.1).
    const sdp = leg?.localSdp == null ? sdpOf(response) : null;
    if (wanted) this.#answered(session, sdp ?? leg?.sdp ?? null);
    else session.hangUp(this.#cancelHeaders);
    if (journal !== null) void journal.answered().then(() => session.acknowledge());
  }

  #answered(session: Session, sdp: string | null): void {
    this.#answeredBy = session.dialog.remoteTag;
    const handlers = this.#close();
    handlers?.onAnswered(session, sdp);
  }

  onRefused(attempt: InviteAttempt, response: SipResponse, request: SipRequest): void {
    if (attempt !== this.#attempt || this.#state === "over") return;
    const credentials = retryCredentials(this.#digest, request, response);
    const longer = response.status === 422 ? longerInterval(response) : null;
    if (longer !== null) this.#interval = longer;
    if ((credentials !== null || longer !== null) && this.#retries++ < MOST_RETRIES) {
      this.#sequence++;
      const again = this.#invite(attempt.flow);
      addHeaders(again, credentials ?? []);
      this.#begin(attempt.flow, again);
    } else if (response.status === 503 && !this.#progressed) {
      this.#lastRefusal = response;
      this.#tryNext(response.reason);
    } else this.#fail(response.reason, response);
  }

  onNoResponse(attempt: InviteAttempt, reason: string): void {
    if (attempt !== this.#attempt || this.#state === "over") return;
    if (this.#progressed) this.#fail(reason, null);
    else this.#tryNext(reason);
  }

  #onTooLong(): void {
    this.#attempt?.cancel([]);
    this.#fail("no final response", null);
  }

  /** `reason` is used if there is no `refusal`. */
  #fail(reason: string, refusal: SipResponse | null): void {
    if (this.#state === "over") return;
    const final = refusal === null ? null : finalResponse(refusal);
    const handlers = this.#close();
    handlers?.onFailed(final?.status ?? null, final?.reasonPhrase ?? reason, final);
  }

  /** Only the handlers of a call are called after this, except by the caller of this method, which gets the dial's. */
  #close(): DialHandlers | null {
    const handlers = this.#handlers;
    this.#handlers = null;
    this.#journal = null;
    this.#sdp = "";
    this.#state = "over";
    this.#silence?.cancel();
    this.#ringing?.cancel();
    this.#abandoned.length = 0;
    for (const leg of this.#legs.values()) leg.close();
    this.#onClosed();
    return handlers;
  }
}

/** Octets on the wire, accurate enough for the 1,300-octet rule, including the Via that is still to be added. */
function sizeOf(request: SipRequest): number {
  let octets = LINE_AND_VIA + request.uriText.length + request.body.length;
  for (const [name, value] of request.headers.entries()) octets += name.length + value.length + ": \r\n".length;
  return octets;
}

/** "INVITE", "SIP/2.0", their spaces and line ends, Content-Length, and a Via with a branch of 27 characters. */
const LINE_AND_VIA = 130;
