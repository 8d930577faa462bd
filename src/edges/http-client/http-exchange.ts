import type { Dispatcher } from "undici";
import type { Clock, Timer } from "../../base/clock.ts";
import { failed, failureOf } from "./failure.ts";
import type { Downloaded, DownloadProgress, Validators } from "./types.ts";
import { BEGINNING_BYTES } from "./types.ts";

/** What is kept of an answer. */
export interface BodyPolicy {
  /** More body than this ends the exchange as `too_large`. */
  readonly bodyBytes: number;
  /** Stop once the headers have arrived: the body does not matter. */
  readonly headersOnly: boolean;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** An answer whose body is still bytes. */
export type RawOutcome = Downloaded;

/** A request is done, one way or another. `untouched`: not a single byte of an answer had arrived. */
export type Settle = (outcome: RawOutcome, untouched: boolean) => void;

/**
 * One exchange, as undici's dispatcher reports it. Settles exactly once: by the last byte, a failure, the deadline or
 * a cancellation, whichever comes first; whatever undici reports after that is ignored. The deadline counts from the
 * creation of this object, so that waiting for a free connection, DNS, connecting and TLS are inside it (REQ-6).
 *
 *   waiting ─► sent ─► headers ─► body ─► settled
 *      └────────┴─────────┴─────────┴── deadline, failure, cancel ───► settled (connection dropped)
 */
export class HttpExchange implements Dispatcher.DispatchHandler {
  readonly #bodyPolicy: BodyPolicy;
  readonly #timer: Timer;
  #settle: Settle | null;
  #controller: Dispatcher.DispatchController | null = null;
  #status = 0;
  #contentType: string | null = null;
  #validators: Validators = { etag: null, lastModified: null };
  #chunks: Buffer[] = [];
  #bytes = 0;
  #beginningReported = false;

  constructor(clock: Clock, deadlineMs: number, bodyPolicy: BodyPolicy, settle: Settle) {
    this.#bodyPolicy = bodyPolicy;
    this.#settle = settle;
    this.#timer = clock.after(deadlineMs, () => this.#fail("timeout", this.#lateness()));
  }

  /** Nobody is waiting for it any more. */
  cancel(): void {
    this.#fail("reset", "The platform cancelled the request.");
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It was settled while it waited for a connection, so it must not be sent now.
    if (this.#settle === null) controller.abort(new Error("settled"));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // 1xx is not the answer yet (RFC 9110 section 15.2).
    if (status < 200) return;
    this.#status = status;
    this.#contentType = first(headers["content-type"]);
    this.#validators = { etag: first(headers["etag"]), lastModified: first(headers["last-modified"]) };
    if (this.#bodyPolicy.headersOnly) this.#end(Buffer.alloc(0), controller);
    else if (Number(headers["content-length"] ?? 0) > this.#bodyPolicy.bodyBytes) this.#tooLarge();
    else this.#report(null);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#bodyPolicy.bodyBytes) return this.#tooLarge();
    this.#chunks.push(chunk);
    if (this.#bytes >= BEGINNING_BYTES) this.#reportBeginning();
  }

  onResponseEnd(): void {
    this.#reportBeginning();
    const [only] = this.#chunks;
    this.#end(this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks), null);
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    this.#finish(failureOf(error));
  }

  #end(body: Buffer, drop: Dispatcher.DispatchController | null): void {
    const [status, contentType, validators] = [this.#status, this.#contentType, this.#validators];
    this.#finish({ ok: true, status, contentType, validators, body });
    drop?.abort(new Error("settled"));
  }

  #reportBeginning(): void {
    if (this.#beginningReported) return;
    this.#beginningReported = true;
    this.#report(Buffer.concat(this.#chunks).subarray(0, BEGINNING_BYTES));
  }

  #report(beginning: Buffer | null): void {
    if (this.#settle === null) return;
    this.#bodyPolicy.onProgress?.({ status: this.#status, contentType: this.#contentType, beginning });
  }

  #tooLarge(): void {
    this.#fail("too_large", `The answer is larger than ${this.#bodyPolicy.bodyBytes} bytes.`);
  }

  #fail(reason: "timeout" | "reset" | "too_large", detail: string): void {
    this.#finish(failed(reason, detail));
    this.#controller?.abort(new Error("settled"));
  }

  #finish(outcome: RawOutcome): void {
    const settle = this.#settle;
    if (settle === null) return;
    this.#settle = null;
    this.#timer.cancel();
    this.#chunks = [];
    settle(outcome, this.#status === 0);
  }

  #lateness(): string {
    if (this.#status !== 0) return "The answer's body was not complete in time.";
    return this.#controller === null ? "No connection could be made in time." : "No answer came in time.";
  }
}

function first(header: string | string[] | undefined): string | null {
  return (Array.isArray(header) ? header[0] : header) ?? null;
}
