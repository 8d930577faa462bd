import type { LegId } from "../legs.ts";
import type { TraceEntry } from "../trace.ts";

/** One entry of a trace by its type. */
export type Entry<T extends TraceEntry["type"]> = Extract<TraceEntry, { readonly type: T }>;

/** A request to a URL of the customer, and its result. */
export interface RequestStory {
  readonly sent: Entry<"request.sent">;
  readonly result: Entry<"request.result"> | null;
}

/** One destination that was dialled. */
export interface AttemptStory {
  readonly started: Entry<"attempt.started">;
  readonly ringing: Entry<"attempt.ringing"> | null;
  readonly answered: Entry<"attempt.answered"> | null;
  readonly bridged: Entry<"conversation.started"> | null;
  readonly talked: Entry<"conversation.ended"> | null;
  readonly ended: Entry<"attempt.ended"> | null;
}

/** What a call did in one applet, from entering it to leaving it. */
export interface Visit {
  readonly entered: Entry<"applet.entered">;
  readonly requests: readonly RequestStory[];
  readonly attempts: readonly AttemptStory[];
  readonly answers: readonly Entry<"answer.used">[];
  readonly findings: readonly Entry<"answer.finding">[];
  readonly decisions: readonly Entry<"decision">[];
  readonly limits: readonly Entry<"limit.reached">[];
  /** Null: the call ended in it, or is still there. */
  readonly exit: Entry<"exit.taken"> | null;
}

type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends readonly (infer U)[] ? U[] : T[K];
};
type OpenAttempt = { -readonly [K in keyof AttemptStory]: AttemptStory[K] };
type OpenRequest = { -readonly [K in keyof RequestStory]: RequestStory[K] };

/** The applets a call was in, in order. Entries of a leg or a request belong to the applet in which it began. */
export function visitsOf(trace: readonly TraceEntry[]): readonly Visit[] {
  const reader = new VisitReader();
  for (const entry of trace) reader.read(entry);
  return reader.visits;
}

class VisitReader {
  readonly visits: Mutable<Visit>[] = [];
  readonly #attempts = new Map<LegId, OpenAttempt>();
  readonly #requests = new Map<string, OpenRequest>();

  read(entry: TraceEntry): void {
    if (entry.type === "applet.entered") this.visits.push(emptyVisit(entry));
    const visit = this.visits.at(-1);
    if (visit === undefined) return;
    if (entry.type === "exit.taken") visit.exit = entry;
    else if ("leg" in entry && entry.type !== "limit.reached") this.#readLeg(visit, entry);
    else this.#readOther(visit, entry);
  }

  #readLeg(visit: Mutable<Visit>, entry: TraceEntry & { readonly leg: LegId | null }): void {
    if (entry.type === "attempt.started") {
      const open = { started: entry, ringing: null, answered: null, bridged: null, talked: null, ended: null };
      visit.attempts.push(open);
      this.#attempts.set(entry.leg, open);
      return;
    }
    const attempt = entry.leg === null ? undefined : this.#attempts.get(entry.leg);
    if (attempt === undefined) return;
    if (entry.type === "attempt.ringing") attempt.ringing ??= entry;
    else if (entry.type === "attempt.answered") attempt.answered = entry;
    else if (entry.type === "attempt.ended") attempt.ended = entry;
    else if (entry.type === "conversation.started") attempt.bridged = entry;
    else if (entry.type === "conversation.ended") attempt.talked = entry;
  }

  #readOther(visit: Mutable<Visit>, entry: TraceEntry): void {
    if (entry.type === "request.sent") {
      const open = { sent: entry, result: null };
      visit.requests.push(open);
      this.#requests.set(entry.id, open);
    } else if (entry.type === "request.result") {
      const request = this.#requests.get(entry.id);
      if (request !== undefined) request.result = entry;
    } else if (entry.type === "answer.used") visit.answers.push(entry);
    else if (entry.type === "answer.finding") visit.findings.push(entry);
    else if (entry.type === "decision") visit.decisions.push(entry);
    else if (entry.type === "limit.reached") visit.limits.push(entry);
  }
}

function emptyVisit(entered: Entry<"applet.entered">): Mutable<Visit> {
  const lists = { requests: [], attempts: [], answers: [], findings: [], decisions: [], limits: [] };
  return { entered, ...lists, exit: null };
}

/**
 * The visit that decided the outcome of the call: where the last conversation was, else where the last destination was
 * dialled, else the last Connect, else where a request last failed, else the last one that was left by an exit, else
 * the last. Null: the call was in no applet.
 */
export function decisiveVisit(visits: readonly Visit[]): Visit | null {
  const tests: readonly ((visit: Visit) => boolean)[] = [
    ({ attempts }) => attempts.some(({ bridged }) => bridged !== null),
    ({ attempts }) => attempts.length > 0,
    ({ entered }) => entered.kind === "connect",
    ({ requests }) => requests.some(({ result }) => result !== null && result.result !== "usable"),
    ({ exit }) => exit !== null,
    () => true,
  ];
  for (const test of tests) {
    const found = visits.findLast(test);
    if (found !== undefined) return found;
  }
  return null;
}
