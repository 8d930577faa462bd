import { MAX_APPLETS_PER_CALL, MAX_FETCHES_PER_CONNECT } from "../../../core/call/limits.ts";
import type { TraceEntry } from "../../../core/call/trace.ts";

export type ConnectRule = "exit_fits" | "within_limits";

type Note = (rule: ConnectRule, message: string) => void;

/** What happened in the present stay in a Connect. */
interface Stay {
  dialled: number;
  talks: number;
  fetches: number;
  /** Attempts that go on. */
  open: number;
  /** By the answer in use. */
  talkLimitMs: number;
  atOnce: number;
}

/** Watches what the answers of a Connect bound, and that its exit says what happened in it. Reads the trace alone. */
export class ConnectRules {
  readonly #note: Note;
  #applets = 0;
  #stay: Stay | null = null;

  constructor(note: Note) {
    this.#note = note;
  }

  traced(entry: TraceEntry): void {
    if (entry.type === "applet.entered") {
      if (++this.#applets > MAX_APPLETS_PER_CALL)
        this.#note("within_limits", `${this.#applets} applets are run (APP-9)`);
      const fresh = { dialled: 0, talks: 0, fetches: 0, open: 0, talkLimitMs: Infinity, atOnce: 1 };
      this.#stay = entry.kind === "connect" ? fresh : null;
    } else if (this.#stay !== null) {
      this.#inConnect(this.#stay, entry);
    }
  }

  #inConnect(stay: Stay, entry: TraceEntry): void {
    if (entry.type === "answer.used") return adopt(stay, entry.answer);
    if (entry.type === "request.sent") return this.#asked(stay, entry.purpose);
    if (entry.type === "attempt.started") return this.#dialled(stay);
    if (entry.type === "attempt.ended") stay.open -= 1;
    if (entry.type === "conversation.ended") this.#talked(stay, entry.duration_ms);
    if (entry.type === "exit.taken") this.#left(stay, entry.exit);
  }

  #asked(stay: Stay, purpose: string): void {
    if (purpose !== "connect" && purpose !== "dial_whom") return;
    if (++stay.fetches > MAX_FETCHES_PER_CONNECT) this.#note("within_limits", `${stay.fetches} fetches (REF-7)`);
  }

  #dialled(stay: Stay): void {
    stay.dialled += 1;
    stay.open += 1;
    if (stay.open > stay.atOnce) {
      this.#note("within_limits", `${stay.open} attempts at once, ${stay.atOnce} are allowed (DIAL-3)`);
    }
  }

  #talked(stay: Stay, durationMs: number): void {
    stay.talks += 1;
    if (durationMs > stay.talkLimitMs) {
      this.#note("within_limits", `a conversation of ${durationMs} ms, ${stay.talkLimitMs} are allowed (DIAL-5)`);
    }
  }

  /** With no applet at *nobody dialed*, *nobody answers* stands in for it (EXIT-4). */
  #left(stay: Stay, exit: string): void {
    const { talks, dialled } = stay;
    if ((exit === "conversation_ended") !== talks > 0) this.#note("exit_fits", `${exit} after ${talks} conversations`);
    if (exit === "nobody_dialed" && dialled > 0) this.#note("exit_fits", `${exit} after ${dialled} attempts`);
  }
}

function adopt(stay: Stay, answer: Readonly<Record<string, unknown>>): void {
  const { max_conversation_duration: talkS, parallel_ringing: parallel } = answer;
  if (typeof talkS === "number") stay.talkLimitMs = talkS * 1000;
  stay.atOnce = 1;
  if (typeof parallel !== "object" || parallel === null || !("activate" in parallel)) return;
  if (parallel.activate !== true || !("max_parallel_attempts" in parallel)) return;
  if (typeof parallel.max_parallel_attempts === "number") stay.atOnce = parallel.max_parallel_attempts;
}
