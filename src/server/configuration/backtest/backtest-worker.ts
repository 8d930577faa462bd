import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Flow } from "../../../core/call/setup.ts";
import type { RecordedRow } from "../../../edges/store/recorded-calls.ts";
import type { StoredText } from "../../../edges/store/format.ts";
import type { BacktestSummary } from "../../../tools/simulator/backtest/backtest-report.ts";
import type { People } from "../../../tools/simulator/compare/people.ts";

/** What calls are played through, and how they are reported. */
export interface BacktestOrder {
  readonly draft: Flow;
  readonly people: People;
  /** Each line has both traces of its call. */
  readonly traces: boolean;
}

/** A setup that calls name by its hash; `stored` null: it is not there. */
export interface SetupRow {
  readonly hash: string;
  readonly stored: StoredText | null;
}

/** What the thread is asked, one question at a time. */
export type BacktestQuestion = { readonly order: BacktestOrder } | BacktestBatch | "summary";

/** Calls to play, and the setups among theirs that the thread does not know yet. */
export interface BacktestBatch {
  readonly setups: readonly SetupRow[];
  readonly calls: readonly RecordedRow[];
}

/** What it says: lines of JSON, or the summary. */
export type BacktestAnswer = readonly string[] | BacktestSummary;

/** ms; a batch takes a tenth of a second, and a thread that is stuck must not keep its account from another try. */
const ANSWER_LIMIT_MS = 60_000;
/** Memory of the thread, MB: the calls of a batch, and the groups. */
const HEAP_MB = 256;
/** The sources run as TypeScript in development, and as JavaScript once built. */
const ENDING = import.meta.url.endsWith(".ts") ? "ts" : "js";

/** A thread that plays calls, so that no live call waits for it; one backtest after the other. */
export class BacktestWorker {
  readonly #worker: Worker;

  constructor() {
    this.#worker = new Worker(new URL(`./backtest-thread.${ENDING}`, import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    this.#worker.unref();
  }

  /** A new backtest: what came before is forgotten. */
  async begin({ draft, people, traces }: BacktestOrder): Promise<void> {
    await this.#ask({ order: { draft, people, traces } });
  }

  /** Plays a batch; one line of JSON for each call of which there is something to say. */
  async play(setups: readonly SetupRow[], calls: readonly RecordedRow[]): Promise<readonly string[]> {
    return (await this.#ask({ setups, calls })) as readonly string[];
  }

  /** What came of all of them. */
  async summary(): Promise<BacktestSummary> {
    return (await this.#ask("summary")) as BacktestSummary;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  /** Rejects when the thread breaks or takes too long. */
  async #ask(question: BacktestQuestion): Promise<BacktestAnswer> {
    const answered = once(this.#worker, "message", { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
    this.#worker.postMessage(question, []);
    const [answer] = (await answered) as [BacktestAnswer];
    return answer;
  }
}
