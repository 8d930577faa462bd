import type { Clock, Timer } from "../../../base/clock.ts";
import { serialize } from "../message/build.ts";
import type { SipRequest } from "../message/message.ts";
import type { TransportFlow } from "../transport/types.ts";
import { type ReplyRoute, responseFlow, type TransactionHost } from "./host.ts";
import { transactionTimeout } from "./timers.ts";

const EMPTY: Buffer = Buffer.alloc(0);

/** The two timers of a transaction: one that repeats, and one that ends it. */
export class TransactionTimers {
  readonly #clock: Clock;
  #retransmit: Timer | null = null;
  #limit: Timer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Replaces the timer that ends it. */
  limit(delayMs: number, run: () => void): void {
    this.#limit?.cancel();
    this.#limit = this.#clock.after(delayMs, run);
  }

  /** Repeats after `delayMs`, and then after the delay that `next` computes from the last one. */
  retransmit(delayMs: number, next: (delayMs: number) => number, send: () => void): void {
    this.#retransmit = this.#clock.after(delayMs, () => {
      this.retransmit(next(delayMs), next, send);
      send();
    });
  }

  stop(): void {
    this.#retransmit?.cancel();
    this.#limit?.cancel();
  }
}

/** What every transaction has: a key, timers, and one end. */
abstract class Transaction {
  readonly key: string;
  protected readonly host: TransactionHost;
  protected readonly timers: TransactionTimers;
  #terminated = false;

  constructor(host: TransactionHost, key: string) {
    this.host = host;
    this.key = key;
    this.timers = new TransactionTimers(host.clock);
  }

  /** Ends it without calling its user: the endpoint is stopping, or the user has stopped waiting. */
  abandon(): void {
    this.terminate();
  }

  protected get terminated(): boolean {
    return this.#terminated;
  }

  protected terminate(): void {
    if (this.#terminated) return;
    this.#terminated = true;
    this.timers.stop();
    this.forget();
    this.host.ended(this.key);
  }

  /** Drops whatever is no longer needed: the other side's repeats may keep the transaction alive for half a minute. */
  protected abstract forget(): void;

  protected terminateAfter(delayMs: number): void {
    this.timers.stop();
    if (delayMs === 0) this.terminate();
    else this.timers.limit(delayMs, () => this.terminate());
  }
}

/** A request that we sent (RFC 3261 17.1). */
export abstract class ClientMachine extends Transaction {
  readonly flow: TransportFlow;
  /** The octets that are sent again: the request, or the ACK of its refusal. */
  protected octets: Buffer;

  constructor(host: TransactionHost, key: string, request: SipRequest, flow: TransportFlow) {
    super(host, key);
    this.flow = flow;
    this.octets = serialize(request);
  }

  start(): void {
    const { timers } = this.host;
    this.timers.limit(transactionTimeout(timers), () => this.noResponse("no response"));
    if (!this.flow.reliable) {
      const repeat = (): void => this.host.transmit(this.flow, this.octets, true);
      this.timers.retransmit(timers.t1, (delayMs) => this.nextDelay(delayMs), repeat);
    }
    this.host.transmit(this.flow, this.octets, false);
  }

  onFlowFailed(reason: string): void {
    if (this.waiting) this.noResponse(reason);
  }

  /** No final response has come. */
  protected abstract get waiting(): boolean;

  /** ms until the next retransmission. */
  protected abstract nextDelay(delayMs: number): number;

  /** Ends it, and reports why. */
  protected abstract noResponse(reason: string): void;

  protected forget(): void {
    this.octets = EMPTY;
  }
}

/** An incoming request (RFC 3261 17.2). */
export abstract class ServerMachine extends Transaction {
  /** What copies of the request by other paths have in common with it; null inside a dialog. */
  readonly origin: string | null;
  readonly route: ReplyRoute;
  /** The response that is sent again for a repeat of the request. */
  protected octets: Buffer | null = null;

  constructor(host: TransactionHost, key: string, origin: string | null, route: ReplyRoute) {
    super(host, key);
    this.origin = origin;
    this.route = route;
  }

  protected send(octets: Buffer | null, repeat: boolean): void {
    const flow = responseFlow(this.host, this.route);
    if (flow !== null && octets !== null) this.host.transmit(flow, octets, repeat);
  }

  protected forget(): void {
    this.octets = null;
  }
}
