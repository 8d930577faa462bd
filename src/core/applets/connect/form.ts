import type { AppletForm } from "../../call/applet.ts";

/** The builder's form for a Connect. What the URL's answer decides is not repeated here (RES-8, EXIT-6). */
export const connectForm: AppletForm = {
  title: "Connect",
  summary: "Asks your URL whom to ring, rings them, and puts the caller through.",
  fields: [
    {
      path: "url.primary",
      label: "Primary URL",
      help: "Asked with the details of the call; must answer within 5 seconds with JSON that names whom to dial.",
      input: { kind: "url" },
      required: false,
    },
    {
      path: "url.fallback",
      label: "Fallback URL",
      help: "Asked when the Primary cannot be used. With neither, the call goes on at “we didn't dial anyone”.",
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
    {
      path: "dial_whom.numbers",
      label: "Dial these numbers",
      help: "Instead of a URL: the numbers, dialled in this order.",
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
