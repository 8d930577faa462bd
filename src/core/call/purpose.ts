/** `purpose` of the requests list of a report (fixed names). */
export type RequestPurpose =
  | "connect"
  | "gather"
  | "passthru"
  | "greeting"
  | "dial_whom"
  | "audio"
  | "dial_event"
  | "status_callback";
