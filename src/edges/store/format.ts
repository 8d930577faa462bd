/**
 * Formats of stored payloads. Each row says which one it has; a new format gets a new number, and readers know all of them.
 *
 *   1  JSON, unmarked: events and snapshots may carry earlier names
 *   2  the same under today's names
 */
export const FORMAT = 2;

/** A payload as it was stored: the layer above reads it through its schema for that version. */
export interface StoredText {
  readonly version: number;
  readonly json: string;
}
