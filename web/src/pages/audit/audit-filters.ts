import { searchIn } from "../../ui/search-field.tsx";

/** What the page shows, as in its address. */
export interface AuditFilters {
  readonly q?: string;
  /** Id of the entry that is looked at. */
  readonly entry?: number;
}

export function auditFiltersOf(given: Readonly<Record<string, unknown>>): AuditFilters {
  const entry = Number(given["entry"]);
  return { ...searchIn(given), ...(Number.isInteger(entry) && entry > 0 ? { entry } : {}) };
}
