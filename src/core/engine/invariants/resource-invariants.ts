import type { InvariantHandlers, ReportViolation } from "./invariants.ts";

/** Watches requests, playbacks, timers and recordings: each has its own id, and is closed exactly once. */
export class ResourceInvariants {
  readonly #report: ReportViolation;
  readonly #callerIsGone: () => boolean;
  readonly #ids = new Set<string>();
  /** Open requests, each with the event that answers it. */
  readonly #requests = new Map<string, "fetched" | "audio_checked">();
  /** Requests that were answered, but whose results are not in the trace yet. */
  readonly #unexplained = new Set<string>();
  readonly #plays = new Set<string>();
  readonly #timers = new Map<string, number>();
  /** Recordings that were neither stopped nor closed on their own. */
  readonly #running = new Set<string>();
  /** Recordings whose close has not been reported yet. */
  readonly #unreported = new Set<string>();
  /** Recordings that the trace has opened and not closed. */
  readonly #traced = new Set<string>();

  constructor(report: ReportViolation, callerIsGone: () => boolean) {
    this.#report = report;
    this.#callerIsGone = callerIsGone;
  }

  /** What is still open, in words. */
  get open(): readonly string[] {
    return [...this.#openAtEnd(), ...[...this.#unreported].map((id) => `recording ${id}`)];
  }

  readonly handlers: InvariantHandlers = {
    events: {
      fetched: (event) => this.#answered(event),
      audio_checked: (event) => this.#answered(event),
      playback_ended: ({ id }) => this.#plays.delete(id),
      recording_ready: ({ id }) => {
        this.#running.delete(id);
        this.#unreported.delete(id);
      },
      timer: ({ id, at }) => {
        if ((this.#timers.get(id) ?? Infinity) <= at) this.#timers.delete(id);
      },
    },
    effects: {
      fetch: ({ id }) => this.#asked(id, "fetched"),
      check_audio: ({ id }) => this.#asked(id, "audio_checked"),
      cancel_request: ({ id }) => this.#requests.delete(id),
      play: ({ id }) => {
        this.#useId(id);
        this.#plays.add(id);
      },
      stop_playing: ({ id }) => this.#plays.delete(id),
      record: ({ id }) => this.#recording(id),
      stop_recording: ({ id }) => this.#running.delete(id),
      set_timer: ({ id, at }) => this.#timers.set(id, at),
      clear_timer: ({ id }) => this.#timers.delete(id),
      notify: ({ id }) => this.#useId(id),
    },
    entries: {
      "request.result": ({ id }) => this.#unexplained.delete(id),
      "recording.started": ({ id }) => this.#traced.add(id),
      "recording.closed": ({ id }) => {
        if (!this.#traced.delete(id)) this.#report("all_closed", `recording ${id} closes twice`);
      },
      "applet.entered": ({ applet }) => {
        for (const id of this.#running) this.#report("all_closed", `recording ${id} runs on into "${applet}"`);
      },
    },
  };

  /** A full trace lacks entries, so a missing one is not a violation. */
  atEnd(traceIsFull: boolean): void {
    for (const thing of this.#openAtEnd()) this.#report("all_closed", `${thing} is open at the end`);
    for (const id of this.#running) this.#report("all_closed", `recording ${id} was never stopped`);
    if (traceIsFull) return;
    for (const id of this.#traced) this.#report("all_closed", `recording ${id} is open`);
    for (const id of this.#unexplained) this.#report("trace_explains", `request ${id} has no result`);
  }

  #openAtEnd(): readonly string[] {
    return [
      ...[...this.#requests.keys()].map((id) => `request ${id}`),
      ...[...this.#plays].map((id) => `playback ${id}`),
      ...[...this.#timers.keys()].map((id) => `timer ${id}`),
    ];
  }

  #asked(id: string, answeredBy: "fetched" | "audio_checked"): void {
    if (this.#callerIsGone()) this.#report("silent_after_caller", `request ${id} is sent`);
    this.#useId(id);
    this.#requests.set(id, answeredBy);
  }

  #answered({ id, kind }: { readonly id: string; readonly kind: "fetched" | "audio_checked" }): void {
    if (this.#requests.get(id) !== kind) return;
    this.#requests.delete(id);
    this.#unexplained.add(id);
  }

  #recording(id: string): void {
    this.#useId(id);
    this.#running.add(id);
    this.#unreported.add(id);
  }

  #useId(id: string): void {
    if (this.#ids.has(id)) this.#report("ids_unique", `the id ${id} is used twice`);
    this.#ids.add(id);
  }
}
