import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Flow } from "../../../core/call/setup.ts";
import type { RecordedRow } from "../../../edges/store/recorded-calls.ts";
import type { StoredText } from "../../../edges/store/format.ts";
import type { BacktestSummary } from "../../../tools/simulator/backtest/backtest-report.ts";
import type { People } from "../../../tools/simulator/compare/people.ts";

/** The draft to play calls through, and how to report them. */
export interface BacktestOrder {
  readonly draft: Flow;
  readonly people: People;
  /** True: each line has both traces of its call. */
  readonly traces: boolean;
}

/** A setup that calls refer to by its hash. `stored` null: it is missing. */
export interface SetupRow {
  readonly hash: string;
  readonly stored: StoredText | null;
}

/** A message to the thread, which gets one at a time. */
export type BacktestQuestion = { readonly order: BacktestOrder } | BacktestBatch | "summary";

/** Calls to play, with those of their setups that the thread does not know yet. */
export interface BacktestBatch {
  readonly setups: readonly SetupRow[];
  readonly calls: readonly RecordedRow[];
}

/** The thread's answer: lines of JSON, or the summary. */
export type BacktestAnswer = readonly string[] | BacktestSummary;

/** ms. A batch takes a tenth of a second, and a thread that is stuck must not keep its account from trying again. */
const ANSWER_LIMIT_MS = 60_000;
/** Memory of the thread, MB: the calls of a batch, and the groups. */
const HEAP_MB = 256;
/** The sources run as TypeScript in development, and as JavaScript once built. */
const ENDING = import.meta.url.endsWith(".ts") ? "ts" : "js";

/** A thread that plays calls, so that no live call waits; it runs one backtest after another. */
export class BacktestWorker {
  readonly #worker: Worker;

  constructor() {
    this.#worker = new Worker(new URL(`./backtest-thread.${ENDING}`, import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    this.#worker.unref();
  }

  /** Begins a new backtest, and discards the previous one. */
  async begin({ draft, people, traces }: BacktestOrder): Promise<void> {
    await this.#ask({ order: { draft, people, traces } });
  }

  /** Plays a batch; returns one line of JSON for each call except unchanged ones. */
  async play(setups: readonly SetupRow[], calls: readonly RecordedRow[]): Promise<readonly string[]> {
    return (await this.#ask({ setups, calls })) as readonly string[];
  }

  /** The summary of all calls played. */
  async summary(): Promise<BacktestSummary> {
    return (await this.#ask("summary")) as BacktestSummary;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  /** Rejects if the thread fails or takes too long. */
  async #ask(question: BacktestQuestion): Promise<BacktestAnswer> {
    const answered = once(this.#worker, "message", { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
    this.#worker.postMessage(question, []);
    const [answer] = (await answered) as [BacktestAnswer];
    return answer;
  }
}
