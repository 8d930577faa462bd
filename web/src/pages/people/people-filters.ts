import { searchIn } from "../../ui/search-field.tsx";

/** What the page shows, as in its address. */
export interface PeopleFilters {
  readonly q?: string;
  /** Absent: users. */
  readonly show?: "groups" | "members";
}

export function peopleFiltersOf(given: Readonly<Record<string, unknown>>): PeopleFilters {
  const { show } = given;
  return { ...searchIn(given), ...(show === "groups" || show === "members" ? { show } : {}) };
}
