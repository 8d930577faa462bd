import { type AppletExit, type AppletTimes, DIALS_NOBODY, type ExitSilence } from "../../call/applet.ts";
import { REQUEST_DEADLINE_MS } from "../../call/limits.ts";
import { type GatherVerdict, validateGatherBody } from "../../contract/gather-answer.ts";
import { type GatherDocument, LONGEST_TIMEOUT_S } from "./schema.ts";

/** The two exits of APP-2. */
export function gatherExits(document: GatherDocument): readonly AppletExit[] {
  const { url, parameters, exits } = document;
  // Without a URL, unusable parameters take the exit at once.
  const strict = validateGatherBody(parameters, "strict");
  const waits = url !== undefined || strict.usable;
  const exit = (name: "digits_entered" | "nothing_entered", label: string) => {
    return { name, label, target: exits[name] ?? null, path: ["exits", name], optional: false };
  };
  return [
    { ...exit("digits_entered", "digits entered"), waits: true, silence: afterDigits(document) },
    { ...exit("nothing_entered", "nothing entered"), waits, silence: afterNothing(document, strict) },
  ];
}

export function gatherTimes(document: GatherDocument): AppletTimes {
  const silentBecause = "Its URLs may each take 5 s to answer.";
  return { ...DIALS_NOBODY, silenceMs: promptCycleMs(document), silentBecause };
}

/** How long its URLs may take together; audio that a flow names is checked within one request's deadline. */
export function promptCycleMs({ url, parameters }: GatherDocument): number {
  if (url !== undefined) return REQUEST_DEADLINE_MS * (url.fallback === undefined ? 1 : 2);
  const evaluated = validateGatherBody(parameters, "lenient");
  return evaluated.usable && evaluated.audioUrls.length > 0 ? REQUEST_DEADLINE_MS : 0;
}

/** After the last digit the caller waits out the time for another one, if another is allowed. */
function afterDigits({ url, parameters }: GatherDocument): ExitSilence {
  if (url !== undefined) return { afterSound: LONGEST_TIMEOUT_S * 1000, throughout: null };
  const evaluated = validateGatherBody(parameters, "lenient");
  if (!evaluated.usable) return { afterSound: null, throughout: null };
  const { maxInputDigits, inputTimeoutS } = evaluated.answer;
  return { afterSound: maxInputDigits === 1 ? 0 : inputTimeoutS * 1000, throughout: null };
}

function afterNothing(document: GatherDocument, strict: GatherVerdict): ExitSilence {
  const { url, parameters } = document;
  if (url !== undefined) return { afterSound: LONGEST_TIMEOUT_S * 1000, throughout: promptCycleMs(document) };
  const evaluated = validateGatherBody(parameters, "lenient");
  return {
    afterSound: evaluated.usable ? evaluated.answer.inputTimeoutS * 1000 : null,
    throughout: strict.usable ? null : 0,
  };
}
