import type { AudioSource } from "../../edges/audio/library.ts";
import type { AppletDocument } from "../../core/call/setup.ts";
import type { Workspace } from "./workspace.ts";

/**
 * What the flows of a workspace will say whatever happens: spoken texts and uploaded files, each once. Made ready before
 * the first call, so that nobody waits in silence for a voice that has never said it. Customers' URLs are not among them:
 * without a call, nobody's server is asked.
 */
export function promptsOf({ accounts, flows }: Workspace): AudioSource[] {
  const sounds = new Map<string, AudioSource>();
  for (const [key, flow] of flows) {
    const account = accounts.find((config) => key.startsWith(`${config.account.sid}/`))?.account;
    for (const document of Object.values(flow.applets))
      for (const sound of promptsOfApplet(document, account?.language ?? "")) sounds.set(JSON.stringify(sound), sound);
  }
  return [...sounds.values()];
}

/** Wherever an applet keeps what it says. */
function promptsOfApplet({ say, parameters }: AppletDocument, language: string): AudioSource[] {
  const { gather_prompt: prompt, start_call_playback: playback } = fieldsOf(parameters);
  const { text, audio_file: file } = fieldsOf(say);
  const { type, value } = fieldsOf(playback);
  const texts = [text, fieldsOf(prompt)["text"], type === "text" ? value : null];
  return [
    ...texts
      .filter((one) => typeof one === "string")
      .map((one): AudioSource => ({ kind: "text", text: one, language })),
    ...(typeof file === "string" ? [{ kind: "file", file } as const] : []),
  ];
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
