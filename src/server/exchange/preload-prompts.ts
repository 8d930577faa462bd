import { appletKind } from "../../core/applets/registry.ts";
import type { FixedPrompt } from "../../core/call/effects.ts";
import type { Workspace } from "./workspace.ts";

/**
 * The fixed prompts of a workspace's flows: spoken texts and uploaded files, each once. They are prepared before the first
 * call, so that no caller waits in silence for speech synthesis. Customers' URLs are not among them: without a call, no
 * customer's server is asked.
 */
export function promptsOf({ accounts, flows }: Workspace): FixedPrompt[] {
  const prompts = new Map<string, FixedPrompt>();
  for (const [key, flow] of flows) {
    const account = accounts.find((config) => key.startsWith(`${config.account.sid}/`))?.account;
    for (const document of Object.values(flow.applets)) {
      const ofApplet = appletKind(document.type)?.prompts(document, account?.language ?? "") ?? [];
      for (const prompt of ofApplet) prompts.set(JSON.stringify(prompt), prompt);
    }
  }
  return [...prompts.values()];
}
