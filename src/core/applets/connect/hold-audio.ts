import { unreachable } from "../../../base/never.ts";
import { CALLER } from "../../call/legs.ts";
import type { StepContext } from "../../call/step-context.ts";
import { quote, warning } from "../../contract/finding.ts";
import { type ConnectState, activeAttempts, type HoldAudio } from "./state.ts";

/** What the caller should hear now (DIAL-7), without the ids of what is playing. */
type Wanted =
  | { readonly kind: "tone" }
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "leg"; readonly leg: number };

/**
 * Makes the caller hear what they should hear now (DIAL-7): called wherever a phase, a round or the answer
 * changes. Audio that is already playing continues without a gap from attempt to attempt.
 */
export function updateHoldAudio(context: StepContext, state: ConnectState): void {
  const wanted = wantedHoldAudio(state);
  if (isPlaying(state.holdAudio, wanted)) return;
  stopHoldAudio(context, state);
  if (wanted !== null) state.holdAudio = start(context, wanted);
}

/** A loop never ends by itself: if it is reported as ended, it has failed, and our own tone replaces it. */
export function onHoldAudioFailed(context: StepContext, state: ConnectState, failure: string | null): void {
  if (state.holdAudio?.kind === "url") {
    warnReplaced(context, state.holdAudio.play, failure ?? "it ended");
    state.toneBroken = true;
  } else if (failure !== null) {
    // Our own tone cannot be played either: silence is better than endless retries.
    return;
  }
  state.holdAudio = null;
  updateHoldAudio(context, state);
}

/** DIAL-7: the caller does not hear what the answer named, and the customer can see why (RES-9). */
function warnReplaced(context: StepContext, play: string, failure: string): void {
  const parts = { rule: "DIAL-7", path: "music_on_hold", found: quote(failure), allowed: "audio that can be played" };
  const problem = `cannot be played (${failure})`;
  context.findings(play, [warning({ ...parts, problem, consequence: "the default tone plays instead" })]);
}

function wantedHoldAudio(state: ConnectState): Wanted | null {
  const { answer, phase } = state;
  if (answer === null || phase === "talking" || phase === "left") return null;
  if (phase === "announcing" && answer.startCallPlayback?.to === "both") return null;
  const { musicOnHold } = answer;
  switch (musicOnHold.type) {
    case "default_tone":
      return { kind: "tone" };
    case "custom_tone":
      return state.toneBroken ? { kind: "tone" } : { kind: "url", url: musicOnHold.url };
    case "operator_tone":
      return forwardedLeg(state) ?? { kind: "tone" };
    default:
      return unreachable(musicOnHold);
  }
}

/** Of several legs, the first that sends early media, for as long as it rings. An answered leg is not hold audio. */
function forwardedLeg(state: ConnectState): Wanted | null {
  if (state.phase !== "ringing") return null;
  const sending = activeAttempts(state).filter((each) => each.earlyMedia);
  const forwarded =
    sending.find((each) => state.holdAudio?.kind === "leg" && state.holdAudio.leg === each.leg) ?? sending[0];
  return forwarded === undefined ? null : { kind: "leg", leg: forwarded.leg };
}

function isPlaying(holdAudio: HoldAudio | null, wanted: Wanted | null): boolean {
  if (holdAudio === null || wanted === null) return false;
  if (holdAudio.kind === "url") return wanted.kind === "url" && wanted.url === holdAudio.url;
  if (holdAudio.kind === "leg") return wanted.kind === "leg" && wanted.leg === holdAudio.leg;
  return wanted.kind === "tone";
}

function stopHoldAudio(context: StepContext, state: ConnectState): void {
  const { holdAudio } = state;
  if (holdAudio === null) return;
  if (holdAudio.kind === "leg") context.stopForwarding(holdAudio.leg, CALLER);
  else context.stopPlaying(holdAudio.play);
  state.holdAudio = null;
}

function start(context: StepContext, wanted: Wanted): HoldAudio {
  switch (wanted.kind) {
    case "leg":
      context.forwardAudio(wanted.leg, CALLER);
      context.decide("DIAL-7", `The caller hears leg ${wanted.leg} as it is (operator_tone).`);
      return wanted;
    case "url":
      return { ...wanted, play: context.play([CALLER], [{ kind: "url", url: wanted.url }], true, "DIAL-7") };
    case "tone":
      return { kind: "tone", play: context.play([CALLER], [{ kind: "tone", tone: "ringback" }], true, "DIAL-7") };
    default:
      return unreachable(wanted);
  }
}
