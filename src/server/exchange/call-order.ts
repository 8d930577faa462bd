import type { CallEvent } from "../../core/call/events.ts";
import { TWO_NUMBERS_FLOW } from "../../core/call/two-numbers-flow.ts";
import type { Account } from "../../core/contract/account.ts";
import type { CallPlacement } from "../../core/contract/placed-call.ts";
import type { CallRow } from "../../edges/store/types.ts";
import type { AccountConfig } from "./account-config.ts";
import type { AdmissionRefusal } from "./admission.ts";
import type { LimitRule } from "./limits/limit-rules.ts";
import type { StoredSetup } from "./inbound-checks.ts";

/** A call requested by API (API-1, API-2): validated, not yet begun. */
export interface CallOrder {
  readonly config: AccountConfig;
  /** Null: the call connects two numbers. */
  readonly flowId: string | null;
  /** Leg 1, as requests to customers name it. */
  readonly from: string;
  /** E.164 of the ExoPhone shown as caller ID. */
  readonly exophone: string;
  /** The second number, or what the request names as such (REQ-12); null: none. */
  readonly dialTo: string | null;
  readonly customField: string | null;
  readonly timeLimitMs: number | null;
  readonly placed: CallPlacement;
  /** The request's `Idempotency-Key`; null: none. */
  readonly key: NonNullable<CallRow["key"]> | null;
  /** Id of the API key that places the call; null: none. */
  readonly apiKey: string | null;
}

/** The result of a {@link CallOrder}. */
export type Placing =
  /** Its first journal row is durable: it will be dialled or recorded as failed, even if this process dies. */
  | { readonly kind: "placed"; readonly callSid: string; readonly row: CallRow }
  /** Another request with this `Idempotency-Key` was faster. */
  | { readonly kind: "key_taken" }
  | { readonly kind: "refused"; readonly reason: AdmissionRefusal | LimitRule | "no_flow"; readonly message: string };

/** The key of the setup of an account's flow; null: the setup of calls that connect two numbers. */
export function setupKey(account: Account, flowId: string | null): string {
  return `${account.sid}/${flowId ?? TWO_NUMBERS_FLOW.id}`;
}

/** The row and the first event of an ordered call. */
export function beginningOf(
  order: CallOrder,
  stored: StoredSetup,
  callSid: string,
  startedAt: number,
): { readonly row: CallRow; readonly arrival: CallEvent } {
  const { from, exophone: to, customField, dialTo, timeLimitMs, placed, key } = order;
  const parties = { from, to, direction: "outbound-dial", customField } as const;
  const row = { setup: stored.hash, flow: stored.setup.flow.id, ...parties, startedAt, dialTo };
  const arrival: CallEvent = {
    kind: "call_arrived",
    at: startedAt,
    callSid,
    ...parties,
    ...(dialTo === null ? {} : { dialTo }),
    ...(timeLimitMs === null ? {} : { timeLimitMs }),
    placed,
  };
  return { row: key === null ? row : { ...row, key }, arrival };
}
