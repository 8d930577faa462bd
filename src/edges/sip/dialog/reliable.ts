import type { SipRequest } from "../message/message.ts";
import { Retransmitter } from "./retransmitter.ts";
import { transactionTimeout } from "../transaction/timers.ts";
import type { StackContext } from "./stack-context.ts";

/** RSeq begins anywhere below this, and cannot reach 2^32 from there (RFC 3262 3 wants 1 to 2^31 - 1). */
const FIRST_RSEQ_BELOW = 1_000_000;

interface Queued {
  /** Sends the response with that RSeq for the first time; returns how to repeat it. */
  readonly send: (rseq: number) => () => void;
  readonly carriesSdp: boolean;
}

/** Reliable 1xx of one incoming INVITE: one at a time, repeated until its PRACK (RFC 3262 3). */
export class ReliableProvisionals {
  readonly #stack: StackContext;
  /** CSeq number of the INVITE: the middle of RAck. */
  readonly #sequence: number;
  readonly #onNever: () => void;
  #rseq: number;
  #current: (Queued & { readonly repeat: Retransmitter }) | null = null;
  #queue: Queued[] = [];
  #whenClear: (() => void) | null = null;

  constructor(stack: StackContext, sequence: number, onNever: () => void) {
    this.#stack = stack;
    this.#sequence = sequence;
    this.#onNever = onNever;
    this.#rseq = Math.floor(stack.random.next() * FIRST_RSEQ_BELOW);
  }

  send(what: Queued): void {
    if (this.#current === null) this.#start(what);
    else this.#queue.push(what);
  }

  /** Runs once no unacknowledged 1xx carries SDP: a 2xx must not overtake it (RFC 3262 5). Drops responses that are still queued. */
  whenClear(run: () => void): void {
    this.#queue = [];
    if (this.#current?.carriesSdp === true) this.#whenClear = run;
    else {
      this.stop();
      run();
    }
  }

  /** Whether the unacknowledged response carries SDP. */
  get carriesSdp(): boolean {
    return this.#current?.carriesSdp === true;
  }

  /** Whether the PRACK is for the unacknowledged response. */
  matches(prack: SipRequest): boolean {
    const [rseq, sequence, method] = (prack.headers.get("rack") ?? "").split(/[ \t]+/);
    const named = Number(rseq) === this.#rseq && Number(sequence) === this.#sequence && method === "INVITE";
    return named && this.#current !== null;
  }

  /** The unacknowledged response has its PRACK: sends the next one, or the 2xx. */
  acknowledged(): void {
    this.#current?.repeat.stop();
    this.#current = null;
    const clear = this.#whenClear;
    this.#whenClear = null;
    const next = this.#queue.shift();
    if (clear !== null) clear();
    else if (next !== undefined) this.#start(next);
  }

  stop(): void {
    this.#current?.repeat.stop();
    this.#current = null;
    this.#queue = [];
    this.#whenClear = null;
  }

  /** T1 doubles without the bound of T2 (RFC 3262 3). */
  #start(what: Queued): void {
    this.#rseq++;
    const again = what.send(this.#rseq);
    const limits = { longestMs: Number.POSITIVE_INFINITY, limitMs: transactionTimeout(this.#stack.timers) };
    const repeat = new Retransmitter(this.#stack, limits, again, this.#onNever);
    this.#current = { ...what, repeat };
  }
}
