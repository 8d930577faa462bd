import { unreachable } from "../../../base/never.ts";
import { z } from "zod";
import { type AppletKind, defineApplet, DIALS_NOBODY, NO_SILENCE } from "../../call/applet.ts";
import { CALLER } from "../../call/legs.ts";
import { RECORDING_CLOSE_MS, REQUEST_DEADLINE_MS } from "../../call/limits.ts";
import { exampleScriptOfSay } from "../../call/example-script.ts";
import {
  stopPrompt,
  isPromptOver,
  onPromptEvent,
  startPrompt,
  type PromptState,
  saySchema,
} from "../../call/prompt.ts";
import type { AppletEvent } from "../../call/applet.ts";
import { fixedPromptsOf } from "../../call/say.ts";
import type { StepContext } from "../../call/step-context.ts";
import { appletIdSchema } from "../../contract/field-schemas.ts";

/** In seconds. After an hour the caller must have forgotten to hang up. */
const MAX_DURATION_S = 3600;
const MAX_SILENCE_S = 60;

const schema = z.strictObject({
  type: z.literal("voicemail"),
  say: saySchema.optional(),
  max_duration: z.int().min(1).max(MAX_DURATION_S).default(120),
  max_silence: z.int().min(1).max(MAX_SILENCE_S).default(10),
  next: appletIdSchema.optional(),
});

type VoicemailDocument = z.infer<typeof schema>;

/** `prompt` → `beep` → `recording`. */
type VoicemailState =
  | { readonly phase: "prompt"; readonly prompt: PromptState }
  | { readonly phase: "beep"; readonly play: string }
  | { readonly phase: "recording"; readonly id: string };

/** Ends a beep or a recording that never reports its end. */
const GUARD_TIMER = "guard";
/** A beep lasts half a second; if it has not ended after this long, the media process is in trouble. */
const BEEP_LIMIT_MS = 3000;

/** Length of beep and message in a script. */
const SPOKEN_MS = 2000;

/** APP-6: prompt, beep, then records until the caller hangs up, enters `#`, is silent, or reaches the limit. */
const kind: AppletKind<VoicemailDocument, VoicemailState> = {
  type: "voicemail",
  schema,
  needsCaller: true,
  dials: false,
  docs: "voicemail.md",
  form: {
    title: "Voicemail",
    summary: "Records a message from the caller.",
    fields: [
      { path: "say", label: "Prompt", help: "Played before the beep.", input: { kind: "say" }, required: false },
      {
        path: "max_duration",
        label: "Longest message",
        help: "The recording ends after this time.",
        input: { kind: "number", min: 1, max: MAX_DURATION_S, unit: "s", default: 120 },
        required: false,
      },
      {
        path: "max_silence",
        label: "Longest silence",
        help: "This much silence ends the recording.",
        input: { kind: "number", min: 1, max: MAX_SILENCE_S, unit: "s", default: 10 },
        required: false,
      },
      { path: "next", label: "Then", help: "The next applet.", input: { kind: "applet" }, required: false },
    ],
    sample: { type: "voicemail", say: { text: "Please leave a message." }, max_duration: 120 },
  },
  exits: ({ next }) => [
    {
      name: "next",
      label: "after the message",
      target: next ?? null,
      path: ["next"],
      waits: true,
      silence: NO_SILENCE,
      optional: false,
    },
  ],
  times: ({ say: what }) => ({
    ...DIALS_NOBODY,
    silenceMs: what?.url === undefined ? 0 : REQUEST_DEADLINE_MS,
    silentBecause: "Its URL may take 5 s to answer.",
  }),
  prompts: ({ say: what }, language) => fixedPromptsOf(what, language),
  exampleScript({ say: what }, { timing }) {
    const prompt = exampleScriptOfSay(what, timing === "silent");
    return {
      ...prompt,
      presses: [{ afterMs: prompt.takesMs + SPOKEN_MS, digits: "#" }],
      takesMs: prompt.takesMs + SPOKEN_MS,
    };
  },
  enter(context, document) {
    // Digits entered before are not part of a message.
    context.takeTypeAhead();
    return afterPrompt(context, startPrompt(context, document.say));
  },
  on(context, document, state, event) {
    switch (state.phase) {
      case "prompt":
        return onPrompt(context, state, event);
      case "beep":
        return onBeep(context, document, state, event);
      case "recording":
        return onRecording(context, state, event);
      default:
        return unreachable(state);
    }
  },
  close(_context, _document, state) {
    if (state.phase !== "recording") return null;
    return { exit: "next", taken: true, rule: "APP-6" };
  },
};

export const voicemail = defineApplet(kind);

function onPrompt(
  context: StepContext,
  state: VoicemailState & { phase: "prompt" },
  event: AppletEvent,
): VoicemailState {
  // A caller who knows the prompt can skip it.
  if (event.kind === "digit" && event.digit === "#") {
    return afterPrompt(context, stopPrompt(context, state.prompt));
  }
  const prompt = onPromptEvent(context, state.prompt, event);
  return prompt === null ? state : afterPrompt(context, prompt);
}

function afterPrompt(context: StepContext, prompt: PromptState): VoicemailState {
  if (!isPromptOver(prompt)) return { phase: "prompt", prompt };
  context.setTimer(GUARD_TIMER, BEEP_LIMIT_MS);
  return { phase: "beep", play: context.play([CALLER], [{ kind: "tone", tone: "beep" }], false, "APP-6") };
}

function onBeep(
  context: StepContext,
  document: VoicemailDocument,
  state: VoicemailState & { phase: "beep" },
  event: AppletEvent,
): VoicemailState {
  // Only the beep is playing now, and only the guard timer is set.
  if (event.kind !== "playback_ended" && event.kind !== "timer") return state;
  context.stopPlaying(state.play);
  const maxMs = document.max_duration * 1000;
  const id = context.record([CALLER], { layout: "mono", maxMs, silenceMs: document.max_silence * 1000 });
  context.setTimer(GUARD_TIMER, maxMs + RECORDING_CLOSE_MS);
  context.updateFacts({ callType: "voicemail", recordingUrl: context.recordingUrl(id) });
  return { phase: "recording", id };
}

function onRecording(
  context: StepContext,
  state: VoicemailState & { phase: "recording" },
  event: AppletEvent,
): VoicemailState {
  const finished = event.kind === "digit" && event.digit === "#";
  // The recording of an earlier Connect's conversation may not close until now.
  const closed = event.kind === "recording_ready" && event.id === state.id;
  const overdue = event.kind === "timer";
  if (!finished && !closed && !overdue) return state;
  context.leave("next", "APP-6");
  return state;
}
