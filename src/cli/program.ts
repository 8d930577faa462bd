import { Command, CommanderError } from "commander";
import { VERSION } from "../version.ts";

interface CommandEntry {
  readonly name: string;
  readonly alias?: string;
  /** One line for `plugboard --help`. */
  readonly summary: string;
  /** Not in the small package, which holds only what needs no telephony. */
  readonly isPlatform?: boolean;
  /** Only the command being run is loaded: each has its own libraries, and `--help` needs none of them. */
  load(): Promise<Command>;
}

const ENTRIES: readonly CommandEntry[] = [
  {
    name: "serve",
    summary: "run the platform: SIP, media, database, API",
    isPlatform: true,
    load: async () => (await import("./serve.ts")).serveCommand(),
  },
  {
    name: "init",
    summary: "write a workspace to start from: one account, one trunk, one number, one flow",
    isPlatform: true,
    load: async () => (await import("./init.ts")).initCommand(),
  },
  {
    name: "apply",
    summary: "apply a workspace file to a running platform; shows the difference first",
    isPlatform: true,
    load: async () => (await import("./apply.ts")).applyCommand(),
  },
  {
    name: "export",
    summary: "write a running platform's configuration as a workspace file",
    isPlatform: true,
    load: async () => (await import("./export.ts")).exportCommand(),
  },
  {
    name: "backup",
    summary: "write database and recordings into a new folder, while calls go on",
    isPlatform: true,
    load: async () => (await import("./backup.ts")).backupCommand(),
  },
  {
    name: "restore",
    summary: "fill an empty data folder and database from a backup",
    isPlatform: true,
    load: async () => (await import("./backup.ts")).restoreCommand(),
  },
  {
    name: "simulate",
    summary: "play one call in virtual time: no network, no telephony",
    load: async () => (await import("./simulate.ts")).simulateCommand(),
  },
  {
    name: "explore",
    summary: "play many random calls through one flow in virtual time, and stop at the first broken invariant",
    load: async () => (await import("./explore.ts")).exploreCommand(),
  },
  {
    name: "verify",
    alias: "prove",
    summary: "check a flow as publishing does, and show each finding with an example call",
    load: async () => (await import("./verify.ts")).verifyCommand(),
  },
  {
    name: "backtest",
    summary: "play an account's recorded calls through a draft, and list those whose outcome would change",
    load: async () => (await import("./backtest.ts")).backtestCommand(),
  },
  {
    name: "check",
    summary: "send a customer's URL every request the platform would send, and check its answers against the contract",
    load: async () => (await import("./check.ts")).checkCommand(),
  },
  {
    name: "events",
    summary: "follow an account's events on a running platform",
    load: async () => (await import("./events.ts")).eventsCommand(),
  },
  {
    name: "outbox",
    summary: "list a running platform's deliveries to your servers, and resend those it gave up",
    load: async () => (await import("./outbox.ts")).outboxCommand(),
  },
  {
    name: "calls",
    summary: "list an account's calls on a running platform",
    load: async () => (await import("./calls.ts")).callsCommand(),
  },
  {
    name: "call",
    summary: "place a call through a running platform, show one, or explain its outcome",
    load: async () => (await import("./call.ts")).callCommand(),
  },
  {
    name: "erase",
    summary: "erase a call, or every call of a phone number, from a running platform",
    load: async () => (await import("./erase.ts")).eraseCommand(),
  },
  {
    name: "tail",
    summary: "watch an account's calls on a running platform live",
    load: async () => (await import("./tail.ts")).tailCommand(),
  },
  {
    name: "mcp",
    summary: "let an AI assistant look at an account of a running platform and propose flows (Model Context Protocol)",
    load: async () => (await import("./mcp.ts")).mcpCommand(),
  },
  {
    name: "completion",
    summary: "print a script that makes bash, zsh or fish complete commands and flags",
    load: async () => (await import("./completion.ts")).completionCommand(wholeProgram),
  },
  {
    name: "demo",
    summary: "make one complete call between robots, and check that they heard each other",
    isPlatform: true,
    load: async () => (await import("./demo.ts")).demoCommand(),
  },
];

const program = emptyProgram();

try {
  for (const entry of ENTRIES) program.addCommand(await commandOf(entry, isNamed(entry)));
  await program.exitOverride().parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Commander has printed what was wrong; 2 means wrong usage for every command.
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}

function emptyProgram(): Command {
  return (
    new Command("plugboard")
      .description("connects phone calls: your URL decides whom to ring, Plugboard rings them over SIP")
      // Options after `call show` belong to `show`, although `call` has some with the same names.
      .enablePositionalOptions()
      .version(VERSION)
      .showHelpAfterError()
  );
}

/** The program with the flags and subcommands of every command. */
async function wholeProgram(): Promise<Command> {
  const whole = emptyProgram();
  for (const entry of ENTRIES) whole.addCommand(await commandOf(entry, true));
  return whole;
}

/** The command itself, or only its line in the help. */
async function commandOf(entry: CommandEntry, isWhole: boolean): Promise<Command> {
  const command = isWhole ? await loaded(entry) : new Command(entry.name);
  if (entry.alias !== undefined) command.alias(entry.alias);
  return command.description(entry.summary).exitOverride();
}

function isNamed({ name, alias }: CommandEntry): boolean {
  // `plugboard help serve` shows the options of serve.
  return process.argv.slice(2, 4).some((word) => word === name || word === alias);
}

async function loaded(entry: CommandEntry): Promise<Command> {
  try {
    return await entry.load();
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
    if (!isMissing || entry.isPlatform !== true) throw error;
    return new Command(entry.name).allowUnknownOption().allowExcessArguments().action(sayWhatIsMissing(entry.name));
  }
}

function sayWhatIsMissing(name: string): () => void {
  return () => {
    process.stderr.write(
      `plugboard ${name} is part of the platform, which this package does not include: npm install plugboard-platform\n`,
    );
    process.exitCode = 2;
  };
}
