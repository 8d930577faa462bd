import type { Sealer } from "./sealer.ts";
import type { JournalRow, OutboxRow } from "./types.ts";

/** What each sealed text is for; a sealed text opens only in its own place. */
export const PLACES = {
  setup: () => "setup",
  event: (seq: number) => `event ${seq}`,
  legs: (seq: number) => `legs ${seq}`,
  request: (id: string) => `request ${id}`,
} as const;

/**
 * A journal row with everything sealed that may hold credentials: answers of URLs, requests with their `Authorization`.
 * Traces and records already mask credentials, and lists filter by them: they are not sealed.
 */
export function sealRow(sealer: Sealer, row: JournalRow): JournalRow {
  const { callSid, outbox } = row;
  if (row.inClear === true && outbox === undefined) return row;
  return {
    ...row,
    ...(row.inClear !== true && sealStep(sealer, row)),
    ...(outbox !== undefined && { outbox: outbox.map((due) => sealOutbox(sealer, callSid, due)) }),
  };
}

function sealStep(sealer: Sealer, { callSid, seq, event, legSnapshots }: JournalRow): Partial<JournalRow> {
  return {
    event: sealer.seal(callSid, PLACES.event(seq), event),
    ...(typeof legSnapshots === "string" && { legSnapshots: sealer.seal(callSid, PLACES.legs(seq), legSnapshots) }),
  };
}

function sealOutbox(sealer: Sealer, callSid: string, due: OutboxRow): OutboxRow {
  return { ...due, request: sealer.seal(callSid, PLACES.request(due.id), due.request) };
}

/** A stored text, opened; if it does not open, it is returned as it is, and readers report that they cannot read it. */
export function openText(sealer: Sealer | null, scope: string, place: string, stored: string): string {
  return sealer?.open(scope, place, stored) ?? stored;
}
