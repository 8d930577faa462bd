import { z } from "zod";
import { type AppletKind, defineApplet, DIALS_NOBODY } from "../../call/applet.ts";

const schema = z.strictObject({ type: z.literal("hangup") });

type HangupDocument = z.infer<typeof schema>;

/**
 * APP-8: ends the call. A caller whom no applet has answered is refused instead, so that a flow can turn calls away
 * at no cost.
 */
const kind: AppletKind<HangupDocument, null> = {
  type: "hangup",
  schema,
  needsCaller: false,
  dials: false,
  docs: "hangup.md",
  form: {
    title: "Hang up",
    summary: "Ends the call; a caller who was not answered yet is refused.",
    fields: [],
    sample: { type: "hangup" },
  },
  exits: () => [],
  times: () => ({ ...DIALS_NOBODY, silenceMs: 0, silentBecause: "It ends the call at once." }),
  prompts: () => [],
  exampleScript: () => null,
  enter(context) {
    // Directly after a conversation that the callee left, the callee has ended the call.
    const by = context.call.calleeLeft ? "callee" : "platform";
    context.end({ by, rule: "APP-8", message: "The flow hangs the call up." });
    return null;
  },
  on: () => null,
  close: () => null,
};

export const hangup = defineApplet(kind);
