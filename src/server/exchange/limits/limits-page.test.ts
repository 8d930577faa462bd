import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { COSTLY_PREFIXES, SOURCES } from "./costly-prefixes.ts";
import { LIMIT_RULES } from "./limit-rules.ts";

const page = readFileSync(join(import.meta.dirname, "../../../../docs/limits.md"), "utf8");

describe("docs/limits.md", () => {
  it.each([...LIMIT_RULES, "calls_per_second", "concurrent_calls", "trunk_channels", "requests_per_minute"])(
    "explains %s",
    (rule) => {
      expect(page).toMatch(new RegExp(`^\\| \`${rule}\` \\|`, "m"));
    },
  );

  it("lists exactly the closed prefixes, each with its source", () => {
    const rows = COSTLY_PREFIXES.map(({ prefix, name, source }) => `| \`${prefix}\` | ${name} | ${source} |`);
    expect(page.match(/^\| `\+\d+` \|.*$/gm)).toEqual(rows);
    for (const [key, source] of Object.entries(SOURCES)) expect(page).toContain(`- **${key}**: ${source}.`);
  });
});
