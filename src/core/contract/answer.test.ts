import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ACCOUNT, EXOPHONE, json } from "../../../test/fixtures/contract.ts";
import {
  effectiveAnswer,
  validateConnectAnswer,
  validateConnectBody,
  readRinging,
  withoutAudio,
  type ConnectAnswer,
  type Finding,
  type ValidationMode,
  type ConnectVerdict,
} from "./answer.ts";
import type { Exophone } from "./account.ts";
import type { HttpOutcome } from "./http.ts";

const NUMBERS = { numbers: ["+919900000011"] };
const URL_OK = "https://cdn.example/a.wav";

/** The verdict on `fields` together with a good destination. */
function validate(fields: Readonly<Record<string, unknown>>, mode: ValidationMode = "strict"): ConnectVerdict {
  return validateConnectAnswer(json({ destination: NUMBERS, ...fields }), ACCOUNT, EXOPHONE, mode);
}

function usable(verdict: ConnectVerdict): Extract<ConnectVerdict, { usable: true }> {
  if (!verdict.usable) throw new Error(JSON.stringify(verdict.findings));
  return verdict;
}

function answerOf(fields: Readonly<Record<string, unknown>>, mode: ValidationMode = "strict"): ConnectAnswer {
  return usable(validate(fields, mode)).answer;
}

const brief = (findings: readonly Finding[]) => findings.map(({ level, rule, path }) => [level, rule, path]);
const messages = (verdict: ConnectVerdict) => verdict.findings.map((finding) => finding.message);

const DEFAULTS: ConnectAnswer = {
  fetchAfterAttempt: false,
  destinations: [{ kind: "number", e164: "+919900000011" }],
  outgoingPhoneNumber: null,
  record: false,
  recordingChannels: "single",
  maxRingingDurationS: 30,
  maxConversationDurationS: 900,
  musicOnHold: { type: "default_tone" },
  parallel: { activate: false, maxAttempts: 5 },
  dialEventUrl: null,
  startCallPlayback: null,
};

describe("a usable answer", () => {
  it("RES-8, RES-11: what is left out takes the default of the contract", () => {
    expect(validate({})).toEqual({ usable: true, answer: DEFAULTS, audioUrls: [], findings: [] });
  });

  it("RES-8: empty objects take the defaults of their fields", () => {
    expect(validate({ parallel_ringing: {} })).toEqual({ usable: true, answer: DEFAULTS, audioUrls: [], findings: [] });
  });

  it("RES-10 to RES-23: takes every field as given", () => {
    const verdict = validate({
      fetch_after_attempt: true,
      destination: { numbers: ["+919900000012", "+919900000011"] },
      outgoing_phone_number: "+918047100000",
      record: true,
      recording_channels: "dual",
      max_ringing_duration: 45,
      max_conversation_duration: 3600,
      music_on_hold: { type: "custom_tone", value: "https://cdn.example/hold.wav" },
      parallel_ringing: { activate: true, max_parallel_attempts: 2 },
      dial_passthru_event_url: "https://app.example/events?key=abc",
      start_call_playback: { playback_to: "both", type: "audio_url", value: URL_OK },
    });
    expect(verdict).toEqual({
      usable: true,
      answer: {
        fetchAfterAttempt: true,
        destinations: [
          { kind: "number", e164: "+919900000012" },
          { kind: "number", e164: "+919900000011" },
        ],
        outgoingPhoneNumber: "+918047100000",
        record: true,
        recordingChannels: "dual",
        maxRingingDurationS: 45,
        maxConversationDurationS: 3600,
        musicOnHold: { type: "custom_tone", url: "https://cdn.example/hold.wav" },
        parallel: { activate: true, maxAttempts: 2 },
        dialEventUrl: "https://app.example/events?key=abc",
        startCallPlayback: { to: "both", kind: "audio_url", value: URL_OK },
      },
      audioUrls: ["https://cdn.example/hold.wav", URL_OK],
      findings: [],
    });
  });

  it.each(["application/json", "Application/JSON", "application/json; charset=utf-8", " application/json ;x=y"])(
    "RES-1: %j is a Content-Type of JSON",
    (contentType) => {
      const outcome: HttpOutcome = {
        ok: true,
        status: 200,
        contentType,
        body: JSON.stringify({ destination: NUMBERS }),
      };
      expect(validateConnectAnswer(outcome, ACCOUNT, EXOPHONE, "strict").usable).toBe(true);
    },
  );
});

describe("destination", () => {
  const validateBody = (body: unknown) => validateConnectBody(body, ACCOUNT, EXOPHONE, "lenient");

  it.each([
    [{}, "missing"],
    [{ destination: null }, "null"],
    [{ destination: [] }, "an empty array"],
    [{ destination: "x" }, '"x"'],
  ])("RES-2: %j has no destination, in either mode", (body, found) => {
    const verdict = validateBody(body);
    expect(verdict).toEqual({
      usable: false,
      result: "invalid",
      findings: [
        {
          level: "error",
          rule: "RES-2",
          path: "destination",
          found,
          allowed: "an object with an array numbers",
          consequence: "the answer is invalid",
          message: `destination is ${found}; allowed is an object with an array numbers: the answer is invalid.`,
        },
      ],
    });
    expect(validateConnectBody(body, ACCOUNT, EXOPHONE, "strict")).toEqual(verdict);
  });

  it.each([
    [{}, "missing"],
    [{ numbers: null }, "null"],
    [{ numbers: "+919900000011" }, '"+919900000011"'],
    [{ numbers: {} }, "an object"],
    [{ numbers: 9_900_000_011 }, "9900000011"],
  ])("RES-2: numbers of %j is not an array", (destination, found) => {
    const verdict = validateBody({ destination });
    expect(verdict.usable).toBe(false);
    expect(brief(verdict.findings)).toEqual([["error", "RES-2", "destination.numbers"]]);
    expect(messages(verdict)).toEqual([
      `destination.numbers is ${found}; allowed is an array of strings: the answer is invalid.`,
    ]);
  });

  it("RES-3: an empty list is a valid answer that dials nobody", () => {
    const verdict = usable(validate({ destination: { numbers: [] } }));
    expect(verdict.answer.destinations).toEqual([]);
    expect(verdict.findings).toEqual([]);
  });

  it("RES-4: what cannot be dialled is skipped with a warning, the rest is dialled", () => {
    const verdict = usable(validate({ destination: { numbers: ["abc", "+919900000011", "112"] } }));
    expect(verdict.answer.destinations).toEqual([{ kind: "number", e164: "+919900000011" }]);
    expect(brief(verdict.findings)).toEqual([
      ["warning", "RES-4", "destination.numbers[0]"],
      ["warning", "RES-4", "destination.numbers[2]"],
    ]);
  });

  it("RES-4: an answer with nothing left to dial is usable", () => {
    expect(usable(validate({ destination: { numbers: ["abc"] } })).answer.destinations).toEqual([]);
  });

  it.each([
    [9_900_000_011.5, "9900000011.5"],
    [null, "null"],
    [true, "true"],
    [["+919900000011"], "an array of 1"],
    [{}, "an object"],
  ])("RES-4: an entry %j is not a string and is skipped", (entry, found) => {
    const verdict = usable(validate({ destination: { numbers: [entry] } }));
    expect(verdict.answer.destinations).toEqual([]);
    expect(verdict.findings).toEqual([
      {
        level: "warning",
        rule: "RES-4",
        path: "destination.numbers[0]",
        found,
        allowed: "a string",
        consequence: "the entry is skipped",
        message: `destination.numbers[0] is ${found}; allowed is a string: the entry is skipped.`,
      },
    ]);
  });

  it("C17, RES-24: a JSON integer is dialled as the number it must be, with a warning", () => {
    const verdict = usable(validate({ destination: { numbers: [919_900_000_011, 9_900_000_012] } }));
    expect(verdict.answer.destinations).toEqual([
      { kind: "number", e164: "+919900000011" },
      { kind: "number", e164: "+919900000012" },
    ]);
    expect(brief(verdict.findings)).toEqual([0, 1].map((i) => ["warning", "RES-24", `destination.numbers[${i}]`]));
  });

  it("RES-25: the account's own ExoPhone is skipped", () => {
    const verdict = usable(validate({ destination: { numbers: ["+918000000002", "+919900000011"] } }));
    expect(verdict.answer.destinations).toHaveLength(1);
    expect(brief(verdict.findings)).toEqual([["warning", "RES-25", "destination.numbers[0]"]]);
  });

  it("RES-26: a destination given twice is dialled once, at its first place", () => {
    const numbers = ["+919900000012", "sip:anil", "+919900000011", "09900000012", "sip:anil", "+919900000011"];
    const verdict = usable(validate({ destination: { numbers } }));
    expect(verdict.answer.destinations).toEqual([
      { kind: "number", e164: "+919900000012" },
      { kind: "sip", user: "anil", host: null },
      { kind: "number", e164: "+919900000011" },
    ]);
    const duplicates = verdict.findings.filter((finding) => finding.rule === "RES-26");
    expect(brief(duplicates)).toEqual([3, 4, 5].map((i) => ["warning", "RES-26", `destination.numbers[${i}]`]));
    expect(duplicates[0]).toEqual({
      level: "warning",
      rule: "RES-26",
      path: "destination.numbers[3]",
      found: '"09900000012"',
      allowed: "each destination once",
      consequence: "it is dialled once",
      message:
        'destination.numbers[3] is "09900000012", the same destination as destination.numbers[0]: it is dialled once.',
    });
  });

  it("RES-26: the same user at two hosts is two destinations", () => {
    const numbers = ["sip:anil", "sip:anil@pbx.example.invalid"];
    expect(answerOf({ destination: { numbers } }).destinations).toHaveLength(2);
  });

  it("REQ-8: the entries of a list that is too long are not validated one by one", () => {
    const numbers = Array.from({ length: 101 }, () => "abc");
    expect(brief(validate({ destination: { numbers } }).findings)).toEqual([["error", "REQ-8", "destination.numbers"]]);
  });

  it("REQ-8: 100 numbers are taken, 101 make the answer invalid in either mode", () => {
    const numbers = Array.from({ length: 101 }, (_, i) => `+9199000${String(10_000 + i)}`);
    expect(answerOf({ destination: { numbers: numbers.slice(1) } }).destinations).toHaveLength(100);
    for (const mode of ["strict", "lenient"] as const) {
      expect(validate({ destination: { numbers } }, mode)).toEqual({
        usable: false,
        result: "invalid",
        findings: [
          {
            level: "error",
            rule: "REQ-8",
            path: "destination.numbers",
            found: "an array of 101",
            allowed: "at most 100 numbers",
            consequence: "the answer is invalid",
            message: "destination.numbers is an array of 101; allowed is at most 100 numbers: the answer is invalid.",
          },
        ],
      });
    }
  });
});

describe("outgoing_phone_number", () => {
  const outgoing = (value: unknown, exophone = EXOPHONE) =>
    validateConnectBody({ destination: NUMBERS, outgoing_phone_number: value }, ACCOUNT, exophone, "strict");

  it.each(["+918000000002", "+918047100000", "+912200000001"])(
    "RES-12: %s is an ExoPhone that may be the caller id",
    (value) => {
      const verdict = usable(outgoing(value));
      expect(verdict.answer.outgoingPhoneNumber).toBe(value);
      expect(verdict.findings).toEqual([]);
    },
  );

  it("RES-24: an ExoPhone in another form is understood, with a warning", () => {
    const verdict = usable(outgoing("08047100000"));
    expect(verdict.answer.outgoingPhoneNumber).toBe("+918047100000");
    expect(verdict.findings).toEqual([
      {
        level: "warning",
        rule: "RES-24",
        path: "outgoing_phone_number",
        found: '"08047100000"',
        allowed: "an E.164 number",
        consequence: "it is read as +918047100000",
        message: 'outgoing_phone_number is "08047100000"; allowed is an E.164 number: it is read as +918047100000.',
      },
    ]);
  });

  it.each([
    ["abc", '"abc"', "is not a phone number"],
    ["", '""', "is not a phone number"],
    [112, "112", "is not a phone number"],
    [true, "true", "is not a phone number"],
    ["+918099999999", '"+918099999999"', "is not an ExoPhone of this account"],
    ["+911100000001", '"+911100000001"', "is in another region than leg 1's"],
  ])("DIAL-6: %j is replaced by leg 1's ExoPhone with a warning", (value, found, fault) => {
    const verdict = usable(outgoing(value));
    expect(verdict.answer.outgoingPhoneNumber).toBeNull();
    expect(verdict.findings).toEqual([
      {
        level: "warning",
        rule: "DIAL-6",
        path: "outgoing_phone_number",
        found,
        allowed: "an ExoPhone of this account in the region of leg 1's, on a trunk that reaches every destination",
        consequence: "the ExoPhone of leg 1 is used instead",
        message: `outgoing_phone_number is ${found}, which ${fault}: the ExoPhone of leg 1 is used instead.`,
      },
    ]);
  });

  it("C17, RES-24: an ExoPhone given as a JSON integer is understood, with a warning", () => {
    const verdict = usable(outgoing(918_047_100_000));
    expect(verdict.answer.outgoingPhoneNumber).toBe("+918047100000");
    expect(brief(verdict.findings)).toEqual([["warning", "RES-24", "outgoing_phone_number"]]);
  });

  it("DIAL-6: where leg 1's region is not known every ExoPhone of the account may be the caller id", () => {
    const nowhere = { ...EXOPHONE, region: null };
    expect(usable(outgoing("+911100000001", nowhere)).answer.outgoingPhoneNumber).toBe("+911100000001");
  });

  it("DIAL-6: a number on a trunk that does not reach every destination is replaced, and leg 1's own never is", () => {
    const abroad = { number: "+918047100009", region: "KA", trunk: "abroad", reaches: ["+44", "+1"] };
    const account = { ...ACCOUNT, exophones: [...ACCOUNT.exophones, abroad] };
    const shown = (destinations: readonly string[], exophone: Exophone) => {
      const body = { destination: { numbers: destinations }, outgoing_phone_number: abroad.number };
      const { answer, findings } = usable(validateConnectBody(body, account, exophone, "strict"));
      return [answer.outgoingPhoneNumber, ...findings.map(({ rule, message }) => `${rule} ${message}`)];
    };
    expect(shown(["+442071838750", "+12025550123"], EXOPHONE)).toEqual([abroad.number]);
    // A SIP user is on no trunk.
    expect(shown(["sip:anil"], EXOPHONE)[0]).toBe(abroad.number);
    expect(shown(["+442071838750", "+919900000011"], EXOPHONE)).toEqual([
      null,
      'DIAL-6 outgoing_phone_number is "+918047100009", which is on a trunk that does not reach +919900000011: the ExoPhone of leg 1 is used instead.',
    ]);
    expect(shown(["+919900000011"], abroad)).toEqual([abroad.number]);
  });

  it("DIAL-6: leg 1's own ExoPhone may be the caller id even if the account no longer lists it", () => {
    const gone = { number: "+918099999999", region: "KA", trunk: null };
    expect(usable(outgoing("+918099999999", gone)).answer.outgoingPhoneNumber).toBe("+918099999999");
  });

  it("DIAL-6: in a flow document, where leg 1 is not known, only ownership is validated", () => {
    const body = (number: string) => ({ destination: NUMBERS, outgoing_phone_number: number });
    const own = usable(validateConnectBody(body("+911100000001"), ACCOUNT, null, "strict"));
    expect(own.answer.outgoingPhoneNumber).toBe("+911100000001");
    const foreign = usable(validateConnectBody(body("+918099999999"), ACCOUNT, null, "strict"));
    expect(brief(foreign.findings)).toEqual([["warning", "DIAL-6", "outgoing_phone_number"]]);
  });
});

describe("RES-10, RES-13, RES-18: booleans", () => {
  const fields = [
    [
      "RES-10",
      "fetch_after_attempt",
      (value: unknown) => ({ fetch_after_attempt: value }),
      (a: ConnectAnswer) => a.fetchAfterAttempt,
    ],
    ["RES-13", "record", (value: unknown) => ({ record: value }), (a: ConnectAnswer) => a.record],
    [
      "RES-18",
      "parallel_ringing.activate",
      (value: unknown) => ({ parallel_ringing: { activate: value } }),
      (a: ConnectAnswer) => a.parallel.activate,
    ],
  ] as const;

  it.each(fields)("%s: %s is taken as given", (_, __, body, read) => {
    expect(validate(body(true)).findings).toEqual([]);
    expect([read(answerOf(body(true))), read(answerOf(body(false)))]).toEqual([true, false]);
  });

  it.each(fields)("RES-6, %s: %s may be in quotes, with a warning", (_, path, body, read) => {
    for (const mode of ["strict", "lenient"] as const) {
      expect([read(answerOf(body("true"), mode)), read(answerOf(body("false"), mode))]).toEqual([true, false]);
      expect(validate(body("true"), mode).findings).toEqual([
        {
          level: "warning",
          rule: "RES-6",
          path,
          found: '"true"',
          allowed: "true or false without quotes",
          consequence: "it is read as true",
          message: `${path} is "true"; allowed is true or false without quotes: it is read as true.`,
        },
      ]);
      expect(validate(body("false"), mode).findings[0]?.consequence).toBe("it is read as false");
    }
  });

  it.each(fields)("RES-5, %s: another %s is invalid; lenient takes the default", (rule, path, body, read) => {
    for (const [value, found] of [
      ["yes", '"yes"'],
      ["True", '"True"'],
      [1, "1"],
      [[], "an empty array"],
    ]) {
      const strict = validate(body(value));
      expect(strict).toEqual({
        usable: false,
        result: "invalid",
        findings: [
          {
            level: "error",
            rule: "RES-5",
            path,
            found,
            allowed: `true or false (${rule})`,
            consequence: "the answer is invalid",
            message: `${path} is ${String(found)}; allowed is true or false (${rule}): the answer is invalid.`,
          },
        ],
      });
      const lenient = usable(validate(body(value), "lenient"));
      expect(read(lenient.answer)).toBe(false);
      expect(brief(lenient.findings)).toEqual([["warning", "RES-5", path]]);
      expect(lenient.findings[0]?.consequence).toBe("false is used instead");
    }
  });
});

describe("recording_channels", () => {
  it("RES-14: single and dual are taken", () => {
    expect(answerOf({ recording_channels: "single" }).recordingChannels).toBe("single");
    expect(answerOf({ recording_channels: "dual" }).recordingChannels).toBe("dual");
  });

  it.each([
    ["stereo", '"stereo"'],
    ["Dual", '"Dual"'],
    [2, "2"],
    [false, "false"],
  ])("RES-5, RES-14: %j is invalid, even where nothing is recorded; lenient takes single", (value, found) => {
    const allowed = "single or dual (RES-14)";
    expect(validate({ recording_channels: value, record: false }).findings).toEqual([
      {
        level: "error",
        rule: "RES-5",
        path: "recording_channels",
        found,
        allowed,
        consequence: "the answer is invalid",
        message: `recording_channels is ${found}; allowed is ${allowed}: the answer is invalid.`,
      },
    ]);
    const lenient = usable(validate({ recording_channels: value }, "lenient"));
    expect(lenient.answer.recordingChannels).toBe("single");
    expect(messages(lenient)).toEqual([
      `recording_channels is ${found}; allowed is ${allowed}: single is used instead.`,
    ]);
  });
});

describe("RES-15, RES-16, RES-19: whole numbers", () => {
  const fields = [
    [
      "RES-15",
      "max_ringing_duration",
      60,
      30,
      (value: unknown) => ({ max_ringing_duration: value }),
      (a: ConnectAnswer) => a.maxRingingDurationS,
    ],
    [
      "RES-16",
      "max_conversation_duration",
      4500,
      900,
      (value: unknown) => ({ max_conversation_duration: value }),
      (a: ConnectAnswer) => a.maxConversationDurationS,
    ],
    [
      "RES-19",
      "parallel_ringing.max_parallel_attempts",
      10,
      5,
      (value: unknown) => ({ parallel_ringing: { activate: true, max_parallel_attempts: value } }),
      (a: ConnectAnswer) => a.parallel.maxAttempts,
    ],
  ] as const;

  it.each(fields)("%s: %s is taken from 1 to %i", (_, __, max, ___, body, read) => {
    for (const value of [1, 2, max - 1, max]) {
      expect(validate(body(value)).findings).toEqual([]);
      expect(read(answerOf(body(value)))).toBe(value);
    }
  });

  it.each(fields)(
    "RES-5, %s: %s outside 1 to %i is invalid; lenient lowers to the limit or takes %i",
    (rule, path, max, fallback, body, read) => {
      const allowed = `a whole number from 1 to ${max} (${rule})`;
      for (const [value, clamped] of [
        [0, fallback],
        [-5, fallback],
        [0.5, fallback],
        [max + 1, max],
        [1e300, max],
        [max + 0.5, max],
        [1.5, 1],
      ] as const) {
        expect(validate(body(value)).findings).toEqual([
          {
            level: "error",
            rule: "RES-5",
            path,
            found: String(value),
            allowed,
            consequence: "the answer is invalid",
            message: `${path} is ${value}; allowed is ${allowed}: the answer is invalid.`,
          },
        ]);
        const lenient = usable(validate(body(value), "lenient"));
        expect(read(lenient.answer)).toBe(clamped);
        expect(messages(lenient)).toEqual([`${path} is ${value}; allowed is ${allowed}: ${clamped} is used instead.`]);
      }
    },
  );

  it.each(fields)(
    "RES-5, %s: %s of another type is invalid; lenient takes the default",
    (_, path, __, fallback, body, read) => {
      for (const value of [true, "", "30s", "1.5", " 5", "0x5", [], [5], ["5"], {}, "1".repeat(16)]) {
        const strict = validate(body(value));
        expect(brief(strict.findings)).toEqual([["error", "RES-5", path]]);
        const lenient = usable(validate(body(value), "lenient"));
        expect(read(lenient.answer)).toBe(fallback);
        expect(lenient.findings.map((finding) => finding.consequence)).toEqual([`${fallback} is used instead`]);
      }
    },
  );

  it.each(fields)("RES-6, %s: %s may be in quotes, with a warning", (_, path, __, ___, body, read) => {
    for (const [text, value] of [
      ["1", 1],
      ["7", 7],
      ["+7", 7],
      ["007", 7],
    ] as const) {
      expect(read(answerOf(body(text)))).toBe(value);
      expect(validate(body(text)).findings).toEqual([
        {
          level: "warning",
          rule: "RES-6",
          path,
          found: `"${text}"`,
          allowed: "a number without quotes",
          consequence: `it is read as ${value}`,
          message: `${path} is "${text}"; allowed is a number without quotes: it is read as ${value}.`,
        },
      ]);
    }
  });

  it.each(fields)(
    "RES-6, %s: %s in quotes and out of range gets both findings",
    (_, path, max, fallback, body, read) => {
      expect(brief(validate(body("-5")).findings)).toEqual([
        ["warning", "RES-6", path],
        ["error", "RES-5", path],
      ]);
      expect(read(answerOf(body("-5"), "lenient"))).toBe(fallback);
      expect(read(answerOf(body("9".repeat(15)), "lenient"))).toBe(max);
    },
  );

  it("RES-5: NaN (in a flow document) takes the default in lenient mode", () => {
    const body = { destination: NUMBERS, max_ringing_duration: Number.NaN };
    expect(validateConnectBody(body, ACCOUNT, null, "strict").usable).toBe(false);
    expect(usable(validateConnectBody(body, ACCOUNT, null, "lenient")).answer.maxRingingDurationS).toBe(30);
  });
});

/** Expects one finding about a wrong field, in both modes. */
function expectRefused(
  body: Readonly<Record<string, unknown>>,
  rule: string,
  path: string,
  problem: string,
  consequence: string,
): ConnectAnswer {
  const strict = validate(body);
  expect(strict.usable).toBe(false);
  expect(brief(strict.findings)).toEqual([["error", rule, path]]);
  expect(messages(strict)).toEqual([`${path} ${problem}: the answer is invalid.`]);
  const lenient = usable(validate(body, "lenient"));
  expect(brief(lenient.findings)).toEqual([["warning", rule, path]]);
  expect(messages(lenient)).toEqual([`${path} ${problem}: ${consequence}.`]);
  return lenient.answer;
}

describe("music_on_hold", () => {
  const types = "default_tone, operator_tone or custom_tone (RES-17)";

  it.each(["default_tone", "operator_tone"])("RES-17: %s needs nothing more", (type) => {
    const verdict = usable(validate({ music_on_hold: { type } }));
    expect(verdict.answer.musicOnHold).toEqual({ type });
    expect(verdict.audioUrls).toEqual([]);
    expect(verdict.findings).toEqual([]);
  });

  it("RES-17: a value beside another type has no meaning, with a warning that hides its credentials", () => {
    const verdict = usable(validate({ music_on_hold: { type: "operator_tone", value: "https://u:p@h/a.wav" } }));
    expect(verdict.answer.musicOnHold).toEqual({ type: "operator_tone" });
    expect(verdict.findings).toEqual([
      {
        level: "warning",
        rule: "RES-17",
        path: "music_on_hold.value",
        found: '"https://***@h/a.wav"',
        allowed: "nothing",
        consequence: "it is ignored",
        message: "music_on_hold.value has no meaning with type operator_tone: it is ignored.",
      },
    ]);
  });

  it("RES-17: custom_tone is checked before it is used", () => {
    const verdict = usable(validate({ music_on_hold: { type: "custom_tone", value: URL_OK } }));
    expect(verdict.answer.musicOnHold).toEqual({ type: "custom_tone", url: URL_OK });
    expect(verdict.audioUrls).toEqual([URL_OK]);
  });

  it.each([
    [undefined, "is missing"],
    ["", 'is ""'],
    ["/a.wav", 'is "/a.wav"'],
    ["u:p@h/a.wav", 'is "***@h/a.wav"'],
    [7, "is 7"],
  ])("RES-17: custom_tone with value %j is invalid; lenient plays the default tone", (value, problem) => {
    const body = { music_on_hold: { type: "custom_tone", value } };
    const answer = expectRefused(
      body,
      "RES-17",
      "music_on_hold.value",
      `${problem}; allowed is an http or https URL`,
      "default_tone is used instead",
    );
    expect(answer.musicOnHold).toEqual({ type: "default_tone" });
  });

  it("RES-17: in an object the type is mandatory", () => {
    const answer = expectRefused(
      { music_on_hold: {} },
      "RES-17",
      "music_on_hold.type",
      `is missing; allowed is ${types}`,
      "default_tone is used instead",
    );
    expect(answer.musicOnHold).toEqual({ type: "default_tone" });
  });

  it.each([
    ["jazz", '"jazz"'],
    [null, "null"],
    [1, "1"],
  ])("RES-5: the type %j is unknown", (type, found) => {
    const answer = expectRefused(
      { music_on_hold: { type } },
      "RES-5",
      "music_on_hold.type",
      `is ${found}; allowed is ${types}`,
      "default_tone is used instead",
    );
    expect(answer.musicOnHold).toEqual({ type: "default_tone" });
  });

  it.each([
    ["operator_tone", '"operator_tone"'],
    [[], "an empty array"],
    [false, "false"],
  ])("RES-5: music_on_hold %j is not an object", (music, found) => {
    const problem = `is ${found}; allowed is an object with type (RES-17)`;
    const answer = expectRefused(
      { music_on_hold: music },
      "RES-5",
      "music_on_hold",
      problem,
      "default_tone is used instead",
    );
    expect(answer.musicOnHold).toEqual({ type: "default_tone" });
  });
});

describe("parallel_ringing", () => {
  it.each([
    [true, "true"],
    [[], "an empty array"],
    ["on", '"on"'],
  ])("RES-5, RES-18: %j is not an object; lenient turns it off", (value, found) => {
    const problem = `is ${found}; allowed is an object (RES-18)`;
    const answer = expectRefused(
      { parallel_ringing: value },
      "RES-5",
      "parallel_ringing",
      problem,
      "parallel ringing is off",
    );
    expect(answer.parallel).toEqual({ activate: false, maxAttempts: 5 });
  });

  it.each([
    {},
    { max_ringing_duration: 12, parallel_ringing: { activate: true, max_parallel_attempts: 3 } },
    { max_ringing_duration: "90", parallel_ringing: { activate: "true", max_parallel_attempts: 0 } },
    { max_ringing_duration: 0, parallel_ringing: true },
  ])(
    "RES-15, RES-18, RES-19: ring limit and parallel ringing are read on their own as in a whole answer: %j",
    (body) => {
      const { maxRingingDurationS, parallel } = answerOf(body, "lenient");
      expect(readRinging(body)).toEqual({ maxRingingDurationS, parallel });
    },
  );

  it.each([
    [{ activate: false, max_parallel_attempts: 0 }, 0, 5],
    [{ activate: "false", max_parallel_attempts: 11 }, 11, 10],
    [{ max_parallel_attempts: 0 }, 0, 5],
    [{ activate: null, max_parallel_attempts: -1 }, -1, 5],
  ])("C3, RES-29: %j is off, so its other mistakes are warnings in both modes", (parallel, found, maxAttempts) => {
    for (const mode of ["strict", "lenient"] as const) {
      const verdict = usable(validate({ parallel_ringing: parallel }, mode));
      expect(verdict.answer.parallel).toEqual({ activate: false, maxAttempts });
      expect(verdict.findings.at(-1)).toMatchObject({
        level: "warning",
        rule: "RES-29",
        path: "parallel_ringing.max_parallel_attempts",
        found: String(found),
      });
    }
  });

  it("RES-5, RES-29: activate itself is still validated, and what is on is too", () => {
    expect(validate({ parallel_ringing: { activate: "off", max_parallel_attempts: 3 } }).usable).toBe(false);
    expect(validate({ parallel_ringing: { activate: true, max_parallel_attempts: 0 } }).usable).toBe(false);
  });
});

describe("dial_passthru_event_url", () => {
  it("RES-20: an http(s) URL keeps its credentials", () => {
    expect(answerOf({ dial_passthru_event_url: "http://u:p@h/e" }).dialEventUrl).toBe("http://u:p@h/e");
  });

  it.each([
    ["not a url", '"not a url"'],
    ["", '""'],
    ["ftp://u:p@h/x", '"***@h/x"'],
    [{}, "an object"],
  ])("RES-20: %j turns events off with a warning, never a rejection", (value, found) => {
    const verdict = usable(validate({ dial_passthru_event_url: value }));
    expect(verdict.answer.dialEventUrl).toBeNull();
    expect(verdict.findings).toEqual([
      {
        level: "warning",
        rule: "RES-20",
        path: "dial_passthru_event_url",
        found,
        allowed: "an http or https URL",
        consequence: "no dial events are sent",
        message: `dial_passthru_event_url is ${found}; allowed is an http or https URL: no dial events are sent.`,
      },
    ]);
  });
});

describe("start_call_playback", () => {
  const playback = (fields: object) => ({
    start_call_playback: { playback_to: "both", type: "text", value: "Hi", ...fields },
  });

  it.each(["both", "callee"])("RES-21: it may be played to %s", (to) => {
    const verdict = usable(validate(playback({ playback_to: to })));
    expect(verdict.answer.startCallPlayback).toEqual({ to, kind: "text", value: "Hi" });
    expect([verdict.findings, verdict.audioUrls]).toEqual([[], []]);
  });

  it("RES-21: without playback_to it is played to the callee, with a warning", () => {
    const verdict = usable(validate({ start_call_playback: { type: "text", value: "Hi" } }));
    expect(verdict.answer.startCallPlayback).toEqual({ to: "callee", kind: "text", value: "Hi" });
    expect(verdict.findings).toEqual([
      {
        level: "warning",
        rule: "RES-21",
        path: "start_call_playback.playback_to",
        found: "missing",
        allowed: "both or callee",
        consequence: "callee is used",
        message: "start_call_playback.playback_to is missing; allowed is both or callee: callee is used.",
      },
    ]);
  });

  it.each([
    ["caller", '"caller"'],
    ["Both", '"Both"'],
    ["", '""'],
  ])("RES-21: playback_to %j makes the whole answer invalid; lenient plays nothing", (to, found) => {
    const problem = `is ${found}; allowed is both or callee`;
    const answer = expectRefused(
      playback({ playback_to: to }),
      "RES-21",
      "start_call_playback.playback_to",
      problem,
      "nothing is played",
    );
    expect(answer.startCallPlayback).toBeNull();
  });

  it.each([
    [undefined, "missing"],
    ["audio", '"audio"'],
    [null, "null"],
  ])("RES-22: type %j is invalid; lenient plays nothing", (type, found) => {
    const problem = `is ${found}; allowed is text or audio_url`;
    const answer = expectRefused(
      playback({ type }),
      "RES-22",
      "start_call_playback.type",
      problem,
      "nothing is played",
    );
    expect(answer.startCallPlayback).toBeNull();
  });

  it.each([
    ["text", undefined, "missing", "a text to speak"],
    ["text", "", '""', "a text to speak"],
    ["text", " \n", String.raw`" \n"`, "a text to speak"],
    ["text", 5, "5", "a text to speak"],
    ["audio_url", undefined, "missing", "an http or https URL"],
    ["audio_url", "", '""', "an http or https URL"],
    ["audio_url", "/a.wav", '"/a.wav"', "an http or https URL"],
    ["audio_url", "ftp://u:p@h/a.wav", '"***@h/a.wav"', "an http or https URL"],
  ])("RES-23: %s with value %j is invalid; lenient plays nothing", (type, value, found, allowed) => {
    const problem = `is ${found}; allowed is ${allowed}`;
    const answer = expectRefused(
      playback({ type, value }),
      "RES-23",
      "start_call_playback.value",
      problem,
      "nothing is played",
    );
    expect(answer.startCallPlayback).toBeNull();
  });

  it("RES-23: a text keeps its spaces", () => {
    expect(answerOf(playback({ value: " Hello, you " })).startCallPlayback?.value).toBe(" Hello, you ");
    expect(answerOf(playback({ value: "See https://h/a" })).startCallPlayback?.kind).toBe("text");
  });

  it("RES-23: an audio_url is checked before it is used", () => {
    const verdict = usable(validate(playback({ type: "audio_url", value: URL_OK })));
    expect(verdict.answer.startCallPlayback).toEqual({ to: "both", kind: "audio_url", value: URL_OK });
    expect([verdict.audioUrls, verdict.findings]).toEqual([[URL_OK], []]);
  });

  it("RES-23: a text that is itself a URL is checked and played like one, with a warning", () => {
    const verdict = usable(validate(playback({ value: ` https://u:p@h/a.wav ` })));
    expect(verdict.answer.startCallPlayback).toEqual({ to: "both", kind: "audio_url", value: "https://u:p@h/a.wav" });
    expect(verdict.audioUrls).toEqual(["https://u:p@h/a.wav"]);
    expect(verdict.findings).toEqual([
      {
        level: "warning",
        rule: "RES-23",
        path: "start_call_playback.value",
        found: '" https://***@h/a.wav "',
        allowed: "a text to speak",
        consequence: "it is checked and played as audio_url",
        message:
          'start_call_playback.value is " https://***@h/a.wav "; allowed is a text to speak: it is checked and played as audio_url.',
      },
    ]);
  });

  it.each([
    [[{ type: "text" }], "an array of 1"],
    ["Hi", '"Hi"'],
  ])("RES-5: %j is not an object; lenient plays nothing", (value, found) => {
    const problem = `is ${found}; allowed is an object (RES-22)`;
    const answer = expectRefused(
      { start_call_playback: value },
      "RES-5",
      "start_call_playback",
      problem,
      "nothing is played",
    );
    expect(answer.startCallPlayback).toBeNull();
  });

  it("RES-9: every part that is wrong is named", () => {
    expect(brief(validate({ start_call_playback: { playback_to: "x", type: "text" } }).findings)).toEqual([
      ["error", "RES-21", "start_call_playback.playback_to"],
      ["error", "RES-23", "start_call_playback.value"],
    ]);
  });
});

describe("null", () => {
  const left = (path: string) => ({
    level: "warning",
    rule: "RES-28",
    path,
    found: "null",
    allowed: "a value, or no such key",
    consequence: "it is treated as left out",
    message: `${path} is null; allowed is a value, or no such key: it is treated as left out.`,
  });

  it.each([
    "fetch_after_attempt",
    "outgoing_phone_number",
    "record",
    "recording_channels",
    "max_ringing_duration",
    "max_conversation_duration",
    "music_on_hold",
    "parallel_ringing",
    "dial_passthru_event_url",
    "start_call_playback",
  ])("C2, RES-28: %s null takes the default, with a warning, in both modes", (key) => {
    for (const mode of ["strict", "lenient"] as const) {
      expect(validate({ [key]: null }, mode)).toEqual({
        usable: true,
        answer: DEFAULTS,
        audioUrls: [],
        findings: [left(key)],
      });
    }
  });

  it("C2, RES-28: at any depth", () => {
    const verdict = usable(
      validate({
        music_on_hold: { type: "operator_tone", value: null },
        parallel_ringing: { activate: null, max_parallel_attempts: null },
        start_call_playback: { playback_to: null, type: "text", value: "Hi" },
      }),
    );
    expect(verdict.answer).toEqual({
      ...DEFAULTS,
      musicOnHold: { type: "operator_tone" },
      startCallPlayback: { to: "callee", kind: "text", value: "Hi" },
    });
    expect(verdict.findings.filter((finding) => finding.rule === "RES-28")).toEqual([
      left("music_on_hold.value"),
      left("parallel_ringing.activate"),
      left("parallel_ringing.max_parallel_attempts"),
      left("start_call_playback.playback_to"),
    ]);
  });

  it("RES-2, RES-17, RES-22, RES-23: null for a mandatory field is not enough", () => {
    for (const body of [
      { destination: null },
      { destination: { numbers: null } },
      { music_on_hold: { type: null } },
      { music_on_hold: { type: "custom_tone", value: null } },
      { start_call_playback: { playback_to: "both", type: null, value: "Hi" } },
      { start_call_playback: { playback_to: "both", type: "text", value: null } },
    ])
      expect(validate(body).usable).toBe(false);
  });
});

describe("unknown keys", () => {
  const nearest = (body: Readonly<Record<string, unknown>>) =>
    usable(validate(body)).findings.map(({ rule, path, allowed }) => [rule, path, allowed]);

  it("RES-7: are ignored with a warning that names the nearest known key", () => {
    expect(validate({ max_ring_duration: 5 }).findings).toEqual([
      {
        level: "warning",
        rule: "RES-7",
        path: "max_ring_duration",
        found: "an unknown key",
        allowed: "max_ringing_duration",
        consequence: "it is ignored",
        message: "max_ring_duration is an unknown key; the nearest known key is max_ringing_duration: it is ignored.",
      },
    ]);
    expect(answerOf({ max_ring_duration: 5 }).maxRingingDurationS).toBe(30);
  });

  it.each([
    ["destinaton", "destination"],
    ["Destination", "destination"],
    ["fetchAfterAttempt", "fetch_after_attempt"],
    ["fetch-after-attempt", "fetch_after_attempt"],
    ["recording", "record"],
    ["recording_channel", "recording_channels"],
    ["max_conversation_time", "max_conversation_duration"],
    ["numbers", "destination.numbers"],
    ["activate", "parallel_ringing.activate"],
    ["max_parallel_attempts", "parallel_ringing.max_parallel_attempts"],
    ["playback_to", "start_call_playback.playback_to"],
    ["music", "music_on_hold"],
    ["max_conversation_duration_seconds", "max_conversation_duration"],
    ["event_url", "dial_passthru_event_url"],
    ["recors", "record"],
  ])("RES-7: %s at the top suggests %s", (key, known) => {
    expect(nearest({ [key]: 1 })).toEqual([["RES-7", key, known]]);
  });

  it.each(["timeout", "nu", "max", "url", "agent_type", "version", "x"])(
    "C13, RES-7: %s is not near any known key, so none is suggested and all are listed",
    (key) => {
      const [finding] = validate({ [key]: 1 }).findings;
      expect(finding?.allowed).toMatch(/^fetch_after_attempt, destination, .*, start_call_playback$/);
      expect(finding?.message).toBe(`${key} is an unknown key; the known keys are ${finding?.allowed}: it is ignored.`);
    },
  );

  it.each([
    ["destination", { numbers: ["+919900000011"], number: 1 }, "destination.number", "destination.numbers"],
    ["music_on_hold", { type: "default_tone", values: 1 }, "music_on_hold.values", "music_on_hold.value"],
    ["parallel_ringing", { active: 1 }, "parallel_ringing.active", "parallel_ringing.activate"],
    [
      "start_call_playback",
      { playback_to: "both", type: "text", value: "x", playbackTo: 1 },
      "start_call_playback.playbackTo",
      "start_call_playback.playback_to",
    ],
  ])("RES-7: in %s as well", (object, value, path, known) => {
    expect(nearest({ [object]: value })).toEqual([["RES-7", path, known]]);
  });

  it("RES-7: are named in the order given, after the fields of their object", () => {
    const verdict = validate({ zzz: 1, record: "true", destination: { numbers: ["abc"], yyy: 1 }, xxx: 1 });
    expect(brief(verdict.findings)).toEqual([
      ["warning", "RES-7", "destination.yyy"],
      ["warning", "RES-4", "destination.numbers[0]"],
      ["warning", "RES-6", "record"],
      ["warning", "RES-7", "zzz"],
      ["warning", "RES-7", "xxx"],
    ]);
  });

  it("RES-7: twenty are named one by one, the others are counted", () => {
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`unknown${i}`, 1]));
    expect(validate(many(20)).findings).toHaveLength(20);
    const findings = validate(many(23)).findings;
    expect(findings).toHaveLength(21);
    expect(findings[20]).toMatchObject({
      level: "warning",
      rule: "RES-7",
      path: "",
      found: "3 more unknown keys",
      consequence: "they are ignored",
      message: "The answer holds 3 more unknown keys: they are ignored.",
    });
    expect(findings[20]?.allowed).toMatch(/^fetch_after_attempt, destination, .*, start_call_playback$/);
  });

  it("RES-7: a key of 64 characters is shown whole, a longer one shortened", () => {
    const [k64, k65] = ["k".repeat(64), "k".repeat(65)];
    expect(nearest({ [k64]: 1 })[0]?.[1]).toBe(k64);
    expect(nearest({ [k65]: 1 })[0]?.[1]).toBe(`${k64}…`);
  });

  it("RES-7: names that every object inherits are unknown keys too", () => {
    const body: unknown = JSON.parse('{"destination":{"numbers":[]},"__proto__":{"record":true},"constructor":1}');
    const verdict = usable(validateConnectBody(body, ACCOUNT, EXOPHONE, "strict"));
    expect(verdict.answer.record).toBe(false);
    expect(verdict.findings.map((finding) => finding.path)).toEqual(["__proto__", "constructor"]);
  });
});

describe("any answer", () => {
  const known = fc.constantFrom(
    "fetch_after_attempt",
    "outgoing_phone_number",
    "record",
    "recording_channels",
    "max_ringing_duration",
    "max_conversation_duration",
    "dial_passthru_event_url",
    "music_on_hold",
    "parallel_ringing",
    "start_call_playback",
    "type",
    "value",
    "activate",
  );
  const likely = fc.constantFrom<unknown>(
    true,
    "true",
    0,
    1,
    61,
    "5",
    "",
    null,
    "dual",
    "custom_tone",
    URL_OK,
    "both",
    "text",
    [],
    {},
  );
  const leaf = fc.oneof(likely, fc.jsonValue({ maxDepth: 1 }));
  const object = fc.dictionary(known, fc.oneof(leaf, fc.dictionary(known, leaf)));
  const numbers = fc.array(
    fc.oneof(fc.constantFrom("+919900000011", "9900000011", "sip:a", "abc", "112"), fc.jsonValue()),
  );
  const body = fc.oneof(
    fc.jsonValue(),
    fc.tuple(object, numbers).map(([fields, list]) => ({ ...fields, destination: { numbers: list } })),
  );

  it("RES-9: gets a verdict without throwing, the same each time, with the reason if it is unusable", () => {
    fc.assert(
      fc.property(body, fc.constantFrom<ValidationMode>("strict", "lenient"), (value, mode) => {
        const verdict = validateConnectAnswer(json(value), ACCOUNT, EXOPHONE, mode);
        expect(validateConnectAnswer(json(value), ACCOUNT, EXOPHONE, mode)).toEqual(verdict);
        expect(verdict.findings.some((finding) => finding.level === "error")).toBe(!verdict.usable);
        for (const finding of verdict.findings)
          expect(finding.message.endsWith(`: ${finding.consequence}.`)).toBe(true);
      }),
    );
  });

  it("RES-5: what strict accepts, lenient reads the same, and both keep the limits", () => {
    fc.assert(
      fc.property(body, (value) => {
        const strict = validateConnectAnswer(json(value), ACCOUNT, EXOPHONE, "strict");
        const lenient = validateConnectAnswer(json(value), ACCOUNT, EXOPHONE, "lenient");
        if (strict.usable) expect(lenient).toEqual(strict);
        if (!lenient.usable) return;
        const { answer } = lenient;
        const within = (n: number, max: number) => Number.isInteger(n) && n >= 1 && n <= max;
        expect(within(answer.maxRingingDurationS, 60)).toBe(true);
        expect(within(answer.maxConversationDurationS, 4500)).toBe(true);
        expect(within(answer.parallel.maxAttempts, 10)).toBe(true);
        expect(new Set(answer.destinations.map((each) => JSON.stringify(each))).size).toBe(answer.destinations.length);
      }),
    );
  });

  it("RES-1: any outcome of a request gets a verdict without throwing", () => {
    const outcome = fc.record({
      ok: fc.constant(true as const),
      status: fc.oneof(fc.constant(200), fc.integer()),
      contentType: fc.oneof(fc.constant("application/json"), fc.option(fc.string())),
      body: fc.oneof(fc.json(), fc.string({ unit: "binary" })),
    });
    fc.assert(
      fc.property(outcome, (each) => {
        const verdict = validateConnectAnswer(each, ACCOUNT, EXOPHONE, "strict");
        expect(verdict.usable && each.status !== 200).toBe(false);
      }),
    );
  });

  it("RES-9: values that JSON cannot hold are described as well", () => {
    const found = (value: unknown) => validateConnectBody(value, ACCOUNT, null, "strict").findings[0]?.found;
    expect(found(undefined)).toBe("missing");
    expect(found(() => 0)).toBe("a function");
    expect(found(1n)).toBe("a bigint");
    expect(found(Symbol("x"))).toBe("a symbol");
    expect(found(Number.NaN)).toBe("NaN");
  });
});

describe("audio of an answer", () => {
  const moh = "https://cdn.example/hold.wav";
  const both = {
    music_on_hold: { type: "custom_tone", value: moh },
    start_call_playback: { playback_to: "both", type: "audio_url", value: URL_OK },
  };

  it("RES-27: one URL in both places is checked once", () => {
    const verdict = usable(validate({ ...both, music_on_hold: { type: "custom_tone", value: URL_OK } }));
    expect(verdict.audioUrls).toEqual([URL_OK]);
  });

  it("RES-5: lenient can go on without an audio that failed its check", () => {
    const answer = answerOf(both);
    expect(withoutAudio(answer, moh)).toEqual({ ...answer, musicOnHold: { type: "default_tone" } });
    expect(withoutAudio(answer, URL_OK)).toEqual({ ...answer, startCallPlayback: null });
    expect(withoutAudio(answer, "https://cdn.example/other.wav")).toEqual(answer);
    const spoken = answerOf({ start_call_playback: { playback_to: "both", type: "text", value: "Hi" } });
    expect(withoutAudio(spoken, "Hi")).toEqual(spoken);
  });
});

describe("effectiveAnswer", () => {
  it("RES-8: shows every default", () => {
    const wanted = {
      fetch_after_attempt: false,
      outgoing_phone_number: null,
      record: false,
      recording_channels: "single",
      max_ringing_duration: 30,
      max_conversation_duration: 900,
      music_on_hold: { type: "default_tone" },
      parallel_ringing: { activate: false, max_parallel_attempts: 5 },
      dial_passthru_event_url: null,
      start_call_playback: null,
      numbers: ["+919900000011"],
    };
    expect(effectiveAnswer(DEFAULTS)).toEqual(wanted);
    expect(effectiveAnswer(DEFAULTS, "+918000000002")).toEqual({ ...wanted, outgoing_phone_number: "+918000000002" });
    expect(effectiveAnswer({ ...DEFAULTS, outgoingPhoneNumber: "+918047100000" }, "+918000000002")).toEqual({
      ...wanted,
      outgoing_phone_number: "+918047100000",
    });
  });

  it("REQ-2: shows no credentials, but texts as they are", () => {
    const answer = answerOf({
      destination: { numbers: ["sip:bob@pbx.example.invalid", "sip:anil"] },
      music_on_hold: { type: "custom_tone", value: "https://u:p@h/m.wav" },
      dial_passthru_event_url: "https://u:p@h/e",
      start_call_playback: { playback_to: "callee", type: "audio_url", value: "https://u:p@h/p.wav" },
    });
    expect(effectiveAnswer(answer)).toMatchObject({
      music_on_hold: { type: "custom_tone", value: "https://***@h/m.wav" },
      dial_passthru_event_url: "https://***@h/e",
      start_call_playback: { playback_to: "callee", type: "audio_url", value: "https://***@h/p.wav" },
      numbers: ["sip:bob@pbx.example.invalid", "sip:anil"],
    });
    const spoken = answerOf({ start_call_playback: { playback_to: "both", type: "text", value: "write to a@b" } });
    expect(effectiveAnswer(spoken)).toMatchObject({ start_call_playback: { type: "text", value: "write to a@b" } });
  });
});
