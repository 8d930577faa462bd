import type { Result } from "../../base/result.ts";
import { err, ok } from "../../base/result.ts";
import { isObject, parseJson } from "../../core/call/stored-json.ts";
import type { LegSnapshots } from "./live-leg.ts";

/** The newest format that this version of Plugboard writes and reads. */
const NEWEST = 2;
/** The version number inside each snapshot. */
const SNAPSHOT = 1;

/** Fields without which a leg can't be hung up. */
const DIALOG = ["id", "role", "callId", "localTag", "remoteTag", "localParty", "remoteParty", "remoteTarget"];
const RINGING = ["uri", "via", "from", "to", "callId"];

/**
 * A call's legs from its newest journal row with snapshots; empty if no row has any. The error is one sentence, and means
 * that the legs can only end by themselves.
 */
export function readLegSnapshots(stored: { version: number; json: string } | null): Result<LegSnapshots, string> {
  if (stored === null) return ok({ dialogs: {} });
  if (stored.version > NEWEST) return err(`the legs were written by a newer version (format ${stored.version})`);
  const parsed = parseJson(stored.json);
  if (!parsed.ok) return err(`what is known of the legs ${parsed.error}`);
  if (!isObject(parsed.value)) return err("what is known of the legs is not an object");
  const { dialogs, ringing = {} } = parsed.value;
  const wrong = wrongLeg(dialogs, DIALOG) ?? wrongLeg(ringing, RINGING);
  if (wrong !== null) return err(wrong);
  // All strings needed to end a leg are there; lists and numbers are checked where they are used.
  return ok({ dialogs, ringing } as LegSnapshots);
}

function wrongLeg(legs: unknown, fields: readonly string[]): string | null {
  if (!isObject(legs)) return "what is known of the legs is incomplete";
  for (const [leg, snapshot] of Object.entries(legs)) {
    if (!isObject(snapshot) || !isObject(snapshot["flow"])) return `leg ${leg} is incomplete`;
    if (snapshot["version"] !== SNAPSHOT) return `leg ${leg} was written by another version`;
    const missing = fields.find((field) => typeof snapshot[field] !== "string");
    if (missing !== undefined) return `leg ${leg} has no ${missing}`;
  }
  return null;
}
