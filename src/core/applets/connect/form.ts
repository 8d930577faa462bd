import { type AppletForm, dynamicUrlFields } from "../../call/applet.ts";

/** The builder's form for a Connect. What the URL's answer decides is not repeated here (RES-8, EXIT-6). */
export const connectForm: AppletForm = {
  title: "Connect",
  summary: "Asks your URL whom to ring, rings them, and puts the caller through.",
  fields: [
    ...dynamicUrlFields("JSON that names whom to dial", "we didn't dial anyone"),
    {
      path: "dial_whom.numbers",
      label: "Dial these numbers",
      help: "Instead of a URL: the numbers, to be dialled in this order.",
      input: { kind: "numbers" },
      required: false,
    },
    {
      path: "dial_whom.group",
      label: "Dial this group",
      help: "Instead of a URL: a group of the account's users, in its order.",
      input: { kind: "text" },
      required: false,
    },
    {
      path: "dial_whom.url",
      label: "Dial-Whom URL",
      help: "The older way: answers plain text, one number or several separated by commas.",
      input: { kind: "url" },
      required: false,
    },
  ],
  sample: { type: "connect", url: { primary: "https://app.example/connect" }, exits: {} },
};
