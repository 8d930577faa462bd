import type { Timer } from "../../base/clock.ts";
import type { Effect } from "../../core/call/effects.ts";
import type { CallEvent } from "../../core/call/events.ts";
import { CALLER } from "../../core/call/legs.ts";
import type { CallSetup } from "../../core/call/setup.ts";
import type { TraceEntry } from "../../core/call/trace.ts";
import { toHttpRequest } from "../../core/contract/request.ts";
import type { CallState } from "../../core/engine/engine.ts";
import { step } from "../../core/engine/engine.ts";
import type { CallRow, JournalRow, OutboxRow } from "../../edges/store/types.ts";
import type { CallPorts, ExternalEffect } from "./call-ports.ts";
import { endRow } from "./cdr-rows.ts";

/** A step whose row is not durable yet, and what must wait until it is. */
interface Unwritten {
  readonly row: JournalRow;
  readonly after: readonly ExternalEffect[];
  readonly last: boolean;
}

/** The database is asked again after so long when it refused a row; calls wait, none is lost. */
const RETRY_WRITE_MS = 200;

/**
 * The mailbox of one live call. Whatever touches the call comes in through `deliver`, one event at a time, in order.
 * Each step is journalled; effects that the outside could not take back wait until that row is durable (the journal
 * rule of the architecture), the others happen at once.
 */
export class LiveCall {
  readonly sid: string;
  readonly setup: CallSetup;
  readonly #ports: CallPorts;
  #callRow: CallRow | undefined;
  #state: CallState | null = null;
  #seq = 0;
  #lastAt = 0;
  #startedAt = 0;
  readonly #trace: TraceEntry[] = [];
  readonly #timers = new Map<string, Timer>();
  readonly #inbox: CallEvent[] = [];
  #stepping = false;
  #failed = false;
  /** Rows that the journal did not take yet, in order; while there are any, later rows wait behind them. */
  readonly #refused: Unwritten[] = [];

  /** `row` is null for a call that an earlier process began: its first row is written. */
  constructor(sid: string, setup: CallSetup, row: CallRow | null, ports: CallPorts) {
    this.sid = sid;
    this.setup = setup;
    this.#callRow = row ?? undefined;
    this.#ports = ports;
  }

  get ended(): boolean {
    return this.#state?.ended ?? false;
  }

  /** Every leg that was ever dialled in this call. */
  attemptedLegs(): number[] {
    return this.#trace.flatMap((entry) => (entry.type === "attempt.started" ? [entry.leg] : []));
  }

  now(): number {
    // A call's events never run backwards, whatever the wall clock does.
    this.#lastAt = Math.max(this.#lastAt, this.#ports.clock.now());
    return this.#lastAt;
  }

  deliver(event: CallEvent): void {
    if (this.#failed) return;
    this.#inbox.push(event);
    if (this.#stepping) return;
    this.#stepping = true;
    try {
      for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) this.#step(next);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#stepping = false;
    }
  }

  /**
   * Takes the call to where the journal left it: the engine steps through the recorded events, and nothing is done
   * twice — effects of the past are dropped, only timers that are still armed are armed again.
   */
  replay(events: readonly CallEvent[]): void {
    for (const event of events) {
      this.#noteTime(event);
      const { state, effects } = step(this.setup, this.#state, event);
      this.#state = state;
      this.#seq += 1;
      for (const effect of effects) {
        if (effect.kind === "trace") this.#trace.push(effect.entry);
        else if (effect.kind === "set_timer" || effect.kind === "clear_timer") this.#timer(effect);
      }
    }
  }

  #noteTime(event: CallEvent): void {
    if (event.kind === "call_arrived") this.#startedAt = event.at;
    this.#lastAt = Math.max(this.#lastAt, event.at);
  }

  #step(event: CallEvent): void {
    if (this.ended) return;
    this.#noteTime(event);
    const { state, effects } = step(this.setup, this.#state, event);
    this.#state = state;
    this.#seq += 1;
    const trace: TraceEntry[] = [];
    const outbox: OutboxRow[] = [];
    const after: ExternalEffect[] = [];
    let end: JournalRow["end"];
    for (const effect of effects) {
      if (effect.kind === "trace") {
        trace.push(effect.entry);
        this.#trace.push(effect.entry);
      } else if (effect.kind === "notify") outbox.push(this.#outboxRow(effect));
      else if (effect.kind === "set_timer" || effect.kind === "clear_timer") this.#timer(effect);
      else if (effect.kind === "end") end = endRow(this.setup.account.sid, this.#startedAt, this.#trace, effect.record);
      else if (waitsForJournal(effect)) after.push(effect);
      else this.#ports.perform(effect);
    }
    this.#write({ row: this.#row(event, trace, outbox, end), after, last: end !== undefined });
    // The row is on its way to the disk.
    for (const effect of after) this.#ports.prepare(effect);
  }

  #row(event: CallEvent, trace: readonly TraceEntry[], outbox: OutboxRow[], end: JournalRow["end"]): JournalRow {
    const legSnapshots = this.#ports.legSnapshots();
    const call = this.#callRow;
    this.#callRow = undefined;
    return {
      callSid: this.sid,
      account: this.setup.account.sid,
      seq: this.#seq,
      at: event.at,
      event: JSON.stringify(event),
      trace: trace.length === 0 ? "[]" : JSON.stringify(trace),
      ...(legSnapshots === null ? {} : { legSnapshots }),
      ...(outbox.length === 0 ? {} : { outbox }),
      ...(call === undefined ? {} : { call }),
      ...(end === undefined ? {} : { end }),
    };
  }

  #outboxRow(effect: Extract<Effect, { kind: "notify" }>): OutboxRow {
    return {
      id: `${this.sid}-${effect.id}`,
      order: effect.order,
      purpose: effect.purpose,
      request: JSON.stringify(toHttpRequest(effect.request)),
    };
  }

  #timer(effect: Extract<Effect, { kind: "set_timer" | "clear_timer" }>): void {
    this.#timers.get(effect.id)?.cancel();
    this.#timers.delete(effect.id);
    if (effect.kind === "clear_timer") return;
    const { id, at } = effect;
    const timer = this.#ports.clock.after(Math.max(0, at - this.#ports.clock.now()), () => {
      this.#timers.delete(id);
      this.deliver({ kind: "timer", at: Math.max(at, this.now()), id });
    });
    this.#timers.set(id, timer);
  }

  #write(written: Unwritten): void {
    if (this.#refused.length > 0) this.#refused.push(written);
    else this.#send(written);
  }

  #send(unwritten: Unwritten): void {
    this.#ports.append(unwritten.row, unwritten.after.some(isUrgent) ? "now" : "soon").then(
      () => this.#written(unwritten),
      (error: unknown) => this.#refuse(unwritten, error),
    );
  }

  #refuse(unwritten: Unwritten, error: unknown): void {
    this.#ports.log.error({ err: error, call: this.sid }, "journal row was not written, trying again");
    this.#refused.push(unwritten);
    if (this.#refused.length === 1) this.#ports.clock.after(RETRY_WRITE_MS, () => this.#sendRefused());
  }

  #sendRefused(): void {
    for (const unwritten of this.#refused.splice(0)) this.#send(unwritten);
  }

  #written({ after, last }: Unwritten): void {
    try {
      for (const effect of after) this.#ports.perform(effect);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (last) this.#finish();
  }

  /** A fault of ours costs this call, never another one. Its journal stays without an end: the next start closes it. */
  #fail(error: unknown): void {
    this.#ports.log.error({ err: error, call: this.sid }, "call could not be stepped, letting it go");
    // Nothing more is stepped: a row behind the one that failed would leave a hole in the journal.
    this.#failed = true;
    this.#inbox.length = 0;
    this.#stopTimers();
    this.#ports.ended(true);
  }

  #finish(): void {
    this.#stopTimers();
    this.#ports.ended(false);
  }

  #stopTimers(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }
}

/**
 * Effects that may not be repeated: not before the journal knows of them. Asking a URL, giving up a leg, what is heard and
 * recorded may begin twice or for nothing without harm, so nothing waits for them. The caller is hung up behind his
 * answer, which waits.
 */
function waitsForJournal(effect: ExternalEffect): boolean {
  if (effect.kind === "hang_up") return effect.leg === CALLER;
  return isUrgent(effect) || effect.kind === "answer";
}

/**
 * Somebody waits for this one: its row is committed at once, not with the next that comes by. Nobody waits for the 200:
 * most often it goes out together with the first INVITE, in one commit instead of two.
 */
function isUrgent({ kind }: ExternalEffect): boolean {
  return kind === "dial" || kind === "reject";
}
