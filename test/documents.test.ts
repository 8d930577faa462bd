import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { filesUnder } from "./source.ts";

const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8")) as {
  scripts: Record<string, string>;
};
/** npm commands that need no script. */
const NPM_COMMANDS = ["ci", "install", "pack"];
const program = readFileSync(join(import.meta.dirname, "../src/cli/program.ts"), "utf8");
const COMMANDS = [...program.matchAll(/^ {4}(?:name|alias): "(\w+)"/gm)].map(([, name]) => name);

const commands = filesUnder("", [".md"]).flatMap(({ path, text }) => {
  const fences = [...text.matchAll(/^ *```(\w*)\n([\s\S]*?)^ *```/gm)].flatMap(([, language = "", body = ""]) =>
    ["", "sh", "bash"].includes(language) ? [body] : [],
  );
  const spans = [...text.matchAll(/`(np[mx] [^`\n]+)`/g)].map(([, span = ""]) => span);
  return [...fences.flatMap((body) => body.split("\n")), ...spans].flatMap((line) => {
    const command = line.trim();
    return /^(?:[A-Z_]+=\S+ )*(?:npm|npx|plugboard|curl|node) /.test(command) ? [{ path, command }] : [];
  });
});

/** What the published packages hold besides `docs`, in a folder above it. */
const SHIPPED = [
  "../README.md",
  "../CHANGELOG.md",
  "../LICENSE",
  "../NOTICE",
  ...["plugboard.service", "prometheus-alerts.yaml", "grafana-dashboard.json"].map((name) => `../deploy/${name}`),
];

describe("O7: the links of docs", () => {
  const pages = filesUnder("docs", [".md"]);
  const links = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(([, target = ""]) => ({ path, target })),
  );

  it("lead to pages that are also in a package", () => {
    expect(links).not.toEqual([]);
    const held = [...SHIPPED, ...pages.map(({ path }) => path.slice("docs/".length))];
    expect(links.filter(({ target }) => !held.includes(target))).toEqual([]);
  });
});

describe("O7: the commands in the documents", () => {
  it("exist", () => {
    expect(commands.length).toBeGreaterThan(15);
  });

  it("quote what zsh would take for a pattern", () => {
    const unquoted = commands.filter(({ command }) => /[?*[\]]/.test(command.replaceAll(/'[^']*'|"[^"]*"/g, "")));
    expect(unquoted).toEqual([]);
  });

  it("name scripts that exist, with -- before flags of the program", () => {
    const wrong = commands.filter(({ command }) => {
      const [, name = "", rest = ""] = /\bnpm run (\S+)(.*)$/.exec(command) ?? [];
      return name !== "" && (scripts[name] === undefined || (/ -/.test(rest) && !/ -- /.test(rest)));
    });
    expect(wrong).toEqual([]);
    const plain = commands.flatMap(({ command }) => /^npm (?!run\b)(\S+)/.exec(command)?.[1] ?? []);
    expect(plain.filter((name) => scripts[name] === undefined && !NPM_COMMANDS.includes(name))).toEqual([]);
  });

  it("name commands of the program that exist", () => {
    const named = commands.flatMap(({ command }) => /(?:^|run )plugboard (?:-- )?([a-z]\w*)/.exec(command)?.[1] ?? []);
    expect(named).not.toEqual([]);
    expect(named.filter((name) => !COMMANDS.includes(name))).toEqual([]);
  });
});
