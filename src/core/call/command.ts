import type { Playable } from "./effects.ts";
import type { LimitFact } from "./limit-fact.ts";
import type { Flow } from "./setup.ts";

/** One of the two people in a call, as commands name them. */
export type CallParty = "caller" | "callee";

/**
 * What people, programs and the platform can tell a call to do. A plain value: the journal stores it, and a replay does it
 * again. `call-action.ts` says when each is allowed.
 */
export type CallCommand =
  /** `limit`: the limit for which the platform hangs up. */
  | { readonly command: "hang_up"; readonly limit?: LimitFact }
  /** The control process restarted and lost the call's legs: end it now. */
  | { readonly command: "recover" }
  /** The caller goes on at this applet, and a callee is hung up. `flow`: another flow, in full; absent: the call's own. */
  | { readonly command: "redirect"; readonly applet: string; readonly flow?: Flow }
  | { readonly command: "start_recording"; readonly layout: "mono" | "dual" }
  | { readonly command: "stop_recording" }
  /** The recording goes on with silence, so that its times stay right. */
  | { readonly command: "pause_recording" }
  | { readonly command: "resume_recording" }
  /** As if the other side had pressed them. */
  | { readonly command: "send_digits"; readonly to: CallParty; readonly digits: string }
  /** Instead of the other side's voice, until it ends. */
  | { readonly command: "play"; readonly to: CallParty | "both"; readonly what: Playable };

export type CallCommandName = CallCommand["command"];
