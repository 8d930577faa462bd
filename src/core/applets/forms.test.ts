import { describe, expect, it } from "vitest";
import { validateConnectBody } from "../contract/answer.ts";
import { plainAccount } from "../contract/account.ts";
import { appletKinds } from "./registry.ts";
import { connectForm } from "./connect/form.ts";

const KINDS = appletKinds.map((kind) => [kind.type, kind] as const);

describe("the form of", () => {
  it.each(KINDS)("%s has modes, each with a field, and names only modes and exits that there are", (_, kind) => {
    const { fields, modes = [], exits = {}, sample } = kind.form;
    const ids = modes.map(({ id }) => id);
    expect(fields.flatMap((field) => field.modes ?? []).filter((id) => !ids.includes(id))).toEqual([]);
    for (const { needs } of modes) expect(fields.some(({ path }) => `${path}.`.startsWith(`${needs}.`))).toBe(true);
    const names = kind.exits(kind.schema.parse(sample)).map(({ name }) => name);
    const fallbacks = Object.values(exits).flatMap(({ fallsBackTo }) => fallsBackTo ?? []);
    expect([...Object.keys(exits), ...fallbacks].filter((name) => !names.includes(name))).toEqual([]);
  });

  it("RES-7: connect offers every parameter of version 1.0, and none that an answer may not hold", () => {
    const paths = connectForm.fields.map(({ path }) => path).filter((path) => path.startsWith("parameters."));
    const body: Record<string, Record<string, unknown>> = {};
    for (const path of paths) {
      const [, key = "", inner] = path.split(".");
      body[key] = inner === undefined ? (body[key] ?? {}) : { ...body[key], [inner]: null };
    }
    const { findings } = validateConnectBody(body, plainAccount(), null, "strict");
    expect(findings.filter(({ rule }) => rule === "RES-7")).toEqual([]);
    expect(new Set(paths).size).toBe(15);
  });
});
