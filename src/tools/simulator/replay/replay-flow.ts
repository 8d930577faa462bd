import type { Result } from "../../../base/result.ts";
import { err, ok } from "../../../base/result.ts";
import type { Flow } from "../../../core/call/setup.ts";
import type { TraceEntry } from "../../../core/call/trace.ts";
import { parseFlow } from "../../../core/flow/flow.ts";
import { connectWire } from "./replay-answers.ts";

type Json = Readonly<Record<string, unknown>>;
type Sent = Extract<TraceEntry, { type: "request.sent" }>;

/** What a trace shows of one applet: enough of its document for the path that the call took. */
interface AppletTrace {
  readonly kind: string;
  /** Exit → the applet it leads to. */
  readonly exits: Map<string, string>;
  readonly requests: Sent[];
  /** The effective answers in use. */
  readonly answers: Json[];
  readonly played: string[];
  /** Whether the call waited for a request's answer. */
  waited: boolean;
  /** Length in ms of a message that ended by itself. */
  messageMs: number | null;
  /** The most repetitions of a menu in one visit. */
  repeats: number;
  /** Longest time from the end of a prompt to what followed, in ms. */
  waitMs: number;
  /** The same for waits in which no digit came: the input timeout. */
  timeoutMs: number | null;
}

/** The part of the flow that the call went through; exits that were not taken lead nowhere. The error is one sentence. */
export function rebuildFlow(trace: readonly TraceEntry[], id: string): Result<Flow, string> {
  const applets = appletTrace(trace);
  const [start] = applets.keys();
  if (start === undefined) return notReached(trace, id);
  const documents = Object.fromEntries([...applets].map(([name, each]) => [name, documentOf(each)]));
  const flow = parseFlow({ flow: id, name: "rebuilt from a trace", start, applets: documents });
  return flow.ok ? flow : err(flow.error.map(({ path, message }) => `${path.join(".")} ${message}`).join("; "));
}

/** Leg 1 of a call by API was not reached: any flow will do. */
function notReached(trace: readonly TraceEntry[], id: string): Result<Flow, string> {
  if (!trace.some(({ type }) => type === "caller.not_reached")) return err("it entered no applet");
  const applets = { bye: { type: "hangup" } };
  return ok({ id, name: "rebuilt from a trace", start: "bye", validation: "strict", applets });
}

function appletTrace(trace: readonly TraceEntry[]): Map<string, AppletTrace> {
  const applets = new Map<string, AppletTrace>();
  let visit: Visit | null = null;
  for (const entry of trace) {
    if (entry.type === "applet.entered") {
      const of = applets.get(entry.applet) ?? emptyTrace(entry.kind);
      applets.set(entry.applet, of);
      visit = { of, callerIsThere: true, repeats: 0, promptEndedMs: null };
    } else if (visit !== null) {
      addEntry(visit, entry);
    }
  }
  // An applet that was never entered has no document, so no exit can lead to it.
  for (const { exits } of applets.values()) {
    for (const [exit, next] of exits) if (!applets.has(next)) exits.delete(exit);
  }
  return applets;
}

/** One stay of the call in an applet. */
interface Visit {
  readonly of: AppletTrace;
  callerIsThere: boolean;
  repeats: number;
  promptEndedMs: number | null;
}

function emptyTrace(kind: string): AppletTrace {
  return {
    kind,
    exits: new Map(),
    requests: [],
    answers: [],
    played: [],
    waited: false,
    messageMs: null,
    repeats: 0,
    waitMs: 0,
    timeoutMs: null,
  };
}

function addEntry(visit: Visit, entry: TraceEntry): void {
  const { of } = visit;
  if (entry.type === "exit.taken" && entry.next !== null) of.exits.set(entry.exit, entry.next);
  if (entry.type === "answer.used") of.answers.push(entry.answer);
  if (entry.type === "request.sent" && entry.purpose !== "audio" && entry.purpose !== "status_callback")
    of.requests.push(entry);
  if (entry.type === "request.result") of.waited = true;
  if (entry.type === "caller.left") visit.callerIsThere = false;
  if (entry.type === "recording.closed" && visit.callerIsThere) of.messageMs = entry.duration_ms;
  addPrompt(visit, entry);
}

function addPrompt(visit: Visit, entry: TraceEntry): void {
  const { of, promptEndedMs } = visit;
  if (entry.type === "playback.started") of.played.push(entry.what);
  if (entry.type === "decision" && entry.rule === "APP-3") of.repeats = Math.max(of.repeats, ++visit.repeats);
  if (entry.type === "playback.ended") visit.promptEndedMs = entry.at_ms;
  if (promptEndedMs === null) return;
  of.waitMs = Math.max(of.waitMs, entry.at_ms - promptEndedMs);
  if (isNoInput(entry)) of.timeoutMs = entry.at_ms - promptEndedMs;
  visit.promptEndedMs = null;
}

function isNoInput(entry: TraceEntry): boolean {
  if (entry.type === "exit.taken") return entry.exit === "no_input";
  // Traces of earlier versions say "No key".
  return entry.type === "decision" && /^No (?:digit|key) /.test(entry.message);
}

function documentOf(each: AppletTrace): Json {
  const { kind: type } = each;
  const exits = Object.fromEntries(each.exits);
  switch (type) {
    case "connect":
      return { type, ...connectSource(each), exits };
    case "gather":
      return { type, ...(urlsOf(each) ?? { parameters: withoutNull(each.answers[0]) }), exits };
    case "passthru":
      return { type, url: each.requests[0]?.url, mode: isAsync(each) ? "async" : "sync", exits };
    case "time_condition":
      return { type, open: each.exits.has("open") ? ALWAYS : NEVER, exits };
    case "menu":
      return { type, say: sayOf(each), ...menuTimes(each), ...menuExits(each.exits) };
    case "switch":
      return { type, ...exitsWithin(each.exits, "cases", ["default"]) };
    case "greeting":
      return { type, say: sayOf(each), ...exits };
    case "voicemail":
      return { type, say: sayOf(each), ...messageTime(each), ...exits };
    default:
      return { type };
  }
}

const ALWAYS = ["mon-sun 00:00-24:00"];
/** Opening hours may not be empty; almost no call falls into this minute. */
const NEVER = ["mon 00:00-00:01"];

/** An asynchronous Passthru goes on without a result. */
function isAsync({ waited, exits }: AppletTrace): boolean {
  return !waited && exits.has("ok");
}

/** A message that ended by itself after whole seconds reached its limit. */
function messageTime({ messageMs }: AppletTrace): Json {
  return messageMs === null || messageMs % 1_000 !== 0 || messageMs === 0 ? {} : { max_duration: messageMs / 1_000 };
}

/** The older Dial-Whom mode is recognised by its purpose; without any request, the answer was in the flow. */
function connectSource(each: AppletTrace): Json {
  const whom = each.requests.find(({ purpose }) => purpose === "dial_whom");
  if (whom !== undefined) {
    const { destination: _asked, ...parameters } = connectWire(each.answers[0] ?? {});
    return { dial_whom: { url: whom.url }, parameters };
  }
  return urlsOf(each) ?? { parameters: connectWire(each.answers[0] ?? { numbers: [] }) };
}

function urlsOf({ requests }: AppletTrace): Json | null {
  const primary = requests.find(({ role }) => role === "primary");
  const fallback = requests.find(({ role }) => role === "fallback");
  if (primary === undefined) return null;
  return { url: fallback === undefined ? { primary: primary.url } : { primary: primary.url, fallback: fallback.url } };
}

/** What a prompt was, from the trace's text (`text: …`, `file …`, a URL) or from the URL that was asked for it. */
function sayOf({ requests, played }: AppletTrace): Json {
  const asked = requests.find(({ purpose }) => purpose === "greeting");
  if (asked !== undefined) return { url: asked.url };
  const what = played.find((each) => !each.endsWith(" tone")) ?? "text: ...";
  if (what.startsWith("text: ")) return { text: what.slice("text: ".length) };
  return what.startsWith("file ") ? { audio_file: what.slice("file ".length) } : { audio_url: what };
}

/** The default input timeout of a menu. */
const DEFAULT_INPUT_S = 5;

/** A timeout that never expired was longer than all waits. */
function menuTimes({ repeats, waitMs, timeoutMs }: AppletTrace): Json {
  const longerS = Math.max(DEFAULT_INPUT_S, Math.ceil(waitMs / 1000) + 1);
  return { repeat: repeats, input_timeout: timeoutMs === null ? longerS : Math.round(timeoutMs / 1000) };
}

function menuExits(exits: ReadonlyMap<string, string>): Json {
  return exitsWithin(exits, "keys", ["no_input", "invalid"]);
}

/** Keys and cases are in a separate map, next to the exits that every such applet has. */
function exitsWithin(exits: ReadonlyMap<string, string>, key: "keys" | "cases", others: readonly string[]): Json {
  const all = [...exits];
  const inside = all.filter(([exit]) => !others.includes(exit));
  return { [key]: Object.fromEntries(inside), ...Object.fromEntries(all.filter(([exit]) => others.includes(exit))) };
}

function withoutNull(answer: Json | undefined): Json {
  return Object.fromEntries(Object.entries(answer ?? {}).filter(([, value]) => value !== null));
}
