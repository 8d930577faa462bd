import type { Clock } from "../../base/clock.ts";
import type { AuditActor } from "../../edges/store/audit-log.ts";
import type { CallTexts, ErasedRows, ErasureOrder } from "../../edges/store/erasures.ts";
import { NOTHING_ERASED } from "../../edges/store/erasures.ts";
import type { Store } from "../../edges/store/store.ts";
import type { CallCursor } from "../../edges/store/types.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { Feed } from "../exchange/feed/feed.ts";
import type { RecordingRemoval } from "./recording-removal.ts";
import { writtenNumber } from "./written-number.ts";

export interface ErasureOptions {
  readonly store: Pick<Store, "erasures">;
  readonly removal: Pick<RecordingRemoval, "run">;
  readonly exchange: Pick<Exchange, "isLive">;
  readonly feed: Pick<Feed, "forget">;
  readonly clock: Pick<Clock, "now">;
}

/** Who requests an erasure, and in which account. */
export interface ErasureRequest {
  readonly account: string;
  readonly actor: AuditActor;
}

/** What was erased, or why nothing was. */
export type ErasureResult =
  | { readonly kind: "erased"; readonly rows: ErasedRows }
  | { readonly kind: "unknown" }
  | { readonly kind: "live"; readonly callSid: string };

/** Calls searched at once: a few MB, and a few ms of the event loop. */
const PAGE_CALLS = 50;

/** Erases calls on request. Repeating an interrupted request finishes it. */
export class Erasure {
  readonly #options: ErasureOptions;

  constructor(options: ErasureOptions) {
    this.#options = options;
  }

  /** Erases one call with its recordings. */
  async call({ account, actor }: ErasureRequest, callSid: string): Promise<ErasureResult> {
    const {
      store: { erasures },
      clock,
    } = this.#options;
    const isLive = await erasures.isLive(account, callSid);
    if (isLive === null) return { kind: "unknown" };
    if (this.#isBusy(callSid, isLive)) return { kind: "live", callSid };
    const order = { account, actor, action: "call.erased", subject: callSid, at: clock.now() } as const;
    const rows = await erasures.erase({ ...order, callSids: [callSid] });
    await this.#finish(account);
    return { kind: "erased", rows };
  }

  /** Erases every call of the account in which the number appears in any form. `mark` stands for it in the audit log. */
  async number(request: ErasureRequest, e164: string, mark: string): Promise<ErasureResult> {
    const pattern = writtenNumber(e164);
    const has = ({ texts }: CallTexts): boolean => texts.some((text) => pattern.test(text));
    for await (const page of this.#pages(request.account, "live")) {
      const live = page.find(has);
      if (live !== undefined) return { kind: "live", callSid: live.callSid };
    }
    try {
      return await this.#ended({ ...request, action: "number.erased", subject: mark }, has);
    } finally {
      await this.#finish(request.account);
    }
  }

  async #ended(
    order: Omit<ErasureOrder, "callSids" | "at">,
    has: (call: CallTexts) => boolean,
  ): Promise<ErasureResult> {
    const {
      store: { erasures },
      clock,
    } = this.#options;
    let rows = NOTHING_ERASED;
    for await (const page of this.#pages(order.account, "calls")) {
      const callSids = page.filter(has).map(({ callSid }) => callSid);
      const busy = callSids.find((callSid) => this.#isBusy(callSid, false));
      if (busy !== undefined) return { kind: "live", callSid: busy };
      if (callSids.length > 0) rows = sum(rows, await erasures.erase({ ...order, callSids, at: clock.now() }));
    }
    // The audit log also records requests that found nothing.
    if (rows.calls === 0) await erasures.erase({ ...order, callSids: [], at: clock.now() });
    return { kind: "erased", rows };
  }

  /** True also after a call's last row, while it closes files and reports its end. */
  #isBusy(callSid: string, isLive: boolean): boolean {
    return isLive || this.#options.exchange.isLive(callSid);
  }

  async *#pages(account: string, from: "live" | "calls"): AsyncGenerator<readonly CallTexts[]> {
    for (let after: CallCursor | null = null; ;) {
      const page = await this.#options.store.erasures.texts(account, from, after, PAGE_CALLS);
      if (page.length > 0) yield page;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE_CALLS) return;
      after = { startedAt: last.startedAt, callSid: last.callSid };
    }
  }

  async #finish(account: string): Promise<void> {
    await this.#options.removal.run();
    this.#options.feed.forget(account);
  }
}

function sum(a: ErasedRows, b: ErasedRows): ErasedRows {
  return {
    calls: a.calls + b.calls,
    steps: a.steps + b.steps,
    deliveries: a.deliveries + b.deliveries,
    recordings: a.recordings + b.recordings,
  };
}
