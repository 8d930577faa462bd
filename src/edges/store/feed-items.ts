import { z } from "zod";

/**
 * What a feed row holds: items, as a JSON list without its brackets, so that rows are joined by a comma. An item
 * carries its format, `v`. A step's item only points to the journal: its events are made from that step's trace when
 * they are read.
 *
 *   {"v":1,"call":"…","step":3,"entries":[4,5]}      one event for each of these entries
 *   {"v":1,"at":1767600000000,"type":"…","data":{}}  one event that is in no call's trace
 */
const itemSchema = z.union([
  z.object({ v: z.literal(1), call: z.string(), step: z.int(), entries: z.array(z.int()) }),
  z.object({ v: z.literal(1), at: z.number(), type: z.string(), data: z.unknown() }),
]);

type FeedItem = z.output<typeof itemSchema>;

/** An event that is in no call's trace. `data` can be written as JSON. */
export interface OwnEvent {
  /** Epoch ms. */
  readonly at: number;
  readonly type: string;
  readonly data: unknown;
}

/** Where an event of the feed is found. */
export type FeedPlace =
  | { readonly kind: "entry"; readonly callSid: string; readonly step: number; readonly entry: number }
  | { readonly kind: "own"; readonly event: OwnEvent }
  | { readonly kind: "unreadable" };

export function stepItem(callSid: string, step: number, entries: readonly number[]): string {
  return JSON.stringify({ v: 1, call: callSid, step, entries });
}

export function ownItem({ at, type, data }: OwnEvent): string {
  return JSON.stringify({ v: 1, at, type, data });
}

/** The `n` events of a row. If the row cannot be read, they keep their numbers but are all `unreadable`. */
export function placesOf(n: number, items: string): readonly FeedPlace[] {
  const places = read(items).flatMap(placesOfItem);
  return places.length === n ? places : Array.from({ length: n }, () => ({ kind: "unreadable" }) as const);
}

function read(items: string): readonly FeedItem[] {
  try {
    const parsed = z.array(itemSchema).safeParse(JSON.parse(`[${items}]`));
    return parsed.success ? parsed.data : [];
  } catch {
    return []; // damaged: the count does not match, and the reader is told
  }
}

function placesOfItem(item: FeedItem): readonly FeedPlace[] {
  if (!("call" in item)) return [{ kind: "own", event: { at: item.at, type: item.type, data: item.data } }];
  const { call: callSid, step, entries } = item;
  return entries.map((entry) => ({ kind: "entry", callSid, step, entry }));
}
