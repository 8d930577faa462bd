import type { AppletKind } from "../call/applet.ts";
import { connect } from "./connect/connect.ts";
import { gather } from "./gather/gather.ts";
import { greeting } from "./greeting/greeting.ts";
import { hangup } from "./hangup/hangup.ts";
import { menu } from "./menu/menu.ts";
import { passthru } from "./passthru/passthru.ts";
import { switchCase } from "./switch/switch.ts";
import { timeCondition } from "./time_condition/time-condition.ts";
import { voicemail } from "./voicemail/voicemail.ts";

/** Every kind of applet, in the order of the builder's palette. A new one is a folder next to these and one line here. */
export const appletKinds: readonly AppletKind[] = [
  connect,
  greeting,
  menu,
  gather,
  passthru,
  switchCase,
  timeCondition,
  voicemail,
  hangup,
];

const byType = new Map(appletKinds.map((kind) => [kind.type, kind]));

/** The kind that a document's `type` names; undefined if there is no such kind. */
export function appletKind(type: string): AppletKind | undefined {
  return byType.get(type);
}
