import type { Log } from "../../base/log.ts";
import type { SipSource } from "../../edges/sip/endpoint.ts";
import { MinuteLimit } from "./minute-limit.ts";

/** An address that no trunk accepts; people look for it when a new trunk doesn't get through. */
export interface RefusedSource {
  readonly address: string;
  readonly protocol: string;
  /** The newest request's method; chosen by the sender, so not to be trusted. */
  readonly method: string;
  readonly requests: number;
  /** Epoch ms. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** Limit on remembered addresses: a scan keeps bringing new ones. */
const MAX_SOURCES = 1000;
/** The first line already shows a wrongly configured trunk; the rest is only counted. */
const LINES_PER_SOURCE = 1;
const LINES_PER_MINUTE = 30;
const MAX_METHOD_CHARACTERS = 32;

/** Addresses that got no answer: one log line a minute for each, a count, and a list of the newest. */
export class RefusedSources {
  readonly #log: Log;
  readonly #sources = new Map<string, RefusedSource>();
  readonly #perSource = new MinuteLimit(LINES_PER_SOURCE);
  readonly #lines = new MinuteLimit(LINES_PER_MINUTE);
  #total = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Requests since the start. */
  get total(): number {
    return this.#total;
  }

  /** Newest first. */
  list(): readonly RefusedSource[] {
    return [...this.#sources.values()].toReversed();
  }

  note({ address, protocol, port }: SipSource, writtenMethod: string, now: number): void {
    this.#total += 1;
    const known = this.#sources.get(address);
    const method = writtenMethod.slice(0, MAX_METHOD_CHARACTERS);
    // Moved to the end, so that the first is the one that has been silent the longest.
    this.#sources.delete(address);
    const [oldest] = this.#sources.keys();
    if (this.#sources.size >= MAX_SOURCES && oldest !== undefined) this.#sources.delete(oldest);
    const requests = (known?.requests ?? 0) + 1;
    this.#sources.set(address, { address, protocol, method, requests, firstAt: known?.firstAt ?? now, lastAt: now });
    if (this.#perSource.take(address, now) === null) return;
    const heldBack = this.#lines.take("", now);
    if (heldBack === null) return;
    const fields = { source: address, port, protocol, method, requests, ...(heldBack > 0 ? { heldBack } : {}) };
    this.#log.warn(fields, "SIP request from an address that no trunk accepts (accept_from): no answer was sent");
  }
}
