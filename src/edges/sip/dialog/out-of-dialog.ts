import { DigestClient } from "../auth/client.ts";
import { buildRequest } from "../message/build.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { NameAddr } from "../message/name-addr.ts";
import type { ClientTransaction } from "../transaction/client.ts";
import { literalAddress, type SipTargetAddress } from "../transport/resolve.ts";
import type { TransportFlow } from "../transport/types.ts";
import type { RequestOptions, SipRequestResult } from "./types.ts";
import { contactFor, type StackContext, newBranch, newId } from "./stack-context.ts";
import { addHeaders, retryCredentials } from "./sender.ts";

/** ms to connect to one address over TCP. */
const CONNECT_MS = 5_000;
/** Methods whose requests carry a Contact; the others must not, or need not. */
const WITH_CONTACT: ReadonlySet<string> = new Set(["REGISTER", "OPTIONS", "SUBSCRIBE"]);

/** One request outside of a dialog, over all addresses of its target, digest included (RFC 3261 8.1, 22; RFC 3263). */
export function sendOutOfDialog(
  stack: StackContext,
  options: RequestOptions,
  done: (result: SipRequestResult) => void,
): void {
  void new OutOfDialog(stack, options, done).start();
}

class OutOfDialog {
  readonly #stack: StackContext;
  readonly #options: RequestOptions;
  readonly #callId: string;
  readonly #from: string;
  readonly #digest: DigestClient | null;
  #sequence: number;
  #addresses: readonly SipTargetAddress[] = [];
  #next = 0;
  #transaction: ClientTransaction | null = null;
  #resolve: ((result: SipRequestResult) => void) | null;

  constructor(stack: StackContext, options: RequestOptions, resolve: (result: SipRequestResult) => void) {
    this.#stack = stack;
    this.#options = options;
    this.#resolve = resolve;
    this.#callId = options.sequence?.callId ?? newId(stack);
    this.#sequence = options.sequence?.cseq ?? 1;
    const { display, uri } = options.from;
    this.#from = `${new NameAddr(display ?? null, uri).toString()};tag=${newId(stack)}`;
    this.#digest = options.credentials ? new DigestClient(options.credentials, stack.random) : null;
  }

  async start(): Promise<void> {
    const { timeoutMs, target } = this.#options;
    if (timeoutMs !== undefined) this.#limit(timeoutMs);
    try {
      const literal = literalAddress(target.address, target.port);
      const { address, port, protocol } = target;
      this.#addresses = literal === null ? await this.#stack.resolve(address, port, protocol) : [literal];
      this.#tryNext("no address");
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  #limit(timeoutMs: number): void {
    const timer = this.#stack.clock.after(timeoutMs, () => {
      this.#transaction?.abandon();
      this.#fail("no response");
    });
    const resolve = this.#resolve;
    this.#resolve = (result) => {
      timer.cancel();
      resolve?.(result);
    };
  }

  #tryNext(reason: string): void {
    const { transport } = this.#stack;
    const address = this.#addresses[this.#next++];
    if (this.#resolve === null) return;
    if (address === undefined) {
      this.#fail(reason);
      return;
    }
    const { protocol } = this.#options.target;
    const flow = transport.flowTo(protocol, address.address, address.port, CONNECT_MS);
    if (flow === null) this.#tryNext(`no ${protocol} listener for ${address.address}`);
    else this.#send(flow, []);
  }

  #send(flow: TransportFlow, credentials: readonly (readonly [string, string])[]): void {
    const request = this.#request(flow);
    addHeaders(request, credentials);
    this.#transaction = this.#stack.transactions.request(request, newBranch(this.#stack), flow, {
      onFinal: (response) => this.#onFinal(flow, request, response),
      onNoResponse: (reason) => this.#tryNext(reason),
    });
  }

  #request(flow: TransportFlow): SipRequest {
    const { method, target, to, headers = [], body } = this.#options;
    return buildRequest({
      method,
      uri: target.uri,
      from: this.#from,
      to: new NameAddr(to.display ?? null, to.uri),
      callId: this.#callId,
      cseq: this.#sequence,
      ...(WITH_CONTACT.has(method) ? { contact: contactFor(this.#stack, flow, this.#from) } : {}),
      headers: [["User-Agent", this.#stack.userAgent], ...headers],
      ...(body === undefined ? {} : { body: body.content, contentType: body.contentType }),
    });
  }

  #onFinal(flow: TransportFlow, request: SipRequest, response: SipResponse): void {
    const credentials = retryCredentials(this.#digest, request, response);
    if (credentials !== null) {
      this.#sequence++;
      this.#send(flow, credentials);
    } else if (response.status === 503 && this.#next < this.#addresses.length) this.#tryNext(response.reason);
    else
      this.#finish({ ok: true, response, source: { protocol: flow.protocol, ...flow.remote }, cseq: this.#sequence });
  }

  #fail(reason: string): void {
    this.#finish({ ok: false, reason, cseq: this.#sequence });
  }

  #finish(result: SipRequestResult): void {
    const resolve = this.#resolve;
    this.#resolve = null;
    resolve?.(result);
  }
}
