import { appletKind } from "../../core/applets/registry.ts";
import type { FixedPrompt } from "../../core/call/effects.ts";
import type { Workspace } from "./workspace.ts";

/**
 * What the flows of a workspace will say whatever happens: spoken texts and uploaded files, each once. Made ready before
 * the first call, so that nobody waits in silence for a voice that has never said it. Customers' URLs are not among them:
 * without a call, nobody's server is asked.
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
