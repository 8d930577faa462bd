import { Argument, Command } from "commander";
import { SHELL_SCRIPTS } from "./completion-scripts.ts";
import type { CompletedCommand } from "./completion-scripts.ts";
import { say } from "./terminal.ts";

/** `plugboard completion`: prints a script with which a shell completes commands and flags; `whole` loads every command. */
export function completionCommand(whole: () => Promise<Command>): Command {
  const shells = Object.keys(SHELL_SCRIPTS) as (keyof typeof SHELL_SCRIPTS)[];
  return new Command("completion")
    .addArgument(new Argument("<shell>", "the shell").choices(shells))
    .addHelpText(
      "after",
      "\nbash, in ~/.bashrc:  source <(plugboard completion bash)\nzsh, in ~/.zshrc:    source <(plugboard completion zsh)\nfish:                plugboard completion fish > ~/.config/fish/completions/plugboard.fish",
    )
    .action(async (shell: keyof typeof SHELL_SCRIPTS) => {
      say(SHELL_SCRIPTS[shell](commandsOf(await whole())));
    });
}

/** A program's command tree as a list: each command with its path, such as `""` for the program or `/call/show`. */
export function commandsOf(command: Command, path = ""): readonly CompletedCommand[] {
  const help = command.createHelp();
  const subcommands = help.visibleCommands(command).filter((each) => each.name() !== "help");
  const words = subcommands.flatMap((each) =>
    [each.name(), ...each.aliases()].map((word) => ({ word, summary: each.description() })),
  );
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  const flags = help
    .visibleOptions(command)
    .flatMap((option) =>
      [option.short, option.long].flatMap((flag) =>
        flag === undefined || flag === null ? [] : [{ flag, summary: option.description, hasValue: option.required }],
      ),
    );
  const own = { path, words: [...words, ...choices.map((word) => ({ word, summary: "" }))], flags };
  return [
    own,
    ...subcommands.flatMap((each) =>
      [each.name(), ...each.aliases()].flatMap((name) => commandsOf(each, `${path}/${name}`)),
    ),
  ];
}
