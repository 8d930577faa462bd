import { z } from "zod";
import {
  type AppletExit,
  type AppletKind,
  defineApplet,
  DIALS_NOBODY,
  type ExitSilence,
  NO_SILENCE,
  NEVER_TAKEN,
} from "../../call/applet.ts";
import { REQUEST_DEADLINE_MS } from "../../call/limits.ts";
import { type ExampleScript, type ExampleScriptPlan, exampleScriptOfSay } from "../../call/example-script.ts";
import {
  stopPrompt,
  isPromptOver,
  onPromptEvent,
  startPrompt,
  type PromptState,
  saySchema,
} from "../../call/prompt.ts";
import { fixedPromptsOf } from "../../call/say.ts";
import type { StepContext } from "../../call/step-context.ts";
import { appletIdSchema } from "../../contract/field-schemas.ts";

const KEYS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#"] as const;

/** Seconds; no caller waits in silence for longer. */
const MAX_TIMEOUT_S = 60;
/** No caller listens to a menu more times than this. */
const MAX_REPEATS = 20;

const schema = z.strictObject({
  type: z.literal("menu"),
  say: saySchema,
  input_timeout: z.int().min(1).max(MAX_TIMEOUT_S).default(5),
  repeat: z.int().min(0).max(MAX_REPEATS).default(0),
  keys: z.partialRecord(z.enum(KEYS), appletIdSchema),
  no_input: appletIdSchema.optional(),
  invalid: appletIdSchema.optional(),
});

type MenuDocument = z.infer<typeof schema>;

interface MenuState {
  readonly prompt: PromptState;
  /** How often the prompt was repeated. */
  readonly repeats: number;
}

const INPUT_TIMER = "input";

/** APP-3: plays a prompt and follows the digit entered during or after it. */
const kind: AppletKind<MenuDocument, MenuState> = {
  type: "menu",
  schema,
  needsCaller: true,
  dials: false,
  docs: "menu.md",
  form: {
    title: "IVR menu",
    summary: "Plays a prompt and goes where the digit leads.",
    fields: [
      { path: "say", label: "Prompt", help: "What the caller hears.", input: { kind: "say" }, required: true },
      {
        path: "keys",
        label: "Keys",
        help: "An applet for each digit: 0-9, * and #.",
        input: { kind: "keys", keys: KEYS },
        required: true,
      },
      {
        path: "input_timeout",
        label: "Wait for a digit",
        help: "Counted from the end of the prompt.",
        input: { kind: "number", min: 1, max: MAX_TIMEOUT_S, unit: "s", default: 5 },
        required: false,
      },
      {
        path: "repeat",
        label: "Repeat",
        help: "How many times the prompt plays again if no digit, or a wrong one, is entered.",
        input: { kind: "number", min: 0, max: MAX_REPEATS, unit: "times", default: 0 },
        required: false,
      },
    ],
    sample: { type: "menu", say: { text: "For sales press 1." }, keys: {} },
  },
  exits: menuExits,
  times: (document) => ({
    ...DIALS_NOBODY,
    silenceMs: silentPromptMs(document) ?? 0,
    silentBecause: "Its URL may take 5 s and name nothing to play, and then the menu waits for a digit.",
  }),
  prompts: ({ say: what }, language) => fixedPromptsOf(what, language),
  exampleScript: menuExampleScript,
  enter(context, document) {
    return begin(context, document, 0);
  },
  on(context, document, state, event) {
    if (event.kind === "digit") return enterDigit(context, document, state, event.digit);
    if (event.kind === "timer" && event.id === INPUT_TIMER) return fail(context, document, state, "no_input");
    const prompt = onPromptEvent(context, state.prompt, event);
    return prompt === null ? state : listen(context, document, { ...state, prompt });
  },
  close: () => null,
};

export const menu = defineApplet(kind);

/** A digit typed ahead answers the prompt before it plays. */
function begin(context: StepContext, document: MenuDocument, repeats: number): MenuState {
  const [ahead, ...further] = context.takeTypeAhead();
  if (ahead === undefined) return listen(context, document, { prompt: startPrompt(context, document.say), repeats });
  for (const digit of further) context.addTypeAhead(digit);
  return enterDigit(context, document, { prompt: startPrompt(context, undefined), repeats }, ahead);
}

/** The time for a digit counts from the end of the prompt. */
function listen(context: StepContext, document: MenuDocument, state: MenuState): MenuState {
  if (isPromptOver(state.prompt)) context.setTimer(INPUT_TIMER, document.input_timeout * 1000);
  return state;
}

function enterDigit(context: StepContext, document: MenuDocument, state: MenuState, digit: string): MenuState {
  stopPrompt(context, state.prompt);
  context.clearTimer(INPUT_TIMER);
  context.updateFacts({ digits: digit });
  const known = Object.hasOwn(document.keys, digit);
  context.trace({
    type: "digits",
    digits: digit,
    message: known ? "The digit is on the menu." : "The digit is not on the menu.",
  });
  if (!known) return fail(context, document, state, "invalid");
  context.leave(digit, "APP-3");
  return state;
}

/** No digit, or a wrong one: the prompt plays again as often as `repeat` says, then the exit is taken. */
function fail(context: StepContext, document: MenuDocument, state: MenuState, exit: "no_input" | "invalid"): MenuState {
  if (state.repeats < document.repeat) {
    context.decide("APP-3", `${exit === "invalid" ? "A wrong digit" : "No digit"} was entered: the menu plays again.`);
    return begin(context, document, state.repeats + 1);
  }
  // REQ-25: the digit of an earlier prompt is not sent again after a prompt that got none.
  if (exit === "no_input") context.updateFacts({ digits: null });
  context.leave(exit, "APP-3");
  return state;
}

/** A digit is entered halfway through the prompt, or as late as possible. */
function menuExampleScript(document: MenuDocument, { target, timing }: ExampleScriptPlan): ExampleScript | null {
  const prompt = exampleScriptOfSay(document.say, timing === "silent");
  const roundMs = prompt.takesMs + document.input_timeout * 1000;
  const times = document.repeat + 1;
  // The URL is asked again for every repetition.
  const rounds = (count: number) => Array.from({ length: count }, () => prompt.urls ?? []).flat();
  if (target === "no_input" || target === "silence")
    return { ...prompt, urls: rounds(times), takesMs: roundMs * times };
  const digit = target === "invalid" ? KEYS.find((key) => document.keys[key] === undefined) : target;
  if (digit === undefined) return null;
  const pressMs = timing === "fast" ? prompt.takesMs / 2 : roundMs - 1;
  const presses = Array.from({ length: target === "invalid" ? times : 1 }, (_, i) => ({
    afterMs: pressMs * (i + 1),
    digits: digit,
  }));
  return { ...prompt, urls: rounds(presses.length), presses, takesMs: pressMs * presses.length };
}

/** How long it may play nothing at all before it takes an exit; null: its prompt always plays. */
function silentPromptMs({ say: what, input_timeout: timeoutS, repeat }: MenuDocument): number | null {
  return what.url === undefined ? null : (REQUEST_DEADLINE_MS + timeoutS * 1000) * (repeat + 1);
}

function menuExits(document: MenuDocument): readonly AppletExit[] {
  const timeoutMs = document.input_timeout * 1000;
  const keys = KEYS.filter((key) => document.keys[key] !== undefined).map((key) => ({
    name: key,
    label: `digit ${key}`,
    target: document.keys[key] ?? null,
    path: ["keys", key],
    waits: true,
    silence: NO_SILENCE,
    optional: false,
  }));
  const other = (name: "no_input" | "invalid", label: string, silence: ExitSilence): AppletExit => {
    return { name, label, target: document[name] ?? null, path: [name], waits: true, silence, optional: false };
  };
  const waited = { afterSound: timeoutMs, throughout: silentPromptMs(document) };
  const wrong = keys.length === KEYS.length ? NEVER_TAKEN : NO_SILENCE;
  return [
    ...keys,
    other("no_input", "no digit is entered", waited),
    other("invalid", "a wrong digit is entered", wrong),
  ];
}
