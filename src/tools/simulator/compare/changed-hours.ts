import { appletKind } from "../../../core/applets/registry.ts";
import type { AppletDocument, Flow } from "../../../core/call/setup.ts";
import { zonedDate } from "../../../core/contract/time.ts";
import { isSameJson } from "../../../core/flow/diff.ts";

/** Minutes between two looks at the clock: finer than anyone's opening hours. */
const SLOT_MIN = 15;
const SLOT_MS = SLOT_MIN * 60_000;
const SLOTS_A_DAY = 1440 / SLOT_MIN;
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
/** A Sunday; the Monday after it begins within the next two days in every zone. */
const SOME_SUNDAY_MS = Date.parse("2026-01-04T00:00:00Z");
const SEARCHED_SLOTS = 48 * 4;

/** An applet that two versions of a flow have, and the exits that they take. */
export interface ChangedExit {
  readonly before: AppletDocument;
  readonly after: AppletDocument;
  readonly from: string;
  readonly to: string;
  /** The account's, for applets that name none. */
  readonly timezone: string;
}

/**
 * When in a week a time condition takes another exit than before, by the clock of its zone: `Mon-Fri 18:00-20:00`. Null: never, or
 * the applet does not decide by the hour.
 */
export function changedHours(changed: ChangedExit): string | null {
  const week = weekOf(changed);
  if (week === null) return null;
  const days = week.map((slots) => spansOf(slots.map(({ isChanged }) => isChanged)));
  return days.every((spans) => spans === "") ? null : grouped(days);
}

/** Moments of a week, at most one a day, at which an applet of both flows takes another exit only because of the hour. */
export function changedMoments(before: Flow, after: Flow, timezone: string): readonly number[] {
  return Object.entries(before.applets).flatMap(([id, old]) => {
    const current = after.applets[id];
    if (current === undefined || isSameJson(old, current)) return [];
    const pairs = exitNames(old).flatMap((from) => exitNames(current).map((to) => [from, to] as const));
    return pairs
      .filter(([from, to]) => from !== to)
      .flatMap(([from, to]) => momentsOf({ before: old, after: current, from, to, timezone }));
  });
}

function exitNames(document: AppletDocument): readonly string[] {
  return (
    appletKind(document.type)
      ?.exits(document)
      .map(({ name }) => name) ?? []
  );
}

function momentsOf(changed: ChangedExit): readonly number[] {
  const days = weekOf(changed) ?? [];
  return days.flatMap((slots) => slots.find(({ isChanged }) => isChanged)?.ms ?? []);
}

interface Slot {
  readonly ms: number;
  /** Whether the exit is a different one then. */
  readonly isChanged: boolean;
}

/** A week from Monday on by the clock of the newer applet, day by day; null unless both decide by the hour. */
function weekOf({ before, after, from, to, timezone }: ChangedExit): readonly (readonly Slot[])[] | null {
  const [was, is] = [openAt(before, from), openAt(after, to)];
  if (was === null || is === null) return null;
  const monday = mondayIn(typeof after["timezone"] === "string" ? after["timezone"] : timezone);
  return DAYS.map((_, day) =>
    Array.from({ length: SLOTS_A_DAY }, (__, slot) => {
      const ms = monday + (day * SLOTS_A_DAY + slot) * SLOT_MS;
      return { ms, isChanged: was(ms, timezone) && is(ms, timezone) };
    }),
  );
}

/** Whether the applet takes this exit at a moment. */
function openAt(document: AppletDocument, exit: string): ((atMs: number, timezone: string) => boolean) | null {
  const plan = { target: exit, timing: "fast", select: null, groups: null } as const;
  return appletKind(document.type)?.exampleScript(document, plan)?.when ?? null;
}

function mondayIn(timezone: string): number {
  for (let slot = 0; slot < SEARCHED_SLOTS; slot++) {
    const ms = SOME_SUNDAY_MS + slot * SLOT_MS;
    const clock = zonedDate(ms, timezone);
    if (clock.getUTCDay() === 1 && clock.getUTCHours() === 0 && clock.getUTCMinutes() === 0) return ms;
  }
  return SOME_SUNDAY_MS;
}

/** `18:00-20:00, 22:00-24:00`; empty if there is no slot. */
function spansOf(slots: readonly boolean[]): string {
  const spans: string[] = [];
  let begin: number | null = null;
  for (const [i, isIn] of [...slots, false].entries()) {
    if (isIn && begin === null) begin = i;
    if (!isIn && begin !== null) {
      spans.push(`${clockOf(begin)}-${clockOf(i)}`);
      begin = null;
    }
  }
  return spans.join(", ");
}

function clockOf(slot: number): string {
  const minutes = slot * SLOT_MIN;
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

/** Combines consecutive days with the same hours: `Mon-Fri 18:00-20:00, Sat 10:00-14:00`. */
function grouped(days: readonly string[]): string {
  const groups: { first: number; last: number; spans: string }[] = [];
  for (const [day, spans] of days.entries()) {
    const group = groups.at(-1);
    if (group !== undefined && group.spans === spans) group.last = day;
    else groups.push({ first: day, last: day, spans });
  }
  return groups
    .filter(({ spans }) => spans !== "")
    .map(({ first, last, spans }) => `${DAYS[first]}${last === first ? "" : `-${DAYS[last]}`} ${spans}`)
    .join(", ");
}
