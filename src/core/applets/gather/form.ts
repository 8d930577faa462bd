import type { AppletForm } from "../../call/applet.ts";

/** The builder's form for a Gather. */
export const gatherForm: AppletForm = {
  title: "Gather",
  summary: "Asks the caller for digits, with a prompt your URL decides.",
  fields: [
    {
      path: "url.primary",
      label: "Primary URL",
      help: "Asked with the details of the call; must answer within 5 seconds with JSON that holds the prompt.",
      input: { kind: "url" },
      required: false,
    },
    {
      path: "url.fallback",
      label: "Fallback URL",
      help: "Asked when the Primary cannot be used. With neither, the call goes on at “nothing entered”.",
      input: { kind: "url" },
      required: false,
    },
    {
      path: "parameters",
      label: "Parameters",
      help: "Instead of a URL: what it would answer, written into the flow.",
      input: { kind: "json" },
      required: false,
    },
  ],
  sample: {
    type: "gather",
    parameters: { gather_prompt: { text: "Please enter your order number, then press hash." } },
    exits: {},
  },
};
