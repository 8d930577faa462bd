import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { Command } from "commander";
import { complain, EXIT_USAGE } from "./simulate.ts";

/** The file that `plugboard serve` reads by default. */
const DEFAULT_FILE = "plugboard.yaml";
const FLOW_FILE = "flows/support.yaml";
const TOKEN_BYTES = 24;

/** `plugboard init`: a workspace to start from, with one account, trunk, number and flow. */
export function initCommand(): Command {
  return new Command("init")
    .argument("[file]", "workspace file to write", DEFAULT_FILE)
    .action(async (file: string) => {
      process.exitCode = await run(file);
    });
}

async function run(file: string): Promise<number> {
  const flowFile = join(dirname(file), FLOW_FILE);
  try {
    await mkdir(dirname(flowFile), { recursive: true });
    // It holds the API token, which no one else on this machine needs to read.
    await writeFile(file, workspaceText(randomBytes(TOKEN_BYTES).toString("base64url")), { flag: "wx", mode: 0o600 });
    await writeFile(flowFile, FLOW, { flag: "wx" });
  } catch (error) {
    complain(problemOf(error));
    return EXIT_USAGE;
  }
  process.stdout.write(nextSteps(file, flowFile));
  return 0;
}

function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!("code" in error && error.code === "EEXIST" && "path" in error)) return error.message;
  return `${String(error.path)} already exists and is not overwritten: name another file, or remove it.`;
}

function nextSteps(file: string, flowFile: string): string {
  const named = file === DEFAULT_FILE ? "" : ` --workspace ${file}`;
  return [
    `Written: ${relative(".", file)} and ${relative(".", flowFile)}`,
    "",
    `1. Enter your trunk's address, your number and your URL.`,
    `2. Check them:   plugboard serve --check${named}`,
    `3. Run:          plugboard serve${named}`,
    "",
  ].join("\n");
}

function workspaceText(token: string): string {
  return `# A workspace: who may be called, over which trunk, and what happens then. Every key: docs/workspace.md
accounts:
  - sid: acme
    tenant_id: 1
    # For the API (HTTP Basic). The token may also come from an environment variable; see docs/workspace.md.
    api_keys: [{ key: acme-key, token: ${token} }]
    country: IN
    timezone: Asia/Kolkata
    limits: { calls_per_second: 10, concurrent_calls: 100, dial_prefixes: ["+91"] }
    trunks:
      # Your carrier or PBX: calls go out to this address, and come in from the addresses in accept_from.
      - name: main
        address: 127.0.0.1:5080
        accept_from: [127.0.0.1]
    exophones:
      # The number callers dial, and the flow that runs then.
      - { number: "+918047100000", flow: "1", trunk: main }
flows:
  - file: ${FLOW_FILE}
`;
}

const FLOW = `# What happens when the number is called. Every applet: docs/flows.md
flow: "1"
account: acme
name: Support line
start: ring
applets:
  ring:
    type: connect
    # Your URL is asked whom to ring, and answers {"destination": {"numbers": ["+919900000011"]}}.
    url: { primary: "https://app.example/connect" }
    exits: { conversation_ended: bye, nobody_answered: sorry, nobody_dialed: sorry }
  sorry: { type: greeting, say: { text: "Sorry, nobody can take your call right now." }, next: bye }
  bye: { type: hangup }
`;
