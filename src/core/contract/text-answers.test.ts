import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ACCOUNT, json, text } from "../../../test/fixtures/contract.ts";
import type { HttpOutcome } from "./http.ts";
import { validateDialWhomText, validateGreetingText, validateSwitchAnswer } from "./text-answers.ts";

const html = (body: string): HttpOutcome => ({ ok: true, status: 200, contentType: "text/html", body });
const NOT_FOUND: HttpOutcome = { ok: true, status: 404, contentType: "text/plain", body: "x" };
const anyText = fc.oneof(fc.string(), fc.json());

const wrongType = (rule: string, allowed: string) => ({
  usable: false,
  result: "invalid",
  findings: [
    {
      level: "error",
      rule,
      path: "",
      found: 'Content-Type "text/html"',
      allowed,
      consequence: "it cannot be used",
      message: `The answer has Content-Type "text/html"; allowed is ${allowed}: it cannot be used.`,
    },
  ],
});

describe("Dial-Whom", () => {
  const whom = (body: string) => validateDialWhomText(text(body), ACCOUNT);
  const number = (e164: string) => ({ kind: "number", e164 });

  it("APP-7: one number is dialled", () => {
    expect(whom("+919900000011")).toEqual({ usable: true, destinations: [number("+919900000011")], findings: [] });
  });

  it("APP-7: several are separated by commas, spaces and empty places do not count", () => {
    expect(whom(" +919900000011 ,\n+919900000012,, sip:anil,\n")).toMatchObject({
      destinations: [number("+919900000011"), number("+919900000012"), { kind: "sip", user: "anil", host: null }],
      findings: [{ rule: "RES-24", path: "numbers[2]" }],
    });
  });

  it("APP-7: an empty text dials nobody, without a finding", () => {
    expect(whom("")).toEqual({ usable: true, destinations: [], findings: [] });
    expect(whom(" \n")).toEqual({ usable: true, destinations: [], findings: [] });
  });

  it("APP-7, RES-4, RES-26: entries are verdict as in an answer of JSON", () => {
    expect(whom("abc,09900000011,+919900000011")).toMatchObject({
      destinations: [number("+919900000011")],
      findings: [
        { rule: "RES-4", path: "numbers[0]" },
        { rule: "RES-24", path: "numbers[1]" },
        { rule: "RES-26", path: "numbers[2]" },
      ],
    });
  });

  it("APP-7, REQ-8: 100 numbers are taken, 101 are invalid", () => {
    const list = (count: number) => Array.from({ length: count }, (_, i) => `+9199000${10_000 + i}`).join(",");
    expect(whom(`${list(100)},`)).toMatchObject({ usable: true, findings: [] });
    expect(whom(list(101))).toEqual({
      usable: false,
      result: "invalid",
      findings: [
        {
          level: "error",
          rule: "REQ-8",
          path: "",
          found: "101 numbers",
          allowed: "at most 100 numbers",
          consequence: "it cannot be used",
          message: "The answer holds 101 numbers; allowed is at most 100 numbers: it cannot be used.",
        },
      ],
    });
  });

  it("APP-7: what is not text/plain, or not 200, dials nobody", () => {
    expect(validateDialWhomText(html("<p>09900000011</p>"), ACCOUNT)).toEqual(wrongType("APP-7", "text/plain"));
    expect(validateDialWhomText(json("+919900000011"), ACCOUNT)).toMatchObject({ usable: false });
    expect(validateDialWhomText(NOT_FOUND, ACCOUNT)).toMatchObject({ usable: false, result: "http_error" });
  });

  it("APP-7: any text is verdict without throwing", () => {
    fc.assert(
      fc.property(anyText, (body) => {
        const verdict = whom(body);
        expect(verdict.findings.some((finding) => finding.level === "error")).toBe(!verdict.usable);
      }),
    );
  });
});

describe("Greeting", () => {
  const greet = (body: string) => validateGreetingText(text(body));
  const audio = (value: string) => ({ kind: "audio_url", value });

  it("APP-1: a text is spoken, its lines trimmed", () => {
    expect(greet("\n Hello and welcome \r\n\r to Acme\n")).toEqual({
      usable: true,
      prompts: [{ kind: "text", value: "Hello and welcome\nto Acme" }],
      audioUrls: [],
      findings: [],
    });
  });

  it("APP-1: audio URLs one a line are played in order and checked once each", () => {
    expect(greet("https://h/a.wav\r\n https://h/b.wav \n\nhttps://h/a.wav")).toEqual({
      usable: true,
      prompts: [audio("https://h/a.wav"), audio("https://h/b.wav"), audio("https://h/a.wav")],
      audioUrls: ["https://h/a.wav", "https://h/b.wav"],
      findings: [],
    });
  });

  it("APP-1: URLs among text are spoken, with a warning", () => {
    expect(greet("Hello\nhttps://h/a.wav\nbye")).toEqual({
      usable: true,
      prompts: [{ kind: "text", value: "Hello\nhttps://h/a.wav\nbye" }],
      audioUrls: [],
      findings: [
        {
          level: "warning",
          rule: "APP-1",
          path: "",
          found: "1 URLs in 3 lines",
          allowed: "a text, or audio URLs one a line",
          consequence: "all of it is spoken as text",
          message: "The answer holds 1 URLs in 3 lines: all of it is spoken as text.",
        },
      ],
    });
  });

  it.each(["", " \r\n\t\n"])("APP-1: nothing to say (%j) is said, with a warning", (body) => {
    expect(greet(body)).toEqual({
      usable: true,
      prompts: [],
      audioUrls: [],
      findings: [
        {
          level: "warning",
          rule: "APP-1",
          path: "",
          found: "nothing",
          allowed: "a text, or audio URLs one a line",
          consequence: "nothing is said",
          message: "The answer is empty: nothing is said.",
        },
      ],
    });
  });

  it("APP-1: twenty URLs are played, more are left out with a warning", () => {
    const urls = (count: number) => Array.from({ length: count }, (_, i) => `https://h/${i}.wav`);
    expect(greet(urls(20).join("\n"))).toMatchObject({ audioUrls: urls(20), findings: [] });
    expect(greet(urls(21).join("\n"))).toEqual({
      usable: true,
      prompts: urls(20).map(audio),
      audioUrls: urls(20),
      findings: [
        {
          level: "warning",
          rule: "APP-1",
          path: "",
          found: "21 audio URLs",
          allowed: "at most 20 audio URLs",
          consequence: "the rest is left out",
          message: "The answer holds 21 audio URLs: the rest is left out.",
        },
      ],
    });
  });

  it("APP-1: what is not text/plain, or not 200, is skipped", () => {
    expect(validateGreetingText(html("Hello"))).toEqual(wrongType("APP-1", "text/plain"));
    expect(validateGreetingText(NOT_FOUND)).toMatchObject({ usable: false, result: "http_error" });
  });

  it("APP-1: any text is verdict without throwing", () => {
    fc.assert(
      fc.property(anyText, (body) => {
        expect(greet(body).usable).toBe(true);
      }),
    );
  });
});

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
  ])("APP-5, RES-6: %j is taken by its text, with a warning", (select, read) => {
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
    [{}, "select missing"],
    [{ select: "" }, 'select ""'],
    [{ select: null }, "select null"],
    [{ select: ["vip"] }, "select an array of 1"],
    [[], "an empty array"],
    ["vip", '"vip"'],
    [null, "null"],
  ])("APP-5: %j selects nothing", (body, found) => {
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

  it("APP-5: what is no JSON, of another type, or not 200 selects nothing", () => {
    expect(validateSwitchAnswer(text("vip"))).toMatchObject({
      usable: false,
      findings: [{ rule: "RES-1", allowed: "JSON" }],
    });
    expect(validateSwitchAnswer(html('{"select":"vip"}'))).toEqual(
      wrongType("APP-5", "text/plain or application/json"),
    );
    expect(validateSwitchAnswer(NOT_FOUND)).toMatchObject({ usable: false, result: "http_error" });
  });

  it("APP-5: any text is verdict without throwing", () => {
    fc.assert(
      fc.property(anyText, (body) => {
        const verdict = validateSwitchAnswer(text(body));
        expect(verdict.findings.some((finding) => finding.level === "error")).toBe(!verdict.usable);
      }),
    );
  });
});
