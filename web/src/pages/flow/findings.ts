import type { Models } from "../../api/client.ts";
import type { BuilderExit, FormField } from "./catalogue.ts";
import type { FlowDraft } from "./document.ts";

/** What the platform found in a flow. */
export type Finding = Models["FlowFinding"];

/** A finding about an applet: `rest` is the place inside its document, with dots. */
export interface AppletFinding extends Finding {
  readonly applet: string;
  readonly rest: string;
}

/** The applet that each finding concerns; null: the flow as a whole. */
export function placed(flow: FlowDraft, findings: readonly Finding[]): readonly (Finding | AppletFinding)[] {
  const ids = Object.keys(flow.applets).sort((a, b) => b.length - a.length);
  return findings.map((finding) => {
    const inside = `${finding.path}.`;
    const applet = ids.find((id) => inside.startsWith(`applets.${id}.`));
    if (applet === undefined) return finding;
    return { ...finding, applet, rest: finding.path.slice(`applets.${applet}.`.length) };
  });
}

export function isAppletFinding(finding: Finding | AppletFinding): finding is AppletFinding {
  return "applet" in finding;
}

/** Whether a finding stands at a place of a document or below it. */
export function isAt({ rest }: AppletFinding, path: string): boolean {
  return rest === path || rest.startsWith(`${path}.`) || rest.startsWith(`${path}[`);
}

/** Findings of an applet that no field and no exit shows. */
export function restOf(
  findings: readonly AppletFinding[],
  fields: readonly FormField[],
  exits: readonly BuilderExit[],
): readonly AppletFinding[] {
  const places = [...fields.map(({ path }) => path), ...exits.map(({ path }) => path.join("."))];
  return findings.filter((finding) => !places.some((place) => isAt(finding, place)));
}

/** A finding as a sentence by itself. */
export function sentenceOfFinding({ message }: Finding): string {
  const text = `${message.charAt(0).toUpperCase()}${message.slice(1)}`;
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
