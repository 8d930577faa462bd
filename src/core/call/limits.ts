/** APP-9: applets one call may execute; ends a flow that loops forever. */
export const MAX_APPLETS_PER_CALL = 200;

/** REF-7: requests (Primary and Fallback counted alike) that one Connect may send; ends a re-fetch that would go on forever. */
export const MAX_FETCHES_PER_CONNECT = 20;

/**
 * Legs one call may dial. One Connect reaches at most 19 re-fetched rounds of 10 and one list of 100; past this the
 * flow is looping through Connects, and each further leg takes memory in state and trace.
 */
export const MAX_LEGS_PER_CALL = 500;

/** Trace entries kept per call: the longest legal Connect needs about 3,000. One last entry says that more are missing. */
export const MAX_TRACE_ENTRIES = 5000;

/** Digits of type-ahead kept: as many as a Gather can ask for (APP-2). */
export const MAX_TYPE_AHEAD_DIGITS = 255;

/** REQ-6: the whole exchange of one request, milliseconds. */
export const REQUEST_DEADLINE_MS = 5000;

/**
 * How long a sync Passthru directly after a Connect waits for the last dial event to be sent first: a caller does not
 * notice it, and an unreachable outbox must not hold up a call.
 */
export const NOTIFICATION_LEAD_MS = 200;

/** How long an ended call waits for its recordings to close, in case the media process died. */
export const RECORDING_CLOSE_MS = 5000;

/** Longest a call may last: API-1's largest `TimeLimit`. Also ends a call whose trunk lost its legs. */
export const MAX_CALL_MS = 14_400_000;

/** A prompt that never reports its end (the media process has died) counts as played after this long. */
export const MAX_PROMPT_MS = 600_000;
