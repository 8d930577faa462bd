import { isIP } from "node:net";
import type { Clock } from "../../../base/clock.ts";
import type { Log } from "../../../base/log.ts";
import type { Random } from "../../../base/random.ts";
import type { SipProtocol, SipSource } from "../dialog/types.ts";
import { buildResponse, serialize, stampReceived } from "../message/build.ts";
import { SipParseError } from "../message/error.ts";
import { type SipMessage, type SipRequest, type SipResponse, topVia } from "../message/message.ts";
import { isKeepAlive, parseDatagram } from "../message/parse.ts";
import { RefusedMessage } from "../message/refused-message.ts";
import { StreamError } from "../message/stream.ts";
import { type SipRefusal, validateRequest, validateResponse } from "../message/validate.ts";
import { DEFAULT_PORT } from "./resolve.ts";
import { Streams } from "./streams.ts";
import type { TransportFlow, Transport, TransportEvents, TransportFactory } from "./types.ts";

/** Octets. Larger requests are sent over TCP if possible (RFC 3261 18.1.1: 200 below the path's MTU). */
export const LARGEST_UDP_REQUEST = 1_300;

const PONG = Buffer.from("\r\n");
/** Option tags that a Require may name (RFC 3262, RFC 4028); others get a 420. */
const EXTENSIONS: ReadonlySet<string> = new Set(["100rel", "timer"]);
/** To tag of refusals without a transaction: the same each time, since nothing is remembered. */
const REFUSED_TAG = "refused";
const LINE_BREAKS = /[\r\n]+/g;

/** The address of a listener. */
export interface ListenAddress {
  readonly protocol: SipProtocol;
  readonly host: string;
  readonly port: number;
}

export interface TransportLayerOptions {
  readonly listeners: readonly ListenAddress[];
  /** Host for Via and Contact; null: `localHost` of the listener's host. */
  readonly advertised: string | null;
  /** Gives a wildcard listener an address that others can call back. */
  readonly localHost: (listenHost: string) => string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly factory: TransportFactory;
}

/** The layer above, which gets incoming messages. */
export interface TransportUser {
  /** The top Via already has `received` and `rport`. */
  onRequest(request: SipRequest, flow: TransportFlow): void;
  onResponse(response: SipResponse, flow: TransportFlow): void;
  onFlowFailed(flow: TransportFlow, reason: string): void;
  /** Whether a connection from there may take one of the places for known sources. */
  admitsConnection(source: SipSource): boolean;
  /** A connection from a source that is not accepted was closed, or there was one too many from any source. */
  onConnectionRefused(source: SipSource): void;
  /** Whether a malformed request from there gets an answer. */
  admitsMalformed(request: SipRequest, flow: TransportFlow): boolean;
  /** A malformed request from an accepted source has been refused. */
  onRefused(request: SipRequest, flow: TransportFlow, refusal: SipRefusal): void;
}

/** All listeners of an endpoint: octets in, messages out; keep-alives; the contents of Via and Contact. */
export class TransportLayer implements TransportEvents {
  readonly #options: TransportLayerOptions;
  readonly #user: TransportUser;
  #transports: Transport[] = [];
  readonly #streams: Streams;
  /** Datagrams and pieces of streams received, readable or not. */
  arrived = 0;
  received = 0;
  sent = 0;
  dropped = 0;

  constructor(options: TransportLayerOptions, user: TransportUser) {
    this.#options = options;
    this.#user = user;
    this.#streams = new Streams(options.clock);
  }

  get listening(): readonly ListenAddress[] {
    return this.#transports.map(({ protocol, local }) => ({ protocol, ...local }));
  }

  get connections(): number {
    return this.#transports.reduce((sum, transport) => sum + transport.connections, 0);
  }

  /** Binds all, or none. */
  async open(): Promise<void> {
    const { listeners, factory, clock, random, log } = this.#options;
    const transports = listeners.map((listener) => factory({ ...listener, clock, random, log, events: this }));
    const opened = await Promise.allSettled(transports.map((transport) => transport.open()));
    const failure = opened.find((result) => result.status === "rejected");
    if (failure === undefined) {
      this.#transports = transports;
      return;
    }
    await Promise.all(transports.map((transport) => transport.close()));
    throw failure.reason;
  }

  /** ms that incoming messages wait before they are read: the worst of the listeners. */
  get queueDelayMs(): number {
    return this.#transports.reduce((most, { queueDelayMs = 0 }) => Math.max(most, queueDelayMs), 0);
  }

  /** Sends at once what is waiting for the end of this turn of the event loop. */
  flush(): void {
    for (const transport of this.#transports) transport.flush?.();
  }

  async close(): Promise<void> {
    const transports = this.#transports;
    this.#transports = [];
    await Promise.all(transports.map((transport) => transport.close()));
    this.#streams.clear();
  }

  /**
   * The flow from one of our listeners to an IP literal; null if no listener has that protocol and address family.
   * `local`: the listener that a dialog uses is preferred over others of its kind.
   */
  flowTo(
    protocol: SipProtocol,
    address: string,
    port: number,
    connectTimeoutMs: number,
    local: { readonly host: string; readonly port: number } | null = null,
  ): TransportFlow | null {
    let fit: Transport | null = null;
    for (const one of this.#transports) {
      if (one.protocol !== protocol || one.local.host.includes(":") !== address.includes(":")) continue;
      if (local === null || (one.local.host === local.host && one.local.port === local.port))
        return one.flowTo(address, port, connectTimeoutMs);
      fit ??= one;
    }
    return fit?.flowTo(address, port, connectTimeoutMs) ?? null;
  }

  /** Sends octets; the flow reports failures. */
  transmit(flow: TransportFlow, octets: Buffer): void {
    this.sent++;
    flow.send(octets);
  }

  /** Host and port under which the far side of `flow` can call us back (Via, Contact). */
  sentBy(flow: TransportFlow): { readonly host: string; readonly port: number } {
    const { advertised, localHost } = this.#options;
    return { host: advertised ?? localHost(flow.local.host), port: flow.local.port };
  }

  /** Our Via for a request by that flow; always with `rport` (RFC 3581). */
  via(flow: TransportFlow, branch: string): string {
    const { host, port } = this.sentBy(flow);
    return `SIP/2.0/${flow.protocol === "udp" ? "UDP" : "TCP"} ${bracketed(host)}:${port};rport;branch=${branch}`;
  }

  /** A `sip:` URI of ours for a Contact. */
  contactUri(flow: TransportFlow, user: string | null): string {
    const { host, port } = this.sentBy(flow);
    const transport = flow.protocol === "udp" ? "" : `;transport=${flow.protocol}`;
    return `sip:${user === null ? "" : `${user}@`}${bracketed(host)}:${port}${transport}`;
  }

  onOctets(flow: TransportFlow, octets: Buffer): void {
    this.arrived++;
    try {
      if (flow.reliable) this.#onStream(flow, octets);
      else if (!isKeepAlive(octets)) this.#onMessage(parseDatagram(octets), flow);
    } catch (error) {
      this.#onUnreadable(error, flow);
    }
  }

  onFlowFailed(flow: TransportFlow, reason: string): void {
    this.#streams.forget(flow);
    this.#user.onFlowFailed(flow, reason);
  }

  admitsConnection(remote: { readonly address: string; readonly port: number }): boolean {
    return this.#user.admitsConnection({ protocol: "tcp", ...remote });
  }

  onConnectionRefused(remote: { readonly address: string; readonly port: number }): void {
    this.dropped++;
    this.#user.onConnectionRefused({ protocol: "tcp", ...remote });
  }

  #onStream(flow: TransportFlow, octets: Buffer): void {
    try {
      this.#onItems(this.#streams.push(flow, octets), flow);
    } catch (error) {
      // Messages that were complete before the fault are handled before the connection is closed.
      if (error instanceof StreamError) this.#onItems(error.before, flow);
      throw error;
    }
  }

  #onItems(items: readonly (SipMessage | "ping")[], flow: TransportFlow): void {
    for (const item of items) {
      if (item === "ping") flow.send(PONG);
      else this.#onMessage(item, flow);
    }
  }

  /** Whatever one message causes, the next one is still handled. */
  #onMessage(message: SipMessage, flow: TransportFlow): void {
    this.received++;
    try {
      if (message.kind === "request") this.#onRequest(message, flow);
      else if (validateResponse(message) === null) this.#user.onResponse(message, flow);
      else this.dropped++;
    } catch (error) {
      this.dropped++;
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#options.log.error({ reason }, "a SIP message could not be handled");
    }
  }

  #onRequest(request: SipRequest, flow: TransportFlow): void {
    const refusal = validateRequest(request, { extensions: EXTENSIONS });
    if (refusal !== null) {
      this.#refuse(request, refusal, flow);
      return;
    }
    stampReceived(request, flow.remote.address, flow.remote.port);
    this.#user.onRequest(request, flow);
  }

  /** Octets that are not a message; in a stream it is unknown where the next one begins. */
  #onUnreadable(error: unknown, flow: TransportFlow): void {
    if (!(error instanceof SipParseError)) throw error;
    const { status, message } = error;
    const request = error instanceof RefusedMessage ? error.request : null;
    if (status !== null && request !== null) this.#refuse(request, { status, reason: message }, flow);
    else this.dropped++;
    if (flow.reliable) flow.close();
  }

  /** Answered where it came from, since the Via may be wrong. A source that is not accepted gets no answer. */
  #refuse(request: SipRequest, refusal: SipRefusal, flow: TransportFlow): void {
    this.dropped++;
    if (request.method === "ACK" || !this.#user.admitsMalformed(request, flow)) return;
    const { status, reason, headers = [] } = refusal;
    this.#user.onRefused(request, flow, refusal);
    const response = buildResponse(request, status, reason.replaceAll(LINE_BREAKS, " "), {
      toTag: REFUSED_TAG,
      headers,
    });
    this.transmit(flow, serialize(response));
  }

  /**
   * Where responses are sent (RFC 3261 18.2.2, RFC 3581 4): back over the connection; over UDP to the source if the
   * request asked for `rport`, else to the port of its Via. Deviation: without `rport`, if the Via names a host other
   * than the one it came from (NAT), the source port is used too, since the other cannot be reached.
   */
  replyRoute(request: SipRequest, flow: TransportFlow): { readonly flow: TransportFlow; readonly port: number } {
    const via = topVia(request);
    const port = via.port ?? DEFAULT_PORT;
    const symmetric = via.rport !== null || (isIP(via.host) !== 0 && via.host !== flow.remote.address);
    if (flow.reliable || symmetric || port === flow.remote.port) return { flow, port };
    return { flow: this.flowTo("udp", flow.remote.address, port, 0, flow.local) ?? flow, port };
  }
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
