import type { Timer } from "../../../base/clock.ts";
import type { StackContext } from "./stack-context.ts";

/**
 * Repeats octets with T1, 2·T1, … up to `longest` until it is stopped or `limitMs` have passed: a 2xx until its ACK
 * (RFC 3261 13.3.1.4, by any transport), a reliable 1xx until its PRACK (RFC 3262 3).
 */
export class Retransmitter {
  readonly #stack: StackContext;
  readonly #repeat: () => void;
  readonly #longestMs: number;
  readonly #limit: Timer;
  #next: Timer | null = null;

  constructor(
    stack: StackContext,
    limits: { readonly longestMs: number; readonly limitMs: number },
    repeat: () => void,
    onNever: () => void,
  ) {
    const { longestMs, limitMs } = limits;
    this.#stack = stack;
    this.#repeat = repeat;
    this.#longestMs = longestMs;
    this.#limit = stack.clock.after(limitMs, () => {
      this.stop();
      onNever();
    });
    this.#arm(stack.timers.t1);
  }

  stop(): void {
    this.#limit.cancel();
    this.#next?.cancel();
  }

  #arm(delayMs: number): void {
    this.#next = this.#stack.clock.after(delayMs, () => {
      this.#arm(Math.min(2 * delayMs, this.#longestMs));
      this.#repeat();
    });
  }
}
