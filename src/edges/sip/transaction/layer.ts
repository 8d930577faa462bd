import type { Clock } from "../../../base/clock.ts";
import { buildResponse, detach, serialize } from "../message/build.ts";
import { type SipRequest, type SipResponse, to } from "../message/message.ts";
import type { SipRefusal } from "../message/validate.ts";
import type { TransportLayer } from "../transport/layer.ts";
import type { TransportFlow } from "../transport/types.ts";
import { ClientTransaction, type ClientUser } from "./client.ts";
import { InviteClientTransaction, type InviteClientUser } from "./client-invite.ts";
import type { ReplyRoute, TransactionHost } from "./host.ts";
import { cancelledKey, clientKey, originKey, responseKey, serverKey } from "./key.ts";
import { ServerTransaction } from "./server.ts";
import { InviteServerTransaction } from "./server-invite.ts";
import type { Timers } from "./timers.ts";

/** ms to connect in order to answer a request whose own connection is closed. */
const REPLY_CONNECT_MS = 5_000;

/** An incoming request, with the transaction that answers it. */
export type IncomingTransaction =
  | {
      readonly kind: "invite";
      readonly request: SipRequest;
      readonly transaction: InviteServerTransaction;
      readonly flow: TransportFlow;
    }
  | {
      readonly kind: "other";
      readonly request: SipRequest;
      readonly transaction: ServerTransaction;
      readonly flow: TransportFlow;
    };

/** The user of the transactions. */
export interface TransactionUser {
  /**
   * Called before any state is created, for every new request except ACK and a CANCEL that matches: null continues, a
   * refusal is sent without a transaction, "drop" sends nothing.
   */
  admit(request: SipRequest, flow: TransportFlow): SipRefusal | "drop" | null;
  onTransaction(incoming: IncomingTransaction): void;
  /** A new request has been refused without a transaction. */
  onRefused(request: SipRequest, flow: TransportFlow, refusal: SipRefusal): void;
  /** An ACK that belongs to no refusal: one for a dialog, or a stray. Never answered. */
  onAck(request: SipRequest, flow: TransportFlow): void;
  /** A response that no longer matches a transaction. */
  onStrayResponse(response: SipResponse, flow: TransportFlow): void;
}

type Client = ClientTransaction | InviteClientTransaction;
type Server = ServerTransaction | InviteServerTransaction;

/** Matches messages to transactions (RFC 3261 17.1.3, 17.2.3) and holds the tables of both kinds. */
export class TransactionLayer implements TransactionHost {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly #transport: TransportLayer;
  readonly #user: TransactionUser;
  readonly #clients = new Map<string, Client>();
  readonly #servers = new Map<string, Server>();
  /** Call-ID, CSeq and From tag of requests outside of dialogs that have not been refused yet → their keys. */
  readonly #origins = new Map<string, string>();
  retransmitted = 0;
  dropped = 0;

  constructor(clock: Clock, timers: Timers, transport: TransportLayer, user: TransactionUser) {
    this.clock = clock;
    this.timers = timers;
    this.#transport = transport;
    this.#user = user;
  }

  get size(): number {
    return this.#clients.size + this.#servers.size;
  }

  /** Sends an INVITE by that flow; it already has its Via. */
  invite(request: SipRequest, branch: string, flow: TransportFlow, user: InviteClientUser): InviteClientTransaction {
    const transaction = new InviteClientTransaction(this, clientKey(branch, "INVITE"), request, flow, user);
    this.#clients.set(transaction.key, transaction);
    transaction.start();
    return transaction;
  }

  /** Resumes a ringing INVITE that an earlier process sent, with its Via. */
  resumeInvite(
    request: SipRequest,
    branch: string,
    flow: TransportFlow,
    user: InviteClientUser,
  ): InviteClientTransaction {
    const transaction = new InviteClientTransaction(this, clientKey(branch, "INVITE"), request, flow, user);
    this.#clients.set(transaction.key, transaction);
    transaction.resume();
    return transaction;
  }

  /** Sends any other request except ACK. */
  request(request: SipRequest, branch: string, flow: TransportFlow, user: ClientUser): ClientTransaction {
    request.headers.prepend("Via", this.#transport.via(flow, branch));
    return this.#begin(request, branch, flow, user);
  }

  /** Sends a CANCEL, which already has its INVITE's Via (RFC 3261 9.1). */
  cancel(cancel: SipRequest, branch: string, flow: TransportFlow, user: ClientUser): ClientTransaction {
    return this.#begin(cancel, branch, flow, user);
  }

  /** The octets of a request outside of any transaction: the ACK to a 2xx. */
  acknowledgement(ack: SipRequest, branch: string, flow: TransportFlow): Buffer {
    ack.headers.prepend("Via", this.#transport.via(flow, branch));
    return serialize(ack);
  }

  /** Ends every transaction and reports nothing. */
  cancelAll(): void {
    for (const client of this.#clients.values()) client.abandon();
    for (const server of this.#servers.values()) server.abandon();
  }

  // From the transport.

  onRequest(request: SipRequest, flow: TransportFlow): void {
    const key = serverKey(request);
    const known = this.#servers.get(key);
    if (request.method === "ACK") this.#onAck(request, flow, known);
    else if (known !== undefined) {
      flow.keep?.();
      known.onRepeat();
    } else this.#onNewRequest(request, flow, key);
  }

  onResponse(response: SipResponse, flow: TransportFlow): void {
    const key = responseKey(response);
    const client = key === null ? undefined : this.#clients.get(key);
    if (client === undefined) this.#user.onStrayResponse(response, flow);
    else {
      flow.keep?.();
      client.onResponse(response);
    }
  }

  onFlowFailed(flow: TransportFlow, reason: string): void {
    const broken = [...this.#clients.values()].filter((client) => client.flow === flow);
    for (const client of broken) client.onFlowFailed(reason);
  }

  // For the machines.

  transmit(flow: TransportFlow, octets: Buffer, repeat: boolean): void {
    if (repeat) this.retransmitted++;
    this.#transport.transmit(flow, octets);
  }

  replacement(route: ReplyRoute): TransportFlow | null {
    const { flow, port } = route;
    return this.#transport.flowTo(flow.protocol, flow.remote.address, port, REPLY_CONNECT_MS, flow.local);
  }

  ended(key: string): void {
    this.#clients.delete(key);
    this.refused(key);
    this.#servers.delete(key);
  }

  refused(key: string): void {
    const origin = this.#servers.get(key)?.origin ?? null;
    if (origin !== null && this.#origins.get(origin) === key) this.#origins.delete(origin);
  }

  #begin(request: SipRequest, branch: string, flow: TransportFlow, user: ClientUser): ClientTransaction {
    const transaction = new ClientTransaction(this, clientKey(branch, request.method), request, flow, user);
    this.#clients.set(transaction.key, transaction);
    transaction.start();
    return transaction;
  }

  #onAck(request: SipRequest, flow: TransportFlow, known: Server | undefined): void {
    if (known instanceof InviteServerTransaction && known.onAck()) return;
    this.#user.onAck(request, flow);
  }

  #onNewRequest(request: SipRequest, flow: TransportFlow, key: string): void {
    const cancelled = request.method === "CANCEL" ? this.#cancelled(request) : null;
    if (cancelled !== null) {
      this.#onCancel(request, flow, key, cancelled);
      return;
    }
    const verdict = this.#user.admit(request, flow);
    if (verdict === "drop") this.#drop(flow);
    else if (verdict !== null) this.#refuse(request, flow, verdict);
    else this.#arrive(request, flow, key);
  }

  #drop(flow: TransportFlow): void {
    this.dropped++;
    if (flow.stranger === true) flow.dismiss?.();
  }

  #arrive(request: SipRequest, flow: TransportFlow, found: string): void {
    flow.keep?.();
    const key = detach(found);
    const origin = to(request).tag === null ? detach(`${originKey(request)} ${request.method}`) : null;
    // RFC 3261 8.2.2.2: the same request came by another path, and the first copy is still being handled.
    if (origin !== null && this.#origins.has(origin)) {
      this.#refuse(request, flow, { status: 482, reason: "Loop Detected" });
      return;
    }
    if (origin !== null) this.#origins.set(origin, key);
    const route = this.#transport.replyRoute(request, flow);
    if (request.method === "INVITE") {
      const transaction = new InviteServerTransaction(this, key, origin, route);
      this.#servers.set(key, transaction);
      this.#user.onTransaction({ kind: "invite", request, transaction, flow });
    } else {
      const transaction = new ServerTransaction(this, key, origin, route);
      this.#servers.set(key, transaction);
      this.#user.onTransaction({ kind: "other", request, transaction, flow });
    }
  }

  /** 200 no matter what happens to the INVITE (RFC 3261 9.2). */
  #onCancel(cancel: SipRequest, flow: TransportFlow, key: string, invite: InviteServerTransaction): void {
    const transaction = new ServerTransaction(this, detach(key), null, this.#transport.replyRoute(cancel, flow));
    this.#servers.set(transaction.key, transaction);
    transaction.respond(buildResponse(cancel, 200, undefined, { toTag: statelessTag(key) }));
    if (invite.pending) invite.onCancel?.(cancel);
  }

  /**
   * By branch and sent-by; if a NAT has changed the client's sent-by since the INVITE, by branch, Call-ID, CSeq and
   * From tag.
   */
  #cancelled(cancel: SipRequest): InviteServerTransaction | null {
    const found = this.#servers.get(cancelledKey(cancel)) ?? this.#byOrigin(cancel);
    return found instanceof InviteServerTransaction ? found : null;
  }

  #byOrigin(cancel: SipRequest): Server | undefined {
    const key = this.#origins.get(`${originKey(cancel)} INVITE`);
    const branch = cancelledKey(cancel).split(" ", 1)[0];
    return key?.split(" ", 1)[0] === branch && key !== undefined ? this.#servers.get(key) : undefined;
  }

  /** Answers and forgets, because scanners must not cost memory. The same request gets the same To tag again. */
  #refuse(request: SipRequest, flow: TransportFlow, refusal: SipRefusal): void {
    this.#user.onRefused(request, flow, refusal);
    const toTag = statelessTag(serverKey(request));
    const parts = { toTag, ...(refusal.headers === undefined ? {} : { headers: refusal.headers }) };
    const response = buildResponse(request, refusal.status, refusal.reason, parts);
    this.#transport.transmit(this.#transport.replyRoute(request, flow).flow, serialize(response));
  }
}

/** FNV-1a, 32 bits: the same for every retransmission, and nothing that needs to be secret. */
function statelessTag(key: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
