import type { Command } from "commander";
import { vi } from "vitest";

export interface CommandResult {
  readonly out: string;
  readonly errors: string;
  /** The exit code the process would end with. */
  readonly status: unknown;
}

/** Runs a command as the command line does, without output to the terminal. */
export async function runCommand(command: Command, ...args: string[]): Promise<CommandResult> {
  let out = "";
  let errors = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => ((errors += String(text)), true));
  process.exitCode = 0;
  await command.exitOverride().parseAsync(args, { from: "user" });
  vi.restoreAllMocks();
  const status: unknown = process.exitCode;
  process.exitCode = undefined;
  return { out, errors, status };
}
