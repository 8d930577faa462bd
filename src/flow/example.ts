import { appletKind } from "../applets/registry.ts";
import type { Rehearsal } from "../call/rehearsal.ts";
import type { Flow } from "../call/setup.ts";
import type { Stride } from "./graph.ts";
import type { WorstCase } from "./proofs.ts";

/** A scenario document as `plugboard simulate` takes it. */
export type ExampleCall = Readonly<Record<string, unknown>>;

/** The zone of an account that says nothing else; what a scenario takes by default. */
const TIMEZONE = "Asia/Kolkata";

/** Monday 00:00 in the default zone; a start is looked for from here on. */
const FIRST_START_MS = Date.parse("2026-01-05T00:00:00+05:30");
const HALF_HOUR_MS = 1_800_000;
/** Two weeks of half hours: opening hours repeat every week. */
const STARTS = 672;

/** How long the caller still waits when the worst is over. */
const PATIENCE_MS = 1000;

/**
 * A concrete call in which a worst case comes about, as a scenario document: the caller walks there, suffers it, and hangs
 * up. Null: it depends on things a flow does not hold (an account's groups) or that no script can time.
 */
export function exampleOf(flow: Flow, worst: WorstCase, what: "ringing" | "silence"): ExampleCall | null {
  const goal = what === "silence" && worst.exit !== null ? worst.exit : what;
  const walk = [...worst.walk, { applet: worst.applet, exit: goal }];
  const script = new Script();
  for (const [i, stride] of walk.entries()) {
    const part = rehearse(flow, stride, what === "silence", selectedBehind(flow, walk, i));
    if (part === null) return null;
    script.add(part);
  }
  return script.scenario(flow);
}

function rehearse(flow: Flow, { applet, exit }: Stride, slow: boolean, select: string | null): Rehearsal | null {
  const document = flow.applets[applet];
  const kind = document === undefined ? undefined : appletKind(document.type);
  if (document === undefined || kind === undefined) return null;
  return kind.rehearse(document, { goal: exit, slow, select });
}

/** APP-5: the case that the next Switch of the walk shall take, if no Passthru comes between. */
function selectedBehind(flow: Flow, walk: readonly Stride[], at: number): string | null {
  for (const { applet, exit } of walk.slice(at + 1)) {
    const type = flow.applets[applet]?.type;
    if (type === "switch") return exit === "default" ? null : exit;
    if (type === "passthru") return null;
  }
  return null;
}

type Entries = Record<string, Readonly<Record<string, unknown>>[]>;

/** Puts rehearsals together, one behind the other. */
class Script {
  readonly #urls: Entries = {};
  readonly #phones: Entries = {};
  readonly #sounds: Record<string, number> = {};
  readonly #presses: { after_ms: number; digits: string }[] = [];
  readonly #conditions: { readonly afterMs: number; readonly when: NonNullable<Rehearsal["when"]> }[] = [];
  #elapsedMs = 0;

  add(part: Rehearsal): void {
    for (const [url, answer] of part.urls ?? []) append(this.#urls, withoutQuery(url), answer);
    for (const [destination, behaviour] of part.phones ?? []) append(this.#phones, destination, behaviour);
    for (const { afterMs, digits } of part.presses ?? []) {
      this.#presses.push({ after_ms: Math.round(this.#elapsedMs + afterMs), digits });
    }
    Object.assign(this.#sounds, part.sounds);
    if (part.when !== undefined) this.#conditions.push({ afterMs: this.#elapsedMs, when: part.when });
    this.#elapsedMs += part.takesMs;
  }

  scenario(flow: Flow): ExampleCall | null {
    const startMs = this.#start();
    if (startMs === null) return null;
    const { id, name, start, validation, applets } = flow;
    return {
      flow: { flow: id, name, start, validation, applets },
      start: new Date(startMs).toISOString(),
      urls: this.#urls,
      phones: this.#phones,
      sounds: this.#sounds,
      caller: { hang_up_after_ms: this.#elapsedMs + PATIENCE_MS, presses: this.#presses },
    };
  }

  /** A moment at which every time condition of the walk goes the right way. */
  #start(): number | null {
    for (let i = 0; i < STARTS; i++) {
      const startMs = FIRST_START_MS + i * HALF_HOUR_MS;
      if (this.#conditions.every(({ afterMs, when }) => when(startMs + afterMs, TIMEZONE))) return startMs;
    }
    return null;
  }
}

function append(entries: Entries, key: string, value: Readonly<Record<string, unknown>>): void {
  (entries[key] ??= []).push(value);
}

/** Scenarios name a URL without its query, and never with credentials. */
function withoutQuery(url: string): string {
  const parsed = new URL(url);
  parsed.search = "";
  parsed.hash = "";
  parsed.username = "";
  parsed.password = "";
  return parsed.href;
}
