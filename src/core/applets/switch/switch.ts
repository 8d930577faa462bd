import { z } from "zod";
import { type AppletExit, type AppletKind, AT_ONCE, defineApplet, DIALS_NOBODY } from "../../call/applet.ts";
import { appletIdSchema } from "../../contract/field-schemas.ts";
import type { StepContext } from "../../call/step-context.ts";
import { type Finding, quote, warning } from "../../contract/finding.ts";

/** The exit for every case without an exit of its own. */
const DEFAULT = "default";

const schema = z.strictObject({
  type: z.literal("switch"),
  cases: z.record(z.string().min(1).max(64), appletIdSchema).refine((cases) => !Object.hasOwn(cases, DEFAULT), {
    message: "must not hold a case `default`: it is an exit of its own",
  }),
  default: appletIdSchema.optional(),
});

type SwitchDocument = z.infer<typeof schema>;

/** APP-5: goes where the answer of the Passthru before it leads: `{"select":"<case>"}`. */
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
  prompts: () => [],
  exampleScript: () => ({ takesMs: 0 }),
  enter(context, { cases }) {
    context.leave(selectedExit(context, Object.keys(cases)), "APP-5");
    return null;
  },
  on: () => null,
  close: () => null,
};

export const switchCase = defineApplet(kind);

/** The exit of the selected case, or the default, with the reason (RES-9). */
function selectedExit(context: StepContext, cases: readonly string[]): string {
  const { selected, selection = null } = context.call;
  if (selection !== null) {
    context.findings(selection.request, selection.findings);
    // Another Switch does not need to repeat them.
    context.patchState({ selection: { ...selection, findings: [] } });
  }
  if (selected !== null && cases.includes(selected)) return selected;
  if (selected === null) context.decide("APP-5", "No case was selected: the default is taken.");
  else context.findings(selection?.request ?? "", [unknownCase(selected, cases)]);
  return DEFAULT;
}

/** Cases that a finding names: enough to spot a typo, too few to flood a trace. */
const MAX_CASES_SHOWN = 10;

function unknownCase(selected: string, cases: readonly string[]): Finding {
  const shown = cases.slice(0, MAX_CASES_SHOWN).join(", ");
  const allowed = cases.length > MAX_CASES_SHOWN ? `one of ${shown}, …` : `one of ${shown}`;
  const consequence = "the default is taken";
  return warning({ rule: "APP-5", path: "select", found: quote(selected), allowed, consequence });
}
