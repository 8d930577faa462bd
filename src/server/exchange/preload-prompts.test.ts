import { describe, expect, it } from "vitest";
import type { AppletDocument } from "../../core/call/setup.ts";
import { promptsOf } from "./preload-prompts.ts";
import type { AccountConfig, Workspace } from "./workspace.ts";

function workspace(applets: Record<string, AppletDocument>, more: Record<string, AppletDocument> = {}): Workspace {
  const account = (sid: string, language: string) => ({ account: { sid, language } }) as AccountConfig;
  const flow = (id: string, documents: Record<string, AppletDocument>) =>
    ({ id, name: "", start: "a", validation: "strict", applets: documents }) as const;
  return {
    accounts: [account("acme", "en"), account("acme-in", "hi")],
    flows: new Map([
      ["acme/1", flow("1", applets)],
      ["acme-in/1", flow("1", more)],
    ]),
  };
}

describe("what flows will say", () => {
  it("are texts and uploaded files from any applet, each once and in the account's language", () => {
    const greeting = { type: "greeting", say: { text: "Welcome" } };
    const found = promptsOf(
      workspace(
        {
          a: greeting,
          b: greeting,
          c: { type: "voicemail", say: { audio_file: "beep.mp3" } },
          d: { type: "gather", parameters: { gather_prompt: { text: "Your number?" } } },
          e: { type: "connect", parameters: { start_call_playback: { type: "text", value: "A call" } } },
        },
        { a: greeting },
      ),
    );
    expect(found).toEqual([
      { kind: "text", text: "Welcome", language: "en" },
      { kind: "file", file: "beep.mp3" },
      { kind: "text", text: "Your number?", language: "en" },
      { kind: "text", text: "A call", language: "en" },
      { kind: "text", text: "Welcome", language: "hi" },
    ]);
  });

  it("does not include URLs: without a call no customer's server is asked", () => {
    const playback = { type: "audio_url", value: "https://cdn.example/a.wav" };
    expect(
      promptsOf(
        workspace({
          a: { type: "greeting", say: { url: "https://app.example/say" } },
          b: { type: "greeting", say: { audio_url: "https://cdn.example/a.wav" } },
          c: { type: "connect", parameters: { start_call_playback: playback } },
          d: { type: "hangup" },
        }),
      ),
    ).toEqual([]);
  });
});
