/** APP-9: applets one call may execute; a flow that goes round for ever without a human in it ends here. */
export const MAX_APPLETS_PER_CALL = 200;

/** REF-7: requests (Primary and Fallback counted alike) that one Connect may send; bounds an answer that never settles. */
export const MAX_FETCHES_PER_CONNECT = 20;

/**
 * Legs one call may dial. One Connect reaches at most 19 re-fetched rounds of 10 and one list of 100; past this the
 * flow is looping through Connects, and each further leg makes every later request longer (REQ-29).
 */
export const MAX_LEGS_PER_CALL = 500;

/** Trace entries kept per call: the longest legal Connect needs about 3,000. Then one entry says that more is missing. */
export const MAX_TRACE_ENTRIES = 5000;

/** Digits pressed ahead that are kept: as many as a Gather can ask for (APP-2). */
export const MAX_TYPE_AHEAD_DIGITS = 255;

/** REQ-6: the whole exchange of one request, milliseconds. */
export const REQUEST_DEADLINE_MS = 5000;

/** How long an ended call waits for its recordings to close; a media process that died must not keep it for ever. */
export const RECORDING_CLOSE_MS = 5000;

/** Longest a call may last: API-1's largest `TimeLimit`. Also ends a call whose legs were forgotten by a trunk. */
export const MAX_CALL_MS = 14_400_000;

/** A prompt that never reports its end (media process gone) is treated as played after this long. */
export const MAX_PROMPT_MS = 600_000;
