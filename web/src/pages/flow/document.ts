/** A flow document while it is edited: it may have any mistake, and keys that no form knows are kept. */
export interface FlowDraft {
  readonly name?: string;
  readonly start: string;
  readonly applets: Readonly<Record<string, AppletDraft>>;
  readonly [key: string]: unknown;
}

/** An applet's document while it is edited. */
export interface AppletDraft {
  readonly type: string;
  readonly [key: string]: unknown;
}

export type Path = readonly string[];
type Json = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads what the platform or the YAML view holds. What is not an applet at all is left out. */
export function draftOf(document: unknown): FlowDraft {
  const record = isRecord(document) ? document : {};
  const applets = isRecord(record["applets"]) ? record["applets"] : {};
  const read = Object.entries(applets).map(
    ([id, applet]) => [id, isRecord(applet) ? typed(applet) : typed({})] as const,
  );
  const { start } = record;
  return { ...record, start: typeof start === "string" ? start : "", applets: Object.fromEntries(read) };
}

function typed(applet: Json): AppletDraft {
  return { ...applet, type: typeof applet["type"] === "string" ? applet["type"] : "" };
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inside, key) => (isRecord(inside) ? inside[key] : undefined), value);
}

/** The document with a value at a path; objects on the way are made. */
export function withValue<T extends Json>(document: T, [key = "", ...rest]: Path, value: unknown): T {
  if (rest.length === 0) return { ...document, [key]: value };
  const inside = document[key];
  return { ...document, [key]: withValue(isRecord(inside) ? inside : {}, rest, value) };
}

/** The document without what is at a path, and without objects that become empty by it, except those in `kept`. */
export function withoutValue<T extends Json>(document: T, path: Path, kept: readonly string[] = []): T {
  return without(document, path, "", kept) as T;
}

function without(document: Json, [key = "", ...rest]: Path, above: string, kept: readonly string[]): Json {
  const place = above === "" ? key : `${above}.${key}`;
  const { [key]: inside, ...others } = document;
  if (rest.length === 0 || !isRecord(inside)) return rest.length === 0 ? others : document;
  const left = without(inside, rest, place, kept);
  return Object.keys(left).length === 0 && !kept.includes(place) ? others : { ...document, [key]: left };
}

/** An id that no applet of the flow has: `connect`, `connect_2` … */
export function freeId(flow: FlowDraft, wanted: string): string {
  if (!Object.hasOwn(flow.applets, wanted)) return wanted;
  const stem = wanted.replace(/_\d+$/, "");
  let number = 2;
  while (Object.hasOwn(flow.applets, `${stem}_${number}`)) number += 1;
  return `${stem}_${number}`;
}

/** Adds an applet. The first one is where calls start. */
export function withApplet(flow: FlowDraft, id: string, applet: AppletDraft): FlowDraft {
  const applets = { ...flow.applets, [id]: applet };
  return { ...flow, applets, start: Object.hasOwn(applets, flow.start) ? flow.start : id };
}

/** Changes one applet. */
export function withChanged(flow: FlowDraft, id: string, change: (applet: AppletDraft) => AppletDraft): FlowDraft {
  const applet = flow.applets[id];
  return applet === undefined ? flow : { ...flow, applets: { ...flow.applets, [id]: change(applet) } };
}

/** Where an exit stands in an applet's document, and the applet it names. */
export interface ExitPlace {
  readonly path: Path;
  readonly target: string | null;
}

type ExitsOf = (applet: AppletDraft) => readonly ExitPlace[];

/** Removes applets, and the ways to them. */
export function withoutApplets(flow: FlowDraft, ids: readonly string[], exitsOf: ExitsOf): FlowDraft {
  const left = Object.entries(flow.applets).filter(([id]) => !ids.includes(id));
  const applets = left.map(([id, applet]) => {
    const led = exitsOf(applet).filter(({ target }) => target !== null && ids.includes(target));
    return [id, led.reduce((document, { path }) => withoutValue(document, path, KEPT), applet)] as const;
  });
  const start = ids.includes(flow.start) ? (left[0]?.[0] ?? "") : flow.start;
  return { ...flow, applets: Object.fromEntries(applets), start };
}

/** Objects that an applet's schema wants even if they are empty. */
export const KEPT = ["keys", "cases"];

/** Gives an applet another id, everywhere it is named. Its place among the others stays. */
export function withId(flow: FlowDraft, from: string, to: string, exitsOf: ExitsOf): FlowDraft {
  const renamed = Object.entries(flow.applets).map(([id, applet]) => {
    return [id === from ? to : id, pointed(applet, exitsOf, (target) => (target === from ? to : target))] as const;
  });
  return { ...flow, applets: Object.fromEntries(renamed), start: flow.start === from ? to : flow.start };
}

function pointed(applet: AppletDraft, exitsOf: ExitsOf, to: (target: string) => string | null): AppletDraft {
  return exitsOf(applet).reduce((document, { path, target }) => {
    if (target === null) return document;
    const wanted = to(target);
    return wanted === null ? withoutValue(document, path, KEPT) : withValue(document, path, wanted);
  }, applet);
}

/** Applets that were copied, by id. */
export type Copied = Readonly<Record<string, AppletDraft>>;

/**
 * Adds copies under ids of their own. Exits among the copies lead to copies; others lead where they led, if that is
 * an applet of this flow.
 */
export function withCopies(flow: FlowDraft, copied: Copied, exitsOf: ExitsOf): { flow: FlowDraft; ids: string[] } {
  const ids = new Map<string, string>();
  let reserved = flow;
  for (const [id, applet] of Object.entries(copied)) {
    ids.set(id, freeId(reserved, id));
    reserved = withApplet(reserved, ids.get(id) ?? id, applet);
  }
  const place = (target: string): string | null =>
    ids.get(target) ?? (Object.hasOwn(flow.applets, target) ? target : null);
  let result = flow;
  for (const [id, applet] of Object.entries(copied))
    result = withApplet(result, ids.get(id) ?? id, pointed(applet, exitsOf, place));
  return { flow: result, ids: [...ids.values()] };
}
