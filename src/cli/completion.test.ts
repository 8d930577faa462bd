import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const MAIN = join(import.meta.dirname, "main.ts");
/** Tested only if they are installed. */
const [ZSH, FISH] = ["zsh", "fish"] as const;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "plugboard-completion-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The file with the script of a shell. */
function scriptFor(shell: string): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, [MAIN, "completion", shell], { encoding: "utf8" });
  expect([stderr, status]).toEqual(["", 0]);
  const file = join(folder, `plugboard.${shell}`);
  writeFileSync(file, stdout);
  return file;
}

function has(shell: string): boolean {
  return spawnSync(shell, ["-c", "true"]).status === 0;
}

describe("plugboard completion", () => {
  it("is accepted by bash, which then completes commands, values and flags", () => {
    const at = (...words: string[]): string =>
      `COMP_WORDS=(plugboard ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}; _plugboard; echo "\${COMPREPLY[*]}"`;
    const asked = [at("ca"), at("call", ""), at("call", "why", "--s"), at("prove", "--max"), at("completion", "")];
    const script = ["source <(cat $1)", "complete -p plugboard", ...asked].join("\n");
    const { stdout, stderr } = spawnSync("bash", ["-c", script, "bash", scriptFor("bash")], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(stdout.trim().split("\n")).toEqual([
      "complete -o default -F _plugboard plugboard",
      "calls call",
      "show why",
      "--server",
      "--max-warnings",
      "bash zsh fish",
    ]);
  });

  it.each([ZSH, FISH])("holds every command with its flags for %s", (shell) => {
    const file = scriptFor(shell);
    const text = spawnSync("cat", [file], { encoding: "utf8" }).stdout;
    expect(text).toContain("/call/why");
    expect(text).toMatch(shell === ZSH ? /'--since:only newer ones/ : /-l since -r -d 'only newer ones/);
  });

  it.skipIf(!has(ZSH))("is accepted by zsh", () => {
    const script = 'autoload -U compinit; compinit -u -d "$2"; source "$1"; whence _plugboard';
    const args = ["-fc", script, ZSH, scriptFor(ZSH), join(folder, "dump")];
    const { stdout, stderr, status } = spawnSync(ZSH, args, { encoding: "utf8" });
    expect([stdout, stderr, status]).toEqual(["_plugboard\n", "", 0]);
  });

  it.skipIf(!has(FISH))("is accepted by fish, which then completes commands and flags", () => {
    const ask = 'source $argv[1]; complete -C "plugboard call "; complete -C "plugboard calls --fai"';
    const { stdout, stderr } = spawnSync(FISH, ["--no-config", "-c", ask, scriptFor(FISH)], { encoding: "utf8" });
    expect(stderr).toBe("");
    const words = stdout.split("\n").map((line) => line.split("\t", 1)[0]);
    expect(words).toEqual(expect.arrayContaining(["show", "why", "--failed"]));
  });

  it("names the shells it supports", () => {
    const { stderr, status } = spawnSync(process.execPath, [MAIN, "completion", "csh"], { encoding: "utf8" });
    expect(stderr).toContain("Allowed choices are bash, zsh, fish");
    expect(status).toBe(2);
  });
});
