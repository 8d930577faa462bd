import type { Models } from "../../api/client.ts";
import type { Tone } from "../../ui/badge.tsx";

type State = Pick<Models["LiveCall"], "phase" | "applet" | "with">;

/** What a live call is doing, in a few words. */
export function liveStateOf({ phase, applet, with: others }: State): { readonly text: string; readonly tone: Tone } {
  const who = others.map(shortName).join(", ");
  switch (phase) {
    case "placing":
      return { text: `Ringing ${who || "the caller"} first`, tone: "warn" };
    case "arriving":
      return { text: "Arriving", tone: "warn" };
    case "dialing":
      return { text: `Ringing ${who}`, tone: "warn" };
    case "talking":
      return { text: `Talking to ${who}`, tone: "good" };
    case "ending":
      return { text: "Ending", tone: "neutral" };
    case "in_flow":
      return {
        text: applet === null ? "In the flow" : (IN_APPLET[applet.type] ?? `In “${applet.name}”`),
        tone: "info",
      };
    default:
      return phase satisfies never;
  }
}

/** `sip:priya@…` is Priya's phone. */
function shortName(destination: string): string {
  return destination.replace(/^sip:([^@]+).*$/, "$1");
}

/** What a caller is doing in an applet of this kind. */
const IN_APPLET: Readonly<Record<string, string>> = {
  connect: "Waiting to be connected",
  menu: "In a menu",
  gather: "Entering digits",
  greeting: "Hearing a greeting",
  passthru: "Waiting for your URL",
  voicemail: "Leaving a message",
};
