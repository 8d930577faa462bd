import type { CallType, DialStatus } from "../contract/outcome.ts";

/** Who ended the call: the caller, the callee (the flow ended right after they left the conversation) or the platform. */
export type EndedBy = "caller" | "callee" | "platform";

/** The call detail record: the `cdr` of a report and the last trace entry of every call. Keys as in its JSON. */
export interface CallRecord {
  readonly status: "completed" | "failed" | "busy" | "no-answer";
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
