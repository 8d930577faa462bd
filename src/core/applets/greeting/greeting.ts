import { z } from "zod";
import { type AppletKind, defineApplet, DIALS_NOBODY, NO_SILENCE } from "../../call/applet.ts";
import { REQUEST_DEADLINE_MS } from "../../call/limits.ts";
import { exampleScriptOfSay } from "../../call/example-script.ts";
import { isPromptOver, onPromptEvent, startPrompt, type PromptState, saySchema } from "../../call/prompt.ts";
import { fixedPromptsOf } from "../../call/say.ts";
import type { StepContext } from "../../call/step-context.ts";
import { appletIdSchema } from "../../contract/field-schemas.ts";

const schema = z.strictObject({
  type: z.literal("greeting"),
  say: saySchema,
  next: appletIdSchema.optional(),
});

type GreetingDocument = z.infer<typeof schema>;

/** APP-1: plays something, then goes on. Digits entered meanwhile are kept for the next prompt. */
const kind: AppletKind<GreetingDocument, PromptState> = {
  type: "greeting",
  schema,
  needsCaller: true,
  dials: false,
  docs: "greeting.md",
  form: {
    title: "Greeting",
    summary: "Speaks a text or plays audio to the caller, then goes on.",
    fields: [
      {
        path: "say",
        label: "What to say",
        help: "A text to speak, an audio URL, an uploaded file, or a URL that answers with the text.",
        input: { kind: "say" },
        required: true,
      },
      { path: "next", label: "Then", help: "The next applet.", input: { kind: "applet" }, required: false },
    ],
    sample: { type: "greeting", say: { text: "Welcome." } },
  },
  exits({ say: what, next }) {
    // A fixed prompt takes time but does not wait for anyone; a URL is waited for.
    const waits = what.url !== undefined;
    // A URL without a usable answer is skipped.
    const silence = waits ? { afterSound: 0, throughout: REQUEST_DEADLINE_MS } : NO_SILENCE;
    return [{ name: "next", label: "then", target: next ?? null, path: ["next"], waits, silence, optional: false }];
  },
  times: ({ say: what }) => ({
    ...DIALS_NOBODY,
    silenceMs: what.url === undefined ? 0 : REQUEST_DEADLINE_MS,
    silentBecause: "Its URL may take 5 s to answer.",
  }),
  prompts: ({ say: what }, language) => fixedPromptsOf(what, language),
  exampleScript: ({ say: what }, { timing }) => exampleScriptOfSay(what, timing === "silent"),
  enter(context, document) {
    return goOn(context, startPrompt(context, document.say));
  },
  on(context, _document, prompt, event) {
    if (event.kind === "digit") context.addTypeAhead(event.digit);
    const next = onPromptEvent(context, prompt, event);
    return next === null ? prompt : goOn(context, next);
  },
  close: () => null,
};

export const greeting = defineApplet(kind);

function goOn(context: StepContext, prompt: PromptState): PromptState {
  if (isPromptOver(prompt)) context.leave("next", "APP-1");
  return prompt;
}
