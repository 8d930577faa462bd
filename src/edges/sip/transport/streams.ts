import type { Clock, Timer } from "../../../base/clock.ts";
import type { SipMessage } from "../message/message.ts";
import { StreamParser } from "../message/stream.ts";
import type { TransportFlow } from "./types.ts";

/** Octets of unfinished messages from one address, over all its connections: four of the largest. */
const MOST_UNFINISHED = 262_144;
/** ms that a message may take from its first octet to its last: after 64·T1 its sender has timed out. */
const UNFINISHED_MS = 32_000;

interface Stream {
  readonly parser: StreamParser;
  /** Octets counted for its address. */
  unfinished: number;
  limit: Timer | null;
}

/** The streams of all connections. A source that sends incomplete messages is limited in octets and in time. */
export class Streams {
  readonly #clock: Clock;
  readonly #streams = new Map<TransportFlow, Stream>();
  readonly #unfinishedOf = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The messages that are complete now. Throws `StreamError` if framing is lost. */
  push(flow: TransportFlow, octets: Buffer): (SipMessage | "ping")[] {
    let stream = this.#streams.get(flow);
    if (stream === undefined) {
      stream = { parser: new StreamParser(), unfinished: 0, limit: null };
      this.#streams.set(flow, stream);
    }
    const items = stream.parser.push(octets);
    this.#account(flow, stream, items.length > 0);
    return items;
  }

  forget(flow: TransportFlow): void {
    const stream = this.#streams.get(flow);
    if (stream === undefined) return;
    this.#streams.delete(flow);
    stream.limit?.cancel();
    this.#count(flow.remote.address, -stream.unfinished);
  }

  clear(): void {
    for (const flow of this.#streams.keys()) this.forget(flow);
  }

  #account(flow: TransportFlow, stream: Stream, progressed: boolean): void {
    const { pending } = stream.parser;
    const total = this.#count(flow.remote.address, pending - stream.unfinished);
    stream.unfinished = pending;
    if (pending === 0 || progressed) {
      stream.limit?.cancel();
      stream.limit = null;
    }
    if (total > MOST_UNFINISHED) flow.close();
    else if (pending > 0) stream.limit ??= this.#clock.after(UNFINISHED_MS, () => flow.close());
  }

  #count(address: string, octets: number): number {
    const total = (this.#unfinishedOf.get(address) ?? 0) + octets;
    if (total > 0) this.#unfinishedOf.set(address, total);
    else this.#unfinishedOf.delete(address);
    return total;
  }
}
