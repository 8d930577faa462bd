import type { Timer } from "../../base/clock.ts";
import { possibleActions, refusalOf } from "../../core/call/call-action.ts";
import type { PossibleAction } from "../../core/call/call-action.ts";
import type { CallCommand } from "../../core/call/command.ts";
import type { Effect } from "../../core/call/effects.ts";
import type { CallEvent } from "../../core/call/events.ts";
import { CALLER } from "../../core/call/legs.ts";
import { NOTIFICATION_LEAD_MS } from "../../core/call/limits.ts";
import type { CallSetup, Flow } from "../../core/call/setup.ts";
import type { TraceEntry } from "../../core/call/trace.ts";
import { toHttpRequest } from "../../core/contract/request.ts";
import type { CallState } from "../../core/engine/engine.ts";
import { step } from "../../core/engine/engine.ts";
import { KeyTakenError } from "../../edges/store/call-keys.ts";
import type { CallRow, JournalRow, OutboxRow } from "../../edges/store/types.ts";
import type { CallPorts, ExternalEffect } from "./call-ports.ts";
import { endRow } from "./cdr-rows.ts";
import { fedEntries } from "./feed/trace-events.ts";
import type { LiveView } from "./live-view.ts";
import { viewOf } from "./live-view.ts";

type FetchEffect = Extract<Effect, { kind: "fetch" }>;

/** A step whose row is not durable yet, with what must wait for it. */
interface Unwritten {
  readonly row: JournalRow;
  readonly after: readonly ExternalEffect[];
  /** Whether the row must be committed at once. */
  readonly urgent: boolean;
  readonly last: boolean;
}

/** The result of one step's effects. */
interface StepOutput {
  readonly trace: TraceEntry[];
  readonly outbox: OutboxRow[];
  readonly after: ExternalEffect[];
  end: JournalRow["end"];
}

/** ms until a row that the database refused is sent again; calls wait, no row is lost. */
const RETRY_WRITE_MS = 200;

/**
 * The mailbox of one live call. Everything that affects the call comes in through `deliver`, one event at a time, in order.
 * Each step is journalled; effects that can't be undone wait until its row is durable (the journal rule of the
 * architecture), the others happen at once.
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
  /** Fetches that wait for their step's notifications to be sent, each with the timer that limits the wait. */
  readonly #held = new Map<string, Timer>();
  readonly #inbox: CallEvent[] = [];
  #stepping = false;
  #failed = false;
  /** Epoch ms minus `elapsed`. */
  #clockOffset: number;
  /** Rows up to this one are durable. */
  #durableSeq = 0;
  readonly #waiters: { readonly upTo: number; readonly resolve: () => void }[] = [];
  /** Non-zero while a row with the caller's answer is being written: a hang-up waits for it. */
  #answerWaits = 0;
  /** Rows that the journal has refused so far, in order; later rows wait behind them. */
  readonly #refused: Unwritten[] = [];
  #wasRefused = false;

  /** `row` is null for a call that an earlier process began: its first row is already written. */
  constructor(sid: string, setup: CallSetup, row: CallRow | null, ports: CallPorts) {
    this.sid = sid;
    this.setup = setup;
    this.#callRow = row ?? undefined;
    this.#ports = ports;
    this.#clockOffset = ports.clock.now() - ports.clock.elapsed();
  }

  get ended(): boolean {
    return this.#state?.ended ?? false;
  }

  /** The flow the call is in. */
  get flow(): Flow {
    return this.#state?.flow ?? this.setup.flow;
  }

  /** Who calls, and how far the call is; null: it has not begun. */
  view(): LiveView | null {
    return this.#state === null ? null : viewOf(this.#state, this.flow, this.#trace);
  }

  /** Which actions are possible now, and which are not. */
  actions(): readonly PossibleAction[] {
    return this.#state === null ? [] : possibleActions(this.#state);
  }

  /** One sentence saying why this command can't be carried out now; null: it can (`call-action.ts`). */
  refusalOf(command: CallCommand): string | null {
    return this.#state === null ? "the call has not begun" : refusalOf(this.#state, command);
  }

  /** Every leg that was ever dialled in this call. */
  attemptedLegs(): number[] {
    return this.#trace.flatMap((entry) => {
      if (entry.type === "caller.dialed") return [CALLER];
      return entry.type === "attempt.started" ? [entry.leg] : [];
    });
  }

  /**
   * The call's own time, epoch ms: the wall clock when the call began plus the time elapsed since, unaffected by later
   * changes of the wall clock. Never runs backwards.
   */
  now(): number {
    this.#lastAt = Math.max(this.#lastAt, this.#clockOffset + this.#ports.clock.elapsed());
    return this.#lastAt;
  }

  /** Resolves when everything delivered so far is in the journal. */
  durable(): Promise<void> {
    const upTo = this.#seq + this.#inbox.length;
    if (upTo <= this.#durableSeq) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ upTo, resolve }));
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
   * Brings the call to where the journal left it: the engine steps through the recorded events, and nothing is done
   * twice — past effects are dropped, and only timers that are still set are set again.
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
    this.#durableSeq = this.#seq;
    // The clock may have been set back while no process ran.
    this.#clockOffset = Math.max(this.#clockOffset, this.#lastAt - this.#ports.clock.elapsed());
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
    const made = this.#handle(effects);
    this.#write({
      row: this.#row(event, made),
      after: made.after,
      urgent: URGENT_EVENTS.has(event.kind) || made.after.some(isUrgent),
      last: made.end !== undefined,
    });
  }

  /** Performs at once what needs no journalling; returns what belongs in the row, and what waits for it. */
  #handle(effects: readonly Effect[]): StepOutput {
    const made: StepOutput = { trace: [], outbox: [], after: [], end: undefined };
    for (const effect of effects) {
      if (effect.kind === "trace") {
        made.trace.push(effect.entry);
        this.#trace.push(effect.entry);
      } else if (effect.kind === "notify") made.outbox.push(this.#outboxRow(effect));
      else if (effect.kind === "set_timer" || effect.kind === "clear_timer") this.#timer(effect);
      else if (effect.kind === "end")
        made.end = endRow(this.setup.account.sid, this.#startedAt, this.#trace, effect.record);
      else if (this.#waitsForJournal(effect)) made.after.push(effect);
      else this.#performNow(effect);
    }
    return made;
  }

  #performNow(effect: ExternalEffect): void {
    if (effect.kind === "cancel_request") this.#forgetHeld(effect.id);
    this.#ports.perform(effect);
  }

  /** Holds a fetch back; once its step's row is durable, the outbox has the notifications and the fetch may follow. */
  #hold(effect: FetchEffect): void {
    const timer = this.#ports.clock.after(NOTIFICATION_LEAD_MS, () => this.#release(effect));
    this.#held.set(effect.id, timer);
  }

  #release(effect: FetchEffect): void {
    if (!this.#forgetHeld(effect.id)) return;
    try {
      this.#ports.perform(effect);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** False: it is no longer held, because it was sent or cancelled. */
  #forgetHeld(id: string): boolean {
    this.#held.get(id)?.cancel();
    return this.#held.delete(id);
  }

  #row(event: CallEvent, { trace, outbox, end }: StepOutput): JournalRow {
    const legSnapshots = this.#ports.legSnapshots();
    const feed = fedEntries(trace);
    const call = this.#callRow;
    this.#callRow = undefined;
    return {
      callSid: this.sid,
      account: this.setup.account.sid,
      seq: this.#seq,
      at: event.at,
      startedAt: this.#startedAt,
      event: JSON.stringify(event),
      ...(mayHoldCredentials(event) ? {} : { inClear: true }),
      trace: trace.length === 0 ? "[]" : JSON.stringify(trace),
      ...(legSnapshots === null ? {} : { legSnapshots }),
      ...(feed.length === 0 ? {} : { feed }),
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
    const timer = this.#ports.clock.after(Math.max(0, at - this.now()), () => {
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
    this.#ports.append(unwritten.row, unwritten.urgent ? "now" : "soon").then(
      () => this.#written(unwritten),
      (error: unknown) => this.#refuse(unwritten, error),
    );
  }

  #refuse(unwritten: Unwritten, error: unknown): void {
    // The first row of a call that another request has already placed: nothing was written or sent.
    if (error instanceof KeyTakenError) return this.#letGo();
    // Logged once per call: it is retried five times a second.
    if (this.#refused.length === 0 && !this.#wasRefused)
      this.#ports.log.error({ err: error, call: this.sid }, "a journal row was not written, trying again");
    this.#wasRefused = true;
    this.#refused.push(unwritten);
    if (this.#refused.length === 1) this.#ports.clock.after(RETRY_WRITE_MS, () => this.#sendRefused());
  }

  #sendRefused(): void {
    for (const unwritten of this.#refused.splice(0)) this.#send(unwritten);
  }

  #written({ row, after, last }: Unwritten): void {
    this.#durableSeq = row.seq;
    try {
      for (const effect of after) this.#performWaiting(effect);
      this.#wakeWaiters();
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (last) this.#finish();
  }

  #performWaiting(effect: ExternalEffect): void {
    if (effect.kind === "answer") this.#answerWaits -= 1;
    if (effect.kind === "fetch") this.#release(effect);
    else this.#ports.perform(effect);
  }

  #wakeWaiters(): void {
    const due = this.#waiters.filter(({ upTo }) => upTo <= this.#durableSeq);
    if (due.length === 0) return;
    this.#waiters.splice(0, this.#waiters.length, ...this.#waiters.filter(({ upTo }) => upTo > this.#durableSeq));
    for (const { resolve } of due) resolve();
  }

  /**
   * Effects that must not be repeated wait for the journal: answering and refusing a caller (an INVITE and the ACK to a
   * callee wait too, see `durable`). Requesting a URL, cancelling or hanging up a leg, playing and recording do no harm if
   * done twice or in vain. Hanging up a caller waits for an answer that still waits.
   */
  #waitsForJournal(effect: ExternalEffect): boolean {
    if (effect.kind === "answer") this.#answerWaits += 1;
    if (effect.kind === "fetch") {
      const follows = effect.followsNotifications === true;
      if (follows) this.#hold(effect);
      return follows;
    }
    if (effect.kind === "hang_up") return effect.leg === CALLER && this.#answerWaits > 0;
    return effect.kind === "answer" || effect.kind === "reject";
  }

  /** A fault of ours costs only this call. Its journal stays without an end: the next start closes it. */
  #fail(error: unknown): void {
    this.#ports.log.error({ err: error, call: this.sid }, "call could not be stepped, letting it go");
    this.#letGo();
  }

  /** Stops stepping: a row after the failed one would leave a gap in the journal. */
  #letGo(): void {
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
    for (const timer of [...this.#timers.values(), ...this.#held.values()]) timer.cancel();
    this.#timers.clear();
    this.#held.clear();
  }
}

/** Events that an INVITE or an ACK waits for: their row is committed at once, not together with a later one. */
const URGENT_EVENTS: ReadonlySet<CallEvent["kind"]> = new Set(["invite_sent", "leg_answered"]);

/** Answers of URLs and commands from API and dashboard may hold URLs with credentials; other rows need no sealing. */
export function mayHoldCredentials(event: CallEvent): boolean {
  if (event.kind === "call_arrived") return event.placed !== undefined;
  return event.kind === "fetched" || event.kind === "audio_checked" || event.kind === "command";
}

/** The 200 is not urgent: usually it shares its commit with the first INVITE. */
function isUrgent({ kind }: ExternalEffect): boolean {
  return kind === "reject" || kind === "fetch";
}
