import type { Sealer } from "./sealer.ts";
import type { JournalRow, OutboxRow, RequestRow } from "./types.ts";

/** What each sealed text is for; a sealed text opens in its own place only. */
export const PLACES = {
  setup: () => "setup",
  event: (seq: number) => `event ${seq}`,
  trace: (seq: number) => `trace ${seq}`,
  legs: (seq: number) => `legs ${seq}`,
  request: (id: string) => `request ${id}`,
  requestUrl: (id: string) => `request url ${id}`,
  requestBody: (id: string) => `request body ${id}`,
} as const;

/** A journal row with everything sealed that customers' URLs, answers and events may show. */
export function sealRow(sealer: Sealer, row: JournalRow): JournalRow {
  const { callSid, seq, legSnapshots, outbox, end } = row;
  const seal = (place: string, text: string): string => sealer.seal(callSid, place, text);
  return {
    ...row,
    event: seal(PLACES.event(seq), row.event),
    // Most steps say nothing: an empty list is no secret, and is told apart without a key.
    trace: row.trace === "[]" ? "[]" : seal(PLACES.trace(seq), row.trace),
    ...(typeof legSnapshots === "string" && { legSnapshots: seal(PLACES.legs(seq), legSnapshots) }),
    ...(outbox !== undefined && { outbox: outbox.map((owed) => sealOutbox(sealer, callSid, owed)) }),
    ...(end !== undefined && {
      end: { ...end, requests: end.requests.map((one) => sealRequest(sealer, callSid, one)) },
    }),
  };
}

function sealOutbox(sealer: Sealer, callSid: string, owed: OutboxRow): OutboxRow {
  return { ...owed, request: sealer.seal(callSid, PLACES.request(owed.id), owed.request) };
}

function sealRequest(sealer: Sealer, callSid: string, request: RequestRow): RequestRow {
  return {
    ...request,
    url: sealer.seal(callSid, PLACES.requestUrl(request.id), request.url),
    body: sealer.seal(callSid, PLACES.requestBody(request.id), request.body),
  };
}

/** The other way. What does not open stays as it is stored: nobody can read it, and readers say so. */
export function openRequest(sealer: Sealer | null, callSid: string, request: RequestRow): RequestRow {
  return {
    ...request,
    url: openText(sealer, callSid, PLACES.requestUrl(request.id), request.url),
    body: openText(sealer, callSid, PLACES.requestBody(request.id), request.body),
  };
}

/** A stored text in clear; as it is stored where it does not open. */
export function openText(sealer: Sealer | null, scope: string, place: string, stored: string): string {
  return sealer?.open(scope, place, stored) ?? stored;
}
