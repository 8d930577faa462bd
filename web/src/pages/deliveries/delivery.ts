import type { Models } from "../../api/client.ts";

/** A request that a server of the account is owed. */
export type Delivery = Models["Delivery"];

const PURPOSES: Readonly<Record<string, string>> = {
  dial_event: "Dial event",
  status_callback: "Status callback",
  passthru: "Passthru",
};

/** What a delivery is, in words; the API's own word where there is none. */
export function purposeOf(purpose: string): string {
  return PURPOSES[purpose] ?? purpose;
}
