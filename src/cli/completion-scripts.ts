/** A command, for completion by shells. */
export interface CompletedCommand {
  /** `""` for the program itself, or such as `/call/show` for one of its commands. */
  readonly path: string;
  /** The possible next words: commands, or values of an argument. */
  readonly words: readonly { readonly word: string; readonly summary: string }[];
  readonly flags: readonly { readonly flag: string; readonly summary: string; readonly hasValue: boolean }[];
}

type Script = (commands: readonly CompletedCommand[]) => string;

/** The script of each shell. If nothing of ours matches, they complete file names. */
export const SHELL_SCRIPTS = { bash, zsh, fish } as const satisfies Readonly<Record<string, Script>>;

function bash(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(
    ({ path, words, flags }) =>
      `    '${path}') words='${words.map(({ word }) => word).join(" ")}' flags='${flags.map(({ flag }) => flag).join(" ")}' ;;`,
  );
  return `_plugboard() {
  local current="\${COMP_WORDS[COMP_CWORD]}" at='' words='' flags='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at/\${COMP_WORDS[i]}" in
      ${pathsOf(commands)}) at="$at/\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at" in
${cases.join("\n")}
  esac
  [[ $current == -* ]] && words="$flags"
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _plugboard plugboard`;
}

function zsh(commands: readonly CompletedCommand[]): string {
  const described = (word: string, summary: string): string =>
    quoted(`${word.replaceAll(":", "\\:")}${summary === "" ? "" : `:${summary}`}`);
  const cases = commands.map(({ path, words, flags }) => {
    const named = words.map(({ word, summary }) => described(word, summary)).join(" ");
    return `    '${path}') named=(${named}) flags=(${flags.map(({ flag, summary }) => described(flag, summary)).join(" ")}) ;;`;
  });
  return `#compdef plugboard
_plugboard() {
  local at='' i
  local -a named flags
  for ((i = 2; i < CURRENT; i++)); do
    case "$at/\${words[i]}" in
      ${pathsOf(commands)}) at="$at/\${words[i]}" ;;
    esac
  done
  case "$at" in
${cases.join("\n")}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then _describe -o option flags
  elif ((\${#named})); then _describe command named
  else _files
  fi
}
if [[ \${funcstack[1]} == _plugboard ]]; then _plugboard "$@"; else compdef _plugboard plugboard; fi`;
}

function fish(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ path, words, flags }) => {
    const at = `complete -c plugboard -n "__plugboard_at '${path}'"`;
    return [
      ...words.map(({ word, summary }) => `${at} -f -a ${word}${fishSummary(summary)}`),
      ...flags.map(({ flag, summary, hasValue }) => {
        const name = flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`;
        return `${at} ${name}${hasValue ? " -r" : ""}${fishSummary(summary)}`;
      }),
    ];
  });
  return `function __plugboard_at
  set -l at ''
  for word in (commandline -opc)[2..-1]
    switch "$at/$word"
      case ${pathsOf(commands).replaceAll("|", " ")}
        set at "$at/$word"
    end
  end
  test "$at" = "$argv[1]"
end
${lines.join("\n")}`;
}

function fishSummary(summary: string): string {
  return summary === "" ? "" : ` -d '${summary.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

/** The text in single quotes, for bash and zsh. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function pathsOf(commands: readonly CompletedCommand[]): string {
  return commands.flatMap(({ path }) => (path === "" ? [] : [path])).join("|");
}
