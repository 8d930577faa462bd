import type { AppletKind } from "../call/applet.ts";
import { connect } from "./connect/connect.ts";
import { hangup } from "./hangup/hangup.ts";

/** Every kind of applet there is. A new one is a folder beside these and one line here. */
export const appletKinds: readonly AppletKind[] = [connect, hangup];

const byType = new Map(appletKinds.map((kind) => [kind.type, kind]));

/** The kind that a document's `type` names; undefined: there is none. */
export function appletKind(type: string): AppletKind | undefined {
  return byType.get(type);
}
