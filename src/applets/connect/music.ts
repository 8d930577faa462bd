import { unreachable } from "../../base/never.ts";
import { CALLER } from "../../call/legs.ts";
import type { Turn } from "../../call/turn.ts";
import { type ConnectState, live, type Music } from "./state.ts";

/** What the caller should hear now (DIAL-7), without the ids of what is playing. */
type Wanted =
  | { readonly kind: "tone" }
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "leg"; readonly leg: number };

/**
 * Brings what the caller hears in line with what he should hear (DIAL-7): called wherever a phase, a round or the answer
 * changes. What already plays goes on without a gap from attempt to attempt.
 */
export function tune(turn: Turn, run: ConnectState): void {
  const wanted = wantedMusic(run);
  if (isPlaying(run.music, wanted)) return;
  stopMusic(turn, run);
  if (wanted !== null) run.music = start(turn, wanted);
}

/** A loop never ends by itself: a report that it did is a failure, and our own tone takes its place. */
export function onMusicFailed(turn: Turn, run: ConnectState, failure: string | null): void {
  if (run.music?.kind === "url") {
    turn.decide(
      "DIAL-7",
      `The custom tone cannot be played (${failure ?? "it ended"}): the default tone plays instead.`,
    );
    run.toneBroken = true;
  } else if (failure !== null) {
    // Our own tone cannot be had either: silence, rather than trying for ever.
    return;
  }
  run.music = null;
  tune(turn, run);
}

function wantedMusic(run: ConnectState): Wanted | null {
  const { answer, phase } = run;
  if (answer === null || phase === "talking" || phase === "left") return null;
  if (phase === "announcing" && answer.startCallPlayback?.to === "both") return null;
  const { musicOnHold } = answer;
  switch (musicOnHold.type) {
    case "default_tone":
      return { kind: "tone" };
    case "custom_tone":
      return run.toneBroken ? { kind: "tone" } : { kind: "url", url: musicOnHold.url };
    case "operator_tone":
      return heardLeg(run) ?? { kind: "tone" };
    default:
      return unreachable(musicOnHold);
  }
}

/** With several legs the first that sends any: it is kept as long as it rings. An answered leg is nobody's music. */
function heardLeg(run: ConnectState): Wanted | null {
  if (run.phase !== "ringing") return null;
  const sending = live(run).filter((each) => each.earlyMedia);
  const heard = sending.find((each) => run.music?.kind === "leg" && run.music.leg === each.leg) ?? sending[0];
  return heard === undefined ? null : { kind: "leg", leg: heard.leg };
}

function isPlaying(music: Music | null, wanted: Wanted | null): boolean {
  if (music === null || wanted === null) return false;
  if (music.kind === "url") return wanted.kind === "url" && wanted.url === music.url;
  if (music.kind === "leg") return wanted.kind === "leg" && wanted.leg === music.leg;
  return wanted.kind === "tone";
}

function stopMusic(turn: Turn, run: ConnectState): void {
  const { music } = run;
  if (music === null) return;
  if (music.kind === "leg") turn.unhear(music.leg, CALLER);
  else turn.stopPlaying(music.play);
  run.music = null;
}

function start(turn: Turn, wanted: Wanted): Music {
  switch (wanted.kind) {
    case "leg":
      turn.hear(wanted.leg, CALLER);
      turn.decide("DIAL-7", `The caller hears leg ${wanted.leg} as it is (operator_tone).`);
      return wanted;
    case "url":
      return { ...wanted, play: turn.play([CALLER], [{ kind: "url", url: wanted.url }], true, "DIAL-7") };
    case "tone":
      return { kind: "tone", play: turn.play([CALLER], [{ kind: "tone", tone: "ringback" }], true, "DIAL-7") };
    default:
      return unreachable(wanted);
  }
}
