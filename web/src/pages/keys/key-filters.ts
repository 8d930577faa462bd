import { searchIn } from "../../ui/search-field.tsx";

/** What the page shows, as in its address. */
export interface KeyFilters {
  readonly q?: string;
  /** Absent: keys that work. */
  readonly show?: "revoked" | "all";
}

export function keyFiltersOf(given: Readonly<Record<string, unknown>>): KeyFilters {
  const { show } = given;
  return { ...searchIn(given), ...(show === "revoked" || show === "all" ? { show } : {}) };
}
