import { describe, expect, it } from "vitest";
import { ACCOUNT, EXOPHONE } from "../../../test/fixtures/contract.ts";
import { validateConnectAnswer, type ConnectVerdict } from "./answer.ts";
import type { HttpOutcome } from "./http.ts";
import { readResponse } from "./http-response.ts";

const NUMBERS = { numbers: ["+919900000011"] };
const messages = (verdict: ConnectVerdict) => verdict.findings.map((finding) => finding.message);

describe("an answer that cannot be used", () => {
  const validateOutcome = (outcome: HttpOutcome) => validateConnectAnswer(outcome, ACCOUNT, EXOPHONE, "lenient");
  const body = JSON.stringify({ destination: NUMBERS });

  it.each([100, 199, 201, 204, 206, 299, 400, 401, 403, 404, 410, 429, 500, 503])(
    "RES-1: status %i is a failure, no matter what the body is",
    (status) => {
      expect(validateOutcome({ ok: true, status, contentType: "application/json", body })).toEqual({
        usable: false,
        result: "http_error",
        findings: [
          {
            level: "error",
            rule: "RES-1",
            path: "",
            found: `status ${status}`,
            allowed: "status 200",
            consequence: "it cannot be used",
            message: `The answer has status ${status}; only 200 is usable: it cannot be used.`,
          },
        ],
      });
    },
  );

  it.each([300, 301, 302, 304, 307, 399])("REQ-5: status %i is a failure, redirects are not followed", (status) => {
    expect(validateOutcome({ ok: true, status, contentType: "application/json", body })).toEqual({
      usable: false,
      result: "http_error",
      findings: [
        {
          level: "error",
          rule: "REQ-5",
          path: "",
          found: `status ${status}`,
          allowed: "status 200",
          consequence: "it cannot be used",
          message: `The answer is a redirect (status ${status}); redirects are not followed: it cannot be used.`,
        },
      ],
    });
  });

  it("REQ-6: no complete answer in time is a timeout", () => {
    expect(validateOutcome({ ok: false, reason: "timeout", detail: "after 5000 ms" })).toEqual({
      usable: false,
      result: "timeout",
      findings: [
        {
          level: "error",
          rule: "REQ-6",
          path: "",
          found: "a timeout",
          allowed: "a complete answer within 5 s",
          consequence: "it cannot be used",
          message: "The answer was not complete within 5 s: it cannot be used.",
        },
      ],
    });
  });

  it.each([
    ["refused", "the connection was refused"],
    ["dns", "the host name does not resolve"],
    ["tls", "TLS failed"],
    ["reset", "the connection broke"],
    ["blocked", "the platform may not call this address"],
    ["bad_url", "the URL is malformed"],
  ] as const)("RES-1: %s means unreachable", (reason, words) => {
    expect(validateOutcome({ ok: false, reason, detail: "x.example" })).toEqual({
      usable: false,
      result: "unreachable",
      findings: [
        {
          level: "error",
          rule: "RES-1",
          path: "",
          found: reason,
          allowed: "status 200",
          consequence: "it cannot be used",
          message: `The answer did not arrive: ${words} (x.example): it cannot be used.`,
        },
      ],
    });
    const silent = validateOutcome({ ok: false, reason, detail: "" });
    expect(messages(silent)).toEqual([`The answer did not arrive: ${words}: it cannot be used.`]);
  });

  const tooLarge = {
    usable: false,
    result: "invalid",
    findings: [
      {
        level: "error",
        rule: "REQ-8",
        path: "",
        found: "more than 64 KiB",
        allowed: "at most 64 KiB",
        consequence: "it cannot be used",
        message: "The answer is larger than 64 KiB: it cannot be used.",
      },
    ],
  };

  it("REQ-8: a body of 64 KiB is accepted, one byte more is invalid", () => {
    const exact: HttpOutcome = { ok: true, status: 200, contentType: "application/json", body: body.padEnd(65_536) };
    expect(validateOutcome(exact).usable).toBe(true);
    expect(validateOutcome({ ...exact, body: `${exact.body} ` })).toEqual(tooLarge);
    const wide = `{"destination":{"numbers":[]},"x":"${"€".repeat(21_832)}"}`;
    expect(Buffer.byteLength(wide)).toBe(65_533);
    expect(validateOutcome({ ...exact, body: `${wide}   ` }).usable).toBe(true);
    expect(validateOutcome({ ...exact, body: `${wide}    ` })).toEqual(tooLarge);
  });

  it("REQ-8: an answer that was cut at the limit is invalid", () => {
    expect(validateOutcome({ ok: false, reason: "too_large", detail: "" })).toEqual(tooLarge);
  });

  it.each([
    [null, "no Content-Type"],
    ["text/html", 'Content-Type "text/html"'],
    ["text/plain", 'Content-Type "text/plain"'],
    ["application/jsonp", 'Content-Type "application/jsonp"'],
    ["", 'Content-Type ""'],
  ])("RES-1: Content-Type %j is not JSON, in either mode", (contentType, found) => {
    const outcome: HttpOutcome = { ok: true, status: 200, contentType, body };
    const wanted = {
      usable: false,
      result: "invalid",
      findings: [
        {
          level: "error",
          rule: "RES-1",
          path: "",
          found,
          allowed: "application/json",
          consequence: "it cannot be used",
          message: `The answer has ${found}; allowed is application/json: it cannot be used.`,
        },
      ],
    };
    expect(validateConnectAnswer(outcome, ACCOUNT, EXOPHONE, "strict")).toEqual(wanted);
    expect(validateConnectAnswer(outcome, ACCOUNT, EXOPHONE, "lenient")).toEqual(wanted);
  });

  it.each(["application/vnd.api+json", "application/problem+json; charset=utf-8"])(
    "RES-5: %s is read as JSON in lenient mode only",
    (contentType) => {
      const outcome: HttpOutcome = { ok: true, status: 200, contentType, body };
      expect(validateConnectAnswer(outcome, ACCOUNT, EXOPHONE, "strict").usable).toBe(false);
      const verdict = validateOutcome(outcome);
      expect(verdict.usable).toBe(true);
      const found = `Content-Type "${contentType.split(";")[0]}"`;
      expect(verdict.findings).toEqual([
        {
          level: "warning",
          rule: "RES-5",
          path: "",
          found,
          allowed: "application/json",
          consequence: "it is read as JSON",
          message: `The answer has ${found}; allowed is application/json: it is read as JSON.`,
        },
      ]);
    },
  );

  it.each(["application/+json", "text/x+json", "application/x+jsonp", "xapplication/x+json", "application/a/b+json"])(
    "RES-1: %s is not a kind of JSON",
    (contentType) => {
      expect(validateOutcome({ ok: true, status: 200, contentType, body }).usable).toBe(false);
    },
  );

  it.each([
    ["Text/Plain ; charset=utf-8", "text/plain"],
    ["text/plain", "text/plain"],
    [";charset=utf-8", ""],
    [null, ""],
  ])("RES-1: the media type of Content-Type %j is %j", (contentType, mediaType) => {
    expect(readResponse({ ok: true, status: 200, contentType, body })).toMatchObject({ usable: true, mediaType });
  });

  it.each(["", "{", "hello", "{'a':1}", "undefined"])("RES-1: the body %j is not JSON", (text) => {
    const found = JSON.stringify(text);
    expect(validateOutcome({ ok: true, status: 200, contentType: "application/json", body: text })).toEqual({
      usable: false,
      result: "invalid",
      findings: [
        {
          level: "error",
          rule: "RES-1",
          path: "",
          found,
          allowed: "JSON",
          consequence: "it cannot be used",
          message: `The answer is ${found}, which is not JSON: it cannot be used.`,
        },
      ],
    });
  });

  it.each([
    ["null", "null"],
    ["[]", "an empty array"],
    ["[1,2]", "an array of 2"],
    ['"x"', '"x"'],
    ["true", "true"],
    ["1.5", "1.5"],
  ])("RES-1: the JSON value %s is not an object", (text, found) => {
    const verdict = validateOutcome({ ok: true, status: 200, contentType: "application/json", body: text });
    expect(verdict.usable ? "" : verdict.result).toBe("invalid");
    expect(verdict.findings.map(({ level, rule, path }) => [level, rule, path])).toEqual([["error", "RES-1", ""]]);
    expect(messages(verdict)).toEqual([`The answer is ${found}; allowed is a JSON object: it cannot be used.`]);
  });

  it("RES-9: a long body is shown shortened to 80 characters", () => {
    const shown = (length: number) =>
      validateOutcome({ ok: true, status: 200, contentType: "application/json", body: "x".repeat(length) }).findings[0]
        ?.found;
    expect(shown(80)).toBe(`"${"x".repeat(80)}"`);
    expect(shown(81)).toBe(`"${"x".repeat(80)}…"`);
  });
});
