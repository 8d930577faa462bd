import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ACCOUNT, json, text } from "../../../test/fixtures/contract.ts";
import type { HttpOutcome } from "./http.ts";
import { validateDialWhomText, validateGreetingText } from "./text-answers.ts";

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
  const validate = (body: string) => validateDialWhomText(text(body), ACCOUNT);
  const number = (e164: string) => ({ kind: "number", e164 });

  it("APP-7: one number is dialled", () => {
    expect(validate("+919900000011")).toEqual({ usable: true, destinations: [number("+919900000011")], findings: [] });
  });

  it("APP-7: several are separated by commas; spaces and empty entries do not count", () => {
    expect(validate(" +919900000011 ,\n+919900000012,, sip:anil,\n")).toMatchObject({
      destinations: [number("+919900000011"), number("+919900000012"), { kind: "sip", user: "anil", host: null }],
      findings: [{ rule: "RES-24", path: "numbers[2]" }],
    });
  });

  it("APP-7: an empty text dials nobody, without a finding", () => {
    expect(validate("")).toEqual({ usable: true, destinations: [], findings: [] });
    expect(validate(" \n")).toEqual({ usable: true, destinations: [], findings: [] });
  });

  it("APP-7, RES-4, RES-26: entries are validated as in a JSON answer", () => {
    expect(validate("abc,09900000011,+919900000011")).toMatchObject({
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
    expect(validate(`${list(100)},`)).toMatchObject({ usable: true, findings: [] });
    expect(validate(list(101))).toEqual({
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

  it.each([
    ["a JSON text", json("09900000011"), "numbers[0]"],
    ["a JSON list", json(["+919900000011"]), null],
    ["a JSON integer", json(9_900_000_011), "numbers[0]"],
    ["a JSON text as text/plain", text('"+919900000011"'), null],
    ["a JSON list as text/plain", text('["+919900000011"]'), null],
    ["plain text labelled application/json", { ...json(""), body: "+919900000011\n" }, null],
  ])("C10, APP-7: %s is dialled, with a warning", (_, outcome, path) => {
    const verdict = validateDialWhomText(outcome, ACCOUNT);
    expect(verdict).toMatchObject({ usable: true, destinations: [number("+919900000011")] });
    const [first, ...others] = verdict.findings;
    expect(first).toMatchObject({ level: "warning", rule: "APP-7", path: "" });
    expect(others.map((finding) => finding.path)).toEqual(path === null ? [] : [path]);
  });

  it.each(["\n", "\r\n", "\r", ",\n", " , "])(
    "C10, APP-7: numbers may be separated by %j, without a warning",
    (separator) => {
      expect(validate(["+919900000011", "+919900000012"].join(separator))).toEqual({
        usable: true,
        destinations: [number("+919900000011"), number("+919900000012")],
        findings: [],
      });
    },
  );

  it("C10, APP-7: commas and lines separate inside a JSON text and its list too", () => {
    const both = { destinations: [number("+919900000011"), number("+919900000012"), number("+919900000013")] };
    expect(validateDialWhomText(json("+919900000011,+919900000012\n+919900000013"), ACCOUNT)).toMatchObject(both);
    expect(validateDialWhomText(json(["+919900000011,+919900000012", "+919900000013"]), ACCOUNT)).toMatchObject(both);
  });

  it.each([
    [{ numbers: ["+919900000011"] }, "an object"],
    [null, "null"],
    [true, "true"],
  ])("APP-7: JSON %j names no destination, and the finding says what is allowed", (body, found) => {
    expect(validateDialWhomText(json(body), ACCOUNT)).toMatchObject({
      usable: false,
      result: "invalid",
      findings: [
        {
          level: "error",
          rule: "APP-7",
          message: `The answer is JSON (${found}); allowed is one number, or several separated by commas or lines, as text/plain: it cannot be used.`,
        },
      ],
    });
  });

  it("APP-7: an answer that is not text/plain, or not 200, dials nobody", () => {
    expect(validateDialWhomText(html("<p>09900000011</p>"), ACCOUNT)).toEqual(wrongType("APP-7", "text/plain"));
    expect(validateDialWhomText(NOT_FOUND, ACCOUNT)).toMatchObject({ usable: false, result: "http_error" });
  });

  it("APP-7: any text gets a verdict without throwing", () => {
    fc.assert(
      fc.property(anyText, (body) => {
        const verdict = validate(body);
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

  it("APP-1: audio URLs, one per line, are played in order and checked once each", () => {
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
          found: "1 URL in 3 lines",
          allowed: "a text, or audio URLs, one per line",
          consequence: "all of it is spoken as text",
          message: "The answer holds 1 URL in 3 lines: all of it is spoken as text.",
        },
      ],
    });
  });

  it.each(["", " \r\n\t\n"])("APP-1: an empty text (%j) skips the greeting, with a warning", (body) => {
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
          allowed: "a text, or audio URLs, one per line",
          consequence: "nothing is played",
          message: "The answer is empty: nothing is played.",
        },
      ],
    });
  });

  it("APP-1: twenty URLs are played, the others are left out with a warning", () => {
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
          consequence: "the others are left out",
          message: "The answer holds 21 audio URLs: the others are left out.",
        },
      ],
    });
  });

  it.each([
    ["a JSON text", json("Hello\nand welcome"), [{ kind: "text", value: "Hello\nand welcome" }]],
    ["a JSON text that is a URL", json("https://h/a.wav"), [audio("https://h/a.wav")]],
    [
      "a JSON list of URLs",
      json(["https://h/a.wav", "https://h/b.wav"]),
      [audio("https://h/a.wav"), audio("https://h/b.wav")],
    ],
    ["a JSON text as text/plain", text('"Hello"'), [{ kind: "text", value: "Hello" }]],
    ["plain text labelled application/json", { ...json(""), body: "Hello" }, [{ kind: "text", value: "Hello" }]],
  ])("C10, APP-1: %s is played, with a warning", (_, outcome, prompts) => {
    const verdict = validateGreetingText(outcome);
    expect(verdict).toMatchObject({ usable: true, prompts });
    expect(verdict.findings).toMatchObject([{ level: "warning", rule: "APP-1", path: "" }]);
  });

  it("APP-1: a JSON object skips the greeting, and the finding says what is allowed", () => {
    expect(validateGreetingText(json({ text: "Hello" }))).toMatchObject({
      usable: false,
      findings: [{ rule: "APP-1", found: "JSON (an object)" }],
    });
  });

  it("APP-1: a text that only begins like JSON is spoken as it is", () => {
    expect(greet('"Hello", she said')).toMatchObject({
      prompts: [{ kind: "text", value: '"Hello", she said' }],
      findings: [],
    });
  });

  it("APP-1: an answer that is not text/plain, or not 200, is skipped", () => {
    expect(validateGreetingText(html("Hello"))).toEqual(wrongType("APP-1", "text/plain"));
    expect(validateGreetingText(NOT_FOUND)).toMatchObject({ usable: false, result: "http_error" });
  });

  it("APP-1: any text gets a verdict without throwing", () => {
    fc.assert(
      fc.property(anyText, (body) => {
        const verdict = greet(body);
        expect(verdict.findings.some((finding) => finding.level === "error")).toBe(!verdict.usable);
      }),
    );
  });
});
