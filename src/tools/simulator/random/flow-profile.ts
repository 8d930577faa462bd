import type { AppletDocument, Flow } from "../../../core/call/setup.ts";
import { E164 } from "../../../core/contract/field-schemas.ts";
import { urlKey } from "../scripted-urls.ts";

/** What the answer of a URL is used for, which decides what a customer's server would send. */
export type UrlUse = "connect" | "numbers" | "gather" | "passthru" | "say" | "audio";

/** What a flow needs from outside: what the explorer has to script. */
export interface FlowProfile {
  /** The uses of URLs, by `urlKey`. */
  readonly urls: ReadonlyMap<string, UrlUse>;
  /** E.164 numbers written into the flow itself. */
  readonly numbers: readonly string[];
  readonly groups: readonly string[];
  /** Digits in the `keys` of a menu. */
  readonly keys: readonly string[];
  /** Cases of a Switch. */
  readonly cases: readonly string[];
}

interface Draft {
  readonly urls: Map<string, UrlUse>;
  readonly numbers: Set<string>;
  readonly groups: Set<string>;
  readonly keys: Set<string>;
  readonly cases: Set<string>;
}

const HTTP = /^https?:\/\//;

/** Reads a flow for its URLs, numbers, groups, keys and cases. */
export function profileOf(flow: Flow): FlowProfile {
  const draft: Draft = { urls: new Map(), numbers: new Set(), groups: new Set(), keys: new Set(), cases: new Set() };
  for (const applet of Object.values(flow.applets)) {
    collect(draft, applet, applet, []);
    for (const key of keysOf(applet["keys"])) draft.keys.add(key);
    for (const name of keysOf(applet["cases"])) draft.cases.add(name);
  }
  const { urls, numbers, groups, keys, cases } = draft;
  return { urls, numbers: [...numbers], groups: [...groups], keys: [...keys], cases: [...cases] };
}

function collect(draft: Draft, applet: AppletDocument, value: unknown, path: readonly string[]): void {
  if (typeof value === "string") return addText(draft, applet, value, path);
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) collect(draft, applet, inner, [...path, key]);
}

function addText(draft: Draft, applet: AppletDocument, text: string, path: readonly string[]): void {
  if (E164.test(text)) draft.numbers.add(text);
  if (path.join(".") === "dial_whom.group") draft.groups.add(text);
  if (!HTTP.test(text) || path.at(-1) === "dial_passthru_event_url") return;
  draft.urls.set(urlKey(text), useOf(applet, path));
}

/** `say.url` is text, `say.audio_url` and the URLs inside `parameters` are sound; for the rest it depends on the applet. */
function useOf(applet: AppletDocument, path: readonly string[]): UrlUse {
  if (path[0] === "dial_whom") return "numbers";
  if (path[0] === "url" && applet.type === "connect") return "connect";
  if (path[0] === "url" && applet.type === "gather") return "gather";
  if (path[0] === "url") return "passthru";
  return path.at(-1) === "url" ? "say" : "audio";
}

function keysOf(value: unknown): readonly string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}
