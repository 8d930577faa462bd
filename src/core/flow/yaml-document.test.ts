import { describe, expect, it } from "vitest";
import { z } from "zod";
import { YamlDocument, checkDocument, showProblem } from "./yaml-document.ts";

const schema = z.strictObject({
  accounts: z.array(z.strictObject({ sid: z.string(), port: z.number().int().max(10).default(1) })),
  names: z.record(z.string(), z.strictObject({ age: z.number() })).optional(),
});

function problems(text: string): string[] {
  const parsed = YamlDocument.parse(text, "w.yaml");
  if (!parsed.ok) return parsed.error.map(showProblem);
  const checked = checkDocument(parsed.value, schema);
  return checked.ok ? [] : checked.error.map(showProblem);
}

describe("a document a person wrote", () => {
  it("names the line, the path and the nearest allowed key", () => {
    expect(problems("accounts:\n  - sid: a\n    prot: 3\n")).toEqual([
      'w.yaml:3: accounts[0].prot: unknown key "prot", did you mean "port"? (allowed: sid, port)',
    ]);
  });
  it("points at the parent when a field is missing", () => {
    expect(problems("accounts:\n  - sid: a\n  - port: 3\n")[0]).toMatch(/^w\.yaml:3: accounts\[1\]\.sid: /);
  });
  it("finds the allowed keys inside records", () => {
    expect(problems("accounts: []\nnames:\n  x: { agee: 1, age: 2 }\n")[0]).toContain("(allowed: age)");
  });
  it("says where the YAML itself breaks", () => {
    expect(problems("accounts: [\n")[0]).toMatch(/^w\.yaml:\d+: not valid YAML/);
  });
  it("refuses a document whose aliases multiply", () => {
    const lists = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(", ")}]`);
    expect(problems(["l0: &l0 [x]", ...lists].join("\n"))).toEqual([
      "w.yaml:1: uses too many YAML aliases: write the values out",
    ]);
  });
  it("refuses a key that occurs twice", () => {
    expect(problems("accounts: []\naccounts: []\n")[0]).toMatch(/w\.yaml:2: not valid YAML/);
  });
});
