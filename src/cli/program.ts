import { Command, CommanderError } from "commander";
import { VERSION } from "../version.ts";

interface CommandEntry {
  readonly name: string;
  readonly alias?: string;
  /** One line for `plugboard --help`. */
  readonly summary: string;
  /** Not in the small package, which only holds what needs no telephony. */
  readonly isPlatform?: boolean;
  /** Only the command that is run is loaded: each brings libraries of its own, and `--help` needs none of them. */
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
    summary: "make a running platform what a workspace file says; shows the difference first",
    isPlatform: true,
    load: async () => (await import("./apply.ts")).applyCommand(),
  },
  {
    name: "export",
    summary: "write what a running platform has configured as a workspace file",
    isPlatform: true,
    load: async () => (await import("./export.ts")).exportCommand(),
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
    summary: "check a flow as publishing does, and show each finding by a concrete call",
    load: async () => (await import("./verify.ts")).verifyCommand(),
  },
  {
    name: "check",
    summary: "ask a customer's URL everything the platform would ask, and judge its answers by the contract",
    load: async () => (await import("./check.ts")).checkCommand(),
  },
  {
    name: "events",
    summary: "follow an account's events on a running platform",
    load: async () => (await import("./events.ts")).eventsCommand(),
  },
  {
    name: "outbox",
    summary: "list what a running platform owes to your servers, and send again what it gave up",
    load: async () => (await import("./outbox.ts")).outboxCommand(),
  },
  {
    name: "calls",
    summary: "list an account's calls on a running platform",
    load: async () => (await import("./calls.ts")).callsCommand(),
  },
  {
    name: "call",
    summary: "place a call through a running platform, show one, or say what decided it",
    load: async () => (await import("./call.ts")).callCommand(),
  },
  {
    name: "tail",
    summary: "watch an account's calls on a running platform as they go",
    load: async () => (await import("./tail.ts")).tailCommand(),
  },
  {
    name: "completion",
    summary: "print the script with which bash, zsh or fish completes commands and flags",
    load: async () => (await import("./completion.ts")).completionCommand(wholeProgram),
  },
  {
    name: "demo",
    summary: "make one complete call between robots, and listen whether it worked",
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
  // Commander has said what was wrong; 2 is "used wrongly" for every command.
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}

function emptyProgram(): Command {
  return (
    new Command("plugboard")
      .description("connects phone calls: your URL decides whom to ring, Plugboard rings them over SIP")
      // Options after `call show` are those of `show`, although `call` has some of the same names.
      .enablePositionalOptions()
      .version(VERSION)
      .showHelpAfterError()
  );
}

/** With the flags and subcommands of every command. */
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
      `plugboard ${name} is part of the platform, which this package does not hold: npm install plugboard-platform\n`,
    );
    process.exitCode = 2;
  };
}
