import type { TraceEntry } from "../../../../src/core/call/trace.ts";

/** What a bar of the timeline stands for. */
type BarKind = "waiting" | "ringing" | "talking" | "request" | "failed" | "sound" | "recording";

/** Something that lasted. Times are ms since the call arrived. */
export interface LaneBar {
  readonly from: number;
  readonly to: number;
  readonly kind: BarKind;
  /** What it was, with how long it took. */
  readonly label: string;
  /** `seq` of the entry that began it. */
  readonly entry: number;
}

/** One row of the timeline: a leg, or what is not a leg. */
export interface Lane {
  readonly id: string;
  readonly name: string;
  readonly detail: string;
  readonly bars: readonly LaneBar[];
}

type Entry<Type extends TraceEntry["type"]> = Extract<TraceEntry, { readonly type: Type }>;

/** The lanes of a call: the caller, each leg that was dialled, requests, sounds, recordings. `now`: where open bars end. */
export function lanesOf(trace: readonly TraceEntry[], now: number): readonly Lane[] {
  const find = new Finder(trace, now);
  const lanes = [callerLane(find), ...find.all("attempt.started").map((entry) => attemptLane(find, entry))];
  const others = [requestLane(find), soundLane(find), recordingLane(find)];
  return [...lanes, ...others].filter(({ bars }) => bars.length > 0);
}

/** Looks entries up by type. */
class Finder {
  readonly #trace: readonly TraceEntry[];
  readonly now: number;

  constructor(trace: readonly TraceEntry[], now: number) {
    this.#trace = trace;
    this.now = now;
  }

  all<Type extends TraceEntry["type"]>(type: Type): readonly Entry<Type>[] {
    return this.#trace.filter((entry): entry is Entry<Type> => entry.type === type);
  }

  /** The first entry of the type that fits. */
  first<Type extends TraceEntry["type"]>(type: Type, fits: (entry: Entry<Type>) => boolean): Entry<Type> | undefined {
    return this.all(type).find(fits);
  }

  get end(): number {
    return this.all("call.ended")[0]?.at_ms ?? this.now;
  }
}

function callerLane(find: Finder): Lane {
  const started = find.all("call.started")[0];
  const dialed = find.all("caller.dialed")[0];
  const answered = find.all("call.answered")[0];
  const left = find.all("caller.left")[0]?.at_ms ?? find.end;
  const conversations = find.all("conversation.started").map(conversationOf(find));
  const begin = bar(
    0,
    answered?.at_ms ?? find.end,
    dialed === undefined ? "waiting" : "ringing",
    "before the answer",
    1,
  );
  const bars =
    answered === undefined ? [begin] : [begin, ...between(answered.at_ms, left, conversations, answered.seq)];
  return { id: "caller", name: started?.from ?? "Caller", detail: "caller", bars: bars.filter(isLong) };
}

/** Conversations, and the waiting before, between and after them. */
function between(from: number, to: number, conversations: readonly LaneBar[], entry: number): readonly LaneBar[] {
  const ends = [from, ...conversations.map((each) => each.to)];
  const begins = [...conversations.map((each) => each.from), to];
  const waits = ends.map((end, index) => bar(end, begins[index] ?? to, "waiting", "waiting", entry));
  return [...conversations, ...waits];
}

function attemptLane(find: Finder, started: Entry<"attempt.started">): Lane {
  const { leg, at_ms, seq, destination } = started;
  const ofLeg = (entry: { readonly leg: number }): boolean => entry.leg === leg;
  const ended = find.first("attempt.ended", ofLeg);
  const answered = find.first("attempt.answered", ofLeg);
  const ringing = find.first("attempt.ringing", ofLeg);
  const over = ended?.at_ms ?? find.end;
  const firstPart = ringing?.at_ms ?? answered?.at_ms ?? over;
  const secondPart = answered?.at_ms ?? over;
  const conversations = find.all("conversation.started").filter(ofLeg).map(conversationOf(find));
  const isRefused = answered === undefined && ended !== undefined && ended.outcome !== "canceled";
  const bars = [
    bar(at_ms, firstPart, isRefused && ringing === undefined ? "failed" : "waiting", "dialling", seq),
    bar(firstPart, secondPart, isRefused ? "failed" : "ringing", "ringing", ringing?.seq ?? seq),
    ...(answered === undefined ? [] : between(answered.at_ms, over, conversations, answered.seq)),
  ];
  const detail = ended === undefined ? "dialled" : (OUTCOMES[ended.outcome] ?? ended.outcome);
  return { id: `leg-${leg}`, name: destination, detail, bars: bars.filter(isLong) };
}

const OUTCOMES: Readonly<Record<string, string>> = {
  completed: "connected",
  "no-answer": "no answer",
  busy: "busy",
  failed: "failed",
  canceled: "cancelled",
};

function conversationOf(find: Finder): (started: Entry<"conversation.started">) => LaneBar {
  return ({ leg, at_ms, seq }) => {
    const ended = find.first("conversation.ended", (entry) => entry.leg === leg && entry.seq > seq);
    return bar(at_ms, ended?.at_ms ?? find.end, "talking", "conversation", seq);
  };
}

function requestLane(find: Finder): Lane {
  const bars = find.all("request.sent").map(({ id, at_ms, seq, purpose, role }) => {
    const result = find.first("request.result", (entry) => entry.id === id);
    const isBad = result !== undefined && result.result !== "usable";
    const label = `${purpose}${role === null ? "" : `, ${role}`}`;
    // What goes through the outbox has no result here, and no call waits for it.
    const to = result === undefined ? at_ms : result.at_ms;
    return bar(at_ms, to, isBad ? "failed" : "request", label, seq);
  });
  return { id: "requests", name: "Requests", detail: "to your URLs", bars };
}

function soundLane(find: Finder): Lane {
  const bars = find.all("playback.started").map(({ id, at_ms, seq, what }) => {
    const ended = find.first("playback.ended", (entry) => entry.id === id && entry.seq > seq);
    // What is played while phones ring ends with the conversation, without an entry of its own.
    const connected = find.first("conversation.started", (entry) => entry.seq > seq);
    return bar(at_ms, ended?.at_ms ?? connected?.at_ms ?? find.end, "sound", what, seq);
  });
  return { id: "sounds", name: "Played", detail: "by the platform", bars };
}

function recordingLane(find: Finder): Lane {
  const bars = find.all("recording.started").map(({ id, at_ms, seq }) => {
    const closed = find.first("recording.closed", (entry) => entry.id === id);
    const to = closed === undefined ? find.end : at_ms + closed.duration_ms;
    return bar(at_ms, Math.min(to, find.end), closed?.failure != null ? "failed" : "recording", "recording", seq);
  });
  return { id: "recordings", name: "Recorded", detail: "conversations", bars };
}

function bar(from: number, to: number, kind: BarKind, label: string, entry: number): LaneBar {
  return { from, to: Math.max(from, to), kind, label, entry };
}

function isLong({ from, to }: LaneBar): boolean {
  return to > from;
}

/** Steps between two marks of the time axis, in ms. */
const STEPS = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000];

/** Where the time axis has marks, at most `most` of them. */
export function ticksOf(length: number, most: number): readonly number[] {
  const step = STEPS.find((each) => length / each <= most) ?? 3_600_000;
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, index) => index * step);
}
