import { join } from "node:path";
import { expect, it } from "vitest";
import { workspacePage } from "../../../test/support/workspace-page.ts";

it("docs/workspace.md names every key of the workspace file, its values, its default and its meaning", async () => {
  await expect(workspacePage()).toMatchFileSnapshot(join(import.meta.dirname, "../../../docs/workspace.md"));
});
