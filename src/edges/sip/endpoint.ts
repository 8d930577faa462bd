import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import { boundedLog } from "./bounded-log.ts";
import { DigestClient } from "./auth/client.ts";
import type {
  DialOptions,
  DialogSnapshot,
  DialTarget,
  ExtraHeaders,
  IncomingInvite,
  IncomingRequest,
  OutgoingInvite,
  PreparedInvite,
  RequestOptions,
  SipRequestResult,
  RingingSnapshot,
  SipCall,
  SipCredentials,
  SipProtocol,
  SipSource,
} from "./dialog/types.ts";
import { hasUnusableBody } from "./dialog/body.ts";
import {
  ALL_CAPABILITIES,
  ALLOWED_METHODS,
  contactFor,
  type StackContext,
  newId,
  respond,
} from "./dialog/stack-context.ts";
import { callerDialog, Dialog } from "./dialog/dialog.ts";
import { addHeaders } from "./dialog/sender.ts";
import { flowFrom } from "./dialog/flow-snapshot.ts";
import { InviteUac } from "./dialog/invite-uac.ts";
import { InviteUas } from "./dialog/invite-uas.ts";
import { sendOutOfDialog } from "./dialog/out-of-dialog.ts";
import { Session } from "./dialog/session.ts";
import { DialogTable } from "./dialog/table.ts";
import { buildCancel, buildRequest, detach } from "./message/build.ts";
import { callId, cseq, from, maxForwards, type SipRequest, type SipResponse, to } from "./message/message.ts";
import type { SipRefusal } from "./message/validate.ts";
import { parseVia } from "./message/via.ts";
import { guardedClock } from "./transaction/guarded-clock.ts";
import { type IncomingTransaction, TransactionLayer, type TransactionUser } from "./transaction/layer.ts";
import { DEFAULT_TIMERS, type Timers, transactionTimeout } from "./transaction/timers.ts";
import { reachableHost } from "./transport/interfaces.ts";
import { TransportLayer } from "./transport/layer.ts";
import { makeResolver, type Resolver, systemNameServer } from "./transport/resolve.ts";
import { socketTransport } from "./transport/sockets.ts";
import type { TransportFlow, TransportFactory } from "./transport/types.ts";

export type * from "./dialog/types.ts";

/** What the owner of the endpoint decides and observes. */
export interface SipHandlers {
  /** Called once per new INVITE outside a dialog, after 100 Trying was queued. */
  onInvite(invite: IncomingInvite): void;
  /**
   * Asked before any state is created, for every request outside of a dialog, and with the method `CONNECT` for every
   * incoming TCP connection: one that gets `drop` has ten seconds for a request in a dialog, and there is little room
   * for such connections. `reject`: 403; `drop`: no answer, which tells a scanner nothing. Requests in a dialog are
   * recognised by their tags and not asked about.
   */
  admits(source: SipSource, method: string): "accept" | "reject" | "drop";
  /**
   * Whether requests in a dialog are sent to where the peer's messages come from, whatever address its Contact names:
   * for trunks behind a NAT. Absent: only if a Contact cannot be reached.
   */
  isBehindNat?(source: SipSource): boolean;
  /** REGISTER, MESSAGE and the like; absent: 405. */
  onRequest?(request: IncomingRequest): void;
  /**
   * A request outside of any dialog came from a source that {@link admits} does not accept; a `drop` gets no answer.
   * Called for each copy that arrives, so limit what is logged. `method` is as the stranger wrote it; `CONNECT` for a
   * TCP connection that was closed before it sent a complete request.
   */
  onRefusedSource?(source: SipSource, method: string): void;
  /**
   * The stack itself refused a request of an accepted source, before any other handler saw it: malformed (400), too
   * many hops (483), a body that cannot be used (415), an extension (420), a loop (482)… Called for each copy.
   */
  onRefusedRequest?(source: SipSource, request: SipRequest, refusal: SipRefusal): void;
}

export interface SipListener {
  readonly protocol: SipProtocol;
  readonly host: string;
  /** 0: any free port; the real one is in {@link SipEndpoint.listening}. */
  readonly port: number;
}

export interface SipEndpointOptions {
  readonly listeners: readonly SipListener[];
  /** Host for Via and Contact instead of the listener's; the port stays the same. Null: the listener's own address. */
  readonly advertised: string | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly userAgent: string;
  readonly handlers: SipHandlers;
  readonly timers?: Partial<Timers>;
  /**
   * How long a call that we answered waits for its ACK before it ends with `no_ack`. Default 64·T1, 32,000 (RFC 3261
   * 13.3.1.4). A call whose INVITE was forged keeps a phone busy for all that time.
   */
  readonly ackTimeoutMs?: number;
  /** Default: UDP and TCP sockets of this machine. Tests pass a virtual network. */
  readonly transportFactory?: TransportFactory;
  /** Default: DNS (SRV, A, AAAA). */
  readonly resolver?: Resolver;
}

/** What is alive, as counts that return to zero once every timer has fired. */
export interface SipStats {
  readonly calls: number;
  readonly transactions: number;
  readonly pendingInvites: number;
  readonly connections: number;
  readonly received: number;
  readonly sent: number;
  readonly retransmitted: number;
  /** Messages that could not be parsed, or were dropped by `admits`. */
  readonly dropped: number;
}

/** How a ping ended: any response means that the far side is up, except 503, which means that it accepts no calls. */
export type PingResult =
  | { readonly alive: true; readonly status: number; readonly rttMs: number }
  | { readonly alive: false; readonly reason: string };

/**
 * A SIP user agent in both roles: receives INVITEs, sends INVITEs, keeps dialogs (RFC 3261 and friends). It knows
 * nothing about the content of SDP, calls between two dialogs, or customers.
 */
export interface SipEndpointApi {
  /** The listeners with their real ports, after `start`. */
  readonly listening: readonly SipListener[];
  readonly stats: SipStats;
  /** ms that incoming messages wait before they are read; cheap to read. Above T1 (500 ms) peers repeat what they sent. */
  readonly queueDelayMs: number;
  /** Binds every listener; rejects with the first that could not be bound, and leaves none open. */
  start(): Promise<void>;
  /** Sends an INVITE with an offer. Never throws because of the network: `handlers.onFailed` reports that. */
  dial(options: DialOptions): OutgoingInvite;
  /** Prepares an INVITE; nothing is sent before `send`, and nothing at all once it is cancelled. */
  prepare(options: DialOptions): PreparedInvite;
  /** Takes over a dialog of an earlier process; it must not be known yet. */
  adopt(snapshot: DialogSnapshot, credentials?: SipCredentials | null): SipCall;
  /**
   * Cancels a ringing INVITE of an earlier process: sends CANCEL, and ACK and BYE if it was answered meanwhile.
   * `headers` (a Reason) are added to the CANCEL and the BYE.
   */
  cancel(ringing: RingingSnapshot, headers?: ExtraHeaders): void;
  /** OPTIONS. Never rejects. */
  ping(target: DialTarget, timeoutMs?: number): Promise<PingResult>;
  /** Sends a request outside a dialog. Never rejects. */
  request(options: RequestOptions): Promise<SipRequestResult>;
  /** Sends at once what is waiting for the end of this turn of the event loop; call it before blocking the loop. */
  flush(): void;
  /** Closes every socket. Calls are not hung up: the next process may adopt them. */
  stop(): Promise<void>;
}

/** Added to an adopted dialog's CSeq: the numbers of requests sent after the snapshot must not be used again. */
const SEQUENCE_GAP = 1_000;
/** ms that an OPTIONS may take: a trunk that needs longer is down. */
const PING_TIMEOUT_MS = 5_000;
/** Requests that make no sense outside a dialog: 481 (RFC 3261 12.2.2). */
const ONLY_IN_DIALOG: ReadonlySet<string> = new Set(["BYE", "PRACK", "UPDATE", "INFO", "CANCEL"]);

/** The response to a Session-Expires below our minimum (RFC 4028 9). */
const TOO_SHORT: SipRefusal = { status: 422, reason: "Session Interval Too Small" };
/** Calls of earlier processes that are ended at the same time: a trunk that repeats itself must not fill our memory. */
const MOST_ORPHANS = 256;
/** The method that {@link SipHandlers} get for a connection, before any request has arrived on it. */
const CONNECT = "CONNECT";
const ACCEPT_SDP: ExtraHeaders = [["Accept", "application/sdp"]];

/** The user agent itself: wiring of transport, transactions and dialogs. */
export class SipEndpoint implements SipEndpointApi, TransactionUser {
  readonly #options: SipEndpointOptions;
  readonly #stack: StackContext;
  readonly #dials = new Set<InviteUac>();
  /** Calls of earlier processes that are being ended now. */
  #orphans = 0;
  /** 2xx that belong to nothing and were not answered. */
  #strays = 0;

  constructor(options: SipEndpointOptions) {
    this.#options = options;
    const { random, userAgent, listeners, advertised } = options;
    const log = boundedLog(options.log, options.clock);
    const clock = guardedClock(options.clock, log);
    const timers = { ...DEFAULT_TIMERS, ...options.timers };
    const factory = options.transportFactory ?? socketTransport;
    const transport = new TransportLayer(
      { listeners, advertised, localHost: reachableHost, clock, random, log, factory },
      {
        onRequest: (request, flow) => transactions.onRequest(request, flow),
        onResponse: (response, flow) => transactions.onResponse(response, flow),
        onFlowFailed: (flow, reason) => transactions.onFlowFailed(flow, reason),
        admitsConnection: (source) => options.handlers.admits(source, CONNECT) !== "drop",
        onConnectionRefused: (source) => options.handlers.onRefusedSource?.(source, CONNECT),
        admitsMalformed: (request, flow) => this.#admitsMalformed(request, flow),
        onRefused: (request, flow, refusal) => this.onRefused(request, flow, refusal),
      },
    );
    const transactions = new TransactionLayer(clock, timers, transport, this);
    const resolve = options.resolver ?? makeResolver(systemNameServer(), () => random.next());
    const dialogs = new DialogTable();
    const ackTimeoutMs = options.ackTimeoutMs ?? transactionTimeout(timers);
    const isBehindNat = (flow: TransportFlow): boolean => options.handlers.isBehindNat?.(sourceOf(flow)) ?? false;
    const layers = { transport, transactions, dialogs, resolve };
    this.#stack = { clock, random, log, timers, ackTimeoutMs, userAgent, isBehindNat, ...layers };
  }

  get listening(): readonly SipListener[] {
    return this.#stack.transport.listening;
  }

  get stats(): SipStats {
    const { transport, transactions, dialogs } = this.#stack;
    return {
      calls: dialogs.count("call"),
      transactions: transactions.size,
      pendingInvites: this.#dials.size + dialogs.count("ringing_in"),
      connections: transport.connections,
      received: transport.received,
      sent: transport.sent,
      retransmitted: transactions.retransmitted,
      dropped: transport.dropped + transactions.dropped + this.#strays,
    };
  }

  /** Datagrams and pieces of streams received since the start, readable or not; cheap to read. */
  get arrived(): number {
    return this.#stack.transport.arrived;
  }

  get queueDelayMs(): number {
    return this.#stack.transport.queueDelayMs;
  }

  start(): Promise<void> {
    return this.#stack.transport.open();
  }

  flush(): void {
    this.#stack.transport.flush();
  }

  async stop(): Promise<void> {
    const { transport, transactions, dialogs } = this.#stack;
    for (const dial of this.#dials) dial.suspend();
    dialogs.suspendAll();
    transactions.cancelAll();
    await transport.close();
  }

  dial(options: DialOptions): OutgoingInvite {
    const dial = this.prepare(options);
    dial.send();
    return dial;
  }

  prepare(options: DialOptions): PreparedInvite {
    const dial: InviteUac = new InviteUac(this.#stack, options, () => this.#dials.delete(dial));
    this.#dials.add(dial);
    dial.prepare();
    return dial;
  }

  adopt(snapshot: DialogSnapshot, credentials: SipCredentials | null = null): SipCall {
    const stack = this.#stack;
    const flow = flowFrom(stack, snapshot.flow);
    if (flow === null) throw new Error(`no ${snapshot.flow.protocol} listener can resume the dialog ${snapshot.id}`);
    const digest = credentials === null ? null : new DigestClient(credentials, stack.random);
    const parts = { ...snapshot, localSequence: snapshot.localSequence + SEQUENCE_GAP };
    const session = new Session(stack, new Dialog(stack, parts, flow, digest), {
      localSdp: snapshot.localSdp,
      interval: null,
      peerAllows: new Set(snapshot.peerAllows),
    });
    session.acknowledged = snapshot.acknowledged;
    session.begin();
    if (snapshot.session !== null) session.timer.resume(snapshot.session);
    return session;
  }

  cancel({ flow: way, ...parts }: RingingSnapshot, headers: ExtraHeaders = []): void {
    const stack = this.#stack;
    const flow = flowFrom(stack, way);
    const { branch } = parseVia(parts.via);
    if (flow === null || branch === null) {
      stack.log.warn(
        { callId: parts.callId },
        "cannot cancel an INVITE of an earlier process: no listener leads to it",
      );
      return;
    }
    const invite = buildRequest({ ...parts, method: "INVITE" });
    const transaction = stack.transactions.resumeInvite(invite, branch, flow, {
      onProvisional() {},
      onSuccess: (response) => this.#onLateAnswer(response, flow, headers),
      onRefused() {},
      onNoResponse() {},
    });
    const cancel = buildCancel(invite);
    addHeaders(cancel, headers);
    stack.transactions.cancel(cancel, branch, flow, { onFinal() {}, onNoResponse() {} });
    transaction.onCancelSent();
  }

  request(options: RequestOptions): Promise<SipRequestResult> {
    return new Promise((resolve) => sendOutOfDialog(this.#stack, options, resolve));
  }

  ping(target: DialTarget, timeoutMs: number = PING_TIMEOUT_MS): Promise<PingResult> {
    const stack = this.#stack;
    const began = stack.clock.elapsed();
    const host = this.#options.advertised ?? stack.transport.listening[0]?.host ?? "localhost";
    const from = { uri: `sip:ping@${host.includes(":") ? `[${host}]` : host}` };
    const options = { method: "OPTIONS", target, from, to: { uri: target.uri }, timeoutMs };
    return new Promise((resolve) =>
      sendOutOfDialog(stack, options, (result) => {
        if (!result.ok) resolve({ alive: false, reason: result.reason });
        else if (result.response.status === 503) resolve({ alive: false, reason: "503 Service Unavailable" });
        else resolve({ alive: true, status: result.response.status, rttMs: stack.clock.elapsed() - began });
      }),
    );
  }

  /** A 2xx to an INVITE that an earlier process sent; its repeats are acknowledged in the dialog that it creates. */
  #onLateAnswer(response: SipResponse, flow: TransportFlow, headers: ExtraHeaders): void {
    const known = this.#stack.dialogs.ofResponse(response);
    if (known === undefined) this.#endOrphan(response, flow, { headers, stray: false });
    else known.onStraySuccess(response);
  }

  // From the transactions.

  admit(request: SipRequest, flow: TransportFlow): SipRefusal | "drop" | null {
    const inDialog = to(request).tag !== null;
    if (inDialog && this.#stack.dialogs.ofRequest(request) !== undefined) return null;
    const verdict = this.#admits(flow, request.method);
    if (verdict !== "accept") this.#options.handlers.onRefusedSource?.(sourceOf(flow), request.method);
    if (verdict === "drop") return "drop";
    if (inDialog || ONLY_IN_DIALOG.has(request.method)) return { status: 481, reason: "Call Does Not Exist" };
    if (verdict === "reject") return { status: 403, reason: "Forbidden" };
    if (request.method === "INVITE" && maxForwards(request) === 0) return { status: 483, reason: "Too Many Hops" };
    if (request.method === "INVITE" && hasUnusableBody(request))
      return { status: 415, reason: "Unsupported Media Type", headers: ACCEPT_SDP };
    return null;
  }

  onRefused(request: SipRequest, flow: TransportFlow, refusal: SipRefusal): void {
    if (this.#admits(flow, request.method) === "accept")
      this.#options.handlers.onRefusedRequest?.(sourceOf(flow), request, refusal);
  }

  onTransaction(incoming: IncomingTransaction): void {
    const user = to(incoming.request).tag === null ? undefined : this.#stack.dialogs.ofRequest(incoming.request);
    if (user !== undefined) user.onRequest(incoming);
    else if (incoming.kind === "invite") this.#onInvite(new InviteUas(this.#stack, incoming));
    else if (incoming.request.method === "OPTIONS") this.#onOptions(incoming);
    else this.#onOther(incoming);
  }

  onAck(request: SipRequest, flow: TransportFlow): void {
    const user = this.#stack.dialogs.ofRequest(request);
    if (user === undefined) return;
    flow.keep?.();
    user.onAck(request);
  }

  onStrayResponse(response: SipResponse, flow: TransportFlow): void {
    const { status } = response;
    if (status < 200 || status >= 300 || cseq(response).method !== "INVITE") return;
    const known = this.#stack.dialogs.ofResponse(response);
    if (known !== undefined) known.onStraySuccess(response);
    else if (this.#admits(flow, "INVITE") === "accept" && this.#orphans < MOST_ORPHANS)
      this.#endOrphan(response, flow, { headers: [], stray: true });
    else this.#strays++;
  }

  /**
   * A phone that an earlier process rang has answered. Its call no longer exists, so the answer is acknowledged and
   * hung up (as RFC 3261 13.2.2.4 says for a 2xx that comes too late). The response contains all that this takes.
   * `stray`: no transaction vouches for it, so ACK and BYE, and the repeats of the BYE, are sent back to where it came
   * from, never to an address that it names: otherwise anyone who can forge a source could have us send to addresses of
   * their choice.
   */
  #endOrphan(response: SipResponse, flow: TransportFlow, how: { headers: ExtraHeaders; stray: boolean }): void {
    const stack = this.#stack;
    const us = from(response);
    // Without a Contact we do not know where to send an ACK.
    if (!response.headers.has("contact")) return;
    const invite = {
      callId: detach(callId(response)),
      localTag: detach(us.tag ?? ""),
      from: detach(response.headers.get("from") ?? ""),
      uri: us.uriText,
      cseq: cseq(response).number,
    };
    const dialog = callerDialog(stack, invite, response, flow, null);
    dialog.pinned = how.stray;
    const session = new Session(stack, dialog, { localSdp: null, interval: null, peerAllows: new Set() });
    session.acknowledged = invite.cseq;
    session.begin();
    session.onStraySuccess(response);
    this.#orphans++;
    session.onGone = () => void this.#orphans--;
    session.hangUp(how.headers);
  }

  #admits(flow: TransportFlow, method: string): "accept" | "reject" | "drop" {
    return this.#options.handlers.admits(sourceOf(flow), method);
  }

  #admitsMalformed(request: SipRequest, flow: TransportFlow): boolean {
    const accepted = this.#admits(flow, request.method) === "accept";
    if (!accepted) this.#options.handlers.onRefusedSource?.(sourceOf(flow), request.method);
    return accepted;
  }

  #onInvite(invite: InviteUas): void {
    if (!invite.begin()) {
      this.#options.handlers.onRefusedRequest?.(invite.source, invite.request, TOO_SHORT);
      return;
    }
    try {
      this.#options.handlers.onInvite(invite);
    } catch (error) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#stack.log.error({ reason }, "the handler of a new SIP call failed");
      invite.reject(500);
    }
  }

  #onOptions(incoming: IncomingTransaction): void {
    const stack = this.#stack;
    const contact = contactFor(stack, incoming.flow, incoming.request.headers.get("to") ?? "");
    respond(stack, incoming, 200, { toTag: newId(stack), headers: [["Contact", contact], ...ALL_CAPABILITIES] });
  }

  #onOther(incoming: IncomingTransaction): void {
    const stack = this.#stack;
    const { request, flow } = incoming;
    const { handlers } = this.#options;
    const toTag = newId(stack);
    if (handlers.onRequest === undefined) {
      respond(stack, incoming, 405, { toTag, headers: [["Allow", ALLOWED_METHODS]] });
      return;
    }
    handlers.onRequest({
      source: sourceOf(flow),
      request,
      respond: (status, reason, headers = [], body) => {
        const type: ExtraHeaders = body === undefined ? [] : [["Content-Type", body.contentType]];
        respond(stack, incoming, status, {
          toTag,
          ...(reason === null || reason === undefined ? {} : { reason }),
          headers: [...headers, ...type],
          ...(body === undefined ? {} : { body: body.content }),
        });
      },
    });
  }
}

function sourceOf({ protocol, remote }: TransportFlow): SipSource {
  return { protocol, ...remote };
}
