import { Command } from "commander";
import { systemRandom } from "../base/system-random.ts";
import type { AccountApiOptions } from "./account-api.ts";
import { plugboardOf, withAccountOptions } from "./account-api.ts";
import { complain, EXIT_USAGE } from "./simulate.ts";

interface Options extends AccountApiOptions {
  readonly showNumbers?: true;
}

/** `plugboard mcp`: a Model Context Protocol server on standard input and output, which queries a running platform. */
export function mcpCommand(): Command {
  return withAccountOptions(new Command("mcp"))
    .option("--show-numbers", "show callers' numbers to the assistant (masked by default)")
    .action(async (options: Options) => {
      process.exitCode = await run(options);
    });
}

/** Runs until standard input ends. Standard output belongs to the protocol. */
async function run(options: Options): Promise<number> {
  const api = plugboardOf(options, process.env);
  if (!api.ok) {
    complain(api.error);
    return EXIT_USAGE;
  }
  const [{ serveStdio }, { mcpServer }] = await Promise.all([
    import("@modelcontextprotocol/server/stdio"),
    import("../tools/mcp/mcp-server.ts"),
  ]);
  const showsNumbers = options.showNumbers === true;
  serveStdio(() => mcpServer({ api: api.value, showsNumbers, random: systemRandom() }), {
    onerror: (error) => complain(error.message),
  });
  return 0;
}
