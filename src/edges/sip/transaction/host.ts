import type { Clock } from "../../../base/clock.ts";
import type { TransportFlow } from "../transport/types.ts";
import type { Timers } from "./timers.ts";

/** What the four machines need from the layer that holds them. */
export interface TransactionHost {
  readonly clock: Clock;
  readonly timers: Timers;
  /** `repeat`: the same octets have been sent before. */
  transmit(flow: TransportFlow, octets: Buffer, repeat: boolean): void;
  /** Where responses are sent once the connection that brought the request is closed (RFC 3261 18.2.2). */
  replacement(route: ReplyRoute): TransportFlow | null;
  /** The machine is in Terminated: forget its key. */
  ended(key: string): void;
  /** A server transaction has sent a final refusal: a copy of its request by another path is no longer a merge. */
  refused(key: string): void;
}

/** Where the responses to a request are sent. */
export interface ReplyRoute {
  readonly flow: TransportFlow;
  /** For connections only: the address of the request's sender and the port of its topmost Via. */
  readonly port: number;
}

/** The flow for a response now: the one the request came by, or its replacement if that is closed. */
export function responseFlow(host: TransactionHost, route: ReplyRoute): TransportFlow | null {
  return route.flow.usable ? route.flow : host.replacement(route);
}
