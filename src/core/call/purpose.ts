/** `purpose` of the requests list of a report (fixed names). */
export const REQUEST_PURPOSES = [
  "connect",
  "gather",
  "passthru",
  "greeting",
  "dial_whom",
  "audio",
  "dial_event",
  "status_callback",
] as const;
export type RequestPurpose = (typeof REQUEST_PURPOSES)[number];
