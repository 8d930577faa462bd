/** The leg of the caller; legs we dial are 2, 3, … in the order of dialling, one per attempt. */
export const CALLER = 1;

/** A leg of one call. Unique within the call, never reused. */
export type LegId = number;
