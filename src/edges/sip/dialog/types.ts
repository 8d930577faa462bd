import type { FinalResponse, ReasonValue } from "../message/fields.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";

export type { FinalResponse, ReasonValue } from "../message/fields.ts";

/** The transports of this stack; a TLS listener will be a third. */
export type SipProtocol = "udp" | "tcp";

/** Where a message really came from: the socket's far end, not what its headers say. */
export interface SipSource {
  readonly protocol: SipProtocol;
  readonly address: string;
  readonly port: number;
}

/** `[name, value]` in order, as they are on the wire. Line breaks in a value become spaces. */
export type ExtraHeaders = readonly (readonly [name: string, value: string])[];

/** Digest user and password of a trunk (RFC 2617, 8760). */
export interface SipCredentials {
  readonly username: string;
  readonly password: string;
}

/**
 * Why an established call ended.
 * `hung_up` our {@link SipCall.hangUp} · `remote_bye` the far side's BYE · `no_ack` our 200 was not acknowledged within
 * 64·T1 (RFC 3261 13.3.1.4) · `no_answer_in_ack` our offer was never answered · `session_expired` RFC 4028 ·
 * `lost` a request in the dialog got 408, 481 or no answer at all (RFC 3261 12.2.1.2, 14.1).
 */
export type CallEnd = "hung_up" | "remote_bye" | "no_ack" | "no_answer_in_ack" | "session_expired" | "lost";

/** The reply to an offer inside a call: SDP, or the status to refuse it with (488 when in doubt) and its headers. */
export type OfferReply =
  | string
  | { readonly status: number; readonly reason?: string; readonly headers?: ExtraHeaders };

/** What a call reports to its user. Set {@link SipCall.handlers} before control returns to the event loop. */
export interface CallHandlers {
  /**
   * Called exactly once, whichever side ended it; synchronously inside `hangUp` if we did. `bye`: the far side's BYE;
   * null if there was none. `reasons`: the Reason headers (RFC 3326) of that BYE, or of the CANCEL that crossed our
   * 200.
   */
  onEnded(end: CallEnd, bye: SipRequest | null, reasons: readonly ReasonValue[]): void;
  /**
   * A re-INVITE or UPDATE with an offer: returns our answer. With `null` (offerless re-INVITE) returns our offer; its
   * answer comes to `onAnswer`, or never, if the far side's ACK has none: the session then stays as it was. While a
   * promise is pending, further offers are refused with 500 or 491.
   */
  onOffer(sdp: string | null): OfferReply | Promise<OfferReply>;
  /** The ACK to the 200 that answered an incoming call has arrived: the caller is really there. */
  onAcknowledged?(): void;
  /** The answer, in the ACK, to an offer of ours that was sent in a 2xx (RFC 3264, RFC 6337). */
  onAnswer(sdp: string): void;
  /** INFO (RFC 6086, and the older DTMF kind); it has been answered with 200. */
  onInfo(contentType: string, body: Buffer): void;
}

/** A session that is up: one confirmed INVITE dialog. All methods are harmless after the end. */
export interface SipCall {
  /** Our name for the dialog: unique in this process, not on the wire. Equal to the id in the snapshot. */
  readonly id: string;
  readonly callId: string;
  /** Where the far side's last message came from. */
  readonly source: SipSource;
  readonly ended: boolean;
  handlers: CallHandlers;
  /** Sends BYE (after the ACK, if it has to wait for one: RFC 3261 15). A second call does nothing. */
  hangUp(headers?: ExtraHeaders): void;
  /**
   * Makes a new offer, `sdp`. Glare (491) is retried as RFC 3261 14.1 says; a refusal leaves the session as it was.
   * Never rejects. `busy`: an offer, ours or theirs, is already pending.
   */
  reinvite(sdp: string): Promise<ReinviteResult>;
  /** Sends INFO; resolves to the status of the final response, 408 if there was none. Never rejects. */
  info(contentType: string, body: string | Buffer): Promise<number>;
  /** Everything that a restarted process needs to continue with {@link import("../endpoint.ts").SipEndpoint.adopt}. */
  snapshot(): DialogSnapshot;
}

export type ReinviteResult =
  | { readonly ok: true; readonly sdp: string }
  | { readonly ok: false; readonly status: number | null; readonly reason: string };

/** An incoming call that is neither answered nor refused. After its end all methods do nothing. */
export interface IncomingInvite {
  readonly source: SipSource;
  readonly request: SipRequest;
  /** The far side's SDP; null if the INVITE had none: then `answer` must carry our offer. */
  readonly offer: string | null;
  /**
   * Hops that the request may still take; 70 if it has no Max-Forwards. Never 0: such an INVITE has been refused with
   * 483. A call made because of this one is dialled with one less ({@link DialOptions.maxForwards}).
   */
  readonly maxForwards: number;
  /** 180 Ringing, or 183 with early media. Sent reliably when the INVITE requires 100rel (RFC 3262). */
  ring(status?: 180 | 183, sdp?: string): void;
  /** The dialog that `answer` will confirm: what a restarted process needs to hang up the resulting call. */
  snapshot(): DialogSnapshot;
  /**
   * 200, resent until the ACK; without an ACK in time: BYE, and the call ends with `no_ack`. If the caller has already
   * cancelled, the call ends at once and `onEnded` is the only thing that follows. `credentials`: for a trunk that
   * challenges our requests in the dialog.
   */
  answer(sdp: string, credentials?: SipCredentials | null): SipCall;
  /** A final refusal, 300 to 699; `reason` null: the standard phrase. */
  reject(status: number, reason?: string | null, headers?: ExtraHeaders): void;
  /**
   * The caller cancelled before an answer (CANCEL or BYE, whose Reason headers are passed on); 487 has been sent.
   * Called at most once.
   */
  onCancelled(run: (reasons: readonly ReasonValue[]) => void): void;
  /**
   * Sets what answers an UPDATE with an offer that comes before our final response, once a reliable 183 has carried
   * our answer to the INVITE's own offer (RFC 3311 5.2). Until it is set, such an UPDATE gets 488. The session
   * description of `answer` is then not sent, since the offer of the INVITE is already answered.
   */
  onOffer(run: (sdp: string) => OfferReply | Promise<OfferReply>): void;
}

/** One outgoing attempt. */
export interface OutgoingInvite {
  readonly callId: string;
  /**
   * Ends the attempt, whatever its state: before a 1xx the CANCEL is queued, after a 1xx it is sent, and after a 2xx
   * ACK and BYE are. `headers` (a Reason: RFC 3326) are in every CANCEL and BYE that this leads to, including queued
   * ones and those for late forks. None of the dial's handlers is called afterwards.
   */
  cancel(headers?: ExtraHeaders): void;
  /**
   * What a restarted process needs to cancel it ({@link import("../endpoint.ts").SipEndpoint.cancel}); null if nothing
   * has been sent, or it is over.
   */
  snapshot(): RingingSnapshot | null;
}

/** An attempt that is ready to be sent. */
export interface PreparedInvite extends OutgoingInvite {
  send(): void;
}

/** Where an attempt is sent. */
export interface DialTarget {
  /** The Request-URI, `sip:` or `tel:`. */
  readonly uri: string;
  /** Host name or IP literal; every address it resolves to is tried in turn (RFC 3263). */
  readonly address: string;
  /** Null: SRV is looked up for a host name, otherwise it is 5060. */
  readonly port: number | null;
  readonly protocol: SipProtocol;
  /** An INVITE over 1,300 octets is sent over TCP (RFC 3261 18.1.1). Default false: it is sent over UDP anyway, and logged. */
  readonly largeByTcp?: boolean;
}

/** A From: display name without quotes, and a URI. */
export interface PartyAddress {
  readonly display?: string;
  readonly uri: string;
}

export interface DialHandlers {
  /** Each 101–199 with its To tag (one per fork). `sdp`: early media of that fork. Retransmissions are not reported. */
  onProgress(status: number, sdp: string | null, toTag: string): void;
  /**
   * The first 2xx; its ACK is sent. `sdp`: the answer; null if neither the 200 nor a 18x of its fork had one (then the
   * session cannot work: hang up). Further forks' 2xx are acknowledged and ended without being reported.
   */
  onAnswered(call: SipCall, sdp: string | null): void;
  /**
   * The attempt failed. `status` null: no final response came, and `reason` says what happened instead; otherwise
   * `reason` is the reason phrase and `final` the details of the response: Reason headers, the Contacts of a 3xx,
   * Retry-After.
   */
  onFailed(status: number | null, reason: string, final: FinalResponse | null): void;
  /**
   * An UPDATE with an offer in the early dialog of that To tag (RFC 3311): returns our answer. Absent: 488. When the
   * call is answered, `onAnswered` gets this offer as the far side's description, whatever an earlier 18x said.
   */
  onOffer?(sdp: string, toTag: string): OfferReply | Promise<OfferReply>;
}

/**
 * Journals what a process that starts after a crash needs, before the far side can notice anything. A message that
 * waits for a promise is sent when it resolves, or never if it is cancelled first.
 */
export interface DialJournal {
  /** An INVITE is ready: the first, or another one after a challenge or a 422, or to another address. It waits. */
  inviting(invite: RingingSnapshot): Promise<void>;
  /** A 2xx came, and `onAnswered` has returned. Its ACK waits, unless the call is hung up first. */
  answered(): Promise<void>;
}

export interface DialOptions {
  readonly target: DialTarget;
  readonly from: PartyAddress;
  readonly to: PartyAddress;
  /** Diversion, History-Info, P-Asserted-Identity and the like. */
  readonly headers?: ExtraHeaders;
  /** 0 to 255; default 70. For a call made because of another: that one's {@link IncomingInvite.maxForwards} minus 1. */
  readonly maxForwards?: number;
  readonly sdp: string;
  readonly credentials?: SipCredentials | null;
  readonly handlers: DialHandlers;
  /** Absent: nothing waits. */
  readonly journal?: DialJournal;
  /** For TCP, per address. Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** After this long without any response, even 100: next address, then `onFailed(null, …)`. Default: timer B, 32,000. */
  readonly noProvisionalTimeoutMs?: number;
}

/** A request outside of a dialog that we send: REGISTER, OPTIONS, MESSAGE. */
export interface RequestOptions {
  readonly method: string;
  readonly target: DialTarget;
  readonly from: PartyAddress;
  readonly to: PartyAddress;
  readonly headers?: ExtraHeaders;
  readonly body?: { readonly contentType: string; readonly content: string | Buffer };
  readonly credentials?: SipCredentials | null;
  /** Same Call-ID and rising CSeq over several requests, as REGISTER needs it; absent: new ones. */
  readonly sequence?: { readonly callId: string; readonly cseq: number };
  readonly timeoutMs?: number;
}

/** The end of one out-of-dialog request. `cseq`: the last one used, authentication included. */
export type SipRequestResult =
  | { readonly ok: true; readonly response: SipResponse; readonly source: SipSource; readonly cseq: number }
  | { readonly ok: false; readonly reason: string; readonly cseq: number };

/** A request outside of a dialog other than INVITE, ACK, CANCEL and OPTIONS: for a registrar or a message handler. */
export interface IncomingRequest {
  readonly source: SipSource;
  readonly request: SipRequest;
  /** Answers once; a second call does nothing. */
  respond(
    status: number,
    reason?: string | null,
    headers?: ExtraHeaders,
    body?: { readonly contentType: string; readonly content: string | Buffer },
  ): void;
}

/**
 * A dialog as a plain JSON value: everything that is needed to send requests in it, to answer those of the far side, and to
 * repeat an ACK, after a restart (RFC 3261 12). URIs and header values are as on the wire. No secrets.
 */
export interface DialogSnapshot {
  readonly version: 1;
  readonly id: string;
  readonly role: "caller" | "callee";
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** From and To of our requests, with their tags. */
  readonly localParty: string;
  readonly remoteParty: string;
  readonly localSequence: number;
  readonly remoteSequence: number | null;
  readonly remoteTarget: string;
  readonly routeSet: readonly string[];
  readonly flow: FlowSnapshot;
  /** CSeq number of the last INVITE of ours that got a 2xx, for repeating its ACK; null if there is none. */
  readonly acknowledged: number | null;
  /** Session timer (RFC 4028); null if none is agreed. */
  readonly session: { readonly expiresS: number; readonly weRefresh: boolean; readonly untilMs: number } | null;
  /** Our last session description, for refreshing re-INVITEs. */
  readonly localSdp: string | null;
  readonly peerAllows: readonly string[];
}

/** The flow that was in use: the listener's address and the peer's. */
export interface FlowSnapshot {
  readonly protocol: SipProtocol;
  readonly localHost: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/**
 * An INVITE of ours that is ringing, as a plain JSON value: the parts of it that its CANCEL and the ACK of its refusal repeat
 * (RFC 3261 9.1, 17.1.1.3). Values are as on the wire. No secrets.
 */
export interface RingingSnapshot {
  readonly version: 1;
  readonly uri: string;
  /** Our Via, with the branch that names the transaction. */
  readonly via: string;
  readonly routes: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  readonly cseq: number;
  readonly flow: FlowSnapshot;
}
