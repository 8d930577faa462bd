/** The thread behind `backtest-worker.ts`: plays calls in batches until it is terminated. */
import { parentPort } from "node:worker_threads";
import type { Result } from "../../../base/result.ts";
import { err, ok } from "../../../base/result.ts";
import type { CallEvent } from "../../../core/call/events.ts";
import { CALLER } from "../../../core/call/legs.ts";
import type { CallSetup } from "../../../core/call/setup.ts";
import { readStoredSetup } from "../../../core/call/stored-setup.ts";
import type { TraceEntry } from "../../../core/call/trace.ts";
import type { RecordedRow } from "../../../edges/store/recorded-calls.ts";
import type { BacktestResult } from "../../../tools/simulator/backtest/backtest.ts";
import { backtestCall, notReproducible } from "../../../tools/simulator/backtest/backtest.ts";
import { BacktestReport } from "../../../tools/simulator/backtest/backtest-report.ts";
import { lowerPriority } from "../lower-priority.ts";
import type { BacktestAnswer, BacktestBatch, BacktestOrder, BacktestQuestion, SetupRow } from "./backtest-worker.ts";

lowerPriority();

/** The backtest under way. */
interface Running extends BacktestOrder {
  readonly report: BacktestReport;
  readonly setups: Map<string, Result<CallSetup, string>>;
}

let running: Running | null = null;

parentPort?.on("message", (question: BacktestQuestion) => parentPort?.postMessage(answerTo(question), []));

function answerTo(question: BacktestQuestion): BacktestAnswer {
  if (question !== "summary" && "order" in question) {
    running = { ...question.order, report: new BacktestReport(question.order.people), setups: new Map() };
    return [];
  }
  if (running === null) throw new Error("no backtest has begun");
  return question === "summary" ? running.report.summary() : linesOf(running, question);
}

function linesOf(backtest: Running, { setups, calls }: BacktestBatch): readonly string[] {
  for (const setup of setups) backtest.setups.set(setup.hash, readSetup(setup));
  return calls.flatMap((row) => {
    const trace = readTrace(row);
    const result = resultOf(backtest, row, trace);
    const line = backtest.report.note({ callSid: row.callSid, trace: trace ?? [] }, result, backtest.traces);
    return line === null ? [] : [JSON.stringify(line)];
  });
}

function readSetup({ stored }: SetupRow): Result<CallSetup, string> {
  return stored === null ? err("its setup is no longer kept") : readStoredSetup(stored);
}

function resultOf({ draft, setups }: Running, row: RecordedRow, trace: readonly TraceEntry[] | null): BacktestResult {
  const setup = setups.get(row.setup) ?? err("its setup is not known");
  if (!setup.ok) return notReproducible([], setup.error);
  if (trace === null) return notReproducible([], "its trace cannot be read");
  if (trace.length === 0) return notReproducible([], "its trace is no longer kept");
  return backtestCall({ callSid: row.callSid, setup: setup.value, trace, caller: callerOf(row, trace) }, draft);
}

/** Null: the text is not JSON. */
function readTrace({ trace }: RecordedRow): readonly TraceEntry[] | null {
  const read = readJson<TraceEntry>(trace);
  return read.ok ? read.value : null;
}

/** Null: the call's journal is sealed, so only its trace is available. */
function callerOf({ digits, startedAt }: RecordedRow, trace: readonly TraceEntry[]) {
  const events = readJson<Extract<CallEvent, { kind: "digit" }>>(digits);
  if (!events.ok) return null;
  const pressed = events.value.filter(({ leg }) => leg === CALLER);
  const isSealed = pressed.length === 0 && trace.some((entry) => entry.type === "digits" && entry.digits !== "");
  return isSealed ? null : { digits: pressed.map(({ at, digit }) => ({ atMs: at - startedAt, digit })) };
}

function readJson<T>(text: string): Result<readonly T[], string> {
  try {
    return ok(JSON.parse(text) as T[]);
  } catch (error) {
    return err(String(error));
  }
}
