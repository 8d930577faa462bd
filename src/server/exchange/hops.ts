import type { IncomingInvite } from "../../edges/sip/endpoint.ts";

/** The hops an inbound call has made; outbound calls made because of it carry them on (DIAL-13). */
export interface Hops {
  /** Hops left for a request made because of this one. */
  readonly left: number;
  /** Diversion (RFC 5806) and History-Info (RFC 7044) fields, as received. */
  readonly history: readonly (readonly [name: string, value: string])[];
}

/** Limit on fields carried on: more than any chain of forwardings has, few enough for one datagram. */
const MAX_HISTORY_FIELDS = 20;

/** The hops of an inbound call; the stack has already refused one that has none left (483). */
export function hopsOf({ request, maxForwards }: Pick<IncomingInvite, "request" | "maxForwards">): Hops {
  const history = ["Diversion", "History-Info"].flatMap((name) =>
    request.headers.lines(name).map((value) => [name, value] as const),
  );
  return { left: maxForwards - 1, history: history.slice(0, MAX_HISTORY_FIELDS) };
}
