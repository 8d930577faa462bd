import { type AppletForm, dynamicUrlFields } from "../../call/applet.ts";

/** The builder's form for a Gather. */
export const gatherForm: AppletForm = {
  title: "Gather",
  summary: "Asks the caller for digits, with a prompt your URL decides.",
  fields: dynamicUrlFields("JSON that holds the prompt", "nothing entered"),
  sample: {
    type: "gather",
    parameters: { gather_prompt: { text: "Please enter your order number, then press hash." } },
    exits: {},
  },
};
