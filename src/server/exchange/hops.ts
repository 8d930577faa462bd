import type { IncomingInvite } from "../../edges/sip/endpoint.ts";

/** What a call in has behind it, and a call out that is made because of it carries on (DIAL-13). */
export interface Hops {
  /** Hops that a request made because of this one may take. */
  readonly left: number;
  /** Diversion (RFC 5806) and History-Info (RFC 7044), as they came. */
  readonly history: readonly (readonly [name: string, value: string])[];
}

/** Fields carried on: more than any chain of forwardings has, few enough for one datagram. */
const MAX_HISTORY_FIELDS = 20;

/** The stack has refused a request that may go no further (483). */
export function hopsOf({ request, maxForwards }: Pick<IncomingInvite, "request" | "maxForwards">): Hops {
  const history = ["Diversion", "History-Info"].flatMap((name) =>
    request.headers.lines(name).map((value) => [name, value] as const),
  );
  return { left: maxForwards - 1, history: history.slice(0, MAX_HISTORY_FIELDS) };
}
