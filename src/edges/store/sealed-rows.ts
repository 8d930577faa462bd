import type { Sealer } from "./sealer.ts";
import type { JournalRow, OutboxRow } from "./types.ts";

/** What each sealed text is for; a sealed text opens in its own place only. */
export const PLACES = {
  setup: () => "setup",
  event: (seq: number) => `event ${seq}`,
  legs: (seq: number) => `legs ${seq}`,
  request: (id: string) => `request ${id}`,
} as const;

/**
 * A journal row with everything sealed that may hold credentials: events carry whole answers, requests their
 * `Authorization`. Traces and records mask credentials already, and lists filter by them: they stay in clear.
 */
export function sealRow(sealer: Sealer, row: JournalRow): JournalRow {
  const { callSid, seq, legSnapshots, outbox } = row;
  return {
    ...row,
    event: sealer.seal(callSid, PLACES.event(seq), row.event),
    ...(typeof legSnapshots === "string" && { legSnapshots: sealer.seal(callSid, PLACES.legs(seq), legSnapshots) }),
    ...(outbox !== undefined && { outbox: outbox.map((due) => sealOutbox(sealer, callSid, due)) }),
  };
}

function sealOutbox(sealer: Sealer, callSid: string, due: OutboxRow): OutboxRow {
  return { ...due, request: sealer.seal(callSid, PLACES.request(due.id), due.request) };
}

/** A stored text in clear; as it is stored where it does not open: readers say that they cannot read it. */
export function openText(sealer: Sealer | null, scope: string, place: string, stored: string): string {
  return sealer?.open(scope, place, stored) ?? stored;
}
