import { z } from "zod";
import { type AppletExit, type AppletKind, AT_ONCE, defineApplet, DIALS_NOBODY } from "../../call/applet.ts";
import { appletIdSchema } from "../../contract/field-schemas.ts";

/** The exit for every case that has none of its own. */
const DEFAULT = "default";

const schema = z.strictObject({
  type: z.literal("switch"),
  cases: z.record(z.string().min(1).max(64), appletIdSchema).refine((cases) => !Object.hasOwn(cases, DEFAULT), {
    message: "must not hold a case `default`: it is an exit of its own",
  }),
  default: appletIdSchema.optional(),
});

type SwitchDocument = z.infer<typeof schema>;

/** APP-5: goes where the Passthru before it was told to go: `{"select":"<case>"}`. */
const kind: AppletKind<SwitchDocument, null> = {
  type: "switch",
  schema,
  needsCaller: false,
  dials: false,
  docs: "switch.md",
  form: {
    title: "Switch case",
    summary: "Goes where the answer of the Passthru before it leads.",
    fields: [
      {
        path: "cases",
        label: "Cases",
        help: "An applet for each case the URL may select.",
        input: { kind: "keys" },
        required: true,
      },
      {
        path: "default",
        label: "Otherwise",
        help: "For any other answer.",
        input: { kind: "applet" },
        required: false,
      },
    ],
    sample: { type: "switch", cases: {} },
  },
  exits: ({ cases, default: otherwise }) => [
    ...Object.entries(cases).map(([name, to]): AppletExit => {
      return {
        name,
        label: `case ${name}`,
        target: to,
        path: ["cases", name],
        waits: false,
        silence: AT_ONCE,
        optional: false,
        selection: "needed",
      };
    }),
    {
      name: DEFAULT,
      label: "any other case",
      target: otherwise ?? null,
      path: [DEFAULT],
      waits: false,
      silence: AT_ONCE,
      optional: false,
    },
  ],
  times: () => ({ ...DIALS_NOBODY, silenceMs: 0, silentBecause: "It decides at once." }),
  exampleScript: () => ({ takesMs: 0 }),
  enter(context, { cases }) {
    const { selected } = context.call;
    if (selected !== null && Object.hasOwn(cases, selected)) {
      context.leave(selected, "APP-5");
      return null;
    }
    const why = selected === null ? "No case was selected" : `The case ${JSON.stringify(selected)} has no exit`;
    context.decide("APP-5", `${why}: the default is taken.`);
    context.leave(DEFAULT, "APP-5");
    return null;
  },
  on: () => null,
  close: () => null,
};

export const switchCase = defineApplet(kind);
