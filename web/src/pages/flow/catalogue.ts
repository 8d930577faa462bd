// oxlint-disable-next-line import/no-unassigned-import -- must run before any schema is made
import "./without-eval.ts";
import type { AppletExit, AppletForm, FormField, FormMode } from "../../../../src/core/call/applet.ts";
import type { AppletDocument } from "../../../../src/core/call/setup.ts";
import { appletKind, appletKinds } from "../../../../src/core/applets/registry.ts";
import type { AppletDraft, Path } from "./document.ts";
import { KEPT, isRecord, valueAt, withoutValue, withValue } from "./document.ts";

export type { AppletForm, FormField, FormMode } from "../../../../src/core/call/applet.ts";

/** One kind of applet, as the palette offers it. */
export interface OfferedApplet {
  readonly type: string;
  readonly form: AppletForm;
}

/** The palette: every applet that the platform has, from the description in its folder. */
export const palette: readonly OfferedApplet[] = appletKinds.map(({ type, form }) => ({ type, form }));

/** The form of an applet; null: there is no such type. */
export function formOf(type: string): AppletForm | null {
  return appletKind(type)?.form ?? null;
}

/** One way out of an applet, as the builder shows it. */
export interface BuilderExit {
  readonly name: string;
  readonly title: string;
  readonly help: string | null;
  readonly target: string | null;
  /** EXIT-4: where the call goes although no applet is set here. */
  readonly standIn: { readonly title: string; readonly target: string } | null;
  readonly path: Path;
}

/** The exits of an applet, also of one with mistakes. */
export function exitsOf(applet: AppletDraft): readonly BuilderExit[] {
  const kind = appletKind(applet.type);
  if (kind === undefined) return [];
  const exits = kind.exits(readable(applet));
  return exits.map((exit) => shownExit(exit, exits, kind.form));
}

function shownExit(exit: AppletExit, all: readonly AppletExit[], { exits: words = {} }: AppletForm): BuilderExit {
  const { name, label, target, path } = exit;
  const { title = capital(label), help = null, fallsBackTo } = words[name] ?? {};
  const other = all.find((each) => each.name === fallsBackTo);
  const instead = words[fallsBackTo ?? ""]?.title ?? other?.label ?? "";
  const standIn =
    target === null && other !== undefined && other.target !== null ? { title: instead, target: other.target } : null;
  return { name, title, help, target, standIn, path };
}

/** The part of a document that its schema accepts, on top of the sample: enough to say which exits there are. */
function readable(applet: AppletDraft): AppletDocument {
  const kind = appletKind(applet.type);
  if (kind === undefined) return applet;
  const whole = kind.schema.safeParse(applet);
  if (whole.success) return whole.data;
  const start: AppletDraft = { ...kind.form.sample };
  const accepted = Object.entries(applet).reduce<AppletDraft>((document, [key, value]) => {
    const tried = { ...document, [key]: value };
    return kind.schema.safeParse(tried).success ? tried : document;
  }, start);
  return kind.schema.parse(accepted);
}

/** A new applet: the sample, with its URLs empty, so that none of an example is published unseen. */
export function newApplet(type: string): AppletDraft {
  const { sample = { type }, fields = [] } = formOf(type) ?? {};
  return fields.reduce<AppletDraft>(
    (applet, { path, input }) => {
      const place = path.split(".");
      const isUrl = input.kind === "url" && valueAt(applet, place) !== undefined;
      return isUrl ? withValue(applet, place, "") : applet;
    },
    { ...sample },
  );
}

/** An applet whose exit leads to a target; null: it leads nowhere. */
export function withTarget(applet: AppletDraft, path: Path, target: string | null): AppletDraft {
  return target === null ? withoutValue(applet, path, KEPT) : withValue(applet, path, target);
}

/** A field whose keys are exits of their own; null: the applet has a fixed set of exits. */
export function keysField(type: string): (FormField & { readonly input: { readonly kind: "keys" } }) | null {
  return formOf(type)?.fields.find(hasKeys) ?? null;
}

function hasKeys(field: FormField): field is FormField & { readonly input: { readonly kind: "keys" } } {
  return field.input.kind === "keys";
}

/** A key that is not in use yet; null: all are. */
export function freeKey(applet: AppletDraft): string | null {
  const field = keysField(applet.type);
  if (field === null) return null;
  const used = valueAt(applet, field.path.split("."));
  const taken = isRecord(used) ? Object.keys(used) : [];
  const { keys } = field.input as { readonly keys?: readonly string[] };
  // Menus begin with 1, as on a telephone.
  if (keys !== undefined) return [...keys.slice(1), ...keys.slice(0, 1)].find((key) => !taken.includes(key)) ?? null;
  let number = 1;
  while (taken.includes(`case_${number}`)) number += 1;
  return `case_${number}`;
}

/** The mode of the form that applies to a document; null: the form has none, or the document fits none. */
export function modeOf(form: AppletForm, applet: AppletDraft): FormMode | null {
  return form.modes?.find(({ needs }) => valueAt(applet, needs.split(".")) !== undefined) ?? null;
}

/** The document in another mode: what belongs to other modes only is dropped. */
export function withMode(form: AppletForm, applet: AppletDraft, mode: FormMode): AppletDraft {
  const foreign = form.fields.filter(({ modes }) => modes !== undefined && !modes.includes(mode.id));
  const needs = (form.modes ?? []).map((each) => each.needs);
  const bare = [...foreign.map(({ path }) => path), ...needs].reduce(
    (document, path) => (isShared(form, mode, path) ? document : withoutValue(document, path.split("."))),
    applet,
  );
  const path = mode.needs.split(".");
  return valueAt(bare, path) === undefined ? withValue(bare, path, mode.start) : bare;
}

/** Whether a field of the mode stands at this path or below it. */
function isShared({ fields }: AppletForm, mode: FormMode, path: string): boolean {
  return fields.some((field) => field.modes?.includes(mode.id) === true && `${field.path}.`.startsWith(`${path}.`));
}

/** The fields that count for a document, in the order shown. Exits are shown apart. */
export function fieldsOf(form: AppletForm, applet: AppletDraft): readonly FormField[] {
  const mode = modeOf(form, applet);
  return form.fields.filter(({ input, modes, onlyIf }) => {
    if (input.kind === "applet" || input.kind === "keys") return false;
    if (modes !== undefined && (mode === null || !modes.includes(mode.id))) return false;
    return onlyIf === undefined || valueAt(applet, onlyIf.path.split(".")) === onlyIf.is;
  });
}

/** The document with a field filled in. Empty: what is not required is left out. */
export function withField(form: AppletForm, applet: AppletDraft, field: FormField, value: unknown): AppletDraft {
  const path = field.path.split(".");
  const kept = (form.modes ?? []).map(({ needs }) => needs);
  const isEmpty = value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
  const changed =
    isEmpty && (!field.required || value === undefined)
      ? withoutValue(applet, path, kept)
      : withValue(applet, path, value);
  return withoutHidden(form, changed, field.path);
}

/** A field that another one has just hidden must not stay in the document unseen. */
function withoutHidden(form: AppletForm, applet: AppletDraft, changed: string): AppletDraft {
  const shown = fieldsOf(form, applet).map(({ path }) => path);
  const hidden = form.fields.filter(({ path, onlyIf }) => onlyIf?.path === changed && !shown.includes(path));
  return hidden.reduce((document, { path }) => withoutValue(document, path.split(".")), applet);
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
