import { appletKind } from "../applets/registry.ts";
import type { ExampleScript, ExampleScriptPlan } from "../call/example-script.ts";
import type { Flow, GroupSizes } from "../call/setup.ts";
import type { PathStep } from "./graph.ts";
import type { WorstCase } from "./verify.ts";

/** A scenario document as `plugboard simulate` takes it. */
export type ExampleCall = Readonly<Record<string, unknown>>;

/** The default time zone of an account and of a scenario. */
const TIMEZONE = "Asia/Kolkata";

/** Monday 10:00 in the default zone, a scenario's default start; the search for a start begins here. */
const FIRST_START_MS = Date.parse("2026-01-05T10:00:00+05:30");
const HALF_HOUR_MS = 1_800_000;
/** Two weeks of half hours: opening hours repeat every week. */
const STARTS = 672;

/** How long the caller stays after the worst is over. */
const PATIENCE_MS = 1000;

/**
 * A concrete call that shows a worst case, as a scenario document: the caller gets there, waits, and hangs
 * up. Null: it depends on things that are not in the flow, or that no script can time.
 */
export function exampleOf(
  flow: Flow,
  worst: WorstCase,
  what: "ringing" | "silence",
  groups: GroupSizes | null = null,
): ExampleCall | null {
  const exit = what === "silence" && worst.exit !== null ? worst.exit : what;
  return exampleCallAlong(flow, [...worst.path, { applet: worst.applet, exit, timing: worst.timing }], groups);
}

/**
 * A call along a path, as a scenario document; the caller hangs up a second after its end. Whether it really
 * takes that path is known only when it is played. Null: no script leads there.
 */
export function exampleCallAlong(
  flow: Flow,
  path: readonly PathStep[],
  groups: GroupSizes | null = null,
): ExampleCall | null {
  const script = new Script();
  for (const [i, step] of path.entries()) {
    const part = exampleScriptOf(flow, step, { select: selectedAfter(flow, path, i), groups });
    if (part === null || !script.add(part)) return null;
  }
  return script.scenario(flow);
}

function exampleScriptOf(
  flow: Flow,
  { applet, exit, timing }: PathStep,
  plan: Pick<ExampleScriptPlan, "select" | "groups">,
): ExampleScript | null {
  const document = flow.applets[applet];
  const kind = document === undefined ? undefined : appletKind(document.type);
  if (document === undefined || kind === undefined) return null;
  return kind.exampleScript(document, { target: exit, timing, ...plan });
}

/** Whether an exit can be scripted at all, so that only such paths are tried. */
export function hasExampleScript(flow: Flow, applet: string, exit: string): boolean {
  return exampleScriptOf(flow, { applet, exit, timing: "fast" }, { select: null, groups: null }) !== null;
}

/** APP-5: the case that the next Switch on the path must take, if there is no Passthru in between. */
function selectedAfter(flow: Flow, path: readonly PathStep[], at: number): string | null {
  for (const { applet, exit } of path.slice(at + 1)) {
    const type = flow.applets[applet]?.type;
    if (type === "switch") return exit === "default" ? null : exit;
    if (type === "passthru") return null;
  }
  return null;
}

type Entries = Record<string, Readonly<Record<string, unknown>>[]>;

/** Joins scripts, one after the other. */
class Script {
  readonly #urls: Entries = {};
  readonly #phones: Entries = {};
  readonly #groups: Record<string, readonly string[]> = {};
  readonly #sounds: Record<string, number> = {};
  readonly #presses: { after_ms: number; digits: string }[] = [];
  readonly #conditions: { readonly afterMs: number; readonly when: NonNullable<ExampleScript["when"]> }[] = [];
  #elapsedMs = 0;

  /** False: it contradicts what came before. */
  add(part: ExampleScript): boolean {
    for (const [url, answer] of part.urls ?? []) append(this.#urls, withoutQuery(url), answer);
    for (const [destination, behaviour] of part.phones ?? []) append(this.#phones, destination, behaviour);
    for (const { afterMs, digits } of part.presses ?? []) {
      this.#presses.push({ after_ms: Math.round(this.#elapsedMs + afterMs), digits });
    }
    for (const [group, numbers] of Object.entries(part.groups ?? {})) {
      if ((this.#groups[group] ?? numbers).join() !== numbers.join()) return false;
      this.#groups[group] = numbers;
    }
    Object.assign(this.#sounds, part.sounds);
    if (part.when !== undefined) this.#conditions.push({ afterMs: this.#elapsedMs, when: part.when });
    this.#elapsedMs += part.takesMs;
    return true;
  }

  scenario(flow: Flow): ExampleCall | null {
    const startMs = this.#start();
    if (startMs === null) return null;
    return {
      flow: documentOf(flow),
      ...this.#account(),
      ...(startMs === FIRST_START_MS ? {} : { start: new Date(startMs).toISOString() }),
      ...withoutEmpty({
        urls: withoutRepeats(this.#urls),
        phones: withoutRepeats(this.#phones),
        sounds: this.#sounds,
      }),
      caller: {
        hang_up_after_ms: Math.round(this.#elapsedMs) + PATIENCE_MS,
        ...withoutEmpty({ presses: this.#presses }),
      },
    };
  }

  /** The members of the groups: in a real call they come from the account. */
  #account(): ExampleCall {
    const members = [...new Set(Object.values(this.#groups).flat())];
    if (members.length === 0) return {};
    const name = (number: string) => `user${members.indexOf(number) + 1}`;
    const groups = Object.entries(this.#groups).map(([group, numbers]) => ({ name: group, users: numbers.map(name) }));
    return { account: { users: members.map((number) => ({ name: name(number), number })), groups } };
  }

  /** A moment at which every time condition on the path takes the right exit. */
  #start(): number | null {
    for (let i = 0; i < STARTS; i++) {
      const startMs = FIRST_START_MS + i * HALF_HOUR_MS;
      if (this.#conditions.every(({ afterMs, when }) => when(startMs + afterMs, TIMEZONE))) return startMs;
    }
    return null;
  }
}

/** The document from which `parseFlow` reads exactly this flow. */
export function documentOf({ id, name, start, validation, applets }: Flow): ExampleCall {
  return { flow: id, name, start, validation, applets };
}

/** In a scenario the last answer, or behaviour, repeats. */
function withoutRepeats(entries: Entries): Entries {
  return Object.fromEntries(
    Object.entries(entries).map(([key, list]) => {
      const last = JSON.stringify(list.at(-1));
      const different = list.findLastIndex((each) => JSON.stringify(each) !== last);
      return [key, list.slice(0, different + 2)];
    }),
  );
}

function withoutEmpty(document: ExampleCall): ExampleCall {
  return Object.fromEntries(Object.entries(document).filter(([, value]) => Object.keys(value ?? {}).length > 0));
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
