import type { Clock } from "../../../base/clock.ts";
import type { Log } from "../../../base/log.ts";
import type { Random } from "../../../base/random.ts";
import type { SipProtocol } from "../dialog/types.ts";

/** One path for octets: a UDP listener and a far address, or one TCP connection. Compared by identity. */
export interface TransportFlow {
  readonly protocol: SipProtocol;
  /** The listener it belongs to, even for outgoing connections, whose own local port accepts no connections. */
  readonly local: { readonly host: string; readonly port: number };
  readonly remote: { readonly address: string; readonly port: number };
  /** TCP: transactions retransmit nothing. */
  readonly reliable: boolean;
  /** False once a connection is closed; a UDP flow is always usable. */
  readonly usable: boolean;
  /** Sends one whole message. A failure that can be noticed is reported to {@link TransportEvents.onFlowFailed}. */
  send(octets: Buffer): void;
  /** Closes a connection; does nothing for UDP. */
  close(): void;
  /**
   * An incoming connection from a source that is not accepted: its time and the number of such connections are limited
   * until {@link keep}.
   */
  readonly stranger?: boolean;
  /** A message on it belongs to a call or transaction of ours: it is no longer a stranger. */
  keep?(): void;
  /** Closes a stranger's connection whose request has been refused and reported. */
  dismiss?(): void;
}

/** What a transport reports upward. */
export interface TransportEvents {
  /** A datagram, or the next piece of a stream. The receiver may keep the buffer. */
  onOctets(flow: TransportFlow, octets: Buffer): void;
  /** A connection ended or could not be made, or a datagram could not be sent (ICMP, no route). */
  onFlowFailed(flow: TransportFlow, reason: string): void;
  /** Whether a connection from there may take one of the places for known sources. Absent: all of them may. */
  admitsConnection?(remote: { readonly address: string; readonly port: number }): boolean;
  /** A connection was refused, or closed before it had sent a whole message. */
  onConnectionRefused?(remote: { readonly address: string; readonly port: number }): void;
}

/** One listener. */
export interface Transport {
  readonly protocol: SipProtocol;
  /** The bound address: the real port after `open`. */
  readonly local: { readonly host: string; readonly port: number };
  /** Open connections, 0 for UDP. */
  readonly connections: number;
  open(): Promise<void>;
  close(): Promise<void>;
  /** Sends at once what waits for the end of this turn of the event loop. */
  flush?(): void;
  /** ms that datagrams wait in the system's queue before they are read, as last measured. */
  readonly queueDelayMs?: number;
  /** The flow to an IP literal: an open connection is reused; otherwise one is opened, and messages wait for it. */
  flowTo(address: string, port: number, connectTimeoutMs: number): TransportFlow;
}

/** What a factory gets to make one listener. */
export interface TransportSetup {
  readonly protocol: SipProtocol;
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly events: TransportEvents;
}

/** Makes listeners: sockets in production, a virtual network in tests. */
export type TransportFactory = (setup: TransportSetup) => Transport;
