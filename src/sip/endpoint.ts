import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type {
  DialOptions,
  DialogSnapshot,
  DialTarget,
  IncomingInvite,
  IncomingRequest,
  OutgoingInvite,
  RequestOptions,
  RequestResult,
  SipCall,
  SipCredentials,
  SipProtocol,
  SipSource,
} from "./dialog/api.ts";
import type { Timers } from "./transaction/timers.ts";
import type { Resolver } from "./transport/resolve.ts";
import type { TransportFactory } from "./transport/types.ts";

export type * from "./dialog/api.ts";

/** What the owner of the endpoint decides. */
export interface SipHandlers {
  /** Once per new INVITE outside a dialog, after 100 Trying was queued. */
  onInvite(invite: IncomingInvite): void;
  /**
   * Asked before any state is made, for every request outside a dialog. `reject`: 403; `drop`: silence, which tells
   * a scanner nothing. Requests in a dialog are known by their tags and not asked about.
   */
  admits(source: SipSource, method: string): "accept" | "reject" | "drop";
  /** REGISTER, MESSAGE and the like; absent: 405. */
  onRequest?(request: IncomingRequest): void;
}

export interface SipListener {
  readonly protocol: SipProtocol;
  readonly host: string;
  /** 0: any free port; the real one is in {@link SipEndpoint.listening}. */
  readonly port: number;
}

export interface SipEndpointOptions {
  readonly listeners: readonly SipListener[];
  /** Host for Via and Contact in place of the listener's; its port stays. null: the listener's own address. */
  readonly advertised: string | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly userAgent: string;
  readonly handlers: SipHandlers;
  readonly timers?: Partial<Timers>;
  /** Default: UDP and TCP sockets of this machine. Tests pass a virtual network. */
  readonly transportFactory?: TransportFactory;
  /** Default: DNS (SRV, A, AAAA). */
  readonly resolver?: Resolver;
}

/** How much is alive; all counts return to zero once every timer has run out. */
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

/** How a ping ended: any response at all means that somebody is there. */
export type PingResult =
  | { readonly alive: true; readonly status: number; readonly rttMs: number }
  | { readonly alive: false; readonly reason: string };

/**
 * A SIP user agent with both roles: takes INVITEs, makes INVITEs, keeps dialogs (RFC 3261 and friends). It knows
 * nothing of SDP's content, of calls between two dialogs, of customers.
 */
export interface SipEndpointApi {
  /** The listeners with their real ports, after `start`. */
  readonly listening: readonly SipListener[];
  readonly stats: SipStats;
  /** Binds every listener; rejects with the first that could not be bound, and leaves none open. */
  start(): Promise<void>;
  /** Sends an INVITE with an offer. Never throws for what the network does: that goes to `handlers.onFailed`. */
  dial(options: DialOptions): OutgoingInvite;
  /** Takes a dialog of an earlier process back; it must not be known already. */
  adopt(snapshot: DialogSnapshot, credentials?: SipCredentials | null): SipCall;
  /** OPTIONS. Never rejects. */
  ping(target: DialTarget, timeoutMs?: number): Promise<PingResult>;
  /** A request outside of a dialog. Never rejects. */
  request(options: RequestOptions): Promise<RequestResult>;
  /** Closes every socket. Calls are not hung up: the next process may adopt them. */
  stop(): Promise<void>;
}
