import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { json } from "../../../test/fixtures/contract.ts";
import type { ValidationMode } from "./fields.ts";
import {
  effectiveGather,
  validateGatherAnswer,
  validateGatherBody,
  type GatherAnswer,
  type GatherVerdict,
} from "./gather-answer.ts";

const PROMPT = { gather_prompt: { text: "Enter your code" } };
const PROMPTS = "an object with text, or with audio_url (http or https)";

const validate = (fields: object, mode: ValidationMode = "strict"): GatherVerdict =>
  validateGatherAnswer(json({ ...PROMPT, ...fields }), mode);

function usable(verdict: GatherVerdict): Extract<GatherVerdict, { usable: true }> {
  if (!verdict.usable) throw new Error(JSON.stringify(verdict.findings));
  return verdict;
}

const DEFAULTS: GatherAnswer = {
  prompt: { kind: "text", value: "Enter your code" },
  maxInputDigits: 255,
  finishOnKey: "#",
  inputTimeoutS: 5,
  repeatMenu: 0,
  repeatPrompt: null,
};

describe("a Gather's answer", () => {
  it("APP-2: a prompt is enough", () => {
    expect(validate({})).toEqual({ usable: true, answer: DEFAULTS, audioUrls: [], findings: [] });
    expect(validateGatherBody(PROMPT, "strict")).toEqual(validate({}));
  });

  it("APP-2: takes every field as given", () => {
    const verdict = validate({
      gather_prompt: { audio_url: "https://h/a.wav" },
      max_input_digits: 4,
      finish_on_key: "*",
      input_timeout: 10,
      repeat_menu: 2,
      repeat_gather_prompt: { audio_url: "https://h/b.wav" },
    });
    expect(verdict).toEqual({
      usable: true,
      answer: {
        prompt: { kind: "audio_url", value: "https://h/a.wav" },
        maxInputDigits: 4,
        finishOnKey: "*",
        inputTimeoutS: 10,
        repeatMenu: 2,
        repeatPrompt: { kind: "audio_url", value: "https://h/b.wav" },
      },
      audioUrls: ["https://h/a.wav", "https://h/b.wav"],
      findings: [],
    });
  });

  it("APP-2: one audio in both prompts is checked once", () => {
    const prompt = { audio_url: "https://h/a.wav" };
    expect(usable(validate({ gather_prompt: prompt, repeat_gather_prompt: prompt })).audioUrls).toEqual([
      "https://h/a.wav",
    ]);
  });

  it.each([
    [undefined, "missing"],
    [null, "null"],
    ["Hi", '"Hi"'],
    [{}, "an object"],
    [{ text: "" }, "an object"],
    [{ text: " " }, "an object"],
    [{ text: 5 }, "an object"],
    [{ text: 5, audio_url: "https://h/a.wav" }, "an object"],
    [{ audio_url: "/a.wav" }, "an object"],
    [{ audio_url: 5 }, "an object"],
  ])("APP-2: without a prompt (%j) it is invalid in either mode", (gather_prompt, found) => {
    for (const mode of ["strict", "lenient"] as const) {
      expect(validate({ gather_prompt }, mode)).toEqual({
        usable: false,
        result: "invalid",
        findings: [
          {
            level: "error",
            rule: "APP-2",
            path: "gather_prompt",
            found,
            allowed: PROMPTS,
            consequence: "the answer is invalid",
            message: `gather_prompt is ${found}; allowed is ${PROMPTS}: the answer is invalid.`,
          },
        ],
      });
    }
  });

  it("APP-2: a wrong repeat_gather_prompt is invalid; lenient repeats the first", () => {
    const strict = validate({ repeat_gather_prompt: {} });
    expect(strict.usable).toBe(false);
    expect(strict.findings.map((each) => each.message)).toEqual([
      `repeat_gather_prompt is an object; allowed is ${PROMPTS}: the answer is invalid.`,
    ]);
    const lenient = usable(validate({ repeat_gather_prompt: {} }, "lenient"));
    expect(lenient.answer).toEqual(DEFAULTS);
    expect(lenient.findings.map(({ rule, consequence }) => [rule, consequence])).toEqual([
      ["APP-2", "gather_prompt is repeated"],
    ]);
  });

  it("APP-2: with text and audio the text is used, with a warning", () => {
    const verdict = usable(validate({ gather_prompt: { text: "Hi", audio_url: "https://h/a.wav" } }));
    expect(verdict.answer.prompt).toEqual({ kind: "text", value: "Hi" });
    expect(verdict.findings).toEqual([
      {
        level: "warning",
        rule: "APP-2",
        path: "gather_prompt",
        found: "text and audio_url",
        allowed: "one of them",
        consequence: "text is used",
        message: "gather_prompt is text and audio_url; allowed is one of them: text is used.",
      },
    ]);
  });

  it("APP-2: a text that is a URL is played", () => {
    const verdict = usable(validate({ gather_prompt: { text: " https://h/a.wav " } }));
    expect(verdict.answer.prompt).toEqual({ kind: "audio_url", value: "https://h/a.wav" });
    expect(verdict.audioUrls).toEqual(["https://h/a.wav"]);
  });

  it.each([
    ["max_input_digits", 1, 255, 255, (answer: GatherAnswer) => answer.maxInputDigits],
    ["input_timeout", 1, 600, 5, (answer: GatherAnswer) => answer.inputTimeoutS],
    ["repeat_menu", 0, 20, 0, (answer: GatherAnswer) => answer.repeatMenu],
  ] as const)("APP-2: %s is taken from %i to %i", (key, min, max, fallback, read) => {
    for (const value of [min, max]) expect(read(usable(validate({ [key]: value })).answer)).toBe(value);
    for (const [value, clamped] of [
      [min - 1, fallback],
      [max + 1, max],
      ["x", fallback],
    ] as const) {
      const { usable: ok, findings } = validate({ [key]: value });
      expect(ok).toBe(false);
      expect(findings.map(({ rule, path, allowed }) => [rule, path, allowed])).toEqual([
        ["RES-5", key, `a whole number from ${min} to ${max} (APP-2)`],
      ]);
      expect(read(usable(validate({ [key]: value }, "lenient")).answer)).toBe(clamped);
    }
  });

  it.each(["0", "9", "*", "#", ""])("APP-2: finish_on_key may be %j", (key) => {
    expect(usable(validate({ finish_on_key: key })).answer.finishOnKey).toBe(key);
  });

  it.each([
    ["##", '"##"'],
    ["a", '"a"'],
    [5, "5"],
    [" ", '" "'],
    ["1\n", String.raw`"1\n"`],
  ])("APP-2: finish_on_key %j is invalid; lenient takes #", (key, found) => {
    const allowed = 'one of 0-9, * and #, or "" for none (APP-2)';
    expect(validate({ finish_on_key: key })).toMatchObject({
      usable: false,
      findings: [{ rule: "RES-5", path: "finish_on_key", found, allowed }],
    });
    const lenient = usable(validate({ finish_on_key: key }, "lenient"));
    expect(lenient.answer.finishOnKey).toBe("#");
    expect(lenient.findings[0]?.consequence).toBe("# is used instead");
  });

  it.each([
    [{ max_digits: 1 }, "max_digits", "max_input_digits"],
    [{ timeout: 1 }, "timeout", "input_timeout"],
    [{ gather_prompt: { text: "x", txt: 1 } }, "gather_prompt.txt", "gather_prompt.text"],
    [
      { repeat_gather_prompt: { text: "x", audioUrl: 1 } },
      "repeat_gather_prompt.audioUrl",
      "repeat_gather_prompt.audio_url",
    ],
  ])("RES-7: unknown keys of a Gather are named: %j", (fields, path, nearest) => {
    const verdict = usable(validate(fields));
    expect(verdict.findings.map(({ rule, path, allowed }) => [rule, path, allowed])).toEqual([
      ["RES-7", path, nearest],
    ]);
  });

  it.each(["max_input_digits", "finish_on_key", "input_timeout", "repeat_menu", "repeat_gather_prompt"])(
    "C2, RES-28: %s null takes the default, with a warning, in both modes",
    (key) => {
      for (const mode of ["strict", "lenient"] as const) {
        const verdict = usable(validate({ [key]: null }, mode));
        expect(verdict.answer).toEqual(DEFAULTS);
        expect(verdict.findings).toMatchObject([{ level: "warning", rule: "RES-28", path: key }]);
      }
    },
  );

  it("C2, RES-28: null beside the other half of a prompt is left out; no prompt at all is still invalid", () => {
    const both = { gather_prompt: { text: null, audio_url: "https://h/a.wav" } };
    const verdict = usable(validate(both));
    expect(verdict.answer.prompt).toEqual({ kind: "audio_url", value: "https://h/a.wav" });
    expect(verdict.findings).toMatchObject([{ rule: "RES-28", path: "gather_prompt.text" }]);
    expect(validate({ gather_prompt: { text: null, audio_url: null } }).usable).toBe(false);
    expect(validate({ gather_prompt: null }).usable).toBe(false);
  });

  it.each([null, [], "x"])("RES-1: %j is not an object", (body) => {
    expect(validateGatherBody(body, "strict")).toMatchObject({
      usable: false,
      result: "invalid",
      findings: [{ rule: "RES-1", allowed: "a JSON object" }],
    });
  });

  it("RES-1: a request that failed gives no answer", () => {
    const refused = validateGatherAnswer({ ok: false, reason: "refused", detail: "" }, "strict");
    expect(refused).toMatchObject({ usable: false, result: "unreachable" });
  });

  it("RES-9: any JSON gets a verdict without throwing, with the reason if it is unusable", () => {
    const key = fc.constantFrom(
      "gather_prompt",
      "max_input_digits",
      "finish_on_key",
      "input_timeout",
      "repeat_gather_prompt",
      "text",
      "audio_url",
    );
    const body = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(key, fc.oneof(fc.jsonValue(), fc.dictionary(key, fc.jsonValue()))),
    );
    fc.assert(
      fc.property(body, fc.constantFrom<ValidationMode>("strict", "lenient"), (value, mode) => {
        const verdict = validateGatherAnswer(json(value), mode);
        expect(verdict.findings.some((finding) => finding.level === "error")).toBe(!verdict.usable);
      }),
    );
  });
});

describe("effectiveGather", () => {
  it("APP-2: shows every default, and no credentials", () => {
    expect(effectiveGather(DEFAULTS)).toEqual({
      gather_prompt: { text: "Enter your code" },
      max_input_digits: 255,
      finish_on_key: "#",
      input_timeout: 5,
      repeat_menu: 0,
      repeat_gather_prompt: null,
    });
    const repeatPrompt = { kind: "audio_url", value: "https://u:p@h/a.wav" } as const;
    expect(effectiveGather({ ...DEFAULTS, prompt: { kind: "text", value: "to a@b" }, repeatPrompt })).toMatchObject({
      gather_prompt: { text: "to a@b" },
      repeat_gather_prompt: { audio_url: "https://***@h/a.wav" },
    });
  });
});
