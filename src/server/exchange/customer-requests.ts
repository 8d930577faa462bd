import type { AudioFormat } from "../../core/contract/audio.ts";
import { validateAudio } from "../../core/contract/audio.ts";
import { toHttpRequest } from "../../core/contract/request.ts";
import type { Fetched, FetchOptions } from "../../edges/http-client/types.ts";
import { signed } from "../../edges/http-client/sign.ts";
import { traceparentOf } from "./call-tracing.ts";
import type { ExternalEffect } from "./call-ports.ts";
import type { Services } from "./services.ts";
import type { AccountConfig } from "./workspace.ts";

type Effect<K extends ExternalEffect["kind"]> = Extract<ExternalEffect, { kind: K }>;

/** Reports the outcome of a request; not called for one that was cancelled. */
type OnFetched = (kind: "fetched" | "audio_checked", id: string, response: CheckedResponse) => void;

/** `format` is known only for audio. */
type CheckedResponse = Fetched & { readonly format?: AudioFormat | null };

/** One call's pending requests to the customer's servers. */
export class CustomerRequests {
  readonly #services: Services;
  readonly #config: AccountConfig;
  readonly #callSid: string;
  readonly #onFetched: OnFetched;
  readonly #pending = new Map<string, AbortController>();

  constructor(callSid: string, services: Services, config: AccountConfig, onFetched: OnFetched) {
    this.#callSid = callSid;
    this.#services = services;
    this.#config = config;
    this.#onFetched = onFetched;
  }

  /** REQ-9, REQ-27: the request and the link in it are signed at the moment it goes out. */
  fetch({ id, purpose, request, deadlineMs }: Effect<"fetch">): void {
    this.#send(id, "fetched", { purpose, deadlineMs }, (options) => {
      const { clock, fetcher, links, tracing } = this.#services;
      const { account, recordingLinks, signingSecrets } = this.#config;
      const linked = links.sign(toHttpRequest(request), account.sid, recordingLinks, clock.now());
      const sent = signed(linked, signingSecrets, clock.now());
      if (tracing === null) return fetcher.fetch(sent, options);
      const headers = { ...sent.headers, traceparent: traceparentOf(this.#callSid, id) };
      return fetcher.fetch({ ...sent, headers }, options);
    });
  }

  /** RES-27. */
  checkAudio({ id, url, deadlineMs }: Effect<"check_audio">): void {
    const isUsable = (outcome: Fetched["outcome"]): boolean => validateAudio(url, outcome).ok;
    this.#send(id, "audio_checked", { purpose: "audio", deadlineMs }, (options) =>
      this.#services.audio.check(url, { ...options, isUsable }),
    );
  }

  cancel(id: string): void {
    this.#pending.get(id)?.abort();
    this.#pending.delete(id);
  }

  cancelAll(): void {
    for (const controller of this.#pending.values()) controller.abort();
    this.#pending.clear();
  }

  #send(
    id: string,
    kind: "fetched" | "audio_checked",
    asked: Pick<FetchOptions, "purpose" | "deadlineMs">,
    make: (options: FetchOptions) => Promise<CheckedResponse>,
  ): void {
    const controller = new AbortController();
    this.#pending.set(id, controller);
    const { account, privateDestinations: allowPrivate } = this.#config;
    const options = { ...asked, account: account.sid, allowPrivate, signal: controller.signal };
    void make(options).then((fetched) => {
      if (this.#pending.delete(id)) this.#onFetched(kind, id, fetched);
    });
  }
}
