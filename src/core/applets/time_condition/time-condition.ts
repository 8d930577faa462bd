import { z } from "zod";
import {
  type AppletExit,
  type AppletKind,
  AT_ONCE,
  defineApplet,
  DIALS_NOBODY,
  NEVER_TAKEN,
} from "../../call/applet.ts";
import { isTimezone } from "../../contract/time.ts";
import { DAY_MIN, isOpen, readSpan, type Span } from "./hours.ts";
import { appletIdSchema } from "../../contract/field-schemas.ts";

/** Two spans for every half day of a week: more than any opening hours need. */
const MAX_SPANS = 28;

const span = z
  .string()
  .refine((text) => readSpan(text) !== null, "must be days and hours such as mon-fri 09:00-18:00, sat,sun 10:00-14:00");

const schema = z.strictObject({
  type: z.literal("time_condition"),
  timezone: z.string().refine(isTimezone, "must be the name of a time zone, such as Asia/Kolkata").optional(),
  open: z.array(span).min(1).max(MAX_SPANS),
  exits: z.strictObject({ open: appletIdSchema.optional(), closed: appletIdSchema.optional() }).default({}),
});

type TimeConditionDocument = z.infer<typeof schema>;

/** APP-8: two exits by hour and weekday, in its own time zone or the account's. */
const kind: AppletKind<TimeConditionDocument, null> = {
  type: "time_condition",
  schema,
  needsCaller: false,
  dials: false,
  docs: "time-condition.md",
  form: {
    title: "Time condition",
    summary: "Goes one way in opening hours and another way outside them.",
    fields: [
      {
        path: "open",
        label: "Open",
        help: "Days and hours, one per line: mon-fri 09:00-18:00.",
        input: { kind: "hours" },
        required: true,
      },
      {
        path: "timezone",
        label: "Time zone",
        help: "If empty, the account's time zone applies.",
        input: { kind: "text" },
        required: false,
      },
    ],
    sample: { type: "time_condition", open: ["mon-fri 09:00-18:00"], exits: {} },
  },
  exits: (document) => [exitOf(document, "open"), exitOf(document, "closed")],
  times: () => ({ ...DIALS_NOBODY, silenceMs: 0, silentBecause: "It decides at once." }),
  prompts: () => [],
  exampleScript: (document, { target }) => ({
    takesMs: 0,
    when: (atMs, timezone) => isOpenAt(document, atMs, timezone) === (target === "open"),
  }),
  enter(context, document) {
    context.leave(isOpenAt(document, context.at, context.setup.account.timezone) ? "open" : "closed", "APP-8");
    return null;
  },
  on: () => null,
  close: () => null,
};

export const timeCondition = defineApplet(kind);

function spansOf({ open }: TimeConditionDocument): readonly Span[] {
  return open.flatMap((text) => readSpan(text) ?? []);
}

function isOpenAt(document: TimeConditionDocument, atMs: number, accountZone: string): boolean {
  return isOpen(spansOf(document), atMs, document.timezone ?? accountZone);
}

/** All hours of all days, which people write to switch a condition off. */
function isAlwaysOpen(document: TimeConditionDocument): boolean {
  return spansOf(document).some(({ days, fromMin, toMin }) => days.length === 7 && fromMin === 0 && toMin === DAY_MIN);
}

function exitOf(document: TimeConditionDocument, name: "open" | "closed"): AppletExit {
  const target = document.exits[name] ?? null;
  return {
    name,
    label: name,
    target,
    path: ["exits", name],
    waits: false,
    silence: name === "closed" && isAlwaysOpen(document) ? NEVER_TAKEN : AT_ONCE,
    optional: false,
  };
}
