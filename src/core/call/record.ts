import type { CallType, DialStatus } from "../contract/outcome.ts";

/** Who ended the call: the caller, the callee (the flow ended right after they left the conversation) or the platform. */
export const ENDED_BY = ["caller", "callee", "platform"] as const;
export type EndedBy = (typeof ENDED_BY)[number];

/** How a call ended, no matter how its attempts did. */
export const CALL_STATUSES = ["completed", "failed", "busy", "no-answer"] as const;

/** The call detail record: the `cdr` of a report and the last trace entry of every call. Keys as in its JSON. */
export interface CallRecord {
  readonly status: (typeof CALL_STATUSES)[number];
  readonly ended_by: EndedBy;
  readonly dial_call_status: DialStatus | null;
  readonly call_type: CallType;
  /** Whole seconds of all conversations. */
  readonly conversation_s: number;
  /** Whole seconds from arrival to end. */
  readonly duration_s: number;
  readonly duration_ms: number;
}

/** Why a call is being ended. */
export interface CallEnding {
  readonly by: EndedBy;
  readonly rule: string;
  readonly message: string;
}
