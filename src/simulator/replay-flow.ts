import type { Result } from "../base/result.ts";
import { err } from "../base/result.ts";
import type { Flow } from "../call/setup.ts";
import type { TraceEntry } from "../call/trace.ts";
import { parseFlow } from "../flow/flow.ts";
import { connectWire } from "./replay-answers.ts";

type Json = Readonly<Record<string, unknown>>;
type Sent = Extract<TraceEntry, { type: "request.sent" }>;

/** What a trace tells of one applet: enough of its document for the way the call went. */
interface Sketch {
  readonly kind: string;
  /** Exit → the applet behind it. */
  readonly exits: Map<string, string>;
  readonly requests: Sent[];
  /** Effective answers that stood in the flow itself. */
  readonly answers: Json[];
  readonly heard: string[];
}

/** The flow as far as the call walked through it; exits that were not taken lead nowhere. The error is a sentence. */
export function rebuildFlow(trace: readonly TraceEntry[], id: string): Result<Flow, string> {
  const sketches = sketch(trace);
  const [start] = sketches.keys();
  if (start === undefined) return err("it entered no applet");
  const applets = Object.fromEntries([...sketches].map(([name, each]) => [name, documentOf(each)]));
  const flow = parseFlow({ flow: id, name: "rebuilt from a trace", start, applets });
  return flow.ok ? flow : err(flow.error.map(({ path, message }) => `${path.join(".")} ${message}`).join("; "));
}

function sketch(trace: readonly TraceEntry[]): Map<string, Sketch> {
  const sketches = new Map<string, Sketch>();
  let current: Sketch | null = null;
  let asked = new Set<string>();
  for (const entry of trace) {
    if (entry.type === "applet.entered") {
      current = sketches.get(entry.applet) ?? fresh(entry.kind);
      sketches.set(entry.applet, current);
      asked = new Set();
    } else if (current !== null) {
      note(current, entry, asked);
    }
  }
  // An applet that was never entered needs no document, but its exit must lead somewhere.
  for (const { exits } of sketches.values()) {
    for (const [exit, next] of exits) if (!sketches.has(next)) exits.delete(exit);
  }
  return sketches;
}

function fresh(kind: string): Sketch {
  return { kind, exits: new Map(), requests: [], answers: [], heard: [] };
}

function note(current: Sketch, entry: TraceEntry, asked: Set<string>): void {
  if (entry.type === "exit.taken" && entry.next !== null) current.exits.set(entry.exit, entry.next);
  if (entry.type === "playback.started") current.heard.push(entry.what);
  if (entry.type === "answer.used" && !asked.has(entry.id)) current.answers.push(entry.answer);
  if (entry.type === "request.sent") {
    asked.add(entry.id);
    if (entry.purpose !== "audio") current.requests.push(entry);
  }
}

function documentOf(each: Sketch): Json {
  const { kind: type } = each;
  const exits = Object.fromEntries(each.exits);
  switch (type) {
    case "connect":
      return { type, ...connectSource(each), exits };
    case "gather":
      return { type, ...(urlsOf(each) ?? { parameters: withoutNull(each.answers[0]) }), exits };
    case "passthru":
      return { type, url: each.requests[0]?.url, mode: each.exits.has("next") ? "async" : "sync", exits };
    case "time_condition":
      return { type, open: each.exits.has("open") ? ALWAYS : NEVER, exits };
    case "menu":
      return { type, say: sayOf(each), ...menuExits(each.exits) };
    case "switch":
      return { type, ...switchExits(each.exits) };
    case "greeting":
    case "voicemail":
      return { type, say: sayOf(each), ...exits };
    default:
      return { type };
  }
}

const ALWAYS = ["mon-sun 00:00-24:00"];
/** Opening hours may not be empty; this minute passes almost every call. */
const NEVER = ["mon 00:00-00:01"];

/** The older Dial-Whom way is told by its purpose; without any request, the answer stood in the flow. */
function connectSource(each: Sketch): Json {
  const whom = each.requests.find(({ purpose }) => purpose === "dial_whom");
  if (whom !== undefined) return { dial_whom: { url: whom.url } };
  return urlsOf(each) ?? { parameters: connectWire(each.answers[0] ?? { numbers: [] }) };
}

function urlsOf({ requests }: Sketch): Json | null {
  const primary = requests.find(({ role }) => role === "primary");
  const fallback = requests.find(({ role }) => role === "fallback");
  if (primary === undefined) return null;
  return { url: fallback === undefined ? { primary: primary.url } : { primary: primary.url, fallback: fallback.url } };
}

/** What a prompt was, from the words of the trace (`text: …`, `file …`, a URL) or from the URL that was asked for it. */
function sayOf({ requests, heard }: Sketch): Json {
  const asked = requests.find(({ purpose }) => purpose === "greeting");
  if (asked !== undefined) return { url: asked.url };
  const what = heard.find((each) => !each.endsWith(" tone")) ?? "text: ...";
  if (what.startsWith("text: ")) return { text: what.slice("text: ".length) };
  return what.startsWith("file ") ? { audio_file: what.slice("file ".length) } : { audio_url: what };
}

const KEY_EXIT = /^keys\.(.)$/;
const CASE_EXIT = /^cases\.(.+)$/s;

function menuExits(exits: ReadonlyMap<string, string>): Json {
  const keys = matching(exits, KEY_EXIT);
  const others = Object.fromEntries([...exits].filter(([exit]) => !KEY_EXIT.test(exit)));
  return { keys, ...others };
}

function switchExits(exits: ReadonlyMap<string, string>): Json {
  const others = Object.fromEntries([...exits].filter(([exit]) => !CASE_EXIT.test(exit)));
  return { cases: matching(exits, CASE_EXIT), ...others };
}

function matching(exits: ReadonlyMap<string, string>, pattern: RegExp): Json {
  return Object.fromEntries(
    [...exits].flatMap(([exit, next]) => {
      const name = pattern.exec(exit)?.[1];
      return name === undefined ? [] : [[name, next] as const];
    }),
  );
}

function withoutNull(answer: Json | undefined): Json {
  return Object.fromEntries(Object.entries(answer ?? {}).filter(([, value]) => value !== null));
}
