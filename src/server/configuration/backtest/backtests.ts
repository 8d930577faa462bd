import { Readable } from "node:stream";
import type { Clock, Timer } from "../../../base/clock.ts";
import type { Log } from "../../../base/log.ts";
import type { Result } from "../../../base/result.ts";
import { err, ok } from "../../../base/result.ts";
import type { RecordedRange, RecordedRow } from "../../../edges/store/recorded-calls.ts";
import type { Store } from "../../../edges/store/store.ts";
import type { CallCursor } from "../../../edges/store/types.ts";
import type { BacktestOrder, SetupRow } from "./backtest-worker.ts";
import { BacktestWorker } from "./backtest-worker.ts";

/** What `Backtests` works with. */
export interface BacktestsOptions {
  readonly store: Pick<Store, "recordedCalls" | "getSetup">;
  readonly clock: Clock;
  readonly log: Log;
}

/** A backtest to run. */
export interface BacktestRequest extends BacktestOrder {
  readonly account: string;
  readonly range: RecordedRange;
}

/** Why a backtest does not start. */
export interface BacktestRefusal {
  /** `account`: the account already has one running; `platform`: too many are running; `range`: it has too many calls. */
  readonly kind: "account" | "platform" | "range";
  readonly message: string;
}

/** Concurrent backtests: each keeps a core busy. */
const MAX_BACKTESTS = 2;
/** Calls that are read at once, a few MB: more would keep the main loop busy for too long. */
const BATCH_CALLS = 100;
/** Most calls of one backtest: half an hour's work. */
const MAX_CALLS = 1_000_000;
/** ms that a reader may take to receive what was sent, so that one that has disappeared does not keep the account's place. */
const STALLED_MS = 60_000;

/** ms that an idle thread is kept: people look at one backtest of a draft, then run the next. */
const IDLE_MS = 60_000;

interface IdleWorker {
  readonly worker: BacktestWorker;
  readonly until: Timer;
}

/** The backtests that run in this process: at most one per account. */
export class Backtests {
  readonly #options: BacktestsOptions;
  readonly #running = new Set<string>();
  #idle: IdleWorker | null = null;
  #isClosed = false;

  constructor(options: BacktestsOptions) {
    this.#options = options;
  }

  /** Starts a backtest, which streams lines of JSON. Closing the stream ends it. */
  async start(request: BacktestRequest): Promise<Result<Readable, BacktestRefusal>> {
    const { account } = request;
    const refusal = this.#refusal(account);
    if (refusal !== null) return err(refusal);
    this.#running.add(account);
    try {
      const total = await this.#options.store.recordedCalls.count(account, request.range);
      if (total <= MAX_CALLS) return ok(this.#stream(request, total));
      this.#running.delete(account);
      return err({
        kind: "range",
        message: `the range has ${total} calls, more than the limit of ${MAX_CALLS}: narrow it`,
      });
    } catch (error) {
      this.#running.delete(account);
      throw error;
    }
  }

  /** Ends the idle thread; running backtests end with their streams. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#idle !== null) await this.#endIdle();
  }

  #refusal(account: string): BacktestRefusal | null {
    if (this.#running.has(account))
      return {
        kind: "account",
        message: `a backtest of account ${account} is already running: wait for it, or end it`,
      };
    if (this.#running.size < MAX_BACKTESTS) return null;
    return { kind: "platform", message: "other accounts' backtests are running: try again in a minute" };
  }

  #stream(request: BacktestRequest, total: number): Readable {
    const lines = Readable.from(this.#paced(this.#lines(request, total), () => lines.destroy()));
    lines.once("close", () => this.#running.delete(request.account));
    return lines;
  }

  /** Makes lines as they are taken, until the reader stops taking them. */
  async *#paced(lines: AsyncGenerator<string>, onStalled: () => void): AsyncGenerator<string> {
    for await (const line of lines) {
      const stalled = this.#options.clock.after(STALLED_MS, onStalled);
      try {
        yield line;
      } finally {
        stalled.cancel();
      }
    }
  }

  async *#lines(request: BacktestRequest, total: number): AsyncGenerator<string> {
    const worker = this.#take();
    let isWhole = false;
    try {
      await worker.begin(request);
      yield* this.#play(worker, request, total);
      const summary = await worker.summary();
      isWhole = true;
      yield lineOf({ type: "summary", ...summary });
    } catch (error) {
      this.#options.log.error({ err: error, account: request.account }, "a backtest failed");
      yield lineOf({ type: "failed", detail: "the backtest failed: the platform's log says why" });
    } finally {
      if (isWhole) await this.#keep(worker);
      else await worker.end();
    }
  }

  /** Reuses the idle thread: loading one takes most of a second, longer than playing a few calls. */
  #take(): BacktestWorker {
    const worker = this.#idle?.worker ?? new BacktestWorker();
    this.#idle?.until.cancel();
    this.#idle = null;
    return worker;
  }

  async #keep(worker: BacktestWorker): Promise<void> {
    if (this.#idle !== null || this.#isClosed) return worker.end();
    this.#idle = { worker, until: this.#options.clock.after(IDLE_MS, () => void this.#endIdle()) };
  }

  async #endIdle(): Promise<void> {
    await this.#take().end();
  }

  /** Reads the next page while a batch is played. */
  async *#play(worker: BacktestWorker, request: BacktestRequest, total: number): AsyncGenerator<string> {
    const known = new Set<string>();
    let played = 0;
    yield progress(played, total);
    for (let calls = await this.#page(request, null); calls.length > 0;) {
      const setups = await this.#setups(calls, known);
      const [lines, next] = await Promise.all([worker.play(setups, calls), this.#page(request, cursorOf(calls))]);
      played += calls.length;
      yield lines.map((line) => `${line}\n`).join("") + progress(played, Math.max(total, played));
      calls = next;
    }
  }

  async #page({ account, range }: BacktestRequest, after: CallCursor | null): Promise<readonly RecordedRow[]> {
    return this.#options.store.recordedCalls.page(account, range, after, BATCH_CALLS);
  }

  /** The calls' setups that the thread does not know yet. */
  #setups(calls: readonly RecordedRow[], known: Set<string>): Promise<readonly SetupRow[]> {
    const hashes = [...new Set(calls.map(({ setup }) => setup))].filter((hash) => !known.has(hash));
    for (const hash of hashes) known.add(hash);
    return Promise.all(hashes.map(async (hash) => ({ hash, stored: await this.#options.store.getSetup(hash) })));
  }
}

function cursorOf(calls: readonly RecordedRow[]): CallCursor | null {
  const last = calls.at(-1);
  return last === undefined ? null : { startedAt: last.startedAt, callSid: last.callSid };
}

function progress(calls: number, of: number): string {
  return lineOf({ type: "progress", calls, of });
}

function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
