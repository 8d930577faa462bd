import type { CallEvent } from "./events.ts";

/** Event kinds that earlier versions wrote into the journal under another name. */
const EARLIER_KINDS: Readonly<Record<string, CallEvent["kind"]>> = { played: "playback_ended" };

/** An event from its journal row, whichever version wrote it. Throws `SyntaxError` when the row is not JSON. */
export function readStoredEvent(json: string): CallEvent {
  const event = JSON.parse(json) as CallEvent;
  const kind = EARLIER_KINDS[event.kind];
  return kind === undefined ? event : ({ ...event, kind } as CallEvent);
}
