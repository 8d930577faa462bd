import type { Effect, EffectKind } from "../../call/effects.ts";
import type { CallEvent } from "../../call/events.ts";
import { CALLER } from "../../call/legs.ts";
import { type CallReport, reportOf } from "../../call/report.ts";
import type { CallSetup, Flow } from "../../call/setup.ts";
import type { TraceEntry } from "../../call/trace.ts";
import { type Account, plainAccount } from "../../contract/account.ts";
import type { HttpFailureReason, HttpOutcome } from "../../contract/http.ts";
import { parseFlow } from "../../flow/flow.ts";
import { type CallState, type StepResult, step } from "../engine.ts";
import { CallInvariants } from "../invariants/call-invariants.ts";

/** The start of every test call: a Monday, 10:00 in Kolkata. */
export const START_MS = Date.parse("2026-01-05T10:00:00+05:30");
export const EXOPHONE = "+918047100000";
export const CALLER_NUMBER = "+919812345678";

const testAccount = plainAccount({
  language: "en-IN",
  exophones: [{ number: EXOPHONE, region: "KA", trunk: null }],
});

/** A flow of one Connect with URLs, each exit with its own applet. */
export const connectFlow = {
  flow: "11754",
  start: "sales",
  applets: {
    sales: {
      type: "connect",
      url: { primary: "https://app.example/connect", fallback: "https://backup.example/connect" },
      exits: { conversation_ended: "talked", nobody_answered: "unanswered", nobody_dialed: "undialed" },
    },
    talked: { type: "hangup" },
    unanswered: { type: "hangup" },
    undialed: { type: "hangup" },
  },
};

export interface DriveOptions {
  readonly flow?: unknown;
  /** A flow of the platform's own, which no document can describe. */
  readonly builtIn?: Flow;
  readonly account?: Partial<Account>;
  readonly call?: Partial<Extract<CallEvent, { kind: "call_arrived" }>>;
}

type Of<T, K> = Extract<T, { kind: K }>;
/** An event without its time: the driver's clock adds it. */
export type Untimed = CallEvent extends infer E ? (E extends CallEvent ? Omit<E, "at"> : never) : never;

/**
 * Drives one call by hand, event by event, with timers that fire as the clock is moved. Every step is made twice, once
 * with a state that went through JSON, and both must have the same result.
 */
export class Drive {
  readonly setup: CallSetup;
  readonly effects: Effect[] = [];
  /** Effects of the latest step. */
  latest: readonly Effect[] = [];
  state: CallState | null = null;
  now = START_MS;
  readonly #invariants: CallInvariants;
  /** False skips the second step, for calls with thousands of events. */
  thorough = true;

  constructor(options: DriveOptions = {}) {
    const flow = parseFlow(options.flow ?? connectFlow);
    if (!flow.ok) throw new Error(JSON.stringify(flow.error));
    const account = { ...testAccount, ...options.account };
    this.setup = {
      account,
      flow: options.builtIn ?? flow.value,
      recordingsUrl: "https://rec.example",
      version: "0.1.0",
    };
    this.#invariants = new CallInvariants(this.setup.flow.start);
    this.event({
      kind: "call_arrived",
      callSid: "c0ffee00000000000000000000001a15",
      from: CALLER_NUMBER,
      to: EXOPHONE,
      direction: "incoming",
      customField: null,
      ...options.call,
    });
  }

  get call(): CallState {
    if (this.state === null) throw new Error("the call has not started");
    return this.state;
  }

  event(untimed: Untimed): readonly Effect[] {
    const event = { ...untimed, at: this.now } as CallEvent;
    const before = this.thorough ? JSON.stringify(this.state) : "";
    const { state, effects } = step(this.setup, this.state, event);
    this.#watch(event, effects);
    if (this.thorough) this.#compare(event, before, { state, effects });
    this.state = state;
    this.latest = effects;
    this.effects.push(...effects);
    return effects;
  }

  /** Throws if an invariant is broken. */
  #watch(event: CallEvent, effects: readonly Effect[]): void {
    this.#invariants.event(event);
    for (const effect of effects) this.#invariants.effect(effect, this.now);
    const { violations } = this.#invariants;
    if (violations.length === 0) return;
    throw new Error(violations.map(({ invariant, message }) => `${invariant}: ${message}`).join("\n"));
  }

  /** The previous state must be unchanged, and a copy of it that went through JSON must have the same result. */
  #compare(event: CallEvent, before: string, result: StepResult): void {
    if (JSON.stringify(this.state) !== before) throw new Error(`the state before ${event.kind} was changed`);
    const second = step(this.setup, JSON.parse(before) as CallState | null, event);
    if (JSON.stringify(second) !== JSON.stringify(result)) {
      throw new Error(`a state that went through JSON continued differently at ${event.kind}`);
    }
  }

  /** Lets time pass; timers that are due fire at their time and in their order. */
  after(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const due = this.call.timers.filter((each) => each.at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (due === undefined || this.call.ended) break;
      this.now = Math.max(this.now, due.at);
      this.event({ kind: "timer", id: due.id });
    }
    this.now = end;
  }

  /** Answers the open request after 100 ms with status 200 and this JSON. */
  json(body: unknown): void {
    this.outcome({ ok: true, status: 200, contentType: "application/json", body: JSON.stringify(body) });
  }

  text(body: string): void {
    this.outcome({ ok: true, status: 200, contentType: "text/plain", body });
  }

  status(status: number): void {
    this.outcome({ ok: true, status, contentType: "text/html", body: "" });
  }

  fail(reason: HttpFailureReason = "refused"): void {
    this.outcome({ ok: false, reason, detail: "" });
  }

  outcome(outcome: HttpOutcome): void {
    const id = this.call.fetches[0];
    if (id === undefined) throw new Error("no request is open");
    this.after(100);
    this.event({ kind: id.startsWith("a") ? "audio_checked" : "fetched", id, outcome, elapsedMs: 100 });
  }

  /** Dials these numbers: the shortest possible answer, with `more` in it. */
  dial(numbers: readonly string[], more: Record<string, unknown> = {}): void {
    this.json({ destination: { numbers }, ...more });
  }

  answer(leg: number): void {
    this.event({ kind: "leg_answered", leg });
  }

  ring(leg: number): void {
    this.event({ kind: "leg_ringing", leg });
  }

  refuse(leg: number, sip: number | null = 486): void {
    this.event({ kind: "leg_failed", leg, sip, detail: "" });
  }

  hangUp(leg: number = CALLER): void {
    this.event({ kind: "leg_ended", leg, detail: "" });
  }

  enterDigits(digits: string): void {
    for (const digit of digits) this.event({ kind: "digit", leg: CALLER, digit });
  }

  played(failure: string | null = null): void {
    const id = this.of("play").findLast((each) => !each.loop)?.id;
    if (id === undefined) throw new Error("nothing is playing");
    this.event({ kind: "playback_ended", id, failure });
  }

  recorded(failure: string | null = null): void {
    const id = this.call.recordings[0]?.id;
    if (id === undefined) throw new Error("nothing is recording");
    this.event({ kind: "recording_ready", id, durationMs: 1000, failure });
  }

  /** Effects of one kind in the whole call. */
  of<K extends EffectKind>(kind: K): Of<Effect, K>[] {
    return this.effects.filter((effect): effect is Of<Effect, K> => effect.kind === kind);
  }

  /** Kinds of the latest step's effects, without the trace. */
  get kinds(): readonly string[] {
    return this.latest.filter((effect) => effect.kind !== "trace").map((effect) => effect.kind);
  }

  get trace(): readonly TraceEntry[] {
    return this.of("trace").map((effect) => effect.entry);
  }

  /** The report that API, browser and command line would show. */
  report(): CallReport {
    return reportOf(this.trace, { seed: null });
  }

  traced<T extends TraceEntry["type"]>(type: T): Extract<TraceEntry, { type: T }>[] {
    return this.trace.filter((entry): entry is Extract<TraceEntry, { type: T }> => entry.type === type);
  }

  /** Rule ids of all decisions. */
  get rules(): readonly string[] {
    return this.traced("decision").map((entry) => entry.rule);
  }

  get exits(): readonly string[] {
    return this.traced("exit.taken").map((entry) => `${entry.applet}.${entry.exit}`);
  }

  get applets(): readonly string[] {
    return this.traced("applet.entered").map((entry) => entry.applet);
  }

  /** Destinations dialled so far. */
  get dialled(): readonly string[] {
    return this.traced("attempt.started").map((entry) => entry.destination);
  }

  /** `destination outcome` of every attempt that ended, in the order of ending. */
  get outcomes(): readonly string[] {
    const names = new Map(this.traced("attempt.started").map((entry) => [entry.leg, entry.destination]));
    return this.traced("attempt.ended").map((entry) => `${names.get(entry.leg)} ${entry.outcome}`);
  }

  /** Parameters of the `n`-th request of a purpose (from 0; -1 is the last); of a repeated name the last one. */
  query(purpose: string, n = -1): Record<string, string> {
    const sent = this.traced("request.sent").filter((entry) => entry.purpose === purpose);
    return Object.fromEntries(sent.at(n)?.query ?? []);
  }

  /** URLs asked, in order, without their queries. */
  get asked(): readonly string[] {
    return this.traced("request.sent").map((entry) => entry.url);
  }

  /** What is still open outside the engine, in words; empty at the end of every call. */
  get open(): readonly string[] {
    return this.#invariants.open;
  }
}
