import type { PlugboardApi } from "../../api/client.ts";

type CallQuery = NonNullable<Parameters<PlugboardApi["calls"]["list"]>[0]>;

/** The filters of the list, as in the API (docs/api.md) and in the address of the page. */
export type CallFilters = Omit<CallQuery, "account" | "limit" | "before">;

/** A filter: what it is called, how it is entered, and the words of its values. */
interface FilterField {
  readonly name: keyof CallFilters;
  readonly label: string;
  readonly kind: "choice" | "text" | "instant" | "number";
  readonly hint?: string;
  readonly options?: Readonly<Record<string, string>>;
}

/** Every filter, in the order of the form. */
export const FILTER_FIELDS: readonly FilterField[] = [
  {
    name: "status",
    label: "Status",
    kind: "choice",
    options: { live: "live", completed: "completed", failed: "failed", busy: "busy", "no-answer": "no answer" },
  },
  {
    name: "dial_call_status",
    label: "Outcome of dialling",
    kind: "choice",
    options: {
      completed: "connected",
      busy: "busy",
      "no-answer": "nobody answered",
      failed: "failed",
      canceled: "caller left first",
    },
  },
  {
    name: "direction",
    label: "Direction",
    kind: "choice",
    options: { incoming: "incoming", "outbound-dial": "placed by API" },
  },
  { name: "failed", label: "Conversation", kind: "choice", options: { true: "meant to be, but there was none" } },
  { name: "number", label: "Number, on either side", kind: "text", hint: "As shown, such as +919812345678." },
  { name: "from", label: "From", kind: "text" },
  { name: "to", label: "To", kind: "text" },
  { name: "exit", label: "Exit taken", kind: "text", hint: "Such as nobody_answered." },
  { name: "cause", label: "Cause", kind: "text", hint: "Why somebody did not answer, such as USER_BUSY." },
  { name: "url", label: "URL requested", kind: "text" },
  { name: "url_failed", label: "Answer of the URL", kind: "choice", options: { true: "not usable, or none" } },
  { name: "min_url_ms", label: "The URL took at least", kind: "number", hint: "Milliseconds." },
  { name: "started_from", label: "Started after", kind: "instant" },
  { name: "started_to", label: "Started before", kind: "instant" },
  { name: "min_duration", label: "At least", kind: "number", hint: "Seconds." },
  { name: "max_duration", label: "At most", kind: "number", hint: "Seconds." },
];

/** Reads filters from an address or a form; what is not one, or is empty, is left out. */
export function filtersOf(given: Readonly<Record<string, unknown>>): CallFilters {
  const entries = FILTER_FIELDS.flatMap((field) => {
    const value = valueOf(field, given[field.name]);
    return value === null ? [] : [[field.name, value] as const];
  });
  return Object.fromEntries(entries) as CallFilters;
}

function valueOf({ kind, options }: FilterField, value: unknown): string | number | null {
  const text =
    typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value).trim() : "";
  if (text === "") return null;
  if (kind === "choice") return options !== undefined && Object.hasOwn(options, text) ? text : null;
  if (kind === "number") return /^\d{1,6}$/.test(text) ? Number(text) : null;
  if (kind === "text") return text;
  const instant = new Date(text);
  return Number.isNaN(instant.getTime()) ? null : instant.toISOString();
}

/** A filter that is set, in words: `At least: 30`. */
export interface ActiveFilter {
  readonly name: keyof CallFilters;
  readonly label: string;
  readonly text: string;
}

export function activeFilters(filters: CallFilters): readonly ActiveFilter[] {
  return FILTER_FIELDS.flatMap(({ name, label, kind, options }) => {
    const value = filters[name];
    if (value === undefined) return [];
    const shown = kind === "instant" ? new Date(value).toLocaleString() : (options?.[String(value)] ?? String(value));
    return [{ name, label, text: shown }];
  });
}

/** The same filters without one. */
export function without(filters: CallFilters, name: keyof CallFilters): CallFilters {
  return Object.fromEntries(Object.entries(filters).filter(([key]) => key !== name));
}
