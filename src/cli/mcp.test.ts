import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { TestApi } from "../server/api/testing/test-api.ts";
import { START_MS, startTestApi } from "../server/api/testing/test-api.ts";
import { mcpCommand } from "./mcp.ts";
import { runCommand } from "./testing/run-command.ts";

let api: TestApi;
let server: string;

beforeAll(async () => {
  api = await startTestApi();
  await api.add({ sid: "talked", startedAt: START_MS });
  server = await api.app.listen({ host: "127.0.0.1", port: 0 });
}, 60_000);
afterAll(() => api.close());

async function said(flags: readonly string[], env: Record<string, string>): Promise<string> {
  const args = ["--no-warnings", "src/cli/main.ts", "mcp", ...flags];
  const transport = new StdioClientTransport({ command: process.execPath, args, env, stderr: "inherit" });
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport);
  const { content } = await client.callTool({ name: "list_calls", arguments: {} });
  await client.close();
  return JSON.stringify(content);
}

it("serves the tools of an account on standard input and output, with numbers masked by default", async () => {
  const env = { PLUGBOARD_SERVER: server, PLUGBOARD_ACCOUNT: "acme", PLUGBOARD_KEY: "acme-key:acme-token" };
  const [masked, shown] = await Promise.all([said([], env), said(["--show-numbers"], env)]);
  expect(masked).toContain("talked");
  expect(masked).not.toContain("9812345678");
  expect(shown).toContain("+919812345678");
});

it("says in one sentence that the platform does not answer, or which flag is missing", async () => {
  const away = { PLUGBOARD_SERVER: "http://127.0.0.1:1", PLUGBOARD_ACCOUNT: "acme", PLUGBOARD_KEY: "a:b" };
  expect(await said([], away)).toMatch(/the platform gave no answer \(.+\): is plugboard serve running\?/);
  vi.stubEnv("PLUGBOARD_ACCOUNT", undefined);
  const { out, errors, status } = await runCommand(mcpCommand());
  expect([out, errors, status]).toEqual(["", expect.stringMatching(/^which account\? /), 2]);
  vi.unstubAllEnvs();
});
