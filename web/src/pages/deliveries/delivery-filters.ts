/** What the page shows, as in its address. */
export interface DeliveryFilters {
  readonly state?: "waiting" | "parked";
  /** Words of the search. */
  readonly q?: string;
  /** The delivery that is looked at. */
  readonly delivery?: string;
}

export function deliveryFiltersOf({ state, q, delivery }: Readonly<Record<string, unknown>>): DeliveryFilters {
  return {
    ...(state === "waiting" || state === "parked" ? { state } : {}),
    ...(isText(q) ? { q: String(q) } : {}),
    ...(isText(delivery) ? { delivery: String(delivery) } : {}),
  };
}

/** A router reads what looks like a number as one. */
function isText(value: unknown): value is string | number {
  return typeof value === "number" || (typeof value === "string" && value !== "");
}
