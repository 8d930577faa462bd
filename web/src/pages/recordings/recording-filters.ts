import { searchIn } from "../../ui/search-field.tsx";

/** What the page shows, as in its address. */
export interface RecordingFilters {
  readonly q?: string;
  /** The call whose recordings are played. */
  readonly call?: string;
}

export function recordingFiltersOf(given: Readonly<Record<string, unknown>>): RecordingFilters {
  const { call } = given;
  return { ...searchIn(given), ...(typeof call === "string" && call !== "" ? { call } : {}) };
}
