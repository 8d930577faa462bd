import { unreachable } from "../../base/never.ts";
import type { Destination } from "../contract/destination.ts";
import type { Finding } from "../contract/finding.ts";
import type { HttpOutcome, PreparedRequest, RequestBody } from "../contract/http.ts";
import { fitQuery } from "../contract/fit-query.ts";
import { maskCredentials, type Query } from "../contract/query.ts";
import { type CallFacts, connectQuery, prepareRequest, type RequestFacts } from "../contract/request.ts";
import type { CancelReason, Effect, Playable } from "./effects.ts";
import { CALLER, type LegId } from "./legs.ts";
import { MAX_LEGS_PER_CALL, MAX_TRACE_ENTRIES, MAX_TYPE_AHEAD_DIGITS, REQUEST_DEADLINE_MS } from "./limits.ts";
import type { RequestPurpose } from "./purpose.ts";
import type { CallEnding } from "./record.ts";
import type { CallSetup, Flow } from "./setup.ts";
import { responseExcerpt } from "./response-excerpt.ts";
import type { CallState, KnownFacts } from "./state.ts";
import type { RequestResult, TraceBody } from "./trace.ts";

/** What an applet decided about the flow in this step. */
export type FlowDecision =
  | { readonly kind: "leave"; readonly exit: string; readonly rule: string }
  | { readonly kind: "end"; readonly ending: CallEnding };

/** One request to a URL of the customer. */
export interface RequestSpec {
  readonly purpose: RequestPurpose;
  readonly role: "primary" | "fallback" | null;
  /** 1 for the first fetch of this applet, 2 for its first re-fetch, … */
  readonly attempt: number;
  /** As configured, with its credentials. */
  readonly url: string;
  /** REQ-7: the Fallback that gets the same query, or the Primary that got it. */
  readonly otherUrl?: string | null;
  readonly query: Query;
  readonly versionHeader: boolean;
  readonly accept: string;
  /** See the `fetch` effect; it matters only if the same step notifies. */
  readonly followsNotifications?: true;
  /** Present: a POST, with the parameters in here instead of in the URL. */
  readonly body?: RequestBody;
}

/** How to record; see the `record` effect. */
export interface RecordingSpec {
  readonly layout: "mono" | "dual";
  readonly maxMs: number | null;
  readonly silenceMs: number | null;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * One step of one call: what applets act through. Holds a draft of the next state (a shallow copy: lists and facts are
 * replaced, never changed in place, so the previous state stays intact) and collects the effects in order. Whatever is
 * opened here is added to the state's ledger, and whatever is closed is removed.
 */
export class StepContext {
  /** Epoch ms of the event being handled. */
  readonly at: number;
  readonly setup: CallSetup;
  readonly effects: Effect[] = [];
  readonly #draft: Writable<CallState>;
  #decision: FlowDecision | null = null;

  constructor(setup: CallSetup, state: CallState, at: number) {
    this.setup = setup;
    this.at = at;
    this.#draft = { ...state, now: at };
  }

  /** The state as it stands within this step. */
  /** What every request of this call says about it at this moment. */
  get callFacts(): CallFacts {
    const { callSid, from, to, dialTo, direction, startedAt } = this.#draft;
    const callTo = dialTo ?? to;
    return { callSid, callFrom: from, callTo, to, direction, createdMs: startedAt, nowMs: this.at };
  }

  get call(): CallState {
    return this.#draft;
  }

  get facts(): KnownFacts {
    return this.#draft.facts;
  }

  /** The flow that the call is in. */
  get flow(): Flow {
    return this.#draft.flow ?? this.setup.flow;
  }

  /** Writes into the draft: for the engine and the helpers of `call/`; applets use the methods below. */
  patchState(changes: Partial<CallState>): void {
    Object.assign(this.#draft, changes);
  }

  /** Changes what later requests say about the call. */
  updateFacts(changes: Partial<KnownFacts>): void {
    this.#draft.facts = { ...this.#draft.facts, ...changes };
  }

  // ── the flow ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Leaves the applet by one of its exits. */
  leave(exit: string, rule: string): void {
    this.#decision = { kind: "leave", exit, rule };
  }

  /** Ends the whole call. */
  end(ending: CallEnding): void {
    this.#decision = { kind: "end", ending };
  }

  /** For the engine: returns the decision and clears it. */
  takeDecision(): FlowDecision | null {
    const decision = this.#decision;
    this.#decision = null;
    return decision;
  }

  // ── the trace ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Adds an entry. The last place is reserved for the end of the call, the one before for saying that more are missing. */
  trace(body: TraceBody): void {
    const draft = this.#draft;
    const isEnd = body.type === "call.ended";
    if (!isEnd && draft.seq >= MAX_TRACE_ENTRIES - 1) return;
    draft.seq += 1;
    const isFull = !isEnd && draft.seq === MAX_TRACE_ENTRIES - 1;
    const added: TraceBody = isFull
      ? {
          type: "decision",
          rule: "LIMIT",
          message: `The trace is full: what follows entry ${draft.seq} is left out.`,
        }
      : body;
    this.effects.push({ kind: "trace", entry: { seq: draft.seq, at_ms: this.at - draft.startedAt, ...added } });
  }

  decide(rule: string, message: string): void {
    this.trace({ type: "decision", rule, message });
  }

  findings(id: string, findings: readonly Finding[]): void {
    for (const finding of findings) this.trace({ type: "answer.finding", id, ...finding });
  }

  /** The result of a request; `outcome` null: it was never sent. */
  result(
    of: { id: string; result: RequestResult; outcome: HttpOutcome | null; elapsedMs: number },
    rule: string | null,
    message: string,
  ): void {
    this.trace({
      type: "request.result",
      id: of.id,
      result: of.result,
      http_status: of.outcome?.ok === true ? of.outcome.status : null,
      elapsed_ms: of.elapsedMs,
      rule,
      message,
      ...responseExcerpt(of.outcome),
    });
  }

  // ── HTTP ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The parameters of section 1 as the call stands now. `numbers`: REF-3, on a re-fetch. */
  query(numbers: readonly Destination[] | null = null): Query {
    return connectQuery(this.setup.account, this.#requestFacts(numbers));
  }

  /** Sends a request → `fetched` with the returned id. Null: the configured URL is malformed (traced). */
  fetch(spec: RequestSpec): string | null {
    const id = this.#nextId("f");
    const request = this.#build(id, spec);
    if (request === null) return null;
    this.#draft.fetches = [...this.#draft.fetches, id];
    const follows = spec.followsNotifications === true && this.effects.some(({ kind }) => kind === "notify");
    this.effects.push({
      kind: "fetch",
      id,
      purpose: spec.purpose,
      request,
      deadlineMs: REQUEST_DEADLINE_MS,
      ...(follows ? { followsNotifications: true } : {}),
    });
    return id;
  }

  /** Puts a request into the outbox: delivered at least once, in order within `order`, unless the URL is unusable. */
  notify(spec: RequestSpec, order: string): void {
    const id = this.#nextId("n");
    const request = this.#build(id, spec);
    if (request !== null) this.effects.push({ kind: "notify", id, purpose: spec.purpose, order, request });
  }

  /** RES-27 → `audio_checked` with the returned id. */
  checkAudio(url: string, deadlineMs: number, attempt: number): string {
    const id = this.#nextId(CHECK);
    this.#draft.fetches = [...this.#draft.fetches, id];
    this.effects.push({ kind: "check_audio", id, url, deadlineMs });
    this.trace({
      type: "request.sent",
      id,
      applet: this.#draft.applet ?? "",
      purpose: "audio",
      role: null,
      attempt,
      method: "HEAD",
      url: maskCredentials(url),
      query: [],
      headers: {},
    });
    return id;
  }

  /** Cancels a fetch or check; does nothing if it is already over. */
  cancelRequest(id: string, rule: string): void {
    if (!this.closeFetch(id)) return;
    this.effects.push({ kind: "cancel_request", id });
    this.decide(rule, `Request ${id} is cancelled: its answer is no longer needed.`);
  }

  #build(id: string, spec: RequestSpec): PreparedRequest | null {
    const { body } = spec;
    const whole = { query: spec.query, finding: null };
    const { query, finding } = body === undefined ? fitQuery(spec.query, [spec.url, spec.otherUrl ?? ""]) : whole;
    const built = prepareRequest({
      configuredUrl: spec.url,
      query,
      version: this.setup.version,
      versionHeader: spec.versionHeader,
      accept: spec.accept,
      ...(body === undefined ? {} : { body }),
    });
    if (spec.purpose !== "dial_event") this.#traceRequest(id, { ...spec, query }, built.ok ? built.value.headers : {});
    if (finding !== null) this.findings(id, [finding]);
    if (built.ok) return built.value;
    this.result({ id, result: "unreachable", outcome: null, elapsedMs: 0 }, "REQ-1", built.error);
    return null;
  }

  #traceRequest(id: string, spec: RequestSpec, headers: Readonly<Record<string, string>>): void {
    this.trace({
      type: "request.sent",
      id,
      applet: this.#draft.applet ?? "",
      purpose: spec.purpose,
      role: spec.role,
      attempt: spec.attempt,
      method: spec.body === undefined ? "GET" : "POST",
      url: maskCredentials(spec.url),
      query: spec.query,
      headers,
    });
  }

  #requestFacts(numbers: readonly Destination[] | null): RequestFacts {
    const { customField, startedAt, facts } = this.#draft;
    return {
      ...this.callFacts,
      startMs: startedAt,
      flowId: this.flow.id,
      customField,
      numbers,
      ...facts,
    };
  }

  // ── legs ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** How many more legs this call may dial. */
  get legsLeft(): number {
    return MAX_LEGS_PER_CALL - (this.#draft.lastLeg - CALLER);
  }

  dial(destination: Destination, callerId: string): LegId {
    const leg = this.#draft.lastLeg + 1;
    this.#draft.lastLeg = leg;
    this.#draft.legs = [...this.#draft.legs, { leg, up: false }];
    this.effects.push({ kind: "dial", leg, destination, callerId });
    return leg;
  }

  /** Dials the first leg of a call by API. */
  dialCaller(destination: Destination, callerId: string): void {
    this.#draft.legs = [...this.#draft.legs, { leg: CALLER, up: false }];
    this.effects.push({ kind: "dial", leg: CALLER, destination, callerId });
  }

  /** Cancels a ringing leg or hangs up an answered one; does nothing if it has already ended. */
  endLeg(leg: LegId, reason: CancelReason): void {
    const open = this.#draft.legs.find((each) => each.leg === leg);
    if (open === undefined) return;
    this.#draft.legs = this.#draft.legs.filter((each) => each.leg !== leg);
    this.forgetBridge(leg);
    this.effects.push(open.up ? { kind: "hang_up", leg } : { kind: "cancel", leg, reason });
  }

  forwardAudio(from: LegId, to: LegId): void {
    this.effects.push({ kind: "forward_audio", from, to });
  }

  stopForwarding(from: LegId, to: LegId): void {
    this.effects.push({ kind: "stop_forwarding", from, to });
  }

  /** Puts a callee through to the caller. */
  bridge(callee: LegId): void {
    this.#draft.bridged = callee;
    this.effects.push({ kind: "bridge", a: CALLER, b: callee });
  }

  unbridge(callee: LegId): void {
    this.forgetBridge(callee);
    this.effects.push({ kind: "unbridge", a: CALLER, b: callee });
  }

  /** A callee who has left is no longer in a conversation. */
  forgetBridge(callee: LegId): void {
    if (this.#draft.bridged === callee) this.#draft.bridged = null;
  }

  sendDigits(leg: LegId, digits: string): void {
    this.effects.push({ kind: "send_digits", leg, digits });
  }

  // ── sound ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Plays to these legs instead of whatever played before → `playback_ended` with the returned id, unless `loop`. */
  play(legs: readonly LegId[], items: readonly Playable[], loop: boolean, rule: string | null): string {
    const id = this.#nextId("p");
    this.#draft.plays = [...this.#draft.plays, id];
    this.effects.push({ kind: "play", id, legs, items, loop });
    this.trace({ type: "playback.started", id, legs, what: items.map(describePlayable).join(", "), rule });
    return id;
  }

  stopPlaying(id: string): void {
    if (!this.closePlay(id)) return;
    this.effects.push({ kind: "stop_playing", id });
  }

  /** → `recording_ready` once stopped, or closed by a limit. The id is unique beyond the call, because it names the file. */
  record(legs: readonly LegId[], options: RecordingSpec): string {
    const id = this.#nextId(`${this.#draft.callSid}-r`);
    this.#draft.recordings = [...this.#draft.recordings, { id, closing: false }];
    this.effects.push({ kind: "record", id, legs, ...options });
    this.trace({ type: "recording.started", id, layout: options.layout });
    return id;
  }

  stopRecording(id: string): void {
    const open = this.#draft.recordings.find((each) => each.id === id);
    if (open === undefined || open.closing) return;
    this.#draft.recordings = this.#draft.recordings.map((each) => (each.id === id ? { id, closing: true } : each));
    this.effects.push({ kind: "stop_recording", id });
  }

  pauseRecording(id: string, paused: boolean): void {
    this.#draft.recordings = this.#draft.recordings.map((each) => (each.id === id ? { ...each, paused } : each));
    this.effects.push({ kind: "pause_recording", id, paused });
  }

  recordingUrl(id: string): string {
    return `${this.setup.recordingsUrl}/${id}.wav`;
  }

  // ── type-ahead ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Keeps a digit for the prompt that will ask for it. */
  addTypeAhead(digit: string): void {
    if (this.#draft.typeAhead.length < MAX_TYPE_AHEAD_DIGITS) this.#draft.typeAhead += digit;
  }

  /** Returns all digits kept, and drops them from the call. */
  takeTypeAhead(): string {
    const digits = this.#draft.typeAhead;
    if (digits !== "") this.#draft.typeAhead = "";
    return digits;
  }

  // ── timers ────────────────────────────────────────────────────────────────────────────────────────────────────────

  setTimer(id: string, afterMs: number): void {
    const at = this.at + afterMs;
    this.#draft.timers = [...this.#draft.timers.filter((each) => each.id !== id), { id, at }];
    this.effects.push({ kind: "set_timer", id, at });
  }

  clearTimer(id: string): void {
    if (!this.closeTimer(id)) return;
    this.effects.push({ kind: "clear_timer", id });
  }

  // ── the ledger: for the engine ────────────────────────────────────────────────────────────────────────────────────

  /** Removes a fetch or check from the ledger; false if it was not open. */
  closeFetch(id: string): boolean {
    if (!this.#draft.fetches.includes(id)) return false;
    this.#draft.fetches = this.#draft.fetches.filter((each) => each !== id);
    return true;
  }

  closePlay(id: string): boolean {
    if (!this.#draft.plays.includes(id)) return false;
    this.#draft.plays = this.#draft.plays.filter((each) => each !== id);
    return true;
  }

  closeTimer(id: string): boolean {
    if (!this.#draft.timers.some((each) => each.id === id)) return false;
    this.#draft.timers = this.#draft.timers.filter((each) => each.id !== id);
    return true;
  }

  #nextId(prefix: string): string {
    this.#draft.lastId += 1;
    return prefix + this.#draft.lastId;
  }
}

/** Ids of audio checks begin with this; those of fetches do not. */
const CHECK = "a";

/** Whether a request was an audio check: the edge answers it with `audio_checked`, and a fetch with `fetched`. */
export function isAudioCheck(requestId: string): boolean {
  return requestId.startsWith(CHECK);
}

/** What is played, for the trace, without the credentials of a URL. */
export function describePlayable(item: Playable): string {
  switch (item.kind) {
    case "tone":
      return `${item.tone} tone`;
    case "url":
      return maskCredentials(item.url);
    case "file":
      return `file ${item.file}`;
    case "text":
      return `text: ${item.text}`;
    default:
      return unreachable(item);
  }
}
