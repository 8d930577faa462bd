import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { json, text } from "../../../test/fixtures/contract.ts";
import type { HttpOutcome } from "./http.ts";
import { validateSwitchAnswer } from "./switch-answer.ts";

const typed = (contentType: string | null, body: string): HttpOutcome => ({ ok: true, status: 200, contentType, body });

describe("Switch", () => {
  it("APP-5: the case may come as text/plain or as JSON", () => {
    const wanted = { usable: true, select: "vip", findings: [] };
    expect(validateSwitchAnswer(text('{"select":"vip"}'))).toEqual(wanted);
    expect(validateSwitchAnswer(json({ select: "vip", more: 1 }))).toEqual(wanted);
  });

  it.each([
    [2, "2"],
    [true, "true"],
    [0, "0"],
    [false, "false"],
  ])("APP-5, RES-6: %j is read as its text, with a warning", (select, read) => {
    expect(validateSwitchAnswer(json({ select }))).toEqual({
      usable: true,
      select: read,
      findings: [
        {
          level: "warning",
          rule: "RES-6",
          path: "select",
          found: read,
          allowed: "a string",
          consequence: `it is read as "${read}"`,
          message: `select is ${read}; allowed is a string: it is read as "${read}".`,
        },
      ],
    });
  });

  it.each([
    ["text/html", 'Content-Type "text/html"'],
    [null, "no Content-Type"],
    ["application/octet-stream", 'Content-Type "application/octet-stream"'],
  ])("C9, APP-5: as %j it is understood, with a warning", (contentType, found) => {
    expect(validateSwitchAnswer(typed(contentType, '{"select":"vip"}'))).toEqual({
      usable: true,
      select: "vip",
      findings: [
        {
          level: "warning",
          rule: "APP-5",
          path: "",
          found,
          allowed: "text/plain or application/json",
          consequence: "it is read anyway",
          message: `The answer has ${found}; allowed is text/plain or application/json: it is read anyway.`,
        },
      ],
    });
  });

  it.each([text("vip"), text(" vip\n"), json("vip"), typed("application/json", "vip")])(
    "C9, APP-5: the name of the case alone is understood, with a warning (%j)",
    (outcome) => {
      expect(validateSwitchAnswer(outcome)).toMatchObject({
        usable: true,
        select: "vip",
        findings: [{ level: "warning", rule: "APP-5", found: '"vip"', consequence: "it is read as the case" }],
      });
    },
  );

  it.each(["Select", "SELECT"])("C9, APP-5: %s is understood as select, with a warning", (key) => {
    expect(validateSwitchAnswer(json({ [key]: "vip" }))).toMatchObject({
      usable: true,
      select: "vip",
      findings: [{ level: "warning", rule: "APP-5", path: key, consequence: "it is read as select" }],
    });
    expect(validateSwitchAnswer(json({ [key]: "other", select: "vip" }))).toMatchObject({
      select: "vip",
      findings: [],
    });
  });

  it.each([
    [{}, "select missing"],
    [{ select: "" }, 'select ""'],
    [{ select: null }, "select null"],
    [{ Select: null }, "Select null"],
    [{ select: ["vip"] }, "select an array of 1"],
    [[], "an empty array"],
    [["vip"], "an array of 1"],
    [null, "null"],
    [7, "7"],
    ["", "an empty text"],
  ])("C9, APP-5: %j selects nothing, and the finding says why", (body, found) => {
    expect(validateSwitchAnswer(json(body))).toEqual({
      usable: false,
      result: "invalid",
      findings: [
        {
          level: "error",
          rule: "APP-5",
          path: "",
          found,
          allowed: '{"select":"<case>"}',
          consequence: "it cannot be used",
          message: `The answer has ${found}; allowed is {"select":"<case>"}: it cannot be used.`,
        },
      ],
    });
  });

  it.each(["<p>vip</p>", "two\nlines", "{select: vip}", "[vip]", "x".repeat(65)])(
    "APP-5: %j is not the name of a case",
    (body) => {
      expect(validateSwitchAnswer(text(body))).toMatchObject({ usable: false, findings: [{ rule: "APP-5" }] });
    },
  );

  it("APP-5: a name of 64 characters is one", () => {
    expect(validateSwitchAnswer(text("x".repeat(64)))).toMatchObject({ usable: true });
  });

  it("APP-5: an answer other than 200 selects nothing", () => {
    const notFound: HttpOutcome = { ok: true, status: 404, contentType: "text/plain", body: "x" };
    expect(validateSwitchAnswer(notFound)).toMatchObject({ usable: false, result: "http_error" });
  });

  it("APP-5: any text gets a verdict without throwing", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        const verdict = validateSwitchAnswer(text(body));
        expect(verdict.findings.some((finding) => finding.level === "error")).toBe(!verdict.usable);
      }),
    );
  });
});
