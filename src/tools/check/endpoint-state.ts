import type { RequestFacts } from "../../core/contract/request.ts";
import type { Exchanged } from "./exchange.ts";
import { answerOf, isReadable } from "./exchange.ts";
import type { Role } from "./report.ts";

/** After this many requests in a row without an answer, another 5 s of waiting teaches nothing. */
const MAX_SILENT = 3;
/** Failures that the next request will meet too. */
const HOPELESS: readonly string[] = ["refused", "dns", "tls", "bad_url", "blocked"];

/** The probe of another national caller; it runs before those of other forms. */
export const NATIONAL_CALLER = "caller-landline";

/** What a check knows about one endpoint so far. */
export class EndpointState {
  readonly role: Role;
  readonly configuredUrl: string;
  /** Every judged exchange, in order. */
  readonly exchanges: Exchanged[] = [];
  /** First requests of ordinary calls: repeats of the same question. */
  readonly plain: Exchanged[] = [];
  /** Audio URLs of its answers, each with the answer that named it first. */
  readonly audio = new Map<string, Exchanged>();
  /** The facts of every call of the check, because the endpoint answers no others. */
  basis: Partial<RequestFacts> = {};
  /** Why it is no longer asked. */
  unavailable: string | null = null;
  #answered = false;
  /** Requests in a row without a complete answer. */
  #silent = 0;

  constructor(role: Role, configuredUrl: string) {
    this.role = role;
    this.configuredUrl = configuredUrl;
  }

  /** The most revealing answer to the first request of an ordinary call: one that asks for re-fetches, if there is one. */
  usual(): Exchanged | null {
    const readable = this.plain.filter(isReadable);
    return readable.find((one) => answerOf(one)?.fetchAfterAttempt === true) ?? readable[0] ?? null;
  }

  /** Whether every national number has got a readable answer so far: then a failure with another form is about the form. */
  answersNational(): boolean {
    const national = this.exchanges.filter(({ probe }) => probe === NATIONAL_CALLER);
    return this.usual() !== null && national.every(isReadable);
  }

  /** Notes whether the endpoint answers at all. */
  trackAvailability({ outcome }: Pick<Exchanged, "outcome">): void {
    if (outcome.ok || outcome.reason === "too_large") {
      this.#answered = true;
      this.#silent = 0;
      return;
    }
    this.#silent += 1;
    if (!this.#answered && HOPELESS.includes(outcome.reason))
      this.unavailable = `it cannot be reached: ${outcome.detail}`;
    else if (this.#silent >= MAX_SILENT) this.unavailable = `${MAX_SILENT} requests in a row got no answer`;
  }
}
