import type { Models } from "../api/client.ts";
import type { Tone } from "./badge.tsx";
import { Badge } from "./badge.tsx";

type Outcome = Pick<Models["CallSummary"], "status" | "cdr">;

interface Words {
  readonly text: string;
  readonly tone: Tone;
}

const DIALLING: Readonly<Record<NonNullable<Models["CallRecord"]["dial_call_status"]>, Words>> = {
  completed: { text: "Connected", tone: "good" },
  "no-answer": { text: "No answer", tone: "warn" },
  busy: { text: "Busy", tone: "warn" },
  failed: { text: "Failed", tone: "bad" },
  canceled: { text: "Caller left", tone: "neutral" },
};

/** What came of a call, in two words: of dialling if anybody was dialled, else of the call itself. */
export function CallOutcome({ call }: { readonly call: Outcome }) {
  const { text, tone } = outcomeOf(call);
  return (
    <Badge tone={tone} live={call.cdr === null}>
      {text}
    </Badge>
  );
}

export function outcomeOf({ status, cdr }: Outcome): Words {
  if (cdr === null) return { text: "Live", tone: "info" };
  if (cdr.call_type === "voicemail") return { text: "Voicemail", tone: "neutral" };
  if (cdr.dial_call_status !== null) return DIALLING[cdr.dial_call_status];
  // A Connect ran, and there was nobody to dial: an answer that named no one, or none that could be used.
  if (cdr.call_type === "incomplete") return { text: "None dialled", tone: "warn" };
  switch (status) {
    case "completed":
      return { text: "Ended", tone: "neutral" };
    case "busy":
    case "no-answer":
      return DIALLING[status];
    case "failed":
    case "in-progress":
      return { text: "Failed", tone: "bad" };
    default:
      return status satisfies never;
  }
}
