import { type AppletForm, dynamicUrlFields, URL_MODE } from "../../call/applet.ts";
import { LONGEST_TIMEOUT_S } from "./schema.ts";

const HERE = ["here"];

/** The builder's form for a Gather. */
export const gatherForm: AppletForm = {
  title: "Gather",
  summary: "Asks the caller for digits, with a prompt your URL decides.",
  modes: [
    URL_MODE,
    { id: "here", label: "Set everything here", needs: "parameters", start: { gather_prompt: { text: "" } } },
  ],
  fields: [
    ...dynamicUrlFields("gather", "JSON that holds the prompt", "nothing entered"),
    {
      path: "parameters.gather_prompt",
      label: "Prompt",
      help: "What the caller hears.",
      input: { kind: "say" },
      required: true,
      modes: HERE,
    },
    {
      path: "parameters.max_input_digits",
      label: "Most digits",
      help: "The input ends with this many digits.",
      input: { kind: "number", min: 1, max: 255, unit: "digits", default: 255 },
      required: false,
      modes: HERE,
    },
    {
      path: "parameters.finish_on_key",
      label: "Finish key",
      help: "Ends the input.",
      input: {
        kind: "choice",
        default: "#",
        options: "0123456789*#".split("").map((key) => ({ value: key, label: key })),
      },
      required: false,
      modes: HERE,
    },
    {
      path: "parameters.input_timeout",
      label: "Wait for a digit",
      help: "This long without a digit ends the input.",
      input: { kind: "number", min: 1, max: LONGEST_TIMEOUT_S, unit: "s", default: 5 },
      required: false,
      modes: HERE,
    },
    {
      path: "parameters.repeat_menu",
      label: "Repeat",
      help: "How many times the prompt plays again if nothing is entered.",
      input: { kind: "number", min: 0, max: 20, unit: "times", default: 0 },
      required: false,
      modes: HERE,
    },
    {
      path: "parameters.repeat_gather_prompt",
      label: "Prompt when repeated",
      help: "Played instead of the prompt from the second time on.",
      input: { kind: "say" },
      required: false,
      modes: HERE,
    },
  ],
  sample: {
    type: "gather",
    parameters: { gather_prompt: { text: "Please enter your order number, then press hash." } },
    exits: {},
  },
};
