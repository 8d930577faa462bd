import { Command, CommanderError } from "commander";
import { checkCommand } from "./check.ts";
import { demoCommand } from "./demo.ts";
import { exploreCommand } from "./explore.ts";
import { initCommand } from "./init.ts";
import { verifyCommand } from "./verify.ts";
import { serveCommand } from "./serve.ts";
import { simulateCommand } from "./simulate.ts";
import { VERSION } from "../server/supervisor/version.ts";

const program = new Command("plugboard")
  .description("connects phone calls: your URL decides whom to ring, Plugboard rings them over SIP")
  .version(VERSION)
  .showHelpAfterError();

for (const command of [
  serveCommand(),
  initCommand(),
  simulateCommand(),
  exploreCommand(),
  verifyCommand(),
  checkCommand(),
  demoCommand(),
])
  program.addCommand(command.exitOverride());

try {
  await program.exitOverride().parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Commander has said what was wrong; 2 is "used wrongly" for every command.
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
